"""Where in a text an instruction comes from, of programs that were made of another one too.

A pass of SGD knows the statements that it repeats, an error signal the variable that it is of; what
stands between passes, such as θ = χ mean(dh x), belongs to the first statement that reads it.
"""

from __future__ import annotations

from tpgraph.errors import Span
from tpgraph.program import Equation, Program
from tpgraph.program.variables import statement_name

__all__ = ["written_at"]


def written_at(program: Program, equation: Equation | None) -> Span | None:
    """The place of the instruction, or of the statement that it comes from, where that is known."""
    waiting = [] if equation is None else [equation]
    seen: set[str] = set()
    for one in waiting:
        if one.out.name not in seen:
            seen.add(one.out.name)
            span = _own(program, one)
            if span is not None:
                return span
            waiting += program.uses[one.out.name]
    return None


def _own(program: Program, equation: Equation) -> Span | None:
    """Of the text that wrote it, or what it is a pass or the error signal of."""
    place, found = equation.place, _statement(equation)
    if found is not None or place is None or (place.partner is None and place.timed is None):
        return found
    of = place.partner or (place.timed.of if place.timed else "")
    alike = [e for e in program.equations if statement_name(_network_name(e)) == statement_name(of)]
    itself = [program.equation_of[of]] if of in program.equation_of else []
    return next((s for s in map(_statement, itself + alike) if s is not None), None)


def _statement(equation: Equation) -> Span | None:
    if equation.span is None and equation.origin is not None:
        return equation.origin.span
    return equation.span


def _network_name(equation: Equation) -> str:
    """What it is called in the network that was written out."""
    timed = equation.place and equation.place.timed
    return timed.of if timed else equation.out.name

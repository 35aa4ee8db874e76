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
    if equation.span is not None or equation.origin is not None:
        return equation.span or (equation.origin and equation.origin.span)
    place = equation.place
    if place is None or (place.partner is None and place.timed is None):
        return None
    of = place.partner or (place.timed and place.timed.of) or ""
    itself = program.equation_of.get(of)
    alike = (e for e in program.equations if statement_name(_network_name(e)) == statement_name(of))
    for other in alike if itself is None else (itself, *alike):
        span = other.span or (other.origin and other.origin.span)
        if span is not None:
            return span
    return None


def _network_name(equation: Equation) -> str:
    """What it is called in the network that was written out."""
    timed = equation.place and equation.place.timed
    return timed.of if timed else equation.out.name

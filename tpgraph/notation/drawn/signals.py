"""What pictures of passes leave out: gradients that nothing reads, signals that stand there twice.

The error signal of a bias repeats that of what it is added to: `db = φ'(h + b) dx` is `dh`. One
mark does for both, with the name that there is. That of a bias that is added at every time sums
theirs, `db = dh[1] + dh[2] + dh[3]`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from tpgraph.functions import ADD, Apply, Argument, compact
from tpgraph.program import Equation, MatMul, Moment, Nonlin, Program, TimedName, Variable
from tpgraph.program.graph import varied
from tpgraph.program.labels import latex_name

__all__ = ["called", "signals_once"]


def signals_once(program: Program) -> Program:
    """The program with one equation for each signal, and without gradients and constants that
    nothing reads.
    """
    aside = _aside(program)
    instead = _instead(program, aside)
    equations = [_renamed(e, instead, program) for e in _bound_early(program, instead)]
    equations = list(_of_signals(equations))
    read = {v.name for e in equations for v in e.inputs}
    read |= {variable.name for variable in program.outputs}
    aside = aside.union(e.out.name for e in _backward(program) if not e.inputs)
    kept = (e for e in equations if e.out.name not in aside or e.out.name in read)
    labels = {
        new: latex_name(program, program.variables[old])
        for new, old in _called(program, instead).items()
    }
    return varied(program, equations=tuple(kept), labels={**labels, **program.labels})


def _bound_early(program: Program, instead: Mapping[str, str]) -> Iterator[Equation]:
    """The equations without those that others do for, which stand where the first of them stood:
    what comes after that may read any of them.
    """
    bound: set[str] = set()
    for equation in program.equations:
        name = instead.get(equation.out.name, equation.out.name)
        if name not in bound:
            bound.add(name)
            yield program.equation_of[name]


def _of_signals(equations: Sequence[Equation]) -> Iterator[Equation]:
    """The equations, those whose every term is an earlier error signal as the sum of these."""
    signals: dict[object, Variable] = {}
    for equation in equations:
        place = equation.place
        if place is None or place.row != "backward" or not isinstance(equation, Nonlin):
            yield equation
            continue
        function, arguments = equation.function, equation.arguments
        terms = (
            function.arguments if isinstance(function, Apply) and function.function == ADD else ()
        )
        found = [signals.get(compact(term, arguments)) for term in terms]
        known = tuple(variable for variable in found if variable is not None)
        if found and len(set(known)) == len(terms):
            total = Apply(ADD, tuple(map(Argument, range(len(known)))))
            equation = replace(equation, function=total, arguments=known)
        signals.setdefault(compact(function, arguments), equation.out)
        yield equation


def called(program: Program) -> Mapping[str, TimedName]:
    """The unnamed signals that `signals_once` calls by another variable, and what that is."""
    names = _called(program, _instead(program, _aside(program)))
    return {new: program.timed[old] for new, old in names.items() if old in program.timed}


def _called(program: Program, instead: Mapping[str, str]) -> dict[str, str]:
    """For unnamed signals the name of one that they do for."""
    return {
        new: old
        for old, new in instead.items()
        if program.variables[new].is_temporary and not program.variables[old].is_temporary
    }


def _aside(program: Program) -> frozenset[str]:
    """Error signals of trained vectors, under whatever name (b of b_0), and of what training makes
    of them (b_1).
    """
    trained = {parameter.variable.name for parameter in program.parameters}
    trained |= {e.out.name for e in program.equations if e.place and e.place.row == "between"}
    partners = {e.out.name: e.place.partner for e in _backward(program) if e.place}
    return frozenset(
        name
        for name, partner in partners.items()
        if partner is not None and (partner in trained or partner not in program.variables)
    )


def _backward(program: Program) -> Iterator[Nonlin | Moment]:
    for equation in program.equations:
        if equation.place and equation.place.row == "backward" and not isinstance(equation, MatMul):
            yield equation


def _instead(program: Program, aside: frozenset[str]) -> Mapping[str, str]:
    """For each signal that repeats another one, that other one: rather of a vector of the row."""
    same: dict[object, list[Nonlin | Moment]] = defaultdict(list)
    for equation in _backward(program):
        if equation.out.is_wide:
            same[equation.function, equation.arguments].append(equation)
    instead: dict[str, str] = {}
    for equations in same.values():
        best = min(equations, key=lambda e: (e.out.name in aside, _of_embedding(program, e)))
        instead |= {e.out.name: best.out.name for e in equations if e is not best}
    return instead


def _of_embedding(program: Program, equation: Equation) -> bool:
    """Whether it is the signal of a product with data."""
    partner = equation.place.partner if equation.place else None
    made = program.equation_of.get(partner) if partner else None
    return isinstance(made, MatMul) and made.operand.is_fixed


def _renamed(equation: Equation, instead: Mapping[str, str], program: Program) -> Equation:
    def kept(variable: Variable) -> Variable:
        return program.variables[instead.get(variable.name, variable.name)]

    if isinstance(equation, MatMul):
        return replace(equation, operand=kept(equation.operand))
    return replace(equation, arguments=tuple(map(kept, equation.arguments)))

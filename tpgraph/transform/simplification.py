"""Simplification: equal equations once, constants folded, copies and dead code dropped.

Initial objects are distinct by name: two matrices of one type are never merged. Every value that
stays is the same, up to the order of floating-point operations in an expression.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import assert_never

from tpgraph.functions import (
    ADD,
    MUL,
    Apply,
    Argument,
    Expression,
    Number,
    compact,
    substitute,
)
from tpgraph.functions import simplify as simplify_expression
from tpgraph.program import Equation, MatMul, Moment, Nonlin, Program, Variable
from tpgraph.program.any_program import reads_program
from tpgraph.program.graph import varied
from tpgraph.program.reach import ancestors
from tpgraph.transform.emit import Formula, keep_labels, start_builder

__all__ = ["simplify"]


@reads_program
def simplify(program: Program, keep: Iterable[str] = ()) -> Program:
    """The same outputs and loss by fewer equations.

    Of equal equations the first stays (sums and products compare without regard to order), copies
    y = x are replaced by x, expressions are simplified, scalars that are constant are folded into
    what reads them, and what neither an output, the loss nor a name in `keep` depends on is left
    out; a program with neither output nor loss keeps everything but duplicates. Declarations stay.
    """
    ends = {v.name for v in program.outputs} | set(keep)
    if program.loss is not None:
        ends.add(program.loss.name)
    walk = _Simplification(program, ends)
    equations = [e for e in map(walk.simplified, program.equations) if e is not None]
    if ends:
        equations = _alive(program, equations, ends)
    builder = start_builder(program, program.name)
    for equation in equations:
        builder.add(equation)
    for output in program.outputs:
        builder.output(output)
    if program.loss is not None:
        builder.loss(program.loss)
    keep_labels(builder, program)
    return builder.build()


def _alive(program: Program, equations: Sequence[Equation], ends: set[str]) -> list[Equation]:
    needed = ancestors(varied(program, equations=tuple(equations)), ends)
    return [e for e in equations if e.out.name in needed]


class _Simplification:
    """What is known of the variables seen so far."""

    def __init__(self, program: Program, ends: set[str]) -> None:
        self.ends = ends
        self.builder = start_builder(program, program.name)
        self.same: dict[str, Variable] = {}
        self.constants: dict[str, Number] = {}
        self.seen: dict[str, Variable] = {}

    def simplified(self, equation: Equation) -> Equation | None:
        """The equation to keep; None if another variable or a constant takes its place."""
        match equation:
            case MatMul(_, matrix, transpose, operand):
                operand = self.same.get(operand.name, operand)
                key = f"{matrix.name}{'ᵀ' * transpose} {operand.name}"
                return self._first(key, replace(equation, operand=operand))
            case Nonlin() | Moment():
                return self._pointwise(self._folded(equation))
            case _:
                assert_never(equation)

    def _folded(self, equation: Nonlin | Moment) -> Nonlin | Moment:
        """The equation with constants and representatives put in, and simplified."""
        values: list[Expression] = []
        formula = Formula()
        for argument in equation.arguments:
            argument = self.same.get(argument.name, argument)
            constant = self.constants.get(argument.name)
            values.append(formula.ref(argument) if constant is None else constant)
        function = simplify_expression(substitute(equation.function, values))
        function, used = compact(function, formula.arguments)
        if isinstance(equation, Nonlin) and not any(a.is_vector for a in used):
            first = equation.vectors[0]  # unused: it says how long the vector is
            used = (*used, self.same.get(first.name, first))
        function = self.builder.intern(function)
        return replace(equation, function=function, arguments=used)

    def _pointwise(self, equation: Nonlin | Moment) -> Equation | None:
        out, function, arguments = equation.out, equation.function, equation.arguments
        if isinstance(function, Number):
            self.constants[out.name] = function
        copied = isinstance(function, Argument) and arguments[function.index].type == out.type
        if copied and out.name not in self.ends:
            self.same[out.name] = arguments[0]
            return None
        names = [a.name for a in arguments]
        kind = "mean" if isinstance(equation, Moment) else str(out.type)
        return self._first(f"{kind} {_key(function, names)}", equation)

    def _first(self, key: str, equation: Equation) -> Equation | None:
        """The equation, unless one that says the same stands before it."""
        first = self.seen.setdefault(key, equation.out)
        if first is equation.out or equation.out.name in self.ends:
            return equation
        self.same[equation.out.name] = first
        return None


def _key(expression: Expression, names: Sequence[str]) -> str:
    """A text that is equal for expressions that are equal up to the order of sums and products."""
    match expression:
        case Argument(index):
            return names[index]
        case Number(value):
            return str(value)
        case Apply(function, arguments, order):
            inner = [_key(argument, names) for argument in arguments]
            if function in (ADD, MUL):
                inner.sort()
            return f"{function.name}{order}({';'.join(inner)})"
        case _:
            assert_never(expression)

"""Plain text of declarations and equations: as statements, and for tables that people read."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias, assert_never

from tpgraph.functions import Expression, Number, number_text, to_text
from tpgraph.program.equations import (
    Data,
    Declaration,
    Equation,
    InitialMatrix,
    InitialScalar,
    InitialVectors,
    MatMul,
    Moment,
    Nonlin,
    Parameter,
    Target,
)
from tpgraph.program.monomial import readable
from tpgraph.program.variables import Variable
from tpgraph.types import Dimension

__all__ = ["Spelling", "aligned", "declaration_text", "distribution", "right_hand_side"]

Write: TypeAlias = Callable[[Expression, Sequence[str]], str]
"""Writes an expression, given the names of its arguments."""


def aligned(rows: Iterable[Sequence[str]]) -> list[str]:
    """Rows of cells as lines with aligned columns.

    >>> aligned([("a", "bb"), ("ccc", "d")])
    ['a    bb', 'ccc  d']
    """
    cells = list(rows)
    columns = max((len(row) for row in cells), default=0)
    widths = [max(_length(row[i]) for row in cells if i < len(row)) for i in range(columns)]
    return ["  ".join(map(_padded, row, widths)).rstrip() for row in cells]


def _padded(cell: str, width: int) -> str:
    return cell + " " * (width - _length(cell))


def _length(text: str) -> int:
    """How many places a text takes; accents take none."""
    return sum(not unicodedata.combining(character) for character in text)


def right_hand_side(equation: Equation, write: Write = to_text) -> str:
    """What the equation says behind its `=`: `W' x`, `φ(h[1] + b[1])`, `mean(x * y)`."""
    match equation:
        case MatMul(_, matrix, transpose, operand):
            return f"{matrix}{chr(39) * transpose} {operand}"
        case Nonlin(_, function, arguments):
            return write(function, [a.name for a in arguments])
        case Moment(_, function, arguments):
            text = write(function, [a.name for a in arguments])
            return f"mean({text})" if equation.vectors else text
        case _:
            assert_never(equation)


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a statement spells the names of variables, dimensions, a scalar's value, and ×."""

    name: Callable[[str], str]
    dimension: Callable[[Dimension], str]
    scalar: Write = to_text
    by: str = "×"

    def shape(self, variable: Variable) -> str:
        """`n`, `n × d`."""
        return f" {self.by} ".join(map(self.dimension, variable.type.dimensions))


def declaration_text(declaration: Declaration, spelling: Spelling) -> str:
    """The declaration as a statement of the language: `param W[1] : n × d ~ N(0, 1) scale 2`."""
    names = ", ".join(spelling.name(v.name) for v in declaration.variables)
    match declaration:
        case InitialScalar():
            return f"scalar {names}{_scalar_value(declaration, spelling)}"
        case InitialVectors(variables, _, _, as_x):
            tail = " as X" if as_x else ""
            return f"vector {names} : {spelling.shape(variables[0])} ~ {_law(declaration)}{tail}"
        case InitialMatrix(variable, variance):
            shape = spelling.shape(variable)
            return f"matrix {names} : {shape} ~ N(0, {number_text(variance)})"
        case Parameter(variable, variance, scale):
            tail = f" scale {number_text(scale)}" if scale != 1 else ""
            shape = spelling.shape(variable)
            return f"param {names} : {shape} ~ N(0, {number_text(variance)}){tail}"
        case Data(variable):
            return f"data {names} : {spelling.shape(variable)}"
        case Target(variable):
            return f"target {names} : {spelling.shape(variable)}"
        case _:
            assert_never(declaration)


def _scalar_value(declaration: InitialScalar, spelling: Spelling) -> str:
    value, widths, limit = declaration.value, declaration.widths, declaration.limit
    text = spelling.scalar(value, [width.name for width in widths])
    if isinstance(value, Number) and not widths and float(value.value) == limit:
        return f" = {text}"
    return f" -> {number_text(limit)} = {text}"


def _law(declaration: InitialVectors) -> str:
    """`N(0, 1)`, or of several vectors `N([0, 0], [[1, 0], [0, 1]])`."""
    if len(declaration.variables) == 1:
        (mean,), ((variance,),) = declaration.mean, declaration.covariance
        return f"N({number_text(mean)}, {number_text(variance)})"
    rows = ", ".join(_list(row) for row in declaration.covariance)
    return f"N({_list(declaration.mean)}, [{rows}])"


def _list(values: Sequence[float]) -> str:
    return f"[{', '.join(map(number_text, values))}]"


def distribution(declaration: Declaration, variable: Variable) -> str:
    """Where a declared variable comes from: `~ N(0, 1)`, `→ 0 = 1 / sqrt(n)`, `given`.

    Of jointly Gaussian vectors each shows its own mean and variance and with whom it is joint.
    """
    match declaration:
        case InitialScalar(_, value, limit, widths):
            text = to_text(value, [w.name for w in widths])
            return f"= {text}, limit {readable(limit)}" if widths else f"= {text}"
        case InitialVectors(variables, mean, covariance):
            i = variables.index(variable)
            others = ", ".join(v.name for v in variables if v != variable)
            own = f"~ N({readable(mean[i])}, {readable(covariance[i][i])})"
            return f"{own}, joint with {others}" if others else own
        case InitialMatrix(_, variance):
            return f"~ N(0, {readable(variance)})"
        case Parameter(_, variance, scale):
            own = f"~ N(0, {readable(variance)})"
            return own if scale == 1.0 else f"{own} scale {readable(scale)}"
        case Data() | Target():
            return "given"
        case _:
            assert_never(declaration)

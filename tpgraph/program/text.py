"""Plain text of declarations and equations, for the tables that people read."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from typing import assert_never

from tpgraph.functions import to_text
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

__all__ = ["aligned", "distribution", "right_hand_side"]


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


def right_hand_side(equation: Equation) -> str:
    """What the equation says behind its `=`: `W' x`, `φ(h[1] + b[1])`, `mean(x * y)`."""
    match equation:
        case MatMul(_, matrix, transpose, operand):
            return f"{matrix}{chr(39) * transpose} {operand}"
        case Nonlin(_, function, arguments):
            return to_text(function, [a.name for a in arguments])
        case Moment(_, function, arguments):
            text = to_text(function, [a.name for a in arguments])
            return f"mean({text})" if equation.vectors else text
        case _:
            assert_never(equation)


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

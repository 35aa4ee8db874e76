"""How large coordinates are at initialization: exponents e of n^e.

The rules are those of `tpgraph.program.coordinates`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias, assert_never

from tpgraph.program.equations import (
    Data,
    Declaration,
    InitialMatrix,
    InitialScalar,
    InitialVectors,
    MatMul,
    Moment,
    Nonlin,
    Parameter,
    Target,
)
from tpgraph.program.global_signs import GlobalSigns
from tpgraph.program.graph import Program
from tpgraph.program.growth import ZERO, growth
from tpgraph.program.local_signs import LocalSigns
from tpgraph.program.parametrization import layer_kind, relevant_dimension
from tpgraph.program.scales import DeclaredScales
from tpgraph.program.variables import Variable
from tpgraph.types import Dimension, Width

__all__ = [
    "UNCHANGED",
    "Layer",
    "Rates",
    "layers_of",
    "matrices_at_zero",
    "sizes_of",
    "wide_ends",
]

UNCHANGED = ZERO
"""The change of what training does not touch."""


@dataclass(frozen=True)
class Layer:
    """A matrix or trained vector: `entry` −(a+b), `update` −(2a+c) or UNCHANGED.

    Where the optimizer divides by the gradient's size it `is_signed`: an update of every entry of
    w by ±η n^r, whatever ∂L/∂w is, and `update` is r − a.
    """

    entry: float
    update: float
    is_signed: bool = False


Rates: TypeAlias = Mapping[str, Fraction]
"""The powers r of n in the rates of every trained w, of an optimizer such as Adam."""


def layers_of(program: Program, rates: Rates | None = None) -> dict[str, Layer]:
    """The exponents of every matrix and of every trained vector."""
    found = {}
    for declaration in program.declarations:
        match declaration:
            case InitialMatrix(variable):
                columns = variable.matrix.columns
                found[variable.name] = Layer(-0.5 * _wide(columns), UNCHANGED)
            case Parameter(variable):
                found[variable.name] = _trained(program, variable, rates)
            case Data() | Target() | InitialScalar() | InitialVectors():
                pass
            case _:
                assert_never(declaration)
    return found


def _trained(program: Program, variable: Variable, rates: Rates | None) -> Layer:
    assert program.parametrization is not None, "checked by the builder"
    kind = layer_kind(variable)
    a, b = (float(e) for e in program.parametrization.exponents(kind))
    c = float(program.parametrization.c)
    if not _wide(relevant_dimension(variable, kind)):
        a = b = 0.0
    if rates is not None:
        return Layer(0.0 - (a + b), float(rates[variable.name]) - a, is_signed=True)
    return Layer(0.0 - (a + b), 0.0 - (2 * a + c))


def _wide(dimension: Dimension) -> int:
    return int(isinstance(dimension, Width))


def wide_ends(equation: MatMul) -> tuple[int, int]:
    """[d_h] and [d_x] of h = W x."""
    return int(equation.out.is_wide), int(equation.operand.is_wide)


def sizes_of(
    program: Program, layers: Mapping[str, Layer], cancelled: Collection[str] = ()
) -> dict[str, float]:
    """The exponents of every vector and scalar at initialization; what is `cancelled` is 0."""
    sizes: dict[str, float] = {}
    scales, signs, flips = DeclaredScales(program), LocalSigns(program), GlobalSigns(program)
    for declaration in program.declarations:
        for index, variable in enumerate(declaration.variables):
            if not variable.is_matrix:
                layer = layers.get(variable.name)
                own = _initial(declaration, index, scales)
                sizes[variable.name] = own if layer is None else own + layer.entry
    zeros = {v.name for d in program.declarations if _starts_at_zero(d) for v in d.variables}
    for equation in program.equations:
        match equation:
            case MatMul(out, matrix, _, operand):
                d_h, d_x = wide_ends(equation)
                summed = d_x / 2 if d_h or signs.is_centred(equation) else d_x
                own = sizes[operand.name] + layers[matrix.name].entry + summed
                sizes[out.name] = ZERO if matrix.name in zeros else own
            case Nonlin(out) | Moment(out):
                averaged = isinstance(equation, Moment) and (
                    signs.is_centred(equation) or flips.is_centred(equation)
                )
                sizes[out.name] = _through(equation, sizes) - averaged / 2
            case _:
                assert_never(equation)
        if equation.out.name in cancelled:
            sizes[equation.out.name] = ZERO
    return sizes


def matrices_at_zero(program: Program) -> frozenset[str]:
    """The matrices that are 0 at initialization."""
    zeros = (v for d in program.declarations if _starts_at_zero(d) for v in d.variables)
    return frozenset(v.name for v in zeros if v.is_matrix)


def _starts_at_zero(declaration: Declaration) -> bool:
    return isinstance(declaration, InitialMatrix | Parameter) and not declaration.variance


def _initial(declaration: Declaration, index: int, scales: DeclaredScales) -> float:
    """Of what is not trained, and of N(0, 1) or 0 before its multiplier."""
    match declaration:
        case Parameter() if _starts_at_zero(declaration):
            return ZERO
        case InitialScalar():
            return float(scales.exponent(declaration))
        case InitialVectors(_, mean, covariance) if (
            not mean[index] and not covariance[index][index]
        ):
            return ZERO
        case _:
            return 0.0


def _through(equation: Nonlin | Moment, sizes: Mapping[str, float]) -> float:
    return growth(equation.function, [sizes[v.name] for v in equation.arguments])

"""Factors that are powers of widths, such as √n, σ²/n or m/n.

    power = constant · Π_i n_i^(e_i),   n_i the base widths

A width of fixed ratio, m = 2 n, is counted in its base: m^e = 2^e n^e.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from tpgraph.program import (
    InitialMatrix,
    MatMul,
    Parameter,
    Parametrization,
    Program,
    layer_kind,
)
from tpgraph.types import Dimension, Fixed, Matrix, Vector, Width

__all__ = ["ONE", "WidthPower", "entry_exponent", "multiplier", "rate", "size"]


@dataclass(frozen=True, slots=True)
class WidthPower:
    """constant · Π n^e over the base widths `exponents`, none of them zero.

    >>> n = Width("n")
    >>> p = WidthPower(2.0, ((n, Fraction(1, 2)),))
    >>> (p * p).at({"n": 9}), (p / p) == ONE
    (36.0, True)
    """

    constant: float = 1.0
    exponents: tuple[tuple[Width, Fraction], ...] = ()

    def __mul__(self, other: WidthPower) -> WidthPower:
        return _power(self.constant * other.constant, (*self.exponents, *other.exponents))

    def __truediv__(self, other: WidthPower) -> WidthPower:
        return self * other**-1

    def __pow__(self, exponent: int | Fraction) -> WidthPower:
        inner = tuple((width, e * exponent) for width, e in self.exponents)
        return _power(self.constant ** float(exponent), inner)

    @property
    def exponent(self) -> Fraction:
        """Σ e, the power of n where all widths are multiples of n."""
        return sum((e for _, e in self.exponents), Fraction(0))

    def at(self, widths: Mapping[str, int]) -> float:
        """The value at these sizes of the base widths."""
        value = self.constant
        for width, exponent in self.exponents:
            value *= float(width.size(widths)) ** float(exponent)
        return value


def _power(constant: float, exponents: Iterable[tuple[Width, Fraction]]) -> WidthPower:
    total: dict[Width, Fraction] = {}
    for width, exponent in exponents:
        total[width] = total.get(width, Fraction(0)) + exponent
    rounded = float(f"{constant:.15g}")  # √2 · √2 is 2
    return WidthPower(rounded, tuple((w, e) for w, e in total.items() if e))


ONE = WidthPower()
"""The factor 1."""


def size(dimension: Dimension) -> WidthPower:
    """The size of a dimension."""
    match dimension:
        case Fixed(value):
            return WidthPower(float(value))
        case Width(name, ratio, base):
            return WidthPower(float(ratio), ((Width(base or name), Fraction(1)),))


def multiplier(parameter: Parameter, parametrization: Parametrization) -> WidthPower:
    """The multiplier M of W = M w (`tpgraph.program.parametrization`), over widths."""
    kind = layer_kind(parameter.variable)
    a, _ = parametrization.exponents(kind)
    match parameter.variable.type:
        case Vector(dim):
            return WidthPower(parameter.scale) * (
                size(dim) ** -a if isinstance(dim, Width) else ONE
            )
        case Matrix(rows, columns):
            factor = WidthPower(parameter.scale) * size(rows if kind == "input" else columns) ** -a
            if kind == "input" and parametrization.name != "standard":
                factor *= size(columns) ** Fraction(-1, 2)
            return factor
        case _:
            raise AssertionError(parameter)


def rate(program: Program) -> WidthPower:
    """The width factor n^(−c) of the learning rate."""
    if program.parametrization is None or not program.widths:
        return ONE
    return size(program.widths[0]) ** -program.parametrization.c


def entry_exponent(program: Program, equation: MatMul) -> Fraction:
    """The e of n^(−e), the order of the matrix's entries, where a width is read out.

    a + b of the layer kind for a param; an untrained matrix has entries of variance s / columns.
    """
    match program.declaration_of[equation.matrix.name]:
        case Parameter(variable):
            assert program.parametrization is not None, "checked by the builder"
            return sum(program.parametrization.exponents(layer_kind(variable)), Fraction(0))
        case InitialMatrix(variable):
            wide = isinstance(variable.matrix.columns, Width)
            return Fraction(1, 2) if wide else Fraction(0)
        case other:
            raise AssertionError(other)

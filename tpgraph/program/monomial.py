"""Formulas of the form c · Π symbol^exponent, as the scalings of parameters have: √2/√n, 2/(n d).

Only for reading; the numbers themselves are computed in `parametrization`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from tpgraph.program.equations import InitialMatrix, Parameter
from tpgraph.program.parametrization import Kind, Parametrization, layer_kind
from tpgraph.types import Dimension, Fixed, Vector, Width

__all__ = ["Monomial", "ParameterFormulas", "initial_variance", "parameter_formulas", "readable"]

_EXACT = 1e-12


@dataclass(frozen=True, slots=True)
class Monomial:
    """`coefficient` times powers of dimensions.

    >>> str(Monomial(2**0.5, {"n": Fraction(-1, 2)}))
    '√2/√n'
    >>> str(Monomial(1.0, {"n": Fraction(-1), "d": Fraction(-1)})), str(Monomial(0.01, {}))
    ('1/(n d)', '0.01')
    """

    coefficient: float
    powers: Mapping[str, Fraction]

    def __str__(self) -> str:
        above = [_power(symbol, e) for symbol, e in self.powers.items() if e > 0]
        below = [_power(symbol, -e) for symbol, e in self.powers.items() if e < 0]
        if self.coefficient == 0:
            return "0"
        lead = readable(self.coefficient)
        if "/" in lead and "√" not in lead:
            lead, _, divisor = lead.partition("/")
            below.insert(0, divisor)
        top = " ".join([lead] * (lead != "1" or not above) + above)
        if not below:
            return top
        return f"{top}/{below[0]}" if len(below) == 1 else f"{top}/({' '.join(below)})"


def _power(symbol: str, exponent: Fraction) -> str:
    if exponent == 1:
        return symbol
    if exponent == Fraction(1, 2):
        return f"√{symbol}"
    return f"{symbol}^{exponent}" if exponent.denominator == 1 else f"{symbol}^({exponent})"


def readable(value: float) -> str:
    """A number as one would write it: exact where it is a short decimal, a ratio or a root.

    >>> readable(2**0.5 * 2**0.5), readable(-(1 / 3)), readable(0.1), readable(0.5**0.5)
    ('2', '-1/3', '0.1', '√(1/2)')
    """
    sign, size = "-" * (value < 0), abs(value)
    if len(f"{size:.12g}") <= 6:
        return f"{sign}{size:.12g}"
    simple = _simple(size)
    if simple is None and (square := _simple(size * size)) is not None:
        return f"{sign}√{square}" if square.denominator == 1 else f"{sign}√({square})"
    if simple is None or simple.denominator > 100:
        return f"{sign}{size:.12g}"
    return f"{sign}{simple}"


def _simple(size: float) -> Fraction | None:
    near = Fraction(size).limit_denominator(1000)
    return near if near and abs(float(near) - size) <= _EXACT * size else None


def _monomial(coefficient: float, *factors: tuple[Dimension, Fraction]) -> Monomial:
    powers: dict[str, Fraction] = {}
    for dimension, exponent in factors:
        if dimension == Fixed(1):
            continue
        powers[str(dimension)] = powers.get(str(dimension), Fraction(0)) + exponent
    return Monomial(coefficient, {symbol: e for symbol, e in powers.items() if e != 0})


@dataclass(frozen=True, slots=True)
class ParameterFormulas:
    """How a trainable W = M w scales, as formulas in the dimensions.

    `variance` of the entries of W, `multiplier` M, `rate` factor of the learning rate.
    """

    name: str
    kind: Kind
    variance: Monomial
    multiplier: Monomial
    rate: Monomial


def parameter_formulas(
    parameter: Parameter, parametrization: Parametrization, base: Width | None
) -> ParameterFormulas:
    """The formulas of one parameter; `base` is the program's first width.

    The same rule as `scaling`: M = scale · n^(−a) [· d^(−1/2)], w ~ N(0, s n^(−2b)) [s/d in the
    standard parametrization], rate n^(−c). Source: Tensor Programs IV (arXiv 2011.14522).
    """
    variable, scale = parameter.variable, parameter.scale
    kind = layer_kind(variable)
    a, b = parametrization.exponents(kind)
    outside: list[tuple[Dimension, Fraction]] = []
    inside: list[tuple[Dimension, Fraction]] = []
    if isinstance(variable.type, Vector):
        n: Dimension = variable.dim
    elif kind == "input":
        n = variable.matrix.rows
        within = parametrization.name == "standard"
        half = (variable.matrix.columns, -Fraction(1, 2))
        inside.extend([half, half] if within else [])
        outside.extend([] if within else [half])
    else:
        n = variable.matrix.columns
    if isinstance(n, Width):  # a trainable vector of fixed dimension does not scale
        outside.insert(0, (n, -a))
        inside.insert(0, (n, -2 * b))
    return ParameterFormulas(
        name=variable.name,
        kind=kind,
        variance=_monomial(scale**2 * parameter.variance, *outside, *outside, *inside),
        multiplier=_monomial(scale, *outside),
        rate=_monomial(1.0, *([(base, -parametrization.c)] if base is not None else [])),
    )


def initial_variance(declaration: InitialMatrix) -> Monomial:
    """The variance s/c of the entries of an untrained r × c matrix."""
    return _monomial(declaration.variance, (declaration.variable.matrix.columns, Fraction(-1)))

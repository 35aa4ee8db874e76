"""How numbers of a program grow with width: c · n^e, with n the size of every base width.

The scale of a parameter, 1/√n or √2/√m with m = 2 n, and that of an initial scalar such as
ε = 1/√n are pure powers of n once all widths have fixed ratios; coefficient and exponent are read
off two sizes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from tpgraph.errors import Span, TPTypeError
from tpgraph.functions import (
    Argument,
    Expression,
    evaluate,
    inline,
    mul,
    number,
    power,
    substitute,
)
from tpgraph.functions.divided import leading_term
from tpgraph.program.equations import InitialMatrix, InitialScalar, Parameter
from tpgraph.program.graph import Program
from tpgraph.program.parametrization import scaling
from tpgraph.program.variables import Variable
from tpgraph.types import Dimension, Width

__all__ = ["Asymptotic", "DeclaredScales"]

_DOUBLINGS = 20
_NEARER = 0.9
_DIGITS = 1e-4
_PURE = 1e-12
_FEW = 1000
"""The largest denominator of a float that is taken for the fraction: by chance one in 1e10 is."""


@dataclass(frozen=True, slots=True)
class Asymptotic:
    """`coefficient` · n^`exponent`."""

    coefficient: float
    exponent: Fraction

    def __mul__(self, other: Asymptotic) -> Asymptotic:
        return Asymptotic(self.coefficient * other.coefficient, self.exponent + other.exponent)

    @property
    def lasting(self) -> Asymptotic:
        """What is left of it at n → ∞: 0 n^0 of what tends to 0, else all of it."""
        vanishes = self.coefficient == 0 or self.exponent < 0
        return Asymptotic(0.0, Fraction(0)) if vanishes else self

    def limit(self, what: str, span: Span | None = None) -> float:
        """The value at n → ∞. Raises TPTypeError, which names `what`, where it is infinite."""
        left = self.lasting
        if left.exponent:
            raise TPTypeError(
                f"{what} grows like n^{left.exponent}: there is no limit",
                span,
                mend="choose a parametrization in which it stays bounded",
            )
        return left.coefficient


class DeclaredScales:
    """The powers of n of one program's declarations."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._bases = sorted({w.base or w.name for w in program.widths})
        self._unit = math.lcm(*(w.ratio.denominator for w in program.widths), 1)

    def _asymptotic(self, value: Callable[[Mapping[str, int]], float]) -> Asymptotic:
        small, large = (self._unit << k for k in (_DOUBLINGS, 2 * _DOUBLINGS))
        first, second = (value(dict.fromkeys(self._bases, n)) for n in (small, large))
        if first == 0 or second == 0:
            return Asymptotic(0.0, Fraction(0))
        slope = math.log2(abs(second / first)) / _DOUBLINGS
        exponent = Fraction(slope).limit_denominator(24)
        return Asymptotic(first / float(small) ** float(exponent), exponent)

    def size(self, dimension: Dimension) -> Asymptotic:
        """A dimension's size: ratio · n, or a constant."""
        return self._asymptotic(lambda widths: float(dimension.size(widths)))

    def entry_variance(self, variable: Variable) -> Asymptotic:
        """The variance of the entries of a matrix or trainable vector, W = M w included."""
        declaration = self._program.declaration_of[variable.name]
        match declaration:
            case InitialMatrix(_, variance):
                columns = variable.matrix.columns
                return self._asymptotic(lambda widths: variance / columns.size(widths))
            case Parameter():
                rule = self._program.parametrization
                assert rule is not None, "checked by the builder"
                base = self._program.widths[0] if self._program.widths else None
                return self._asymptotic(
                    lambda widths: scaling(declaration, rule, base, widths).entry_variance
                )
            case _:
                raise AssertionError(declaration)

    def decay(self, scalar: InitialScalar) -> Fraction:
        """E of an initial scalar that tends to 0 like n^−e; 0 for every other scalar."""
        return max(Fraction(0), -self.exponent(scalar))

    def exponent(self, scalar: InitialScalar) -> Fraction:
        """e of an initial scalar of size n^e: 0 where its limit is another number than 0."""
        if scalar.limit != 0.0 or not scalar.widths:
            return Fraction(0)
        found = _leading_term(scalar)
        if found is not None:
            return -found[0]
        return self._asymptotic(lambda widths: _value(scalar, widths)).exponent

    def is_positive(self, scalar: InitialScalar) -> bool:
        """Whether an initial scalar is > 0 at large widths."""
        widths = dict.fromkeys(self._bases, self._unit << (2 * _DOUBLINGS))
        return _value(scalar, widths) > 0

    def near(self, scalar: InitialScalar, size: float) -> float:
        """Its value at the whole width nearest to `size`, at least the least one."""
        n = self._unit * max(1, round(size / self._unit))
        return _value(scalar, dict.fromkeys(self._bases, n))

    def leading(self, scalar: InitialScalar) -> Asymptotic:
        """c n^−e of a scalar that vanishes. Raises TPTypeError where it is no pure power of n."""
        found = self._asymptotic(lambda widths: _value(scalar, widths))
        third = self._unit << (3 * _DOUBLINGS // 2)
        expected = found.coefficient * float(third) ** float(found.exponent)
        value = _value(scalar, dict.fromkeys(self._bases, third))
        if not math.isclose(value, expected, rel_tol=_PURE):
            raise TPTypeError(
                f"{scalar.variable} is no sum of powers of the width,"
                " and vanishes beside another scalar in a quotient",
                scalar.span,
                expected="scalars such as 2/sqrt(n) or 1/n + 1/n^2",
            )
        return found

    def by_powers(self, scalar: InitialScalar, t: Expression, unit: Fraction) -> Expression:
        """A scalar that vanishes, as an expression in t, of which t^`unit` stands for 1/n.

        Raises TPTypeError where it has no expansion in powers of n.
        """
        exact = _leading_term(scalar)
        try:
            found = self.leading(scalar)
        except TPTypeError:
            if exact is None:
                raise
            return _by_size(scalar, power(t, number(-unit)))
        coefficient = number(found.coefficient) if exact is None else exact[1]
        times = -found.exponent * unit
        whole = [t] * int(times) if times.denominator == 1 else [power(t, number(times))]
        return mul(coefficient, *whole)

    def constant(self, scalar: InitialScalar) -> Expression | None:
        """The number that a scalar tends to by its expression; None where that is not told."""
        found = _leading_term(scalar)
        return None if found is None or found[0] else found[1]

    def require_limit(self, scalar: InitialScalar) -> None:
        """Raise TPTypeError where an initial scalar does not tend to its declared limit.

        At two large n the value must be at the limit, up to digits left out of its text, or come
        nearer.
        """
        small, large = (self._unit << k for k in (_DOUBLINGS, 2 * _DOUBLINGS))
        near, far = (_value(scalar, dict.fromkeys(self._bases, n)) for n in (large, small))
        distance, before = abs(near - scalar.limit), abs(far - scalar.limit)
        is_there = distance <= _DIGITS * abs(scalar.limit)
        if math.isnan(near) or is_there or distance < _NEARER * before:
            return
        raise TPTypeError(
            f"{scalar.variable} is declared to tend to {scalar.limit:g},"
            f" but is {near:g} at n = 2^{large.bit_length() - 1}",
            scalar.span,
            expected="the limit of its expression as the widths grow",
            mend="declare the limit that it has, or change the expression",
        )

    def require_one_base(self, variable: Variable, span: Span | None) -> None:
        """Raise TPTypeError where a matrix joins widths whose ratio is not given."""
        bases = {d.base or d.name for d in variable.matrix.dimensions if isinstance(d, Width)}
        if len(bases) > 1:
            first, second = sorted(bases)
            raise TPTypeError(
                f"the limit needs the ratio of the widths {first} and {second} that {variable}"
                " joins",
                span,
                f"a width with a ratio, such as width {second} = 2 {first}",
            )


def _value(scalar: InitialScalar, widths: Mapping[str, int]) -> float:
    sizes = [np.asarray(float(w.size(widths))) for w in scalar.widths]
    return float(evaluate(scalar.value, sizes))


def _by_size(scalar: InitialScalar, size: Expression) -> Expression:
    """A scalar's value by the size of a base width."""
    return substitute(inline(scalar.value), [mul(number(w.ratio), size) for w in scalar.widths])


def _plainly(constant: Expression) -> Expression:
    """A number as a fraction of few digits, where it is one: 1/(1/√1) is 1, √2 stays."""
    value = float(evaluate(constant, []))
    fraction = Fraction(value).limit_denominator(_FEW)
    return number(fraction) if float(fraction) == value else constant


def _leading_term(scalar: InitialScalar) -> tuple[Fraction, Expression] | None:
    """e and c of the leading term c n^−e; None where there is no expansion in powers of n."""
    if any(w.is_rounded for w in scalar.widths):
        return None
    try:
        found = leading_term(_by_size(scalar, power(Argument(0), number(-1))), 0)
    except TPTypeError:
        return None
    return None if found is None else (found[0], _plainly(found[1]))

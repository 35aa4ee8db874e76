"""Numbers as sums of two floats, of some 32 digits: arithmetic of arrays of them.

    x = high + low,   |low| ≤ 2⁻⁵³ |high|

Sums and products of two floats are exact as two floats. Sources: Dekker 1971; Joldes, Muller and
Popescu, "Tight and rigorous error bounds for basic building blocks of double-word arithmetic",
ACM TOMS 44 (2017).
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["Array", "Truth", "Twofold"]

Array: TypeAlias = npt.NDArray[np.float64]
Truth: TypeAlias = npt.NDArray[np.bool_]

_SPLIT = 2.0**27 + 1.0


class Twofold(NamedTuple):
    """high + low, arrays of one shape or that broadcast."""

    high: Array
    low: Array

    @classmethod
    def of(cls, value: Array | float | Fraction) -> Twofold:
        """A number or an array of floats; a Fraction as near as two floats come."""
        if isinstance(value, Fraction):
            near = float(value)
            return cls(np.asarray(near), np.asarray(float(value - Fraction(near))))
        high = np.asarray(value, dtype=np.float64)
        return cls(high, np.zeros_like(high))

    def plus(self, other: Twofold) -> Twofold:
        """x + y."""
        total, rest = _two_sum(self.high, other.high)
        small, smaller = _two_sum(self.low, other.low)
        total, rest = _fast_two_sum(total, rest + small)
        return Twofold(*_fast_two_sum(total, rest + smaller))

    def minus(self, other: Twofold) -> Twofold:
        """x − y."""
        return self.plus(other.negative())

    def negative(self) -> Twofold:
        """−x."""
        return Twofold(-self.high, -self.low)

    def times(self, other: Twofold) -> Twofold:
        """x y."""
        product, rest = _two_product(self.high, other.high)
        rest = rest + (self.high * other.low + self.low * other.high)
        return Twofold(*_fast_two_sum(product, rest))

    def scaled(self, power_of_2: Array | float) -> Twofold:
        """x times a power of 2, which is exact."""
        return Twofold(self.high * power_of_2, self.low * power_of_2)

    def over(self, other: Twofold) -> Twofold:
        """x / y."""
        first = Twofold.of(self.high / other.high)
        rest = self.minus(other.times(first))
        second = Twofold.of(rest.high / other.high)
        rest = rest.minus(other.times(second))
        return first.plus(second).plus(Twofold.of(rest.high / other.high))

    def root(self) -> Twofold:
        """√x; of 0 it is 0."""
        near = Twofold.of(np.sqrt(self.high))
        rest = self.minus(near.times(near))
        twice = np.where(near.high == 0, 1.0, 2 * near.high)
        return near.plus(Twofold.of(rest.high / twice))

    def to_the(self, exponent: int) -> Twofold:
        """x^k for a whole k, by squaring."""
        found, square, k = Twofold.of(np.ones_like(self.high)), self, abs(exponent)
        while k:
            if k & 1:
                found = found.times(square)
            k >>= 1
            square = square.times(square) if k else square
        return found if exponent >= 0 else Twofold.of(1.0).over(found)

    def where(self, condition: Truth, other: Twofold) -> Twofold:
        """x where the condition holds, else y."""
        return Twofold(
            np.where(condition, self.high, other.high), np.where(condition, self.low, other.low)
        )

    def absolute(self) -> Twofold:
        """|x|."""
        sign = np.where(self.is_negative(), -1.0, 1.0)
        return self.scaled(sign)

    def is_negative(self) -> Truth:
        """Whether x < 0."""
        return np.asarray((self.high < 0) | ((self.high == 0) & (self.low < 0)))

    def is_positive(self) -> Truth:
        """Whether x > 0."""
        return self.negative().is_negative()


def _two_sum(a: Array, b: Array) -> tuple[Array, Array]:
    """a + b and what rounding takes from it."""
    total = a + b
    own = total - a
    return total, (a - (total - own)) + (b - own)


def _fast_two_sum(a: Array, b: Array) -> tuple[Array, Array]:
    """The same for |a| ≥ |b|."""
    total = a + b
    return total, b - (total - a)


def _split(a: Array) -> tuple[Array, Array]:
    """Halves of its digits."""
    far = _SPLIT * a
    high = far - (far - a)
    return high, a - high


def _two_product(a: Array, b: Array) -> tuple[Array, Array]:
    """a b and what rounding takes from it."""
    product = np.asarray(a * b)
    (a1, a2), (b1, b2) = _split(a), _split(b)
    return product, ((a1 * b1 - product) + a1 * b2 + a2 * b1) + a2 * b2

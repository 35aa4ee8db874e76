"""What errors do to a result: the evaluation once more, every number moved by what it may be off.

A rounding or the error of a quadrature reaches a result through every later sum, function and
covariance, and cancellation makes it large. So the program is evaluated again with each number x
that is computed or given replaced by x + s δ, δ its own error, ½ ≤ |s| ≤ 1 chosen by the bits of x
and by a seed: equal numbers move alike. By how much results move is their error, an estimate that
holds to first order in δ. Source: stochastic arithmetic, Vignes 1993 (CESTAC).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from tpgraph.limits.estimates import LEAST, Array
from tpgraph.limits.exact.underflow import lost_in
from tpgraph.limits.not_closed import NotClosed

__all__ = ["SEEDS", "STILL", "Disturbance", "moved_by", "of_those_that_close"]

T = TypeVar("T")
Found = TypeVar("Found")
Bits: TypeAlias = npt.NDArray[np.uint64]

SEEDS = (1, 2)
"""Of the evaluations beside the one that counts."""
_SAFETY = 8.0
_FLOOR = 2.0**-44
_UNIT = 2.0**-53
_LIFT = 2.0**500
_CANCELLED = 2.0**-6
"""What is left, as a share, where a rounding of the parts outweighs one of the sum."""
_NO_DIGIT = 256.0
"""Roundings of its parts that are as large as what is left."""
_NEARLY_NONE = 2.0**-20
_MULTIPLIERS = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9))


@dataclass(frozen=True)
class Disturbance:
    """One choice of all s; without a `seed` nothing moves."""

    seed: int = 0

    def within(self, values: Array, reach: Array | float) -> Array:
        """The values, each moved by at most `reach`."""
        if not self.seed:
            return values
        return values + self._shares(values) * reach

    def rounded(self, values: Array) -> Array:
        """The values, each moved by at most its own rounding."""
        return self.within(values, _UNIT * np.abs(values)) if self.seed else values

    def added(self, parts: Iterable[Array], start: Array) -> Array:
        """Their sum, moved by the rounding of its additions, and of the parts where they cancel.

        Parts that are nearly equal may by chance have moved alike. What a sum of others is rounded
        to moves otherwise, though it be equal.
        """
        total = start
        if not self.seed:
            for part in parts:
                total = total + part
            return total
        size, is_rounded, made = np.abs(start), np.zeros(1, dtype=bool), self._mixed(start)
        for part in parts:
            before, total = total, total + part
            is_rounded = is_rounded | (_lost(before, part, total) != 0)
            size = size + np.abs(part)
            made = made + np.where(part != 0, self._mixed(part), np.uint64(0))
        cancels = (total != 0) & (np.abs(total) < _CANCELLED * size)
        own = np.where(is_rounded, 2 * _UNIT * np.abs(total), 0.0)
        shares = _share_of(np.where(is_rounded, made, self._mixed(total)))
        return np.asarray(total + shares * np.where(cancels, 4 * _UNIT * size, own))

    def variance(self, parts: Iterable[Array], start: Array) -> Array:
        """A sum that is ≥ 0, moved; one that has no digit to an end of what it may be.

        Below 0 it would count as none. So one seed takes it to the largest value, another to nearly
        0: functions that are bounded would say the same of all that are large.
        """
        told = list(parts)
        total = np.abs(self.added(told, start))
        if not self.seed:
            return total
        size = np.abs(start)
        for part in told:
            size = size + np.abs(part)
        noise = _NO_DIGIT * _UNIT * size
        end = total + noise if self.seed % 2 else _NEARLY_NONE * total
        return np.asarray(np.where((total != 0) & (total < noise), end, total))

    def product(self, a: Array, b: Array) -> Array:
        """The product, moved by the least float where it is lost."""
        found = a * b
        if not self.seed:
            return found
        lost = lost_in(a, b, found)
        if not lost.any():
            return found
        own = self._shares(np.broadcast_to((a * _LIFT) * (b * _LIFT), found.shape))
        return np.where(lost, found + 2 * LEAST * own, found)

    def scaled(self, rows: Array) -> Array:
        """The rows (N, d), each as a whole moved by its own rounding; equal rows alike."""
        if not self.seed:
            return rows
        sizes = np.abs(rows).sum(axis=1, keepdims=True)
        return rows * (1.0 + _UNIT * self._shares(sizes))

    def _shares(self, values: Array) -> Array:
        """S of every value, ½ ≤ |s| ≤ 1."""
        return _share_of(self._mixed(values))

    def _mixed(self, values: Array) -> Bits:
        """The bits of every value and the seed, mixed."""
        numbers = np.ascontiguousarray(values, dtype=np.float64) + 0.0
        bits: Bits = numbers.view(np.uint64).reshape(numbers.shape)
        with np.errstate(over="ignore"):
            mixed = bits + np.uint64(self.seed) * _MULTIPLIERS[0]
            for multiplier in _MULTIPLIERS:
                mixed = (mixed ^ (mixed >> np.uint64(31))) * multiplier
        return mixed


def _share_of(mixed: Bits) -> Array:
    """S by mixed bits."""
    unit = (mixed >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return np.asarray(np.where(unit < 0.5, -0.5 - unit, unit))


def _lost(a: Array, b: Array, total: Array) -> Array:
    """The rounding of a + b, exactly (Knuth 1969)."""
    own = total - a
    return np.asarray((a - (total - own)) + (b - own))


STILL = Disturbance()
"""Nothing moves."""


def of_those_that_close(ask: Callable[[T], Found], beside: Iterable[T]) -> list[Found]:
    """What is found beside: where a quadrature stops just short, the others tell the error.

    Raises NotClosed where none closes: then rounding decides whether the first did, and its error
    is not known, as of max(max(1.7 x, x), x), which ties on half of the line.
    """
    found, failure = [], None
    for one in beside:
        try:
            found.append(ask(one))
        except NotClosed as error:
            failure = error
    if failure is not None and not found:
        raise failure
    return found


def moved_by(
    value: Array, others: Sequence[Array], size: Array | float = 0.0, share: float = 0.0
) -> Array:
    """The error of values that other evaluations moved to `others`; of what is 0 in all it is 0.

    Not below rounding and the relative error `share` of values, and of parts as large as `size`.
    """
    distance = np.zeros_like(value)
    for other in others:
        distance = np.maximum(distance, np.abs(other - value))
    is_moving = (distance > 0) | (value != 0)
    size = np.maximum(np.abs(value), size)
    return np.asarray(np.where(is_moving, _SAFETY * distance + (_FLOOR + share) * size, 0.0))

"""Expectations over Gaussians that are known to many digits: the truth of the programs.

In one dimension by Gauss and Legendre's rule at the precision of mpmath, on intervals that are
halved until two orders agree; in two by nested rules of numpy on fixed intervals. Intervals are
graded towards the places where a function is known to be delicate.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from mpmath import mp

__all__ = ["Gaussian", "Place", "Unresolved", "expectation", "plane_expectation"]

Place = tuple[Any, Any]
"""Where a function is delicate, and on which scale."""

_RATIO = 30
_REACH = 40
"""Standard deviations that are looked at: enough for exp(a z²) with a up to 0.45/σ²."""


class Unresolved(ArithmeticError):
    """The rule does not settle: the program is not judged."""


@dataclass(frozen=True)
class Gaussian:
    """N(mean, variance), exact numbers of mpmath."""

    mean: Any
    variance: Any

    @property
    def deviation(self) -> Any:
        return mp.sqrt(self.variance)


def expectation(
    f: Callable[[Any], Any],
    at: Gaussian,
    places: Iterable[Place] = (),
    digits: int = 18,
) -> tuple[Any, Any, Any]:
    """E f(z), E|f(z)|, and four times how much E f changes where the intervals are others.

    To `digits` digits of E|f(z)|. Raises Unresolved.
    """
    m, s = at.mean, at.deviation

    def weighed(z: Any) -> Any:
        return f(z) * mp.exp(-(((z - m) / s) ** 2) / 2) / (s * mp.sqrt(2 * mp.pi))

    (value, size), (other, _) = (
        _integral(weighed, edges(m, s, places, shift), digits) for shift in _SHIFTS
    )
    return value, size, 4 * abs(value - other)


_SHIFTS = (0, mp.mpf("0.1234321"))
"""A kink hides next to the ends and the middle of an interval: it does not in another division."""


def edges(m: Any, s: Any, places: Iterable[Place], shift: Any) -> list[Any]:
    """Ends of intervals over all that matters of N(m, s²), graded towards the places."""
    cuts = {
        m + s * (k + shift)
        for k in (-_REACH, -20, -12, -8, -5, -3, -1, 0, 1, 3, 5, 8, 12, 20, _REACH)
    }
    for place, width in places:
        cuts.add(place)
        step = mp.mpf(width) * (1 + shift)
        while step < 3 * s:
            cuts |= {place - step, place + step}
            step = step * _RATIO
    least, most = (m + s * (k + shift) for k in (-_REACH, _REACH))
    return sorted(cut for cut in cuts if least <= cut <= most)


def _integral(f: Callable[[Any], Any], cuts: Sequence[Any], digits: int) -> tuple[Any, Any]:
    """∫ f and ∫ |f|, the interval of the largest quarrel between the orders halved first."""
    count = 0
    queue: list[tuple[Any, int, Any, Any, Any]] = []
    total = size = quarrel = mp.zero

    def take(a: Any, b: Any) -> None:
        nonlocal count, total, size, quarrel
        fine, absolute, apart = _two_orders(f, a, b)
        heapq.heappush(queue, (-apart, count, a, b, (fine, absolute)))
        count, total, size = count + 1, total + fine, size + absolute
        quarrel = quarrel + apart

    for a, b in itertools.pairwise(cuts):
        take(a, b)
    tolerance = mp.mpf(10) ** -digits
    while quarrel > tolerance * size:
        apart, _, a, b, (fine, absolute) = heapq.heappop(queue)
        middle = (a + b) / 2
        if count > 3000 or not a < middle < b:
            raise Unresolved
        total, size, quarrel = total - fine, size - absolute, quarrel + apart
        take(a, middle)
        take(middle, b)
    return total, size


_COARSE, _FINE = 10, 16


def _two_orders(f: Callable[[Any], Any], a: Any, b: Any) -> tuple[Any, Any, Any]:
    """∫ f, ∫ |f| and how far a lower order is from it."""
    half, middle = (b - a) / 2, (a + b) / 2
    fine = [(w, f(middle + half * x)) for x, w in legendre(_FINE, mp.prec)]
    coarse = mp.fsum(w * f(middle + half * x) for x, w in legendre(_COARSE, mp.prec))
    value = mp.fsum(w * y for w, y in fine)
    absolute = mp.fsum(w * abs(y) for w, y in fine)
    if not mp.isfinite(absolute):
        raise Unresolved
    return half * value, half * absolute, half * abs(value - coarse)


@cache
def legendre(order: int, precision: int) -> tuple[tuple[Any, Any], ...]:
    """Nodes and weights on (−1, 1), by Newton's method from those of numpy."""
    found = []
    for start in np.polynomial.legendre.leggauss(order)[0]:
        x = mp.mpf(float(start))
        for _ in range(precision.bit_length()):
            p, slope = _legendre(order, x)
            x = x - p / slope
        slope = _legendre(order, x)[1]
        found.append((x, 2 / ((1 - x * x) * slope * slope)))
    return tuple(found)


def _legendre(order: int, x: Any) -> tuple[Any, Any]:
    """P_n and P_n′."""
    before, now = mp.one, x
    for k in range(2, order + 1):
        before, now = now, ((2 * k - 1) * x * now - (k - 1) * before) / k
    return now, order * (x * now - before) / (x * x - 1)


def plane_expectation(
    f: Callable[[Any, Any], Any],
    means: Sequence[float],
    covariance: Sequence[Sequence[float]],
    places: Callable[[float], Sequence[tuple[float, float]]],
    outer: Sequence[tuple[float, float]] = (),
) -> tuple[float, float]:
    """E f(u, z) and an error of it; `places(u)` are those of z at this u."""
    low, high = (_nested(f, means, covariance, places, outer, order) for order in (10, 16))
    return high, 4 * abs(high - low) + 1e-14 * (1 + abs(high))


def _nested(f, means, covariance, places, outer, order):  # type: ignore[no-untyped-def]
    (p, c), (_, q) = covariance
    total = 0.0
    nodes, weights = _line(means[0], p**0.5, outer, order)
    rest = (q - c * c / p) ** 0.5
    for u, weight in zip(nodes, weights, strict=True):
        z, inner = _line(means[1] + c / p * (u - means[0]), rest, places(float(u)), order)
        total += weight * float(np.sum(inner * f(u, z)))
    return total


def _line(m: float, s: float, places: Sequence[Place], order: int) -> tuple[Any, Any]:
    """Nodes and weights of N(m, s²) in floats."""
    cuts = np.array([float(cut) for cut in edges_of_floats(m, s, places)])
    x, w = np.polynomial.legendre.leggauss(order)
    half, middle = np.diff(cuts)[:, None] / 2, (cuts[1:] + cuts[:-1])[:, None] / 2
    nodes = (middle + half * x).ravel()
    weights = (half * w).ravel() * np.exp(-(((nodes - m) / s) ** 2) / 2)
    return nodes, weights / (s * (2 * np.pi) ** 0.5)


def edges_of_floats(m: float, s: float, places: Sequence[Place]) -> list[float]:
    """As `edges`, to twelve standard deviations."""
    cuts = {m + s * k for k in (-12.0, -8, -5.5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5.5, 8, 12)}
    for place, width in places:
        cuts.add(float(place))
        step = float(width)
        while step < 3 * s:
            cuts |= {place - step, place + step}
            step *= 8
    return sorted(cut for cut in cuts if m - 12 * s <= cut <= m + 12 * s)

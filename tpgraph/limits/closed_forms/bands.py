"""E[f(u) g(v)] of one pair along the axes, where the density of u and v has a width to be resolved.

    E = ∫∫ f(m + √p x) g(n + √q y) φ(x) φ((y − ρx)/δ)/δ dx dy,   δ = √(1 − ρ²)

Kinks of f and of g are lines x = const and y = const: Gauss–Legendre panels between them, each as
short as a few δ, and of y those within reach of x. The functions are evaluated on lines and not on
the plane, where there is the density alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from tpgraph.limits.closed_forms.line_quadrature import REACH, Array

__all__ = ["NARROWEST", "Axis", "band", "band_nodes"]

NARROWEST = 0.01
"""The least δ for which the panels are few enough."""

_NODES = 16
_PANEL = 3.0
_FINER = 1.5
_AT_ONCE = 1 << 15


@dataclass(frozen=True)
class Axis:
    """A function of a standard normal variable, and where it is not smooth."""

    function: Callable[[Array], Array]
    kinks: Array

    def nodes(self, longest: float, level: int) -> tuple[Array, Array]:
        """Nodes of panels of at most this length, (panels, nodes), and f times their weights."""
        x, w = _rule()
        ends = np.unique(np.clip([-REACH, *self.kinks, REACH], -REACH, REACH))
        lengths = np.diff(ends)
        counts = np.array([_count(length / longest, level) for length in lengths])
        own = np.repeat(lengths / counts, counts)
        place = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        starts = np.repeat(ends[:-1], counts) + own * place
        z = starts[:, None] + own[:, None] * (x + 1) / 2
        return z, self.function(z.ravel()).reshape(z.shape) * (own[:, None] * w / 2)


@lru_cache(maxsize=1)
def _rule() -> tuple[Array, Array]:
    x, w = np.polynomial.legendre.leggauss(_NODES)
    return x, w


def _count(ratio: float, level: int) -> int:
    """Panels of a level, prime to those of the one before: they share no ends."""
    count = math.ceil(ratio)
    for k in range(1, level + 1):
        before, count = count, math.ceil(ratio * _FINER**k)
        while math.gcd(before, count) > 1 or count == before:
            count += 1
    return count


def band_nodes(kinks: int, rho: float, level: int) -> float:
    """About how many nodes of the plane `band` takes."""
    delta = math.sqrt((1 - rho) * (1 + rho))
    length = _PANEL * delta / _FINER**level
    lines = _NODES * (2 * REACH / length + kinks + 1)
    return lines * _NODES * (2 * (REACH * delta / length + 1) + kinks)


def band(first: Axis, second: Axis, rho: float, level: int) -> float:
    """E[f(x) g(y)] with correlation ρ; every level has panels 1.5 times as short."""
    delta = math.sqrt((1 - rho) * (1 + rho))
    x, f = first.nodes(_PANEL * delta, level)
    f = f * np.exp(-(x**2) / 2)
    y, g = (part.ravel() for part in second.nodes(_PANEL * delta, level))
    near = rho * x if rho >= 0 else rho * x[:, ::-1]
    low = np.searchsorted(y, near[:, 0] - REACH * delta)
    high = np.searchsorted(y, near[:, -1] + REACH * delta)
    width = int((high - low).max(initial=1)) or 1
    total = 0.0
    for rows in np.array_split(np.arange(len(x)), -(-x.size * width // _AT_ONCE)):
        columns = low[rows, None] + np.arange(width)
        inside = columns < high[rows, None]
        columns = np.minimum(columns, len(y) - 1)
        density = y[columns][:, None, :] - (rho * x[rows])[:, :, None]
        density *= density
        density *= -0.5 / delta**2
        np.exp(density, out=density)
        given = np.where(inside, g[columns], 0.0)[:, :, None]
        total += float(((density @ given)[:, :, 0] * f[rows]).sum())
    return total / (2 * np.pi * delta)

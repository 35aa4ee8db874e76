"""One-dimensional Gaussian expectations by quadrature, for many means and variances at once.

    a_k = E[f(m + √p z) h_k(z)],   z ~ N(0, 1),   h_k = He_k/√k!,   k = 0 … K

A smooth f by the trapezoid rule on |z| ≤ R, which converges geometrically; one with kinks by
Gauss–Legendre rules between them. The points are doubled until two results agree; their panels
share no ends but the kinks, as one that nobody told of would hide beside an end from both.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["REACH", "HermiteCoefficients", "coefficients", "hermite"]

Array: TypeAlias = npt.NDArray[np.float64]

REACH = 13.0
_LEAST, _MOST = 129, 4097
_LEAST_SQUARE = 1e-290
_AGREEMENT = 4e-15
_NODES_OF_PANEL = 16
_NEGLIGIBLE = 1e-6


@dataclass(frozen=True)
class HermiteCoefficients:
    """`values` a_k, (N, K + 1), `square` E f², (N,), and `error`, relative to √E f²."""

    values: Array
    square: Array
    error: float

    @property
    def residual(self) -> Array:
        """E f² − Σ a_k², not below its rounding: what the expansion leaves out, (N,)."""
        rounding = 4e-16 * self.square
        return np.asarray(np.maximum(self.square - (self.values**2).sum(axis=1), rounding))


def hermite(z: Array, count: int) -> Array:
    """The normalized h_0 … h_{count−1} at z times e^(−z²/4), (count, …): bounded for every k."""
    return np.stack([*_hermite_terms(z, count)])


def _hermite_terms(z: Array, count: int) -> Iterator[Array]:
    """One after another, as all of a long expansion at once are too large."""
    before, now = np.zeros(z.shape), np.exp(-(z**2) / 4)
    for k in range(count):
        yield now
        before, now = now, (z * now - math.sqrt(k) * before) / math.sqrt(k + 1)


def coefficients(
    function: Callable[[Array], Array],
    mean: Array,
    variance: Array,
    count: int = 1,
    kinks: Sequence[float] = (),
    points: int = _LEAST,
) -> HermiteCoefficients:
    """a_0 … a_{count−1} of f for every mean and variance, (N,) each.

    `function` is applied to arrays (N, points). `kinks` are the places where f is not smooth.
    Where E f² is no number or diverges, all are nan. `points` are those to begin with.
    """
    before, last = None, 0.0
    while True:
        found = _with_points(function, mean, variance, count, kinks, points)
        scale = np.sqrt(np.maximum(found.square, _LEAST_SQUARE))
        if before is not None:
            with np.errstate(all="ignore"):
                change = np.max(np.abs(found.values - before.values) / scale[:, None])
                drift = np.max(np.abs(found.square - before.square) / scale**2)
            error = float(max(change, drift))
            if error <= _AGREEMENT or 2 * points - 1 > _MOST or np.isnan(error):
                if error > _AGREEMENT and kinks:
                    error = max(error, last)  # a kink is unknown, and one change small by chance
                return HermiteCoefficients(found.values, found.square, error)
            last = error
        before, points = found, 2 * points - 1


def _with_points(
    function: Callable[[Array], Array],
    mean: Array,
    variance: Array,
    count: int,
    kinks: Sequence[float],
    points: int,
) -> HermiteCoefficients:
    root = np.sqrt(variance)[:, None]
    z, weight = _trapezoid(points) if not kinks else _panels(mean, root[:, 0], kinks, points)
    with np.errstate(all="ignore"):
        values = function(mean[:, None] + root * z)
    with np.errstate(all="ignore"):
        return _weighted(values, z, weight, count)


def _weighted(values: Array, z: Array, weight: Array, count: int) -> HermiteCoefficients:
    half = values * (weight * np.exp(-(z**2) / 4))
    if z.ndim > 1:
        terms = _hermite_terms(z, count)
        a = np.stack([np.einsum("np,np->n", half, h) for h in terms], axis=1)
    else:
        a = half @ hermite(z, count).T
    shares = values * half * np.exp(-(z**2) / 4)
    square = shares.sum(axis=1)
    ends = np.abs(shares[:, 0]) + np.abs(shares[:, -1])
    if not (ends <= _NEGLIGIBLE * square).all():
        a = np.full_like(a, np.nan)
    return HermiteCoefficients(a, square, 0.0)


@lru_cache(maxsize=16)
def _trapezoid(points: int) -> tuple[Array, Array]:
    z = np.linspace(-REACH, REACH, points)
    weight = np.full(points, (z[1] - z[0]) / np.sqrt(2 * np.pi))
    return z, weight


def _panels(mean: Array, root: Array, kinks: Sequence[float], points: int) -> tuple[Array, Array]:
    """Gauss–Legendre nodes and weights between the kinks of every row, (N, points)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        edges = [np.nan_to_num((k - mean) / root, nan=0.0) for k in kinks]
    inner = np.sort(np.clip(np.stack(edges, axis=1), -REACH, REACH), axis=1)
    size = len(mean)
    ends = np.concatenate([np.full((size, 1), -REACH), inner, np.full((size, 1), REACH)], axis=1)
    cuts = points // (2 * _NODES_OF_PANEL) + 1  # 2^k + 1: prime to the next
    fractions = np.linspace(0.0, 1.0, cuts + 1)
    starts = (ends[:, :-1, None] + np.diff(ends)[:, :, None] * fractions[:-1]).reshape(size, -1)
    lengths = np.repeat(np.diff(ends), cuts, axis=1) / cuts
    x, w = np.polynomial.legendre.leggauss(_NODES_OF_PANEL)
    z = starts[:, :, None] + lengths[:, :, None] * (x + 1) / 2
    weight = lengths[:, :, None] * w / 2 / np.sqrt(2 * np.pi)
    return z.reshape(size, -1), weight.reshape(size, -1)

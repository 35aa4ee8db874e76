"""Slopes of the maps of variances and covariances, with what jumps of φ add to them.

    ∂V/∂q = E[z φ φ′]/√q + Σ_i (φ(u_i⁺)² − φ(u_i⁻)²) u_i ρ_q(u_i)/(2q)
    ∂G/∂cov = E[φ′(u) φ′(v)] + 2 Σ_i J_i ρ_q(u_i) E[φ′(v) | u = u_i] + Σ_ij J_i J_j ρ(u_i, u_j)

φ jumps by J_i at u_i, φ′ is what it is elsewhere, ρ_q is the density of N(0, q), ρ(u, v) that of
two of variance q and correlation c, which is without bound at u = v as c → 1: there a function
that jumps tells any two inputs apart, and its slope is infinite.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from tpgraph.limits.closed_forms.line_quadrature import coefficients
from tpgraph.study.phase.moments import GaussianMoments

__all__ = ["covariance_slope", "jumps_anywhere", "variance_slope"]

_BESIDE = 1e-9
_NO_JUMP = 1e-12


class _Jump(NamedTuple):
    """Where φ jumps, by how much, and by how much φ² does."""

    place: float
    height: float
    of_square: float


def variance_slope(moments: GaussianMoments, q: float) -> float:
    """dV/dq for q > 0, kinks and jumps included."""
    added = sum(j.of_square * j.place * _density(j.place, q) for j in _jumps(moments))
    return float(moments.V_prime(q)) + added / (2 * q)


def covariance_slope(moments: GaussianMoments, q: float, c: float) -> float:
    """∂G(q, q c, q)/∂(q c) for q > 0, kinks and jumps included; inf at c = 1 of what jumps."""
    found = _jumps(moments)
    if c == 1.0:
        return math.inf if found else float(moments.D(q))
    slope = float(moments.G_prime(q, q * c, q))
    if not found:
        return slope
    places, heights = np.array([(j.place, j.height) for j in found]).T
    rest = q * (1 - c * c)
    pairs = heights * np.array([_density(u, q) for u in places])
    others = coefficients(
        moments.slope, c * places, np.full(len(places), rest), kinks=moments.places
    ).values[:, 0]
    both = np.array([[_density(float(v - c * u), rest) for v in places] for u in places])
    return slope + float(2 * pairs @ others + pairs @ both @ heights)


def jumps_anywhere(moments: GaussianMoments) -> bool:
    """Whether φ jumps."""
    return bool(_jumps(moments))


@lru_cache(maxsize=64)
def _jumps(moments: GaussianMoments) -> tuple[_Jump, ...]:
    """Where φ jumps; its values on both sides are those beside the place, carried to it."""
    found = []
    for place in moments.places:
        step = _BESIDE * (1 + abs(place))
        beside = np.array([place - step, place + step])
        carried = moments.value(beside) + moments.slope(beside) * np.array([step, -step])
        left, right = map(float, carried)
        if abs(right - left) > _NO_JUMP * (1 + abs(left) + abs(right)):
            found.append(_Jump(place, right - left, right**2 - left**2))
    return tuple(found)


def _density(u: float, q: float) -> float:
    return math.exp(-u * u / (2 * q)) / math.sqrt(2 * math.pi * q)

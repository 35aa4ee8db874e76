"""Mehler's expansion with many terms, for functions with kinks, whose coefficients fall slowly.

The terms of an input cost what quadrature of a few of its pairs does, and reach all pairs but the
nearly equal ones: |ρ|^1024 √(r_f r_g) is left out, which is little up to |ρ| = 0.98.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tpgraph.limits.closed_forms import mehler
from tpgraph.limits.exact.curves import Curve
from tpgraph.limits.exact.forms import Array

__all__ = ["LongSeries", "long_series"]

Indices = npt.NDArray[np.intp]

_PRECISE = 2e-14
_PAIRS_OF_AN_INPUT = 2
_MOST_INPUTS = 1024


@dataclass(frozen=True)
class LongSeries:
    """Which of some pairs it reaches, their values, and the largest error, relative."""

    near: npt.NDArray[np.bool_]
    values: Array
    error: float


def long_series(
    curves: tuple[Curve, Curve],
    inputs: tuple[Indices, Indices],
    rho: Array,
    share: float,
    tolerance: float,
) -> LongSeries | None:
    """E[f(u) g(v)] of pairs, (P,); None where quadrature is cheaper, or more precise.

    `share` is that of all pairs of inputs which would be left to quadrature.
    """
    sizes = [curve.size for curve in curves]
    has_kinks = curves[0].kinks or curves[1].kinks
    pairs = share * sizes[0] * sizes[1]
    if not has_kinks or max(sizes) > _MOST_INPUTS or pairs < _PAIRS_OF_AN_INPUT * sum(sizes):
        return None
    a, b = (curve.long_expansion for curve in curves)
    error = max(a.coefficients.error, b.coefficients.error)
    near = np.abs(rho) <= mehler.reach(a, b, tolerance)
    if not error <= _PRECISE or not near.any():
        return None
    left, right = (
        x.coefficients.values.T[:, rows[near] if curve.size > 1 else [0]]
        for x, rows, curve in zip((a, b), inputs, curves, strict=True)
    )
    values = mehler.series(left, right, rho[near], 1, 0)
    return LongSeries(near, values, max(error, tolerance))

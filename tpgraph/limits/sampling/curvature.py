"""How far a function of sampled scalars is off because replicates spread: E_b ψ(θ_b) is not ψ(E θ).

    m = mean(x y z) → 0,   |m_b| has mean 0.8 σ and an error of 0.15 σ, σ four times the error of m

What ψ makes of the mean of all replicates is nearer to the limit, or of 0 where that is not told
from it; by how much these differ is error too, where it is not far below that of the replicates.
"""

from __future__ import annotations

import numpy as np

from tpgraph.functions import evaluate
from tpgraph.functions.many_digits import by_pairs, has_many_digits
from tpgraph.limits.sampling.branches import opened
from tpgraph.limits.sampling.derivatives import Coordinatewise, Trace
from tpgraph.limits.sampling.normals import REPLICATES, Array
from tpgraph.limits.sampling.spread import CENTRAL, ZEROED, Center

__all__ = ["curvature"]

_NOTED, _ROUNDING = 0.25, 1e-12
"""Of the error bar that the replicates show, and of the value."""


def curvature(trace: Trace, psi: Coordinatewise, means: Array) -> Array | None:
    """|E_b ψ(θ_b) − ψ(θ̄)| by input, (M,), with the `means` (B, M) of ψ; None of no account.

    Where 0 is farther, and θ is not told from it, it is |E_b ψ(θ_b) − ψ(0)|. Nonlins that make
    what ψ reads may read θ in its place.
    """
    if len(means) < REPLICATES:
        return None
    whole = opened(trace, psi)
    if not any(_spreads(whole, i) for i in range(len(whole.values))):
        return None
    is_lost = trace.is_lost(psi) and has_many_digits(whole.expression)
    there = np.stack([_at(whole, center, is_lost) for center in (CENTRAL, ZEROED)])
    distance = np.abs(means.mean(axis=0) - there).max(axis=0)
    error = means.std(axis=0) / np.sqrt(len(means) - 1)
    is_noted = np.isfinite(distance) & (distance > _NOTED * error + _ROUNDING * np.abs(there[0]))
    return np.where(is_noted, distance, 0.0) if is_noted.any() else None


def _at(psi: Coordinatewise, center: Center, is_lost: bool) -> Array:
    """E ψ by input, (M,), with every scalar that spreads where the center has it.

    In pairs of floats where floats do not tell ψ.
    """
    values = [center.of(v)[:1] if _spreads(psi, place) else v for place, v in enumerate(psi.values)]
    with np.errstate(all="ignore"):
        value = by_pairs if is_lost else evaluate
        found = np.asarray(value(psi.expression, values), dtype=np.float64)
        return np.asarray(np.atleast_3d(found).mean(axis=(0, 2)))


def _spreads(psi: Coordinatewise, place: int) -> bool:
    """Whether it is a scalar that differs between replicates."""
    value = psi.values[place]
    is_scalar = place not in psi.vectors and np.ndim(value) == 3 and value.shape[2] == 1
    return is_scalar and len(value) > 1 and bool(value.std(axis=0).any())

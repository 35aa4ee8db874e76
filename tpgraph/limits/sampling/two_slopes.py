"""Two estimates of one expected slope, by sampling ∂ψ and by Stein's lemma, and their quarrel.

    D = mean ∂ψ,   S = C⁺ mean(Ẑ ψ),   E D = E S

D knows only the slope at the samples: of h/(|h| + 1e-8) there is none where they fall. So S is
taken where it contradicts D; and unless ψ is gentle, where D is much the noisier, else D with the
difference of the two as one more error. Both come as means over parts of the samples, whose spread
is their noise.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tpgraph.limits.sampling.normals import REPLICATES, Array
from tpgraph.limits.sampling.spread import spread_by

__all__ = ["in_parts", "parts_of_product", "reconciled"]

_PARTS = 16
_CONTRADICTION = 4.0
_NOISIER = 4.0


def in_parts(values: Array) -> Array:
    """Means over parts of the samples, (B, M, S) to (B, M, parts)."""
    count = values.shape[2]
    if count == 1:
        return values
    return np.asarray(values.reshape(*values.shape[:2], _PARTS, count // _PARTS).mean(axis=3))


def parts_of_product(x: Array, y: Array) -> Array:
    """The same of x y, without the array of the product."""
    shape = np.broadcast_shapes(x.shape, y.shape)
    if shape[2] == 1:
        return x * y
    both = (np.broadcast_to(v, shape).reshape(*shape[:2], _PARTS, -1) for v in (x, y))
    return np.asarray(np.einsum("bmps,bmps->bmp", *both) * (_PARTS / shape[2]))


def reconciled(
    swept: Array, by_stein: Array, is_gentle: bool, source: int, replicates: Sequence[int]
) -> Array:
    """E[∂ψ], (B, M), of D and S in parts, (B, M, parts); `source` numbers the errors of a program.

    `is_gentle` says that samples resolve ψ. Replicates that are evaluated together decide together.
    """
    swept, by_stein = np.broadcast_arrays(swept, by_stein)
    gap = by_stein - swept
    missed = gap.mean(axis=(0, 2))
    with np.errstate(all="ignore"):
        contradicts = np.abs(missed) > _CONTRADICTION * _noise(gap)
        is_noisier = _noise(swept) > _NOISIER * _noise(by_stein)
    if is_gentle:
        is_noisier, missed = np.zeros(missed.shape, dtype=bool), np.zeros(missed.shape)
    is_number = np.isfinite(swept).all(axis=(0, 2))
    chosen = ~is_number | contradicts | is_noisier
    value = np.where(chosen[:, None], by_stein, swept).mean(axis=2)
    # What few replicates say of the difference is noise, which the spread over all shows anyway.
    share = math.sqrt(max(1, len(swept) - 1) / (REPLICATES - 1))
    return spread_by(value, np.where(chosen, 0.0, share * np.abs(missed)), source, replicates)


def _noise(parts: Array) -> Array:
    """The standard error of the mean over replicates and parts, (M,)."""
    replicates, _, count = parts.shape
    return np.asarray(parts.var(axis=2, ddof=1).mean(axis=0) / (replicates * count)) ** 0.5

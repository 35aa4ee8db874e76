"""How much of a mean of samples is rounding: ψ once more, every part of it moved by its own.

    2·10⁸ (√(10¹⁶ + x²) − 10⁸)   has steps of 3, which samples do not average out

A scalar is known up to 2⁻⁴⁴, so that |θ|^0.1 of a θ that is 0 by rounding is not 0.03. The mean of
how far ψ moves is the error: roundings of many samples may all be to one side.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tpgraph.functions import Expression, evaluate, expand, inline
from tpgraph.functions.many_digits import moved_by_rounding
from tpgraph.limits.sampling.normals import Array

__all__ = ["rounding"]

_LOOKED_AT = 32
"""Samples of every replicate."""
_SCALAR = 2.0**-44
_FAR = 1e150
_NOTED = 1e-12
"""Of less, relative to |ψ|, every error bar has more."""


def rounding(psi: Expression, values: Sequence[Array]) -> Array:
    """E|Δψ| by input, (M,), of ψ of samples (B, M, S) and scalars (B, M, 1)."""
    some = [np.asarray(v)[..., :_LOOKED_AT] for v in values]
    whole, noise = inline(expand(psi)), np.random.default_rng(0)
    moved = [
        v + _SCALAR * (1 + np.abs(v)) * noise.choice([-1.0, 1.0], v.shape)
        if v.shape[-1] == 1
        else v
        for v in some
    ]
    with np.errstate(all="ignore"):
        still = np.atleast_3d(evaluate(whole, some))
        distance = np.abs(np.atleast_3d(moved_by_rounding(whole, moved)) - still)
    distance = np.where(distance > _FAR, _FAR, distance)
    distance = np.where(np.isfinite(distance), distance, 0.0).mean(axis=(0, 2))
    return np.where(distance > _NOTED * np.abs(still).mean(axis=(0, 2)), distance, 0.0)

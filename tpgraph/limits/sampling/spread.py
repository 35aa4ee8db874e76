"""Errors that samples cannot show, put into the spread of the replicates.

    x_b ↦ x_b + h_b √(B − 1) e,   h a balanced choice of signs

leaves the mean over B replicates as it is and adds the error e to their error bar in quadrature, so
that it goes wherever x goes. Different sources have different signs, which do not add up.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tpgraph.limits.sampling.normals import REPLICATES, Array

__all__ = ["scattered", "spread_by"]


def spread_by(values: Array, error: Array | float, source: int, replicates: Sequence[int]) -> Array:
    """Values (B, …) with a further error of their mean, for every entry behind the first axis.

    `source` numbers the signs, `replicates` says which of all replicates these are.
    """
    if not np.any(error):
        return values
    stream = np.random.default_rng(2 * abs(source) + (source < 0))
    signs = stream.permutation(np.resize([1.0, -1.0], REPLICATES))
    own = math.sqrt(REPLICATES - 1) * signs[list(replicates)]
    return np.asarray(values + own.reshape(-1, *[1] * (values.ndim - 1)) * error)


def scattered(values: Array, share: float, source: int, replicates: Sequence[int]) -> Array:
    """Values (B, …), those of a replicate all times 1 + g_b `share`, with normal g_b.

    What cancels to less than that share then differs between replicates, its squares too.
    """
    if not share:
        return values
    own = np.random.default_rng((source, REPLICATES)).standard_normal(REPLICATES)
    return np.asarray(
        values * (1 + share * own[list(replicates)]).reshape(-1, *[1] * (values.ndim - 1))
    )

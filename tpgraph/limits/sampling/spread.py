"""Errors that samples cannot show, put into the spread of the replicates.

    x_b ↦ x_b + h_b √(B − 1) e,   Σ h_b = 0,   Σ h_b² = B

leaves the mean over B replicates as it is and adds the error e to their error bar in quadrature, so
that it goes wherever x goes. Different sources have different h, which do not add up.

What is even in x sees only h_b²: with signs, h_b = ±1, that is the same for all replicates, and
(x_b)² would be larger by (B − 1) e² without an error bar. With h_b = ±2 for a quarter of them and 0
for the others that is 2.2 of its error bars, √(B − 1)/√(mean h⁴ − 1).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tpgraph.limits.sampling.normals import REPLICATES, Array

__all__ = ["CENTRAL", "ZEROED", "Center", "added_to", "is_unsteady", "scattered", "spread_by"]

_TOLD = 5.0
"""Standard errors from 0."""
_BALANCED = (2.0, 0.0, 0.0, 0.0, -2.0, 0.0, 0.0, 0.0)
_ADDED, _ONE_SIDED = 5.0, (1.0, 1e-20, 1e-20, 1e-20)
_UNSTEADY = 0.2
"""Of a variance or of a part of a vector, what replicates differ by where functions may bend."""


@dataclass(frozen=True)
class Center:
    """Where all replicates have a sampled scalar: so many standard errors beside its mean.

    With `has_zeros` it is 0 where it is not told from 0.
    """

    aside: float = 0.0
    has_zeros: bool = False

    def of(self, values: Array) -> Array:
        """Of the values (B, M) of every replicate."""
        mean = values.mean(axis=0, keepdims=True)
        error = values.std(axis=0, keepdims=True) / math.sqrt(len(values))
        there = mean + self.aside * error
        if self.has_zeros:
            there = np.where(np.abs(mean) < _TOLD * error, 0.0, there)
        return np.broadcast_to(there, values.shape)


CENTRAL, ZEROED = Center(), Center(has_zeros=True)


def is_unsteady(part: Array, whole: Array) -> bool:
    """Whether replicates of a part (B, M) differ by a good share of the whole (B, M)."""
    with np.errstate(all="ignore"):
        return bool((part.std(axis=0) > _UNSTEADY * np.abs(whole).mean(axis=0)).any())


def spread_by(values: Array, error: Array | float, source: int, replicates: Sequence[int]) -> Array:
    """Values (B, …) with a further error of their mean, for every entry behind the first axis.

    `source` numbers the h, `replicates` says which of all replicates these are.
    """
    if not np.any(error):
        return values
    return (
        values + math.sqrt(REPLICATES - 1) * _dealt(_BALANCED, source, replicates, values) * error
    )


def added_to(values: Array, error: Array, source: int, replicates: Sequence[int]) -> Array:
    """Squares (B, …) to which a quarter of the replicates add what no sample showed of them.

        x_b ↦ x_b + s h_b e,   h_b = 1 of B/4 replicates, else 1e-20,   s = 5

    so that no scale is lost, which step(v) or a quotient by it would tell from a small one.

    What is not seen only adds: with signs of both kinds, kept from below 0, a square that is 0
    would be four error bars from 0. Here it is 2.2, and e is less than one bar from the mean.
    """
    return values + _ADDED * _dealt(_ONE_SIDED, source, replicates, values) * error


def _dealt(
    pattern: Sequence[float], source: int, replicates: Sequence[int], values: Array
) -> Array:
    """h_b of these replicates, (B, 1, …) as the values: a pattern in the order of the source."""
    stream = np.random.default_rng(2 * abs(source) + (source < 0))
    every = stream.permutation(np.resize(pattern, REPLICATES))
    return np.asarray(every[list(replicates)].reshape(-1, *[1] * (values.ndim - 1)))


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

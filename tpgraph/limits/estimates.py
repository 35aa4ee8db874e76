"""Values with error bars, over independent replicates."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from tpgraph.limits.sampling.normals import Array
from tpgraph.types import Dimension

__all__ = ["Estimate", "VectorLimit", "estimate"]

_ROUNDING = 2.0**-44


@dataclass(frozen=True, slots=True)
class Estimate:
    """A `value` and the standard deviation `error` of its estimator."""

    value: float
    error: float


def estimate(replicates: Array) -> Estimate:
    """The mean over independent replicates, and s/√B; rounding is never counted below 2⁻⁴⁴."""
    value = float(replicates.mean())
    spread = float(replicates.std(ddof=1)) / math.sqrt(len(replicates))
    return Estimate(value, max(spread, _ROUNDING * (1.0 + abs(value))))


@dataclass(frozen=True)
class VectorLimit:
    """Z of one vector: its statistics in every replicate.

    `samples` is (replicates, entries, S), with one entry for a vector of width n and d for one of
    fixed dimension, over which means and variances are averaged; `dimension` is None for a scalar
    that stays random. `hat_variances` is Var Ẑ (None for a Nonlin), `hat_covariances` Cov(Ẑ, Ẑ^y)
    by earlier vectors of the same matrix, `dots` the coefficients of Ż = Σ_y c_y Z^y.
    """

    dimension: Dimension | None
    samples: Array
    means: Array
    variances: Array
    hat_variances: Array | None
    hat_covariances: Mapping[str, Array]
    dots: Mapping[str, Array]

    @property
    def mean(self) -> Estimate:
        """E Z."""
        return estimate(self.means)

    @property
    def var(self) -> Estimate:
        """Var Z."""
        return estimate(self.variances)

    @property
    def hat_var(self) -> Estimate | None:
        """Var Ẑ, of what is initial or made by a MatMul."""
        return None if self.hat_variances is None else estimate(self.hat_variances)

    @property
    def dot(self) -> dict[str, Estimate]:
        """The coefficients of Ż by vector."""
        return {y: estimate(c) for y, c in self.dots.items()}

"""Values with error bars: what a limit says of a scalar and of a vector."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from tpgraph.types import Dimension

__all__ = ["Array", "Estimate", "VectorLimit", "estimate"]

Array: TypeAlias = npt.NDArray[np.float64]

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
    """Z of one vector.

    `dimension` is None for a scalar that stays random. `values` are E of every entry, one of a
    vector of width n and d of one of fixed dimension, over which `mean` and `var` are averaged;
    `hat_var` is Var Ẑ (None for a Nonlin), `hat_covariances` Cov(Ẑ, Ẑ^y) by earlier vectors of the
    same matrix, `dot` the coefficients of Ż = Σ_y c_y Z^y. `samples`, (replicates, entries, S), are
    what the sampling engine found it from.
    """

    dimension: Dimension | None
    values: Array
    mean: Estimate
    var: Estimate
    hat_var: Estimate | None
    hat_covariances: Mapping[str, Estimate]
    dot: Mapping[str, Estimate]
    samples: Array | None = None

"""Values with error bars: what a limit says of a scalar and of a vector."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from tpgraph.types import Dimension

__all__ = ["LEAST", "USELESS", "Array", "Basis", "Estimate", "VectorLimit", "estimate"]

Array: TypeAlias = npt.NDArray[np.float64]

_ROUNDING = 2.0**-44
LEAST = float(np.finfo(np.float64).tiny)
"""The least float of full precision, 2.2e-308: what is not 0 and below has lost digits, or all."""
USELESS = 10.0
"""An error that is as many times the value says no more than its order."""


class Basis(IntEnum):
    """How a number is known, the surest first; of several that it is made of, the least sure."""

    CLOSED_FORM = 0
    """Exact but for rounding, whose effect is estimated."""
    SERIES = 1
    """Mehler's expansion, what it leaves out within a bound."""
    QUADRATURE = 2
    """Rules that agree: how far they differ is an estimate of the error."""
    SAMPLES = 3
    """A mean of samples, of which the error is the standard deviation."""
    HEAVY_TAIL = 4
    """A mean that few samples decide: the error covers it less often than it says."""
    UNKNOWN = 5
    """Nothing but a bound: the error is more than `USELESS` times the value."""

    @property
    def words(self) -> str:
        """As people read it."""
        return _WORDS[self]


_WORDS = {
    Basis.CLOSED_FORM: "closed form",
    Basis.SERIES: "series within Mehler's bound",
    Basis.QUADRATURE: "quadrature, its error estimated",
    Basis.SAMPLES: "samples",
    Basis.HEAVY_TAIL: "samples with a heavy tail",
    Basis.UNKNOWN: f"not known, its error over {USELESS:g} times its value",
}


@dataclass(frozen=True, slots=True)
class Estimate:
    """A `value`, the standard deviation `error` of its estimator, and how it is known."""

    value: float
    error: float
    basis: Basis = Basis.CLOSED_FORM


def estimate(replicates: Array, basis: Basis = Basis.SAMPLES) -> Estimate:
    """The mean over independent replicates, and s/√B; rounding is never counted below 2⁻⁴⁴."""
    value = float(replicates.mean())
    spread = float(replicates.std(ddof=1)) / math.sqrt(len(replicates))
    return Estimate(value, max(spread, _ROUNDING * (1.0 + abs(value))), basis)


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

    @property
    def basis(self) -> Basis:
        """How its numbers are known, the least sure of them."""
        own = [self.mean, self.var, *self.dot.values()]
        return max(e.basis for e in own)

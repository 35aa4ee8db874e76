"""The limit over N inputs at once: what every engine can say about Z^x(ξ_i) for all i.

One network, its parameters drawn once, is evaluated on inputs ξ_1 … ξ_N. Whatever an engine does
inside, this is all that kernels need from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

__all__ = ["InputsLimit", "Values"]


@dataclass(frozen=True)
class Values:
    """An array and the standard deviation of each entry's estimator (0 where it is exact)."""

    value: npt.NDArray[np.float64]
    error: npt.NDArray[np.float64]


class InputsLimit(Protocol):
    """The limit of one program on N inputs."""

    @property
    def engine(self) -> str:
        """The engine, "exact" or "sampled"."""

    @property
    def count(self) -> int:
        """N."""

    def scalar(self, name: str) -> Values:
        """θ̊(ξ_i), (N,)."""

    def moment(self, x: str, y: str) -> Values:
        """E[Z^x(ξ_i) Z^y(ξ_j)], (N, N).

        Of vectors of fixed dimension d (data, constants) the mean of x_k(ξ_i) y_k(ξ_j) over k.
        """

    def mean(self, x: str) -> Values:
        """E[Z^x(ξ_i)], (N,); of a readout its mean over initializations."""

    def covariance(self, f: str, g: str) -> Values:
        """Cov(f_a(ξ_i), g_a(ξ_j)) over initializations, (N, N), of readouts f and g.

        One component a stands for all, which have one distribution; deterministic readouts have
        covariance 0.
        """

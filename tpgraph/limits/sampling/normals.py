"""Standard normal samples: independent randomizations of one low-discrepancy point set.

A replicate is a scrambled Sobol' sequence (Owen 1995) mapped by Φ⁻¹, then centred and whitened, so
that means and covariances of linear programs come out exactly. Replicates are independent: the
spread of what they say is the error bar.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri
from scipy.stats import qmc

from tpgraph.errors import TPDataError

__all__ = ["REPLICATES", "Array", "Normals"]

Array: TypeAlias = npt.NDArray[np.float64]

REPLICATES = 16
_BITS = 30
_MOST_DIMENSIONS = 512
_LEAST_SAMPLES = 256 * REPLICATES


class Normals:
    """A stock of normals, arrays (replicates, S); what exceeds the stock is pseudo-random.

    S is the largest power of 2 with replicates · S ≤ samples. Raises TPDataError for fewer than
    4096 samples: with so few points in a replicate its bias would exceed the error bar.
    """

    def __init__(self, count: int, samples: int, seed: int) -> None:
        if samples < _LEAST_SAMPLES:
            raise TPDataError(f"{samples} samples are too few", expected=f"≥ {_LEAST_SAMPLES}")
        self._log_size = (samples // REPLICATES).bit_length() - 1
        self.size = 1 << self._log_size
        self._streams = np.random.SeedSequence(seed).spawn(REPLICATES + 1)
        self._generator = np.random.default_rng(self._streams[-1])
        self._stock = self._sobol(min(count, _MOST_DIMENSIONS))
        self._taken = 0

    def _sobol(self, count: int) -> Array:
        stock = np.empty((REPLICATES, count, self.size))
        if not count:
            return stock
        for replicate, stream in zip(stock, self._streams[:-1], strict=True):
            points = qmc.Sobol(count, bits=_BITS, rng=np.random.default_rng(stream))
            replicate[:] = ndtri(points.random_base2(self._log_size).T + 0.5 ** (_BITS + 1))
            _whiten(replicate)
        return stock

    def take(self, count: int = 1) -> Array:
        """New normals, (replicates, count, S), independent of all that were taken before."""
        start, self._taken = self._taken, self._taken + count
        if self._taken <= self._stock.shape[1]:
            return self._stock[:, start : self._taken]
        return self._generator.standard_normal((REPLICATES, count, self.size))


def _whiten(normals: Array) -> None:
    """Make the rows' sample means 0 and sample covariance 1, where there are samples enough."""
    count, size = normals.shape
    normals -= normals.mean(axis=1, keepdims=True)
    if 16 * count <= size:
        root = np.linalg.cholesky(normals @ normals.T / size)
        normals[:] = np.linalg.solve(root, normals)

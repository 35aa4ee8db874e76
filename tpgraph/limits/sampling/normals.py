"""Standard normal samples: independent randomizations of one low-discrepancy point set.

A replicate is a scrambled Sobol' sequence (Owen 1995) in its first dimensions, a Latin hypercube in
the next and pseudo-random in all others, then centred and whitened, so that means and covariances
of linear programs come out exactly. Whitening leaves any few rows normal up to O(1/S): of many
dimensions of Sobol' it would not, as pairs of them depend on each other by their digits, and what
makes them uncorrelated shortens the tails of each. Replicates have one law: the spread of what
they say is the error bar.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from tpgraph.errors import TPDataError
from tpgraph.hyperparameters import require_whole

__all__ = ["REPLICATES", "Array", "NormalStock", "replicate_size"]

Array: TypeAlias = npt.NDArray[np.float64]

REPLICATES = 16
_BITS = 30
_MOST_DIMENSIONS = 512
_SOBOL_DIMENSIONS = 8
"""More of them are no longer normal when they are whitened: E z⁴ of the 100th is 2.9."""
_STRATIFIED_DIMENSIONS = 128
"""Strata of one of very many dimensions tell little of a sum over them, and take long to draw."""
_LEAST_SAMPLES = 256 * REPLICATES


def replicate_size(samples: int) -> int:
    """S, the largest power of 2 with replicates · S ≤ samples.

    Raises TPDataError for fewer than 4096 samples: with so few points in a replicate its bias would
    exceed the error bar.
    """
    require_whole(samples, "samples", 1)
    if samples < _LEAST_SAMPLES:
        raise TPDataError(f"{samples} samples are too few", expected=f"≥ {_LEAST_SAMPLES}")
    return 1 << (samples // REPLICATES).bit_length() - 1


class NormalStock:
    """A stock of normals, arrays (B, ·, S) for B of the replicates.

    `count` says how many will be taken; what exceeds a stock of 512 is pseudo-random. A replicate
    is the same whichever others it stands with.
    """

    def __init__(
        self, count: int, samples: int, seed: int, replicates: Sequence[int] = range(REPLICATES)
    ) -> None:
        self.size = replicate_size(samples)
        self.replicates = len(replicates)
        *streams, common = np.random.SeedSequence(seed).spawn(REPLICATES + 1)
        self._streams = [streams[i] for i in replicates]
        self._places = replicates
        self._common = common
        self._generators = [np.random.default_rng(s.spawn(1)[0]) for s in self._streams]
        self._stock = self._first(min(count, _MOST_DIMENSIONS, self.size // 4))
        self._blocks = [self._stock]
        self._taken = 0

    def _first(self, count: int) -> Array:
        """The stock, Sobol's dimensions before the others."""
        stock = np.empty((len(self._streams), count, self.size))
        if not count:
            return stock
        qmc = import_module("scipy.stats.qmc")
        dimensions, behind = min(count, _SOBOL_DIMENSIONS), min(count, _STRATIFIED_DIMENSIONS)
        shifts = np.random.default_rng(self._common).integers(REPLICATES, size=(behind, self.size))
        for place, replicate, stream in zip(self._places, stock, self._streams, strict=True):
            generator = np.random.default_rng(stream)
            points = qmc.Sobol(dimensions, bits=_BITS, rng=generator)
            numbers = points.random_base2(self.size.bit_length() - 1)
            sobol = np.floor(numbers.T * self.size).astype(np.int64)
            strata = np.broadcast_to(np.arange(self.size), (behind - dimensions, self.size))
            strata = np.concatenate([sobol, generator.permuted(strata, axis=1)])
            parts = (np.take_along_axis(shifts, strata, axis=1) + place) % REPLICATES
            within = generator.random(strata.shape) * (1 - 0.5**_BITS) + 0.5 ** (_BITS + 1)
            replicate[:behind] = ndtri((strata + (parts + within) / REPLICATES) / self.size)
            generator.standard_normal(out=replicate[behind:])
        return _whitened(stock)

    def take(self, count: int = 1) -> Array:
        """New normals, (B, count, S), independent of all that were taken before."""
        start, self._taken = self._taken, self._taken + count
        found = self._stock[:, start : self._taken]
        if found.shape[1] == count:
            return found
        return np.concatenate([found, self._more(count - found.shape[1])], axis=1)

    def _more(self, count: int) -> Array:
        """Pseudo-random ones, orthogonal to the earlier while those are few beside the samples."""
        shape = count, self.size
        block = np.stack([generator.standard_normal(shape) for generator in self._generators])
        if 2 * (count + sum(earlier.shape[1] for earlier in self._blocks)) <= self.size:
            block -= block.mean(axis=2, keepdims=True)
            for earlier in self._blocks:
                block -= (block @ earlier.transpose(0, 2, 1) / self.size) @ earlier
            block = _whitened(block)
            self._blocks.append(block)
        return block


def _whitened(normals: Array) -> Array:
    """With sample means 0 and sample covariance 1 in every replicate."""
    normals = normals - normals.mean(axis=2, keepdims=True)
    root = np.linalg.cholesky(normals @ normals.transpose(0, 2, 1) / normals.shape[2])
    return np.asarray(np.linalg.inv(root) @ normals)

"""Jointly Gaussian variables that appear one after another: rule ZHat by incremental Cholesky.

    Ẑ_k = Σ_{j≤k} L_kj N_j,   L Lᵀ = C,   C_kj = Cov(Ẑ_k, Ẑ_j)

with N_j independent standard normals. A pivot of zero, where Ẑ_k is a linear combination of the
earlier ones, takes no part in what follows, which is the pseudoinverse of Remark B.6 in *Tensor
Programs IIb* (arXiv 2105.03703). Everything is done in each replicate by itself.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tpgraph.limits.sampling.normals import REPLICATES, Array

__all__ = ["Family"]

_RANK = 1e-10


class Family:
    """The Ẑ of one matrix, W and Wᵀ counting as two; `names` are the vectors they belong to."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._rows: list[Array] = []
        self._normals: list[Array] = []

    def extend(
        self, name: str, variance: Array, covariances: Sequence[Array], normal: Array
    ) -> Array:
        """Samples of a new member with this variance and these covariances with the earlier ones.

        `variance` and each covariance are (replicates,); `normal` and the result have shape
        (replicates, …, S).
        """
        row = np.zeros((REPLICATES, len(self._rows) + 1))
        for j, (covariance, earlier) in enumerate(zip(covariances, self._rows, strict=True)):
            rest = covariance - np.einsum("bi,bi->b", row[:, :j], earlier[:, :j])
            pivot = earlier[:, j]
            row[:, j] = np.divide(rest, pivot, out=np.zeros(REPLICATES), where=pivot > 0)
        left = variance - np.einsum("bi,bi->b", row, row)
        row[:, -1] = np.sqrt(np.where(left > _RANK * variance, left, 0.0))
        self.names.append(name)
        self._rows.append(row)
        self._normals.append(normal)
        total = np.zeros(np.broadcast_shapes(normal.shape))
        for j, own in enumerate(self._normals):
            if row[:, j].any():
                total += row[:, j].reshape(-1, *[1] * (own.ndim - 1)) * own
        return total

    @property
    def covariance(self) -> Array:
        """C, (replicates, k, k)."""
        k = len(self._rows)
        lower = np.zeros((REPLICATES, k, k))
        for i, row in enumerate(self._rows):
            lower[:, i, : i + 1] = row
        return np.asarray(lower @ lower.transpose(0, 2, 1))

    def solve(self, b: Array) -> Array:
        """C⁺ b, for b of (replicates, k)."""
        inverse = np.linalg.pinv(self.covariance, rcond=_RANK, hermitian=True)
        return np.asarray(np.einsum("bij,bj->bi", inverse, b))

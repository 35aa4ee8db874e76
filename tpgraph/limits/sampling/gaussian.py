"""Jointly Gaussian variables that appear one after another: rule ZHat by incremental factors.

Ẑ of one vector on N inputs is a block of N variables; on all inputs at once it is one variable.

    Ẑ_k = Σ_{j≤k} L_kj N_j,   Σ_i L_ki L_jiᵀ = C_kj = Cov(Ẑ_k, Ẑ_j)

with N_j independent standard normals, as many as the rank of what block j adds. Directions without
variance, where a variable is a linear combination of others, take no part in what follows, which is
the pseudoinverse of Remark B.6 in *Tensor Programs IIb* (arXiv 2105.03703). Everything is done in
each replicate by itself.

What a block adds to others that it nearly depends on is lost in C_kk − Σ L_kj L_kjᵀ, where a
covariance has no more digits. Then it is found from the operands themselves (`residual`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tpgraph.errors import TPTypeError
from tpgraph.limits.sampling.normals import Array
from tpgraph.limits.sampling.residual import SHORTEST, Directions, Operand

__all__ = ["MatrixGaussians"]

_RANK = 1e-13
"""The least variance of a direction, as a share, where nothing but covariances is known."""
_NEAR = 1e-6
"""Below this share a variance is found from operands."""
_RANK_OF_SLOPES = 2 * SHORTEST
_NEARLY, _EXACTLY = 1e-4, 2 * SHORTEST


class MatrixGaussians:
    """The Ẑ of one matrix, W and Wᵀ counting as two; `names` are the vectors they belong to."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._rows: list[list[Array]] = []
        self._inverses: list[Array] = []
        self._normals: list[Array] = []
        self._directions = Directions()

    def extend(
        self,
        name: str,
        own: Array,
        covariances: Sequence[Array],
        take: Callable[[int], Array] | None,
        operand: Operand | None = None,
    ) -> Array | None:
        """Samples of a new block with covariance `own` and these with the earlier blocks.

        For a block of M, `own` is (B, M, M) and a covariance (B, M, M_j); `take` gives independent
        normals (B, r, …), the result is (B, M, …). Without `take` no samples are made, and no
        later block of the family may ask for them. With the `operand` no small direction is lost.
        """
        row, _ = self._append(name, own, covariances, operand)
        if take is None:
            return None
        self._normals.append(take(row[-1].shape[2]))
        return self._combined(row)

    @property
    def lost(self) -> float:
        """The relative length of what depends on earlier blocks in the newest but for rounding."""
        return self._directions.lost

    def condition(
        self,
        name: str,
        own: Array,
        covariances: Sequence[Array],
        value: Array,
        operand: Operand | None = None,
    ) -> Array:
        """A new block of this value, (B, M, …, 1), on which later blocks then depend.

        The result is how far the value is off in directions without variance, (B, M, ·).
        """
        row, inverse = self._append(name, own, covariances, operand)
        rest = value - self._combined(row[:-1]) if len(row) > 1 else value
        flat = rest.reshape(*rest.shape[:2], -1)
        normals = inverse.transpose(0, 2, 1) @ flat
        self._normals.append(normals.reshape(*normals.shape[:2], *rest.shape[2:]))
        return np.asarray(flat - row[-1] @ normals)

    def _append(
        self,
        name: str,
        own: Array,
        covariances: Sequence[Array],
        operand: Operand | None = None,
    ) -> tuple[list[Array], Array]:
        """The coefficients L_kj of a new block, and (L_kkᵀ)⁺. Raises TPTypeError beyond floats."""
        if not all(np.isfinite(part).all() for part in (own, *covariances)):
            raise TPTypeError("its variance is too large for a float", expected="smaller values")
        row: list[Array] = []
        for j, covariance in enumerate(covariances):
            rest = covariance - _inner(row, self._rows[j])
            row.append(rest @ self._inverses[j])
        size = np.sqrt(np.maximum(np.diagonal(own, axis1=1, axis2=2), 0.0))
        left = own - _inner(row, row)
        self._directions.add(operand, own)
        if self._directions.are_told and (self._directions.are_near or _is_near(left, size)):
            found, inverse = self._directions.split(self._rows, self._inverses, size)
            row = list(found)
        else:
            factor, inverse = _factor(left, size)
            row.append(factor)
        self.names.append(name)
        self._rows.append(row)
        self._inverses.append(inverse)
        return row, inverse

    def _combined(self, row: Sequence[Array]) -> Array:
        """Σ_j L_kj N_j."""
        newest = self._normals[-1]
        total = np.zeros((len(newest), row[0].shape[1], *newest.shape[2:]))
        for coefficients, normals in zip(row, self._normals, strict=False):
            if coefficients.any():
                flat = coefficients @ normals.reshape(*normals.shape[:2], -1)
                total = total + flat.reshape(*flat.shape[:2], *normals.shape[2:])
        return total

    def release(self) -> None:
        """Forget the normals: there will be no further block."""
        self._normals.clear()
        self._directions = Directions()

    def solve(self, names: Sequence[str], b: Array) -> Array:
        """C⁺ b by input, C the covariance of the Ẑ of these names on one input.

        b is (B, M, k, parts), with M = 1 where every one of them is the same on all inputs.
        """
        lower, size = self._lower(names, b.shape[1])
        inverse = np.linalg.pinv(lower, rcond=_RANK_OF_SLOPES)
        scaled = np.divide(
            b, size, out=np.zeros(np.broadcast_shapes(b.shape, size.shape)), where=size > 0
        )
        found = np.swapaxes(inverse, 2, 3) @ (inverse @ scaled)
        return np.asarray(np.divide(found, size, out=np.zeros_like(found), where=size > 0))

    def tells_apart(self, names: Sequence[str]) -> bool:
        """Whether the Ẑ of these names are far from depending on each other, or depend exactly."""
        lower, _ = self._lower(names, None)
        lengths = np.linalg.svd(lower, compute_uv=False)
        return bool(((lengths > _NEARLY) | (lengths <= _EXACTLY)).all())

    def rank(self, names: Sequence[str]) -> int:
        """Of the covariance of the Ẑ of these names on one input, the greatest."""
        lower, _ = self._lower(names, None)
        return int(np.linalg.matrix_rank(lower, rtol=_RANK_OF_SLOPES).max())

    def _lower(self, names: Sequence[str], inputs: int | None) -> tuple[Array, Array]:
        """The coefficients of these Ẑ on one input, (B, M, k, r), each of length 1, and lengths."""
        rows = [self._rows[self.names.index(name)] for name in names]
        longest = max(rows, key=len)
        size = inputs or max(row[-1].shape[1] for row in rows)
        shape = len(longest[0]), size, len(names), sum(part.shape[2] for part in longest)
        lower = np.zeros(shape)
        for k, row in enumerate(rows):
            start = 0
            for part in row:
                lower[:, :, k, start : start + part.shape[2]] = part
                start += part.shape[2]
        size = np.sqrt((lower**2).sum(axis=3, keepdims=True))
        return np.divide(lower, size, out=np.zeros_like(lower), where=size > 0), size


def _inner(first: Sequence[Array], second: Sequence[Array]) -> Array | float:
    """Σ_i L_ki L_jiᵀ over the normals that both have."""
    total: Array | float = 0.0
    for a, b in zip(first, second, strict=False):
        total = total + a @ b.transpose(0, 2, 1)
    return total


def _unit(left: Array, size: Array) -> tuple[Array, Array]:
    """`left` as correlations, and what it was divided by, (B, M)."""
    unit = np.divide(1.0, size, out=np.zeros_like(size), where=size > 0)
    return unit[:, :, None] * left * unit[:, None, :], unit


def _is_near(left: Array, size: Array) -> bool:
    """Whether something in it nearly has no variance, beside `size`."""
    values = np.linalg.eigvalsh(_unit(left, size)[0])
    return bool((values < _NEAR).any() and size.any())


def _factor(left: Array, size: Array) -> tuple[Array, Array]:
    """P of full column rank with P Pᵀ = `left`, and (Pᵀ)⁺; ranks are judged on correlations."""
    correlations, unit = _unit(left, size)
    values, vectors = np.linalg.eigh(correlations)
    kept = (values > _RANK).any(axis=0)
    values, vectors = values[:, kept], vectors[:, :, kept]
    root = np.sqrt(np.where(values > _RANK, values, 0.0))
    inverse = np.divide(1.0, root, out=np.zeros_like(root), where=root > 0)
    return (
        size[:, :, None] * vectors * root[:, None, :],
        unit[:, :, None] * vectors * inverse[:, None, :],
    )

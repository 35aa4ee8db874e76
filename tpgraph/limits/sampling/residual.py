"""What an operand adds to earlier ones that it nearly depends on, by orthogonal directions.

    x_k = Σ_j L_kj q_j,   q_i q_jᵀ = δ_ij,   x_k x_lᵀ = Σ_j L_kj L_ljᵀ

The coefficients are those of the covariances x_k x_lᵀ, but found from the operands x (Gram and
Schmidt, twice): a residual of relative length e is known to 1e-16/e, while its variance e² is lost
in covariances below e = 1e-8. What is shorter than `SHORTEST` is rounding.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tpgraph.limits.sampling.normals import Array

__all__ = ["SHORTEST", "Directions", "Operand"]

SHORTEST = 2.0**-50
"""The least length of a residual beside its operand."""
_AT_ONCE = 1e-6
"""Variances of one block that are told apart at once, as a share of the largest."""
_STAGES, _AGREE = 6, 1e-12
_UNIT = 2.0**-53


class Operand(NamedTuple):
    """`values` x, (B, M, d), of which the covariance is `factor` x xᵀ."""

    values: Array
    factor: float = 1.0


class Directions:
    """The q_j of the blocks of one family, made when they are needed.

    `are_told` says that every block has an operand of which its covariance is made, `are_near` that
    directions were found here, which later blocks then need, and `lost` is the relative length of
    what was left of the newest block, and may be no more than rounding.
    """

    def __init__(self) -> None:
        self.are_told = True
        self.are_near = False
        self.lost = 0.0
        self._operands: list[Operand] = []
        self._found: list[Array] = []

    def add(self, operand: Operand | None, own: Array) -> None:
        """The operand of the newest block, whose covariance is `own`."""
        self.lost = 0.0
        if operand is None or not self.are_told:
            self.are_told = False
            self._operands.clear()
            self._found.clear()
            return
        x = operand.values
        squares = operand.factor * np.einsum("bmd,bmd->bm", x, x)
        variance = np.diagonal(own, axis1=1, axis2=2)
        self.are_told = bool((np.abs(squares - variance) <= _AGREE * variance).all())
        self._operands.append(operand)

    def split(
        self, rows: Sequence[Sequence[Array]], inverses: Sequence[Array], size: Array
    ) -> tuple[list[Array], Array]:
        """L_kj of the newest block, j ≤ k, and (L_kkᵀ)⁺, from those of the earlier ones."""
        for j in range(len(self._found), len(rows)):
            residual = self._scaled(j)
            for q, own in zip(self._found, rows[j], strict=False):
                residual = residual - own @ q
            self._found.append(inverses[j].transpose(0, 2, 1) @ residual)
        row, residual = _projected(self._scaled(len(rows)), self._found)
        factor, inverse, own, lost = _stages(residual, size, self._found)
        self._found.append(own)
        self.are_near = self.are_near or own.shape[1] > 0
        self.lost = lost
        return [*row, factor], inverse

    def _scaled(self, j: int) -> Array:
        x, factor = self._operands[j]
        return x * math.sqrt(factor)


def _projected(values: Array, directions: Sequence[Array]) -> tuple[list[Array], Array]:
    """The coefficients along directions, and what is left."""
    row: list[Array] = []
    for times in range(2):
        for j, q in enumerate(directions):
            part = values @ q.transpose(0, 2, 1)
            values = values - part @ q
            if times:
                row[j] = row[j] + part
            else:
                row.append(part)
    return row, values


def _stages(
    residual: Array, size: Array, before: Sequence[Array]
) -> tuple[Array, Array, Array, float]:
    """P and q with `residual` = P q, (Pᵀ)⁺, and the length of what is left beside `size`.

    Directions are found from the longest to the shortest, some orders of magnitude at once; what
    is left is never below rounding.
    """
    scale = np.divide(1.0, size, out=np.zeros_like(size), where=size > 0)[:, :, None]
    rest = scale * residual
    factors, inverses, found = [residual[:, :, :0]], [residual[:, :, :0]], [residual[:, :0]]
    longest = SHORTEST
    for _ in range(_STAGES):
        values, vectors = np.linalg.eigh(rest @ rest.transpose(0, 2, 1))
        longest = float(np.sqrt(max(values.max(initial=0.0), 0.0)))
        if longest <= SHORTEST:
            break
        least = max(_AT_ONCE * longest**2, SHORTEST**2)
        kept = (values > least).any(axis=0)
        values, vectors = values[:, kept], vectors[:, :, kept]
        root = np.sqrt(np.where(values > least, values, 0.0))
        inverse = np.divide(1.0, root, out=np.zeros_like(root), where=root > 0)
        q = inverse[:, :, None] * (vectors.transpose(0, 2, 1) @ rest)
        factors.append(size[:, :, None] * vectors * root[:, None, :])
        inverses.append(scale * vectors * inverse[:, None, :])
        found.append(q)
        _, rest = _projected(rest, [*before, *found[1:]])
    return (
        np.concatenate(factors, axis=2),
        np.concatenate(inverses, axis=2),
        np.concatenate(found, axis=1),
        longest + _UNIT,
    )

"""Symmetrized Kronecker powers S_d(C) of small matrices, in the normalized monomials x^α/√α!.

    (C x)^α/√α! = Σ_{|β|=d} S_d(C)_{αβ} x^β/√β!
    S_d(C)_{αβ} = (1/d) Σ_ij √(α_i β_j) C_ij S_{d−1}(C)_{α−e_i, β−e_j}

They have norms ‖C‖^d, and the recursion makes no rounding larger. Source: Slepian 1972,
SIAM J. Math. Anal. 3, 606–616.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from tpgraph.limits.exact.forms import Array

__all__ = ["contracted", "indices_of", "operations"]

Indices = npt.NDArray[np.intp]

_AT_ONCE = 1 << 20
"""Numbers of one power, of some entries at a time."""


@lru_cache(maxsize=512)
def indices_of(rank: int, degree: int) -> Indices:
    """All α of `rank` entries with |α| = degree, (A, rank)."""
    found = [
        alpha
        for alpha in itertools.product(range(degree + 1), repeat=rank - 1)
        if sum(alpha) <= degree
    ]
    return np.array([(*alpha, degree - sum(alpha)) for alpha in found], dtype=np.intp)


@lru_cache(maxsize=512)
def _below(rank: int, degree: int) -> tuple[tuple[Indices, Indices, Array], ...]:
    """For every i the α with α_i > 0, where α − e_i stands one degree below, and √α_i."""
    own = indices_of(rank, degree)
    lower = {tuple(alpha): k for k, alpha in enumerate(indices_of(rank, degree - 1))}
    found = []
    for i in range(rank):
        at = np.flatnonzero(own[:, i])
        less = own[at] - np.eye(rank, dtype=np.intp)[i]
        places = np.array([lower[tuple(alpha)] for alpha in less], dtype=np.intp)
        found.append((at, places, np.sqrt(own[at, i].astype(np.float64))))
    return tuple(found)


def contracted(
    matrices: Array, left: Sequence[Array], right: Sequence[Array], rows: tuple[Indices, Indices]
) -> Array:
    """Σ_d f_d · S_d(C) g_d of every matrix C, (P,) for (P, r, r).

    f_d are the rows `rows[0]` of `left[d]` (N, A), and g_d those `rows[1]` of `right[d]`.
    """
    is_apart = _are_diagonal(matrices)
    largest = max(f.shape[1] for f in left)
    few = max(1, _AT_ONCE // (largest if is_apart else largest**2))
    total = np.zeros(len(matrices))
    by = _by_diagonals if is_apart else _by_powers
    for begin in range(0, len(matrices), few):
        some = slice(begin, begin + few)
        total[some] = by(matrices[some], left, right, (rows[0][some], rows[1][some]))
    return total


def operations(matrices: Array, degree: int) -> float:
    """Multiplications of `contracted` up to a degree."""
    rank = matrices.shape[1]
    each = 1 if _are_diagonal(matrices) else 2
    return len(matrices) * sum(float(math.comb(d + rank - 1, d)) ** each for d in range(degree + 1))


def _are_diagonal(matrices: Array) -> bool:
    return not matrices[:, ~np.eye(matrices.shape[1], dtype=bool)].any()


def _by_diagonals(
    matrices: Array, left: Sequence[Array], right: Sequence[Array], rows: tuple[Indices, Indices]
) -> Array:
    """Of diagonal matrices: Σ_α f_α g_α Π_i c_i^(α_i)."""
    diagonals = np.diagonal(matrices, axis1=1, axis2=2)
    total = np.zeros(len(matrices))
    powers = np.ones((len(matrices), 1))
    for d, (f, g) in enumerate(zip(left, right, strict=True)):
        if d:
            before, powers = powers, np.empty((len(matrices), f.shape[1]))
            for i, (at, places, _) in enumerate(_below(matrices.shape[1], d)):
                powers[:, at] = before[:, places] * diagonals[:, i, None]
        total += (f[rows[0]] * g[rows[1]] * powers).sum(axis=1)
    return total


def _by_powers(
    matrices: Array, left: Sequence[Array], right: Sequence[Array], rows: tuple[Indices, Indices]
) -> Array:
    total = np.zeros(len(matrices))
    power = np.ones((len(matrices), 1, 1))
    for d, (f, g) in enumerate(zip(left, right, strict=True)):
        if d:
            power = _raised(matrices, power, d)
        total += np.einsum("pa,pab,pb->p", f[rows[0]], power, g[rows[1]], optimize=True)
    return total


def _raised(matrices: Array, power: Array, degree: int) -> Array:
    """S_d(C) by S_{d−1}(C)."""
    below = _below(matrices.shape[1], degree)
    size = len(indices_of(matrices.shape[1], degree))
    found = np.zeros((len(matrices), size, size))
    for i, (rows, upper, left) in enumerate(below):
        part = power[:, upper] * left[:, None]
        for j, (columns, beside, right) in enumerate(below):
            factor = matrices[:, i, j, None, None] / degree
            if factor.any():
                found[:, rows[:, None], columns] += part[:, :, beside] * right * factor
    return found

"""E[F(u) G(v)] of functions of several forms, F on one side and G on the other, by expansions.

    u = m + L z on every input,  f_α = E[F h_α(z)],  h_α = Π_i h_{α_i}(z_i),  C = E[z wᵀ]
    E[F(u) G(v)] = Σ_d f_d · S_d(C) g_d,   |Σ_{d>D}| ≤ ‖C‖^(D+1) √(r_F r_G)
    r_F = E F² − Σ_{|α|≤D} f_α²

S_d(C) is the d-th symmetrized Kronecker power, h_k are the normalized Hermite polynomials. The
quadrature is over the forms of one side, once for every input; pairs of inputs cost arithmetic
alone. Source: Slepian 1972, SIAM J. Math. Anal. 3, 606–616; for one form each it is Mehler's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TypeAlias

import numpy as np

from tpgraph.functions import evaluate
from tpgraph.limits.closed_forms.line_quadrature import REACH, hermite
from tpgraph.limits.closed_forms.smoothness import has_kinks
from tpgraph.limits.estimates import Basis
from tpgraph.limits.exact.budget import Budget
from tpgraph.limits.exact.curves import CurveValues
from tpgraph.limits.exact.evaluation_points import InputSetting
from tpgraph.limits.exact.forms import Array, CentredGaussian, LinearForm
from tpgraph.limits.exact.joint_forms import law_of, placed_forms
from tpgraph.limits.exact.symmetric_powers import contracted, indices_of, operations
from tpgraph.limits.exact.tensors import require_resolved
from tpgraph.limits.exact.terms import Factor
from tpgraph.limits.not_closed import NotClosed

__all__ = ["OneSide", "TwoSides"]

_DEGREES = {1: 160, 2: 56, 3: 24}
_POINTS = {1: (129, 4097), 2: (97, 769), 3: (49, 97)}
"""The least and the most of a line, by the number of lines."""
_AGREEMENT = 2e-14
_TOLERANCE = 2e-14
_ROUNDING = 4e-16
_RANK = 1e-12
_NEGLIGIBLE = 1e-6
_COST = 10.0

Side: TypeAlias = tuple[tuple[CentredGaussian, ...], tuple[Factor, ...]]


@dataclass(frozen=True)
class OneSide:
    """A product of Gaussians and functions on every input, (N, …) or (1, …), by its expansion.

    `inverse` (N, r, k) takes the forms to z; `coefficients` (N, D+1, …, D+1) are f_α, `square` is
    E F² (N,), and `error` that of the f_α, relative to its root.
    """

    forms: tuple[LinearForm, ...]
    inverse: Array
    coefficients: Array
    square: Array
    error: float

    @cached_property
    def rank(self) -> int:
        """The number of lines r."""
        return int(self.inverse.shape[1])

    @cached_property
    def tails(self) -> Array:
        """For every D the largest √(r_F / E F²) over inputs."""
        degree = np.indices(self.coefficients.shape[1:]).sum(axis=0)
        most = self.coefficients.shape[1] - 1
        scale = np.where(self.square > 0, self.square, 1.0)
        squares = [(self.coefficients[:, degree == d] ** 2).sum(axis=1) for d in range(most + 1)]
        left = 1.0 - np.cumsum(squares, axis=0) / scale
        return np.asarray(np.sqrt(np.maximum(left, _ROUNDING)).max(axis=1))

    def of_degree(self, degree: int, rank: int) -> Array:
        """f_α, |α| = degree, in the order of `indices_of` for so many lines, (N, A)."""
        alphas = indices_of(rank, degree)
        own = self.coefficients[(slice(None), *alphas.T[: self.rank])]
        return np.asarray(own * (alphas[:, self.rank :] == 0).all(axis=1))


class TwoSides:
    """E over two sides, for the Gaussians of one program; expansions are kept for other windows."""

    def __init__(self) -> None:
        self._sides: dict[tuple[object, ...], OneSide] = {}

    def expectation(
        self,
        setting: InputSetting,
        gaussians: Sequence[tuple[CentredGaussian, int]],
        factors: Sequence[tuple[Factor, int]],
        budget: Budget,
    ) -> CurveValues | None:
        """E[Π g · Π F]; None where one side has nothing, or has not few and smooth enough forms.

        Raises NotClosed where it would take too long, or a function is not resolved.
        """
        parts = [
            (tuple(g for g, s in gaussians if s == side), tuple(f for f, s in factors if s == side))
            for side in (0, 1)
        ]
        if not all(own or functions for own, functions in parts):
            return None
        if any(f.weak or has_kinks(f.expression) for f, _ in factors):
            return None
        sides = [self._side(setting, part, budget) for part in parts]
        first, second = sides
        if first is None or second is None:
            return None
        return _paired(setting, first, second, budget)

    def _side(self, setting: InputSetting, part: Side, budget: Budget) -> OneSide | None:
        gaussians, factors = part
        key = (gaussians, *(f.key for f in factors))
        if key not in self._sides:
            alone = InputSetting(setting.gaussians, None, setting.disturbance)
            found = _expanded(alone, gaussians, factors, budget)
            if found is None:
                return None
            self._sides[key] = found
        return self._sides[key]


def _expanded(
    setting: InputSetting,
    gaussians: Sequence[CentredGaussian],
    factors: Sequence[Factor],
    budget: Budget,
) -> OneSide | None:
    """The expansion of one side; None of too many lines."""
    forms, places = placed_forms([(g, 0) for g in gaussians], [(f, 0) for f in factors])
    means, covariance, _ = law_of(setting, forms)
    root, inverse = _triangular(covariance)
    rank = root.shape[2]
    if not 1 <= rank <= max(_DEGREES):
        return None
    for factor, own in zip(factors, places, strict=True):
        require_resolved(factor.expression, means[0, own], root[0, own])

    def integrand(x: Array) -> Array:
        """F at forms (N, k, P)."""
        total = np.ones(1)
        with np.errstate(all="ignore"):
            for k in range(len(gaussians)):
                total = total * x[:, k]
            for factor, own in zip(factors, places, strict=True):
                total = total * evaluate(factor.expression, [x[:, k] for k in own])
        return np.broadcast_to(total, (len(x), x.shape[2]))

    points, most = _POINTS[rank]
    before, before_square = None, np.zeros(1)
    while True:
        what = f"an expansion in {rank} dimensions for {len(means)} inputs"
        budget.spend(_COST * len(means) * float(points) ** rank, what)
        parts = [
            _with_points(integrand, means[k : k + 1], root[k : k + 1], points)
            for k in range(len(means))
        ]
        found, square = (np.concatenate(own) for own in zip(*parts, strict=True))
        if before is not None:
            scale = np.where(square > 0, square, 1.0)
            axes = tuple(range(1, found.ndim))
            change = np.sqrt(((found - before) ** 2).sum(axis=axes) / scale)
            drift = np.abs(square - before_square) / scale
            error = float(np.max(np.maximum(change, drift)))
            if error <= _AGREEMENT or 2 * points - 1 > most or np.isnan(error):
                own_forms = tuple(form for form, _ in forms)
                return OneSide(own_forms, inverse, found, square, error)
        before, before_square, points = found, square, 2 * points - 1


def _triangular(covariance: Array) -> tuple[Array, Array]:
    """L (N, k, r) with L Lᵀ the covariance, and (N, r, k) that takes forms to z: L⁻¹ on r of them.

    By Gram–Schmidt in the order of the forms, so that what is independent stays apart; without
    those that others make. Where only some inputs have a direction, it is 0 on the others.
    """
    count, size = covariance.shape[:2]
    least = _RANK * np.trace(covariance, axis1=1, axis2=2)
    root, inverse = np.zeros((count, size, 0)), np.zeros((count, 0, size))
    for k in range(size):
        along = np.einsum("nrk,nk->nr", inverse, covariance[:, :, k])
        left = covariance[:, k, k] - (along**2).sum(axis=1)
        is_new = left > least
        if not is_new.any():
            root[:, k] = along
            continue
        new = np.sqrt(np.where(is_new, left, 0.0))
        by = np.where(is_new, 1 / np.where(is_new, new, 1.0), 0.0)[:, None]
        unit = np.zeros((count, size))
        unit[:, k] = 1.0
        row = (unit - np.einsum("nr,nrk->nk", along, inverse)) * by
        root = np.concatenate([root, np.zeros((count, size, 1))], axis=2)
        root[:, k] = np.concatenate([along, new[:, None]], axis=1)
        inverse = np.concatenate([inverse, row[:, None]], axis=1)
    return root, inverse


def _with_points(
    integrand: Callable[[Array], Array], means: Array, root: Array, points: int
) -> tuple[Array, Array]:
    """f_α and E F² of one input by the trapezoid rule, nan where its ends still count."""
    rank = root.shape[2]
    count = _DEGREES[rank] + 1
    z, weighted, roots = _line(points, count)
    grid = np.stack(np.meshgrid(*[z] * rank, indexing="ij")).reshape(rank, -1)
    values = integrand(means[:, :, None] + root @ grid).reshape((points,) * rank)
    with np.errstate(all="ignore"):
        found, square = values, values**2
        for _ in range(rank):  # every axis in turn goes to the end
            found = np.tensordot(found, weighted, axes=(0, 1))
        for axis in range(rank):
            square = square * roots.reshape([-1 if a == axis else 1 for a in range(rank)])
        total = float(square.sum())
        ends = sum(float(np.take(square, [0, -1], axis=a).sum()) for a in range(rank))
    if not ends <= _NEGLIGIBLE * total or not np.isfinite(total):
        found, total = np.full_like(found, np.nan), np.nan
    return found[None], np.array([total])


@lru_cache(maxsize=8)
def _line(points: int, count: int) -> tuple[Array, Array, Array]:
    """Points of a line, h_k times the weight at them (count, points), and the weights."""
    z = np.linspace(-REACH, REACH, points)
    step = (z[1] - z[0]) / np.sqrt(2 * np.pi)
    return z, hermite(z, count) * (step * np.exp(-(z**2) / 4)), step * np.exp(-(z**2) / 2)


def _paired(setting: InputSetting, first: OneSide, second: OneSide, budget: Budget) -> CurveValues:
    """E[F G] of every entry of the setting."""
    rank = max(first.rank, second.rank)
    blocks = [[setting.of_forms(u, 0, v, 1) for v in second.forms] for u in first.forms]
    sizes = [
        setting.lift(np.sqrt(np.maximum(x.square, 0.0)), side)
        for side, x in enumerate((first, second))
    ]
    shape = np.broadcast_shapes(
        *(block.shape for row in blocks for block in row), *(size.shape for size in sizes)
    )
    entries = int(np.prod(shape))
    rows = [
        np.broadcast_to(setting.lift(np.arange(float(len(x.square))), side), shape).reshape(-1)
        for side, x in enumerate((first, second))
    ]
    left, right = (row.astype(np.intp) for row in rows)
    cross = np.stack([[np.broadcast_to(b, shape).reshape(-1) for b in row] for row in blocks])
    correlation = np.zeros((entries, rank, rank))
    correlation[:, : first.rank, : second.rank] = np.einsum(
        "nak,kln,nbl->nab", first.inverse[left], cross, second.inverse[right], optimize=True
    )
    norm = float(np.linalg.norm(correlation, 2, axis=(1, 2)).max(initial=0.0))
    degree, bound = _degree(first, second, min(norm, 1.0))
    what = f"expansions of degree {degree} for {entries} inputs or pairs"
    budget.spend(operations(correlation, degree), what)
    value = contracted(
        correlation,
        [first.of_degree(d, rank) for d in range(degree + 1)],
        [second.of_degree(d, rank) for d in range(degree + 1)],
        (left, right),
    ).reshape(shape)
    if not np.isfinite(value).all():
        raise NotClosed("an expectation that is no number or diverges")
    size = np.broadcast_to(sizes[0] * sizes[1], shape)
    return CurveValues(value, max(bound, first.error, second.error), 0.0, size, Basis.SERIES)


def _degree(first: OneSide, second: OneSide, norm: float) -> tuple[int, float]:
    """How far the sum goes, and the bound of what it leaves out, relative to √(E F² E G²)."""
    count = min(len(first.tails), len(second.tails))
    bounds = norm ** np.arange(1, count + 1) * first.tails[:count] * second.tails[:count]
    enough = np.flatnonzero(bounds <= _TOLERANCE)
    degree = int(enough[0]) if enough.size else count - 1
    return degree, float(bounds[degree])

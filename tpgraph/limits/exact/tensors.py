"""E of a product of functions of several forms by tensor quadrature, in at most three dimensions.

The forms are m + L z with z standard normal, L from the eigenvectors of their covariance; the
trapezoid rule in every dimension, points doubled until two results agree.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from tpgraph.functions import Argument, Expression, add, evaluate, mul, number, substitute
from tpgraph.limits.closed_forms.gentle import is_gentle, may_be_singular
from tpgraph.limits.closed_forms.smoothness import has_kinks, jumps
from tpgraph.limits.closed_forms.steepness import steep_places
from tpgraph.limits.estimates import Basis
from tpgraph.limits.exact.budget import Budget
from tpgraph.limits.exact.curves import CurveValues
from tpgraph.limits.exact.evaluation_points import InputSetting
from tpgraph.limits.exact.forms import Array, CentredGaussian
from tpgraph.limits.exact.joint_forms import joint, placed_forms
from tpgraph.limits.exact.terms import Factor
from tpgraph.limits.not_closed import NotClosed

__all__ = ["over_law", "require_resolved", "tensor_expectation"]

Integrand: TypeAlias = Callable[[Sequence[Array]], Array]

_MOST_DIMENSIONS = 3
_MOST_POINTS = {0: 1, 1: 2049, 2: 1025, 3: 129}
_CHUNK = 1 << 13  # values at a time, so that they stay in a cache
_AGREEMENT = 2e-14
_REACH = 11.0
_COST = 10.0
_NEGLIGIBLE = 1e-6
_LOOKED_AT, _LINES = 256, 3
_ALONG = np.linspace(-6.0, 6.0, 1025)


def tensor_expectation(
    setting: InputSetting,
    gaussians: Sequence[tuple[CentredGaussian, int]],
    factors: Sequence[tuple[Factor, int]],
    budget: Budget,
) -> CurveValues:
    """E[Π g · Π F]. Raises NotClosed in more dimensions, and where it would take too long."""
    if any(factor.weak for factor, _ in factors):
        raise NotClosed("the density of a function that jumps")
    forms, places = placed_forms(gaussians, factors)
    means, roots, shape = joint(setting, forms)
    expressions = [factor.expression for factor, _ in factors]
    found = over_law(expressions, places, len(gaussians), means, roots, budget)
    size = None if found.size is None else found.size.reshape(shape)
    return replace(found, value=found.value.reshape(shape), size=size)


def over_law(
    expressions: Sequence[Expression],
    places: Sequence[Sequence[int]],
    count: int,
    means: Array,
    roots: Array,
    budget: Budget,
) -> CurveValues:
    """E of the first `count` forms times functions, over m + R z of `means` and `roots` (E, k, r).

    `places` are those of the forms that each function reads. Raises NotClosed as above.
    """
    if roots.shape[2] > _MOST_DIMENSIONS:
        raise NotClosed(f"an expectation in {roots.shape[2]} dimensions")
    for expression, own in zip(expressions, places, strict=True):
        require_resolved(expression, means[0, own], roots[0, own])
    least = max(
        (_least_points(expression, roots.shape[2]) for expression in expressions), default=1
    )

    def integrand(x: Sequence[Array]) -> Array:
        total = np.ones(1)
        for k in range(count):
            total = total * x[k]
        for expression, own in zip(expressions, places, strict=True):
            with np.errstate(all="ignore"):
                total = total * evaluate(expression, [x[k] for k in own])
        return total

    value, error, size = _doubled(integrand, means, roots, budget, least)
    return CurveValues(value, error, 0.0, size, Basis.QUADRATURE)


def require_resolved(expression: Expression, mean: Array, root: Array) -> None:
    """Raise NotClosed where equal steps may miss what a function of several forms does.

    At a jump two grids agree only by chance. What is not gentle is looked at along lines.
    """
    if jumps(expression):
        raise NotClosed("a function of several Gaussians that jumps")
    rank = root.shape[1]
    rng = np.random.default_rng(0)
    points = mean[:, None] + root @ rng.standard_normal((rank, _LOOKED_AT))
    if not rank:
        return
    lines = [
        (mean + root @ rng.standard_normal(rank), root @ rng.standard_normal(rank))
        for _ in range(_LINES)
    ]
    is_singular = any(
        may_be_singular(expression, list(start[:, None] + way[:, None] * _ALONG))
        for start, way in lines
    )
    if not is_singular and is_gentle(expression, list(points)):
        return
    for start, way in lines:
        along = [
            add(mul(number(float(a)), Argument(0)), number(float(b)))
            for a, b in zip(way, start, strict=True)
        ]
        if steep_places(substitute(expression, along)):
            raise NotClosed("a function of several Gaussians that is steep")


def _least_points(expression: Expression, rank: int) -> int:
    """So many that a kink shows: fewer may agree by chance."""
    return (_MOST_POINTS[rank] + 1) // 2 if has_kinks(expression) and rank else 1


def _doubled(
    integrand: Integrand, means: Array, roots: Array, budget: Budget, least: int = 1
) -> tuple[Array, float, Array]:
    rank = roots.shape[2]
    points, before = (max(33, least) if rank else 1), None
    while True:
        what = f"an expectation in {rank} dimensions for {len(means)} inputs or pairs"
        budget.spend(_COST * len(means) * float(points) ** rank, what)
        value, size = _with_points(integrand, means, roots, points)
        if not np.isfinite(value).all():
            raise NotClosed("an expectation that is no number or diverges")
        if rank == 0:
            return value, 0.0, size
        if before is not None:
            error = float(np.max(np.abs(value - before) / np.maximum(size, 1e-300)))
            if error <= _AGREEMENT or 2 * points - 1 > _MOST_POINTS[rank]:
                return value, error, size
        before, points = value, 2 * points - 1


def _with_points(
    integrand: Integrand, means: Array, roots: Array, points: int
) -> tuple[Array, Array]:
    """E and E|·| of the integrand for each input or pair; nan where its ends still count."""
    grid, weight, is_end = _grid(roots.shape[2], points)
    value, size, ends = np.zeros((3, len(means)))
    for begin in range(0, len(weight), _CHUNK):
        some = slice(begin, begin + _CHUNK)
        few = max(1, _CHUNK // len(weight[some]))
        for first in range(0, len(means), few):
            rows = slice(first, first + few)
            x = means[rows][:, :, None] + roots[rows] @ grid[:, some]
            found = np.atleast_2d(integrand(list(x.transpose(1, 0, 2))))
            found = np.broadcast_to(found, (len(x), len(weight[some])))
            value[rows] += found @ weight[some]
            size[rows] += np.abs(found) @ weight[some]
            ends[rows] += np.abs(found) @ (weight[some] * is_end[some])
    value[ends > _NEGLIGIBLE * size] = np.nan
    return value, size


@lru_cache(maxsize=2)
def _grid(rank: int, points: int) -> tuple[Array, Array, npt.NDArray[np.bool_]]:
    """Points (rank, P) of the trapezoid rule, their weights (P,), and whether they are far out."""
    z = np.linspace(-_REACH, _REACH, points)
    w = np.exp(-(z**2) / 2)
    w = w / w.sum()
    axes = np.meshgrid(*[z] * rank, indexing="ij")
    grid = np.array(list(axes)).reshape(rank, points**rank)  # without an axis one point
    weight = np.ones(1)
    for _ in range(rank):
        weight = (weight[:, None] * w).reshape(-1)
    kept = weight > 1e-22 * weight.max()
    grid, weight = grid[:, kept], weight[kept]
    radius = np.sqrt((grid**2).sum(axis=0))
    return grid, weight, radius > 0.95 * radius.max(initial=0.0)

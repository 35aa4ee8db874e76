"""E[f(u) g(v)] of two functions of one form each, on one input or over a window of pairs.

In this order: error functions and jumps in closed form, exponentials in closed form, Mehler's
expansion where its bound is small, two-dimensional quadrature for the pairs that are left.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from tpgraph.limits.closed_forms import error_functions, exponentials, mehler, planes
from tpgraph.limits.estimates import Basis
from tpgraph.limits.exact.budget import Budget
from tpgraph.limits.exact.curves import Curve, CurveValues
from tpgraph.limits.exact.evaluation_points import InputSetting
from tpgraph.limits.exact.forms import Array
from tpgraph.limits.exact.long_series import long_series
from tpgraph.limits.not_closed import NotClosed

__all__ = [
    "SidedCurve",
    "expanded_pair",
    "jump_rounding",
    "jumps_at_zero",
    "pair_expectation",
    "plane_curve",
]

Indices: TypeAlias = npt.NDArray[np.intp]

_TOLERANCE = 2e-14
_ONE = 1 - 4e-15
_MOVED = 2.0**-51
"""The rounding of ρ: of three factors and two roots."""


@dataclass(frozen=True)
class SidedCurve:
    """A curve and its side."""

    curve: Curve
    side: int

    def numbers(self, values: Array, setting: InputSetting) -> Array:
        """Numbers of its inputs, to broadcast."""
        return setting.lift(values, self.side)


def pair_expectation(
    setting: InputSetting, first: SidedCurve, second: SidedCurve, covariance: Array, budget: Budget
) -> CurveValues:
    """E[f(u) g(v)] with this covariance of u and v."""
    p = first.numbers(first.curve.variance, setting)
    q = second.numbers(second.curve.variance, setting)
    f, g = first.curve, second.curve
    if f.error_terms is not None and g.error_terms is not None:
        rho, largest = _correlation(setting, first, second, covariance)
        value = error_functions.mixed(f.error_terms, g.error_terms, _positive(p), rho, _positive(q))
        if not np.isfinite(value).all():
            raise NotClosed("the density of a function that jumps")
        rounding = jump_rounding(largest) if jumps_at_zero(f) and jumps_at_zero(g) else 0.0
        value = _without_variance(setting, first, second, value)
        if not setting.disturbance.seed:
            return CurveValues(value, 0.0, rounding)
        size = np.maximum(
            np.abs(value), _root_square(setting, first) * _root_square(setting, second)
        )
        return CurveValues(value, 0.0, 0.0, size)  # ρ has moved
    if f.exponentials is not None and g.exponentials is not None:
        means = first.numbers(f.mean, setting), second.numbers(g.mean, setting)
        with np.errstate(over="ignore", invalid="ignore"):
            value = exponentials.mixed(f.exponentials, g.exponentials, means, p, covariance, q)
        if not np.isfinite(value).all():
            raise NotClosed("an expectation that is no number or diverges")
        return CurveValues(value, never_zero=True)
    if f.weak or g.weak:
        raise NotClosed("the density of a function that jumps")
    rho, _ = _correlation(setting, first, second, covariance)
    return expanded_pair(setting, first, second, rho, budget)


def _root_square(setting: InputSetting, placed: SidedCurve) -> Array:
    """√E f² of a curve of error functions on its inputs; 0 of a density, which has none."""
    curve, one = placed.curve, np.ones(1)
    assert curve.error_terms is not None, "asked before"
    p = _positive(curve.variance)
    square = error_functions.mixed(curve.error_terms, curve.error_terms, p, one, p)
    finite = np.where(np.isfinite(square), np.maximum(square, 0.0), 0.0)
    return placed.numbers(np.broadcast_to(np.sqrt(finite), p.shape), setting)


def _positive(p: Array) -> Array:
    return np.where(p > 0, p, 1.0)


def _correlation(
    setting: InputSetting, first: SidedCurve, second: SidedCurve, covariance: Array
) -> tuple[Array, float]:
    """ρ within [−1, 1], 0 where a variance is, and the largest |ρ| of different inputs.

    Of one form on one input ρ is 1, whatever rounding made of it; so it is on equal inputs.
    """
    rho = covariance
    for x in (first, second):
        p = x.numbers(x.curve.variance, setting)
        rho = rho * np.divide(1.0, np.sqrt(p), out=np.zeros(p.shape), where=p > 0)
    itself = _itself(setting, first, second, rho.shape)
    ones = rho[itself] != 0 if itself is not None else np.zeros(0)
    if itself is not None:
        rho[itself] = 0.0
    if setting.disturbance.seed:
        rho = setting.disturbance.within(rho, _MOVED * np.abs(rho))
        rho = np.where(np.abs(rho) > 1, np.sign(rho) * np.maximum(2 - np.abs(rho), 0), rho)
    largest = float(np.max(np.abs(rho), initial=0.0))
    if largest > _ONE and not setting.disturbance.seed:
        rho = np.where(np.abs(rho) > _ONE, np.sign(rho), rho)
    if itself is not None:
        rho[itself] = ones
    return rho, min(largest, 1.0)


def _itself(
    setting: InputSetting, first: SidedCurve, second: SidedCurve, shape: tuple[int, ...]
) -> tuple[Indices, ...] | None:
    """Where both functions are of one form on one input."""
    if first.curve.form.key != second.curve.form.key:
        return None
    if setting.window is None or shape == (1, 1):
        return tuple(np.indices(shape).reshape(len(shape), -1))
    rows, columns = setting.window
    inputs = np.arange(max(rows.start, columns.start), min(rows.stop, columns.stop))
    return inputs - rows.start, inputs - columns.start


def jumps_at_zero(curve: Curve) -> bool:
    """Whether it jumps at 0."""
    terms = curve.error_terms or ()
    return any(t.kind == "erf" and t.rate == math.inf and not t.power for t in terms)


def jump_rounding(rho: float, unit: float = 1 - _ONE) -> float:
    """What a rounding by `unit` of ρ, and of none larger, may change arcsin ρ by."""
    return min(unit / math.sqrt(max((1 - rho) * (1 + rho), unit**2)), math.sqrt(2 * unit))


def _without_variance(
    setting: InputSetting, first: SidedCurve, second: SidedCurve, value: Array
) -> Array:
    """Where a variance is 0, f is a number and E[f g] = f E g."""
    still = [(x.numbers(x.curve.variance, setting) == 0) for x in (first, second)]
    if not any(s.any() for s in still):
        return value
    product = first.numbers(first.curve.expected().value, setting) * second.numbers(
        second.curve.expected().value, setting
    )
    return np.where(still[0] | still[1], product, value)


def expanded_pair(
    setting: InputSetting, first: SidedCurve, second: SidedCurve, rho: Array, budget: Budget
) -> CurveValues:
    """E[f(u) g(v)] by Mehler's expansion and quadrature, for correlations ρ."""
    a, b = first.curve.expansion, second.curve.expansion
    for expansion in (a, b):
        if not np.isfinite(expansion.coefficients.values).all():
            raise NotClosed("an expectation that is no number or diverges")
    size = np.abs(rho)
    far = size > mehler.reach(a, b, _TOLERANCE)
    largest = float(np.max(size, where=~far, initial=0.0))
    count = mehler.terms_needed(a, b, largest, _TOLERANCE) or mehler.TERMS
    left = np.stack([first.numbers(v, setting) for v in a.coefficients.values.T[:count]])
    right = np.stack([second.numbers(v, setting) for v in b.coefficients.values.T[:count]])
    step, start = (2, 1) if a.is_odd or b.is_odd else (2, 0) if a.is_even or b.is_even else (1, 0)
    total = mehler.series(left, right, rho, step, start)
    error = max(
        float(mehler.bounds(a, b, largest)[count - 1]), a.coefficients.error, b.coefficients.error
    )
    basis = Basis.SERIES
    if far.any():
        basis = Basis.QUADRATURE
        error = max(error, _quadrature(setting, first, second, rho, far, total, budget))
    size = first.numbers(a.size, setting) * second.numbers(b.size, setting)
    return CurveValues(total, error, 0.0, size, basis)


def _quadrature(
    setting: InputSetting,
    first: SidedCurve,
    second: SidedCurve,
    rho: Array,
    far: npt.NDArray[np.bool_],
    total: Array,
    budget: Budget,
) -> float:
    """Fill in the pairs that the expansion does not reach; what error is left."""
    rho = np.broadcast_to(rho, total.shape)
    far = np.broadcast_to(far, total.shape)
    is_one = np.abs(rho) > _ONE
    errors = [0.0]
    for part, are_equal in ((far & is_one, True), (far & ~is_one, False)):
        chosen = np.nonzero(part)
        if not are_equal and chosen[0].size:
            error, chosen = _by_long_series(setting, first, second, rho, chosen, total)
            errors.append(error)
        if not chosen[0].size:
            continue
        indices = [_indices(setting, x, chosen) for x in (first, second)]
        left, right = map(plane_curve, (first.curve, second.curve), indices)
        what = f"{len(chosen[0])} pairs of inputs on which Mehler's expansion is too slow"

        def spend(cost: float, what: str = what) -> None:
            budget.spend(cost, what)

        scale = _scale(first, second, indices)
        found = planes.plane(left, right, rho[chosen], scale, spend)
        total[chosen] = found.value
        errors.append(found.error)
    return max(errors)


def _by_long_series(
    setting: InputSetting,
    first: SidedCurve,
    second: SidedCurve,
    rho: Array,
    chosen: tuple[Indices, ...],
    total: Array,
) -> tuple[float, tuple[Indices, ...]]:
    """Fill in the pairs that a long expansion reaches; its error, and the pairs that are left."""
    inputs = _indices(setting, first, chosen), _indices(setting, second, chosen)
    share = len(chosen[0]) / rho.size
    found = long_series((first.curve, second.curve), inputs, rho[chosen], share, _TOLERANCE)
    if found is None:
        return 0.0, chosen
    total[tuple(k[found.near] for k in chosen)] = found.values
    return found.error, tuple(k[~found.near] for k in chosen)


def _scale(first: SidedCurve, second: SidedCurve, indices: list[Indices]) -> Array:
    """√(E f² E g²) of pairs."""
    scale = np.ones(len(indices[0]))
    for x, k in zip((first, second), indices, strict=True):
        size = x.curve.expansion.size
        scale = scale * (size if size.size == 1 else size[k])
    return np.maximum(scale, 1e-300)


def _indices(setting: InputSetting, placed: SidedCurve, chosen: tuple[Indices, ...]) -> Indices:
    """The inputs of chosen pairs on one side."""
    if setting.window is None:
        return chosen[0]
    start = setting.window[placed.side].start
    return np.asarray(chosen[placed.side] + start)


def plane_curve(curve: Curve, inputs: Indices) -> planes.PairFunction:
    """A curve on these of its inputs."""

    def part(values: Array) -> Array:
        return np.broadcast_to(values, len(inputs)) if values.size == 1 else values[inputs]

    def function(x: Array, rows: Indices) -> Array:
        whole = inputs[rows] if curve.others else None
        return curve.values(x, whole)

    return planes.PairFunction(
        function, part(curve.mean), np.sqrt(part(curve.variance)), curve.kinks, curve.steep
    )

"""E of products of terms, group by group.

    no function      E[Π g] = Σ over pairings Π Cov   (Isserlis)
    one function     E[Π g f(v)] = Σ_S Π_{g∈S} Cov(g, v) D_|S| E[Π_{g∉S} g]   (Stein, repeated)
    two functions    the same with E[f^(a)(u) g^(b)(v)] of `pairs`

Everything else is for the expansions of `two_sides` or the quadrature of `tensors`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from tpgraph.limits.closed_forms.far_growth import diverges
from tpgraph.limits.estimates import Basis
from tpgraph.limits.exact.budget import HURRIED, PATIENT, Budget
from tpgraph.limits.exact.curves import Curve, CurveValues, curve_of
from tpgraph.limits.exact.disturbance import STILL, Disturbance
from tpgraph.limits.exact.evaluation_points import InputSetting
from tpgraph.limits.exact.forms import Array, CentredGaussian, LinearForm
from tpgraph.limits.exact.gaussians import Gaussians, Window
from tpgraph.limits.exact.groups import TermGroup, groups_of
from tpgraph.limits.exact.pairs import SidedCurve, pair_expectation
from tpgraph.limits.exact.quadratics import is_quadratic, quadratic_expectation
from tpgraph.limits.exact.tensors import tensor_expectation
from tpgraph.limits.exact.terms import Factor, LimitTerm, Sum
from tpgraph.limits.exact.tilted import is_tilted, tilted_expectation
from tpgraph.limits.exact.two_sides import TwoSides
from tpgraph.limits.not_closed import NotClosed

__all__ = ["Expectations", "Plan"]

_HIGHEST_DEGREE = 12
_MOST_POWERS = 10_000
"""Of products of Gaussians that one expectation is made of."""
_ACCEPTED = 1e-9
_ACCEPTED_ON_A_LINE = 1e-6
"""There two rules that agree have resolved everything that is known to be steep."""


Plan: TypeAlias = tuple[tuple[tuple[LimitTerm, ...], tuple[TermGroup, ...]], ...]
"""Pairs of terms with their groups."""


class Expectations:
    """E over the Gaussians of one program; `error` is the largest relative one so far.

    `basis` is the least sure way by which any was found.

    With `hurry` it gives up on quadrature sooner. Every value is moved by the `disturbance`.
    """

    def __init__(
        self, gaussians: Gaussians, hurry: bool = False, disturbance: Disturbance = STILL
    ) -> None:
        self.gaussians = gaussians
        self._disturbance = disturbance
        self._budget = Budget(HURRIED if hurry else PATIENT)
        self.error = 0.0
        self.basis = Basis.CLOSED_FORM
        self._curves: dict[tuple[tuple[object, ...], int], Curve] = {}
        self._values: dict[tuple[int, int], CurveValues] = {}
        self._two_sides = TwoSides()

    def _setting(self, window: Window | None = None) -> InputSetting:
        return InputSetting(self.gaussians, window, self._disturbance)

    def one(self, found: Sum) -> Array:
        """E of a sum on every input, (N,) or (1,)."""
        setting = self._setting()
        grouped = [((term,), groups_of((term,), self.gaussians)) for term in found.terms]
        parts = (
            self._product(setting, terms, groups)
            for terms, groups in grouped
            if not any(group.vanishes for group in groups)
        )
        return self._disturbance.added(parts, np.zeros(1))

    def integrated(self, wanted: Sum) -> Array:
        """E of products of which closed forms or quadrature tell whether E|f| is finite."""
        return self._disturbance.added(map(self._surely, wanted.terms), np.zeros(1))

    def _surely(self, term: LimitTerm) -> Array:
        """E of one term, of which every independent part is shown to be finite."""
        total, groups = term.coefficient, groups_of((term,), self.gaussians)
        for group in groups:
            total = self._disturbance.product(total, self._sure_group(group))
        return np.zeros(1) if any(group.vanishes for group in groups) else total

    def _sure_group(self, group: TermGroup) -> Array:
        """E of one group, in closed form where that tells, or by the line of its function."""
        setting = self._setting()
        if not group.factors:
            return self._group(setting, group)
        if self._is_quadratic(group):
            closed = quadratic_expectation(setting, group.gaussians, group.factors)
            if closed is not None:
                return self._noted(closed)
        tilted = self._tilted(setting, group)
        if tilted is not None:
            return self._noted(tilted)
        factor, _ = group.factors[0]
        if group.gaussians or len(group.factors) > 1 or not factor.is_curve:
            raise NotClosed("an expectation that may diverge")
        if self._curve(factor).outgrows_densities:
            raise diverges()
        sums = self._curve(factor).graded()
        if factor.weak or not sums.loose <= _ACCEPTED_ON_A_LINE:
            raise NotClosed("an expectation that may diverge")
        self.error = max(self.error, sums.loose)
        self.basis = max(self.basis, Basis.QUADRATURE)
        found = CurveValues(sums.values[:, 0], sums.loose, 0.0, sums.absolute)
        return found.moved(self._disturbance)

    def is_steep(self, found: Sum) -> bool:
        """Whether a function of one form in it is steep somewhere, or jumps without being told."""
        factors = {f.key: f for term in found.terms for f in term.factors}.values()
        return any(bool(self._curve(f).steep) for f in factors if f.is_curve)

    def plan(self, x: Sum, y: Sum) -> Plan:
        """The products of terms of which E[x y] is made, without those that are 0 by structure."""
        found = []
        for s in x.terms:
            for t in y.terms:
                groups = groups_of((s, t), self.gaussians)
                if not any(group.vanishes for group in groups):
                    found.append(((s, t), groups))
        return tuple(found)

    def pairs(self, plan: Plan, window: Window) -> Array:
        """E[x(ξ_i) y(ξ_j)] over a window, rows and columns or 1."""
        setting = self._setting(window)
        parts = (self._product(setting, terms, groups) for terms, groups in plan)
        return self._disturbance.added(parts, np.zeros((1, 1)))

    def _product(
        self, setting: InputSetting, terms: Sequence[LimitTerm], groups: Sequence[TermGroup]
    ) -> Array:
        total = setting.lift(terms[0].coefficient, 0)
        for side, term in enumerate(terms[1:], start=1):
            total = self._disturbance.product(total, setting.lift(term.coefficient, side))
        for group in groups:
            total = self._disturbance.product(total, self._group(setting, group))
        return total

    def _group(self, setting: InputSetting, group: TermGroup) -> Array:
        if not group.factors:
            return self._noted(CurveValues(_isserlis(setting, group.gaussians)))
        if len(group.gaussians) > _HIGHEST_DEGREE:
            raise NotClosed(f"a moment of order {len(group.gaussians)}")
        if self._is_quadratic(group):
            found = quadratic_expectation(setting, group.gaussians, group.factors)
            if found is not None:
                return self._noted(found)
        tilted = self._tilted(setting, group)
        if tilted is not None:
            return self._noted(tilted)
        alone = all(f.is_curve for f, _ in group.factors)
        if not alone or len(group.factors) > 2:
            return self._of_several(setting, group)
        placed = [SidedCurve(self._curve(f), side) for f, side in group.factors]
        return self._contracted(setting, group.gaussians, placed, (0,) * len(placed))

    def _tilted(self, setting: InputSetting, group: TermGroup) -> CurveValues | None:
        """E of a group with exponentials that grow; None of others, and where it is not told."""
        if not is_tilted(group.factors):
            return None
        try:
            found = tilted_expectation(setting, group.gaussians, group.factors, self._budget)
        except NotClosed:
            return None
        return found if found is not None and found.error <= _ACCEPTED else None

    def _is_quadratic(self, group: TermGroup) -> bool:
        """Whether exponentials of quadratic forms are in it, which bells are not."""
        curves = [self._curve(f) for f, _ in group.factors if f.is_curve]
        closed = [c.error_terms is not None or c.exponentials is not None for c in curves]
        are_closed = len(curves) == len(group.factors) and all(closed)
        return not are_closed and is_quadratic(group.factors)

    def _of_several(self, setting: InputSetting, group: TermGroup) -> Array:
        """E of functions of several forms."""
        found = self._two_sides.expectation(setting, group.gaussians, group.factors, self._budget)
        if found is not None and found.error <= _ACCEPTED:
            return self._noted(found)
        return self._noted(
            tensor_expectation(setting, group.gaussians, group.factors, self._budget)
        )

    def _noted(self, found: CurveValues, accepted: float = _ACCEPTED) -> Array:
        if not found.error <= accepted:
            raise NotClosed(
                f"an expectation whose quadrature stops at an error of {found.error:.0e}"
            )
        self.error = max(self.error, found.error + found.rounding)
        self.basis = max(self.basis, found.basis)
        return found.moved(self._disturbance)

    def _curve(self, factor: Factor) -> Curve:
        key = factor.key, 0
        if key not in self._curves:
            form = factor.forms[0]
            variance = self._setting().of_forms(form, 0, form, 0)
            self._curves[key] = curve_of(factor, np.maximum(variance, 0.0))
        return self._curves[key]

    def _derived(self, curve: Curve, times: int) -> Curve:
        """The derivative, kept with the curve that it is of."""
        if not times:
            return curve
        key = (id(curve),), times
        if key not in self._curves:
            self._curves[key] = curve.derived(times)
        return self._curves[key]

    def _contracted(
        self,
        setting: InputSetting,
        gaussians: Sequence[tuple[CentredGaussian, int]],
        curves: Sequence[SidedCurve],
        orders: tuple[int, ...],
    ) -> Array:
        """E[Π g Π f^(order)]: the first Gaussian pairs with another one or derives a function."""
        if not gaussians:
            return self._functions(setting, curves, orders)
        (first, s), *rest = gaussians
        total = np.zeros(1)
        for k, (other, t) in enumerate(rest):
            if self.gaussians.related(first, other):
                left = [*rest[:k], *rest[k + 1 :]]
                inner = self._contracted(setting, left, curves, orders)
                total = total + setting.covariance(first, s, other, t) * inner
        unit = LinearForm({first: np.ones(1)}, np.zeros(1))
        for k, placed in enumerate(curves):
            form = placed.curve.form
            if any(self.gaussians.related(first, g) for g in form.coefficients):
                own = setting.of_forms(unit, s, form, placed.side)
                raised = (*orders[:k], orders[k] + 1, *orders[k + 1 :])
                total = total + own * self._contracted(setting, rest, curves, raised)
        return total

    def _expected(self, curve: Curve, order: int) -> Array:
        key = id(curve), order
        if key not in self._values:
            self._values[key] = curve.expected(order)
        return self._noted(self._values[key], _ACCEPTED_ON_A_LINE)

    def _functions(
        self, setting: InputSetting, curves: Sequence[SidedCurve], orders: tuple[int, ...]
    ) -> Array:
        if not curves:
            return np.ones(1)
        if len(curves) == 1:
            return setting.lift(self._expected(curves[0].curve, orders[0]), curves[0].side)
        derived = [
            SidedCurve(self._derived(c.curve, m), c.side)
            for c, m in zip(curves, orders, strict=True)
        ]
        return self._of_two(setting, derived[0], derived[1])

    def _of_two(self, setting: InputSetting, first: SidedCurve, second: SidedCurve) -> Array:
        """E[f(u) g(v)]."""
        covariance = setting.of_forms(first.curve.form, first.side, second.curve.form, second.side)
        return self._noted(pair_expectation(setting, first, second, covariance, self._budget))


def _isserlis(setting: InputSetting, gaussians: Sequence[tuple[CentredGaussian, int]]) -> Array:
    """E[Π g^m]: one factor pairs with each other one, equal ones counted together."""
    kinds = tuple(dict.fromkeys(gaussians))
    if math.prod(gaussians.count(kind) + 1 for kind in kinds) > _MOST_POWERS:
        raise NotClosed(f"a moment of order {len(gaussians)} of {len(kinds)} Gaussians")
    known: dict[tuple[int, ...], Array] = {(0,) * len(kinds): np.ones(1)}

    def moment(powers: tuple[int, ...]) -> Array:
        if powers not in known:
            first = next(k for k, m in enumerate(powers) if m)
            left = [m - (k == first) for k, m in enumerate(powers)]
            total = np.zeros(1)
            for k, m in enumerate(left):
                if m and setting.gaussians.related(kinds[first][0], kinds[k][0]):
                    rest = tuple(p - (j == k) for j, p in enumerate(left))
                    covariance = m * setting.covariance(*kinds[first], *kinds[k])
                    total = total + setting.disturbance.product(covariance, moment(rest))
            known[powers] = total
        return known[powers]

    return moment(tuple(gaussians.count(kind) for kind in kinds))

"""Expectations of sums written on a tape: which closed form or expansion each one has.

The contraction of Gaussians and functions is that of `tpgraph.limits.exact.expectations`, which
runs here on unknowns; only what needs numbers is an operation of the tape.
"""

from __future__ import annotations

import numpy as np

from tpgraph.limits.closed_forms import error_functions
from tpgraph.limits.exact.blocks import MomentBlocks
from tpgraph.limits.exact.curves import Curve, CurveValues
from tpgraph.limits.exact.evaluation_points import InputSetting
from tpgraph.limits.exact.expectations import Expectations
from tpgraph.limits.exact.forms import Array
from tpgraph.limits.exact.gaussians import Gaussians, Window
from tpgraph.limits.exact.groups import TermGroup
from tpgraph.limits.exact.pairs import SidedCurve, jumps_at_zero
from tpgraph.limits.exact.terms import Sum
from tpgraph.limits.exact.tilted import is_tilted
from tpgraph.limits.planned.tape import NotPlanned, PairTape
from tpgraph.limits.planned.unknowns import as_array, is_unknown, place_of

__all__ = ["PlannedBlocks", "PlannedExpectations"]

EVERYWHERE: Window = (slice(None), slice(None))


class PlannedExpectations(Expectations):
    """E over the Gaussians of one program, as nodes; over pairs as they are unless it `closes`."""

    def __init__(self, gaussians: Gaussians, tape: PairTape, closes: bool = True) -> None:
        super().__init__(gaussians)
        self.tape = tape
        self.closes = closes

    def integrated(self, found: Sum) -> Array:
        """Raises NotPlanned: whether it is finite is told by numbers."""
        raise NotPlanned("an expectation that may diverge")

    def is_steep(self, found: Sum) -> bool:
        """No; that functions without a closed form are not is asked when the plan runs."""
        for factor in (f for term in found.terms for f in term.factors):
            curve = self._curve(factor) if factor.is_curve else None
            if curve is not None and not _is_closed(curve):
                self.tape.gentle[self._place(curve)] = None
        return False

    def _is_quadratic(self, group: TermGroup) -> bool:
        """No: the closed form asks for numbers."""
        return False

    def _tilted(self, setting: InputSetting, group: TermGroup) -> None:
        """None of groups that are not. Raises NotPlanned: the tilted law is made of numbers."""
        if is_tilted(group.factors):
            raise NotPlanned("exponentials of squares that grow, or of several Gaussians")

    def _of_several(self, setting: InputSetting, group: TermGroup) -> Array:
        raise NotPlanned("functions of several Gaussians")

    def _noted(self, found: CurveValues, accepted: float = 0.0) -> Array:
        return found.value

    def _place(self, curve: Curve) -> int:
        """The node of a curve."""
        numbers = (curve.mean, curve.variance, *curve.others)
        places = [place_of(self.tape, x) for x in numbers]
        return self.tape.emit("curve", places, (curve.expression, curve.weak, curve.form.key))

    def _expected(self, curve: Curve, order: int) -> Array:
        return as_array(self.tape, self.tape.emit("expected", (self._place(curve),), order))

    def _of_two(self, setting: InputSetting, first: SidedCurve, second: SidedCurve) -> Array:
        if setting.window is None or first.side == second.side:
            here = InputSetting(self.gaussians)
            covariance = here.of_forms(first.curve.form, 0, second.curve.form, 0)
            places = [self._place(first.curve), self._place(second.curve)]
            both = self.tape.emit("both", (*places, place_of(self.tape, covariance)))
            return setting.lift(as_array(self.tape, both), first.side)
        covariance = setting.of_forms(first.curve.form, 0, second.curve.form, 1)
        return self.of_pair(setting, first, second, covariance)

    def of_pair(
        self, setting: InputSetting, first: SidedCurve, second: SidedCurve, covariance: Array
    ) -> Array:
        """E[f(u) g(v)] of u on the first input and v on the second."""
        f, g = first.curve, second.curve
        if not self.closes:
            whole = (self._place(f), self._place(g), self._of_pairs(covariance))
            return as_array(self.tape, self.tape.emit("open", whole, None, True))
        p, q = first.numbers(f.variance, setting), second.numbers(g.variance, setting)
        if f.error_terms is not None and g.error_terms is not None:
            for curve in (f, g):
                self.tape.positive[place_of(self.tape, curve.variance)] = None
            rho = self._correlation(f, g, p, q, covariance)
            found = error_functions.mixed(f.error_terms, g.error_terms, p, rho, q)
            named = self._named(found)
            if jumps_at_zero(f) and jumps_at_zero(g) and is_unknown(named):
                at, steep = place_of(self.tape, rho), self.tape.steep
                steep[at] = (*steep.get(at, ()), place_of(self.tape, named))
            return named
        curves = self._place(f), self._place(g)
        if f.exponentials is not None and g.exponentials is not None:
            args = (*curves, self._of_pairs(covariance))
            return as_array(self.tape, self.tape.emit("exponentials", args, None, True))
        if f.weak or g.weak:
            raise NotPlanned("the density of a function that jumps")
        rho = self._correlation(f, g, p, q, covariance)
        args = (*curves, self._of_pairs(rho))
        return as_array(self.tape, self.tape.emit("series", args, None, True))

    def _correlation(self, f: Curve, g: Curve, p: Array, q: Array, covariance: Array) -> Array:
        if any(not is_unknown(x) and not np.all(x) for x in (p, q)):
            raise NotPlanned("a function of what does not vary")
        inner = place_of(self.tape, covariance * (p**-0.5) * (q**-0.5))
        same = f.form.key == g.form.key
        places = (self._of_pairs(as_array(self.tape, inner)),)
        rho = self.tape.emit("correlation", places, same, True, -1.0, 1.0)
        return as_array(self.tape, rho)

    def _of_pairs(self, values: Array) -> int:
        """A node of pairs, of a number too."""
        place = place_of(self.tape, values)
        node = self.tape.nodes[place]
        return place if node.of_pairs else self.tape.emit("lift", (place,), 0, True)

    def _named(self, found: Array) -> Array:
        """What later sums do not take apart."""
        if not is_unknown(found):
            return found
        place = place_of(self.tape, found)
        node = self.tape.nodes[place]
        named = self.tape.emit("named", (place,), None, True, node.low, node.high)
        return as_array(self.tape, named)


def _is_closed(curve: Curve) -> bool:
    return curve.error_terms is not None or curve.exponentials is not None


class PlannedBlocks(MomentBlocks):
    """Moments of the vectors of a program as nodes, each written down once."""

    def __init__(
        self, gaussians: Gaussians, sums: dict[str, Sum], tape: PairTape, closes: bool = True
    ) -> None:
        super().__init__(gaussians, 1, sums)
        self.tape = tape
        self.expectations = PlannedExpectations(gaussians, tape, closes)
        self._pairs: dict[tuple[str, str], Array] = {}

    def expected(self, found: Sum, is_sure: bool = True) -> Array:
        """E of a sum on one input. Raises NotPlanned where it may not exist."""
        if not is_sure:
            raise NotPlanned("an expectation that may diverge")
        return self.expectations.one(found)

    def block(self, x: str, y: str, window: Window) -> Array:
        """E[Z^x(ξ_i) Z^y(ξ_j)]."""
        return self.whole(x, y)

    def whole(self, x: str, y: str) -> Array:
        """E[Z^x(ξ_i) Z^y(ξ_j)]."""
        return self._descent.value(
            self._pairs, (x, y), lambda: self.moment(self.sums[x], self.sums[y])
        )

    def moment(self, x: Sum, y: Sum) -> Array:
        """E[x(ξ_i) y(ξ_j)]."""
        return self.expectations.pairs(self.expectations.plan(x, y), EVERYWHERE)

    def size(self, found: Sum) -> int:
        """Of unknowns, 1."""
        return 1

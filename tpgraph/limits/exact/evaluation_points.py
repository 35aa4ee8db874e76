"""Where an expectation is taken: on one input, E[ψ(ξ_i)], or on two, E[ψ(ξ_i) χ(ξ_j)].

On two inputs what belongs to ξ_i is a column and what belongs to ξ_j a row, so that products are
matrices over a window of pairs. A `SidedCurve` carries its side, 0 for ξ_i and 1 for ξ_j.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tpgraph.limits.exact.disturbance import STILL, Disturbance
from tpgraph.limits.exact.forms import Array, CentredGaussian, LinearForm
from tpgraph.limits.exact.gaussians import Gaussians, Window, cut
from tpgraph.limits.planned.unknowns import unknown_of

__all__ = ["InputSetting"]


@dataclass(frozen=True)
class InputSetting:
    """One input (no window), or a window of pairs of inputs; the `disturbance` moves sums."""

    gaussians: Gaussians
    window: Window | None = None
    disturbance: Disturbance = STILL

    def lift(self, values: Array, side: int) -> Array:
        """Numbers of the inputs of one side, so that they broadcast."""
        if self.window is None:
            return values
        later = unknown_of(values)
        if later is not None:
            return later.lifted(side)
        part = cut(values, self.window[side])
        return part[None, :] if side else part[:, None]

    def covariance(self, a: CentredGaussian, s: int, b: CentredGaussian, t: int) -> Array:
        """Cov(a, b) of Gaussians on their sides."""
        if s == t or self.window is None:
            return self.lift(self.gaussians.same(a, b), s)
        left, right = (a, b) if s == 0 else (b, a)
        return self.gaussians.block(left, right, self.window)

    def of_forms(self, u: LinearForm, s: int, v: LinearForm, t: int) -> Array:
        """Cov(u, v) of forms on their sides."""
        parts = (
            self._times(
                self._times(self.covariance(a, s, b, t), self.lift(u.coefficients[a], s)),
                self.lift(v.coefficients[b], t),
            )
            for a, b in self.gaussians.related_pairs(u.coefficients, v.coefficients)
        )
        start = np.zeros((1,) if self.window is None else (1, 1))
        if self.disturbance.seed and s == t and u.key == v.key:
            return self.disturbance.variance(parts, start)
        return self.disturbance.added(parts, start)

    def _times(self, values: Array, by: Array) -> Array:
        """The product; a one changes nothing and costs nothing."""
        is_one = by.size == 1 and by.flat[0] == 1.0
        return values if is_one else self.disturbance.product(values, by)

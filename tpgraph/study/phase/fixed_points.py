"""Order and chaos of wide random networks: fixed points, the border, depth scales.

    q_{l+1} = σ_w² V(q_l) + σ_b²,   c_{l+1} = (σ_w² G(q*, q* c_l, q*) + σ_b²)/q*
    χ₁ = dc_{l+1}/dc_l at c = 1, = σ_w² E[φ′(√q* z)²] where φ does not jump, inf where it does

q is the variance of a preactivation, c the correlation of those of two inputs. χ₁ < 1 is the
ordered phase, where gradients vanish, χ₁ > 1 the chaotic one, where they explode. Sources: Poole
et al. 2016 (1606.05340), Schoenholz et al. 2017 (1611.01232).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq

from tpgraph.errors import TPDataError, TPLimitError
from tpgraph.functions import Function
from tpgraph.study.phase.map_slopes import covariance_slope, jumps_anywhere, variance_slope
from tpgraph.study.phase.moments import GaussianMoments, moments_of

__all__ = ["FixedPoint", "border", "chi", "depth_scales", "fixed_point"]

Array: TypeAlias = npt.NDArray[np.float64]

_LEAST, _MOST = 1e-10, 1e8
_GRID = np.geomspace(_LEAST, _MOST, 721)
_SAME = 1e-12
_ROUNDING = 1e-14
_EDGE, _HALF_OF_DIGITS = 1e-9, 1e-7
_TINY, _NOTHING = 1e-150, 1e-140


@dataclass(frozen=True, slots=True)
class FixedPoint:
    """Where q and c settle with depth.

    `q` is inf where the variance diverges; `c`, `chi` and the slopes are then their limits, as at
    q = 0 those of small σ_b².
    `q_slope` is dq_{l+1}/dq_l at q*, `c_slope` dc_{l+1}/dc_l at c*; a q* with |q_slope| > 1 is a
    fixed point that the recursion leaves.
    """

    q: float
    c: float
    chi: float
    q_slope: float
    c_slope: float

    @property
    def phase(self) -> str:
        """`ordered`, `edge` or `chaotic`, by χ₁ < 1, = 1 (to 1e-9), > 1."""
        if abs(self.chi - 1) <= _EDGE:
            return "edge"
        return "ordered" if self.chi < 1 else "chaotic"

    @property
    def xi_q(self) -> float:
        """ξ_q = −1/log|dq_{l+1}/dq_l|: |q_l − q*| ~ exp(−l/ξ_q), in layers."""
        return _scale(self.q_slope)

    @property
    def xi_c(self) -> float:
        """ξ_c = −1/log|dc_{l+1}/dc_l|: |c_l − c*| ~ exp(−l/ξ_c), in layers."""
        return _scale(self.c_slope)

    @property
    def xi_gradient(self) -> float:
        """ξ_∇ = 1/|log χ₁|: gradients shrink or grow by the factor e in so many layers."""
        return _scale(min(self.chi, 1 / self.chi)) if self.chi > 0 else 0.0


def _scale(slope: float) -> float:
    """−1/log|slope|; 0 for slope 0, inf for |slope| ≥ 1, where nothing is approached."""
    if slope == 0:
        return 0.0
    return -1 / math.log(abs(slope)) if abs(slope) < 1 else math.inf


def fixed_point(
    function: str | Function, sigma_w2: float, sigma_b2: float, start: float = 1.0
) -> FixedPoint:
    """The fixed point that the variance reaches from q₀ = `start`, and what holds there.

    Where the map is increasing, as for every function that grows away from 0, that is the nearest
    fixed point in the direction of the first step. A map that is the identity (relu at (2, 0))
    stays at `start`. Raises TPDataError for negative variances, TPLimitError where an
    expectation does not settle.
    """
    settled = _settled(function, sigma_w2, sigma_b2, start)
    moments, _, q, at = settled
    if (slope := settled.slope_of_limit) is not None:
        c_slope = 1.0 if q else slope
        return FixedPoint(q=q, c=1.0, chi=settled.chi, q_slope=slope, c_slope=c_slope)
    bias = sigma_b2 if math.isfinite(q) else 0.0
    c = _correlation(moments, sigma_w2, bias, at, q)
    return FixedPoint(
        q=q,
        c=c,
        chi=settled.chi,
        q_slope=math.inf if settled.steepens else sigma_w2 * variance_slope(moments, at),
        c_slope=_correlation_slope(moments, sigma_w2, bias, at, c, q == math.inf),
    )


def chi(function: str | Function, sigma_w2: float, sigma_b2: float) -> float:
    """χ₁ at the fixed point q*, σ_w² E[φ′(√q* z)²]; the limit of that where q* diverges.

    It is inf of a function that jumps, which tells any two inputs apart.
    """
    return _settled(function, sigma_w2, sigma_b2, 1.0).chi


class _Settled(NamedTuple):
    """A function at its fixed point q; `at` is that, or large where φ′ has no limit far out."""

    moments: GaussianMoments
    sigma_w2: float
    q: float
    at: float

    @property
    def slope_of_limit(self) -> float | None:
        """σ_w² E[φ′²] as q → 0 or q → ∞, where `at` is no variance."""
        if not self.at:
            return self.sigma_w2 * self.moments.squared_slope_at_0 if self.sigma_w2 else 0.0
        far = self.moments.squared_slope_far_out
        return self.sigma_w2 * far if self.at == math.inf and far is not None else None

    @property
    def steepens(self) -> bool:
        """Whether q diverges and E[φ′²] with it, as of z²."""
        return self.q == math.inf and self.moments.squared_slope_far_out == math.inf

    @property
    def chi(self) -> float:
        """χ₁, or its limit."""
        if self.steepens or (self.sigma_w2 and self.q and jumps_anywhere(self.moments)):
            return math.inf
        slope = self.slope_of_limit
        if slope is not None or not self.sigma_w2:
            return slope or 0.0
        return self.sigma_w2 * covariance_slope(self.moments, self.at, 1.0)


def _settled(function: str | Function, sigma_w2: float, sigma_b2: float, start: float) -> _Settled:
    if not (0 <= sigma_w2 < math.inf and 0 <= sigma_b2 < math.inf and 0 < start < math.inf):
        raise TPDataError(
            f"(σ_w², σ_b²) = ({sigma_w2}, {sigma_b2}) from q₀ = {start} has no recursion",
            expected="finite σ_w² ≥ 0 and σ_b² ≥ 0, and q₀ > 0",
        )
    moments = moments_of(function)
    q = _variance(moments, sigma_w2, sigma_b2, start)
    settles = q < math.inf or (moments.squared_slope_far_out or math.inf) < math.inf
    return _Settled(moments, sigma_w2, q, q if settles else _MOST)


def depth_scales(function: str | Function, sigma_w2: float, sigma_b2: float) -> tuple[float, float]:
    """(ξ_q, ξ_c), in layers; ξ_c diverges at the border."""
    found = fixed_point(function, sigma_w2, sigma_b2)
    return found.xi_q, found.xi_c


def border(function: str | Function, sigma_b2: float, most: float = 1e4) -> float:
    """The least σ_w² at which χ₁ = 1 for this σ_b²; inf if there is none up to `most`.

    For relu it is 2, for tanh at σ_b² = 1 it is 3.4429, and 0 where χ₁ > 1 for any σ_w² > 0, as it
    is of a function that jumps. Where χ₁ passes 1 without being it, because the variance reaches
    another fixed point from q₀ = 1, as of gelu at σ_b = 0, it is the σ_w² of that.
    """

    def excess(sigma_w2: float) -> float:
        return min(chi(function, sigma_w2, sigma_b2), _MOST) - 1

    grid = np.geomspace(1e-2, most, 121)
    if excess(grid[0]) >= 0:
        grid = np.geomspace(_LEAST, grid[0], 81)
    if excess(grid[0]) >= 0:
        return 0.0
    for below, above in pairwise(map(float, grid)):
        if excess(above) >= 0:
            found = float(brentq(excess, below, above, xtol=1e-12))
            return _at_vanishing_variance(function, found) if sigma_b2 == 0 else found
    return math.inf


def _at_vanishing_variance(function: str | Function, found: float) -> float:
    """1/φ′(0)² in place of a border that is it up to rounding.

    Beyond it q* ~ σ_w² − 1/φ′(0)² and χ₁ − 1 ~ q*², of which half of the digits are rounding.
    """
    squared = moments_of(function).squared_slope_at_0
    edge = 1 / squared if 0 < squared < math.inf else math.inf
    return edge if abs(found - edge) <= _HALF_OF_DIGITS * found else found


@lru_cache(maxsize=64)
def _table(moments: GaussianMoments) -> Array:
    """V on the grid of variances, which all σ share; nan where no quadrature settles."""
    return moments.V_where_known(_GRID)


def _variance(moments: GaussianMoments, sigma_w2: float, sigma_b2: float, start: float) -> float:
    """q*, by the first change of sign of σ_w² V(q) + σ_b² − q seen from the start.

    Raises TPLimitError where V is not known of a variance on the way there.
    """

    def excess(q: float) -> float:
        return sigma_w2 * float(moments.V(q)) + sigma_b2 - q

    first = excess(start)
    if abs(first) <= _SAME * start:
        return start
    values = sigma_w2 * _table(moments) + sigma_b2 - _GRID
    values[np.abs(values) <= _ROUNDING * _GRID] = 0.0  # what rounding decides is no crossing
    grows, shrinks = _GRID[values > 0], _GRID[values < 0]
    if first > 0:
        high = shrinks[shrinks > start].min(initial=math.inf)
        _require_known(values, start, high)
        low = grows[grows < high].max(initial=start)
        return math.inf if high == math.inf else _root(excess, low, high)
    low = grows[grows < start].max(initial=0.0)
    _require_known(values, low, start)
    if not low:
        return _small(excess, sigma_w2 * float(moments.V(_TINY)) + sigma_b2)
    return _root(excess, low, shrinks[shrinks > low].min(initial=start))


def _require_known(values: Array, low: float, high: float) -> None:
    """Raises TPLimitError where a value on the grid between two variances is not known."""
    unknown = _GRID[np.isnan(values) & (low < _GRID) & (high > _GRID)]
    if unknown.size:
        raise TPLimitError(
            "a Gaussian expectation of the function does not settle at variances "
            f"from {unknown.min():.3g} to {unknown.max():.3g}, where a fixed point may lie",
            expected="a function that is finite and piecewise smooth on the whole line",
        )


def _root(excess: Callable[[float], float], low: float, high: float) -> float:
    return float(brentq(excess, low, high, xtol=1e-300, rtol=1e-14))


def _small(excess: Callable[[float], float], least: float) -> float:
    """The fixed point below the grid of variances; 0 where nothing is added to what vanishes.

    `least` is where the map sends what is just above 0.
    """
    if least <= _NOTHING:
        return 0.0
    if excess(least) <= 0:
        return least
    return _root(excess, least, _LEAST)


def _correlation(
    moments: GaussianMoments, sigma_w2: float, sigma_b2: float, at: float, q: float
) -> float:
    """c*: 1 while the map's slope there is at most 1, else its only fixed point in [0, 1).

    The map has non-negative coefficients, so it is convex. It is divided by its value at 1, which
    is q* at a fixed point, and makes sense where q diverges.
    """
    steepest = _correlation_slope(moments, sigma_w2, sigma_b2, at, 1.0, q == math.inf)
    if steepest <= 1 + _EDGE:
        return 1.0
    size = sigma_w2 * float(moments.V(at)) + sigma_b2

    def excess(c: float) -> float:
        return (sigma_w2 * float(moments.G(at, at * c, at)) + sigma_b2) / size - c

    if excess(0.0) <= 0:
        return 0.0
    for exponent in range(1, 13):
        high = 1 - 10.0**-exponent
        if excess(high) < 0:
            return float(brentq(excess, 0.0, high, xtol=1e-14))
    return 1.0


def _correlation_slope(
    moments: GaussianMoments,
    sigma_w2: float,
    sigma_b2: float,
    at: float,
    c: float,
    diverging: bool,
) -> float:
    """σ_w² q E[φ′φ′]/q_{l+1} at correlation c: σ_w² E[φ′φ′], and χ₁ at c = 1, where q is fixed."""
    derivative = covariance_slope(moments, at, c) if sigma_w2 else 0.0
    growth = (sigma_w2 * float(moments.V(at)) + sigma_b2) / at if diverging else 1.0
    if math.isnan(derivative) or not math.isfinite(growth):
        raise TPLimitError(
            f"the correlations of a {moments.name} network have no limit: its variance overflows",
            mend="choose a smaller σ_w² or σ_b²",
        )
    return sigma_w2 * derivative / growth if growth else 0.0

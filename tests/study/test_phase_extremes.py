"""Phases where variances vanish or diverge, and of functions with kinks, jumps and waves."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad
from study.test_phase import gaussian

from tpgraph.errors import TPLimitError
from tpgraph.study.phase.fixed_points import border, chi, fixed_point
from tpgraph.study.phase.map_slopes import covariance_slope, variance_slope
from tpgraph.study.phase.moments import moments_of


@pytest.mark.parametrize("name", ["silu", "gelu", "softplus"])
@pytest.mark.parametrize("sigma_w2", [2.5, 4.0, 9.0])
def test_diverging_variances_have_the_limit_of_the_ramp(name: str, sigma_w2: float) -> None:
    """Where q* = ∞ the function is relu, at all widths of its bend: χ₁ = σ_w²/2 exactly."""
    found = fixed_point(name, sigma_w2, 1.0)
    assert found.q == math.inf
    assert found.chi == chi(name, sigma_w2, 1.0) == pytest.approx(sigma_w2 / 2, rel=1e-14)
    ramp = fixed_point("relu", sigma_w2, 1.0)
    assert (found.c, found.c_slope) == pytest.approx((ramp.c, ramp.c_slope))


@pytest.mark.parametrize("name", ["tanh", "sin", "elu", "softsign", "tanh(z)+abs(z)/2"])
def test_at_vanishing_variance_chi_is_of_the_slopes_at_zero(name: str) -> None:
    """Without a bias q* is 0 there, and what holds at 0 holds exactly, on both sides of a kink."""
    slopes = {"tanh(z)+abs(z)/2": (1.5**2 + 0.5**2) / 2}
    found = fixed_point(name, 0.5, 0.0)
    assert found.q == 0
    assert found.chi == found.q_slope == 0.5 * slopes.get(name, 1.0)


def test_a_variance_below_the_grid_is_solved_for() -> None:
    """q = σ_w² V(q) + σ_b² of elu bends like √q near 0, which a line through V does not."""
    found = fixed_point("elu", 0.5, 1e-12)
    V = gaussian(
        lambda z: np.where(z > 0, z, np.expm1(np.sqrt(found.q) * z) / np.sqrt(found.q)) ** 2
    )
    assert found.q == pytest.approx(0.5 * found.q * V + 1e-12, rel=1e-9)


def test_rounding_is_no_crossing() -> None:
    """V(q) of hardtanh is q less e^{−1/(2q)}: below 1e-16 it looks like the identity."""
    found = fixed_point("hardtanh", 1.0, 0.0)
    assert (found.q, found.chi, found.phase) == (0.0, 1.0, "edge")


@pytest.mark.parametrize(
    ("name", "corner", "sigma_w2", "sigma_b2"),
    [
        ("selu", [0.0], 1.5, 0.2),
        ("hardtanh", [-1.0, 1.0], 4.0, 1.0),
        ("relu6", [0.0, 6.0], 4.0, 1.0),
    ],
)
def test_correlations_of_functions_with_kinks_settle(name, corner, sigma_w2, sigma_b2):
    """Their series converges too slowly; here the map is integrated by nested quadrature."""
    found = fixed_point(name, sigma_w2, sigma_b2)
    assert 0 < found.c < 1
    root, rest = math.sqrt(found.q), math.sqrt(1 - found.c**2)

    def density(z):
        return math.exp(-z * z / 2) / math.sqrt(2 * math.pi)

    def value(u):
        return float(moments_of(name).value(np.array(u)))

    def between(f, places):
        edges = pairwise(sorted(np.clip([-10.0, *places, 10.0], -10, 10)))
        return sum(quad(lambda z: density(z) * f(z), a, b, epsabs=1e-12)[0] for a, b in edges)

    def other(z):
        return between(
            lambda w: value(root * (found.c * z + rest * w)),
            [(k / root - found.c * z) / rest for k in corner],
        )

    G = between(lambda z: value(root * z) * other(z), [k / root for k in corner])
    assert found.c == pytest.approx((sigma_w2 * G + sigma_b2) / found.q, abs=1e-9)


def test_what_jumps_is_chaotic() -> None:
    """c ↦ (2/π) arcsin c of sign is vertical at 1, whatever σ_w²; that of a step too."""
    found = fixed_point("sign", 1.0, 0.0)
    assert (found.q, found.c, found.chi, found.phase) == (1.0, 0.0, math.inf, "chaotic")
    assert found.c_slope == pytest.approx(2 / math.pi, abs=1e-12)
    step = fixed_point("step", 1.0, 0.0)
    assert step.c == pytest.approx(0.5 + math.asin(step.c) / math.pi, abs=1e-12)
    assert step.c_slope == pytest.approx(1 / math.pi / math.sqrt(1 - step.c**2), abs=1e-9)
    assert border("sign", 0.1) == 0.0


@pytest.mark.parametrize("name", ["tanh(z)+sign(z)/4", "step(z-1/2)", "sign(z)+relu(z-1)"])
@pytest.mark.parametrize("c", [0.1, 0.6, 0.95])
def test_slopes_of_the_maps_are_their_difference_quotients(name: str, c: float) -> None:
    moments, q, h = moments_of(name), 0.8, 1e-5
    V = float(moments.V(q + h) - moments.V(q - h)) / (2 * h)
    assert variance_slope(moments, q) == pytest.approx(V, abs=1e-7)
    G = float(moments.G(q, q * (c + h), q) - moments.G(q, q * (c - h), q)) / (2 * h * q)
    assert covariance_slope(moments, q, c) == pytest.approx(G, abs=1e-6)


@pytest.mark.parametrize(
    ("name", "squared"),
    [
        ("logsigmoid", 0.5),
        ("tanh(z)+abs(z)", 1.0),
        ("leaky_relu", (1 + 1e-4) / 2),
        ("tanh(z)-2*z", 4),
    ],
)
def test_diverging_variances_see_the_slopes_far_out(name: str, squared: float) -> None:
    """χ₁ → σ_w² (φ′(∞)² + φ′(−∞)²)/2, and correlations no longer move."""
    found = fixed_point(name, 5.0, 1.0)
    assert found.q == math.inf
    assert found.chi == found.q_slope == pytest.approx(5 * squared)
    assert (found.c, found.c_slope) == (1.0, 1.0)


def through_waves(rate, line, q):
    """E φ² and E φ′² of φ = sin(rate z) + line z at variance q, from E e^(iωz) = e^(−ω²q/2)."""
    mean, twice = math.exp(-(rate**2) * q / 2), math.exp(-2 * rate**2 * q)
    square = (1 - twice) / 2 + 2 * line * rate * q * mean + line**2 * q
    slope = rate**2 * (1 + twice) / 2 + 2 * line * rate * mean + line**2
    return square, slope


@pytest.mark.parametrize(("sigma_w2", "sigma_b2"), [(1.5, 0.1), (0.05, 0.3), (4.0, 0.0), (5e3, 1)])
@pytest.mark.parametrize(
    ("function", "rate", "line"),
    [("sin", 1, 0), ("sin(4*z)", 4, 0), ("sin(2*z)", 2, 0), ("sin(z) + z/100", 1, 0.01)],
)
def test_waves_have_fixed_points_where_quadrature_resolves_none(
    function, rate, line, sigma_w2, sigma_b2
):
    found = fixed_point(function, sigma_w2, sigma_b2)
    square, slope = through_waves(rate, line, found.q)
    assert found.q == pytest.approx(sigma_w2 * square + sigma_b2, rel=1e-11)
    assert found.chi == pytest.approx(sigma_w2 * slope, rel=1e-11)
    assert chi(function, sigma_w2, sigma_b2) == found.chi
    assert moments_of(function).V(1e8) == pytest.approx(through_waves(rate, line, 1e8)[0])
    size = sigma_w2 * moments_of(function).G(found.q, found.c * found.q, found.q) + sigma_b2
    assert float(size) / found.q == pytest.approx(found.c, abs=1e-9)


def test_a_variance_that_does_not_settle_takes_none_away_that_does():
    """z sin z/(1 + z²) has no closed form, and quadrature does not reach q = 10⁸."""
    name, q = "z*sin(z)/(1 + z^2)", fixed_point("z*sin(z)/(1 + z^2)", 1.5, 0.1).q
    square = gaussian(
        lambda z: (q * z * z) * math.sin(math.sqrt(q) * z) ** 2 / (1 + q * z * z) ** 2
    )
    assert q == pytest.approx(1.5 * square + 0.1, rel=1e-9)
    with pytest.raises(TPLimitError, match="does not settle"):
        moments_of(name).V(1e8)
    known = moments_of(name).V_where_known(np.array([1.0, 1e8]))
    assert np.isfinite(known[0])
    assert np.isnan(known[1])
    with pytest.raises(TPLimitError, match="where a fixed point may lie"):
        fixed_point(name + " + z", 1.0, 1.0)


@pytest.mark.parametrize(("name", "c"), [("z^2", 0.5), ("z^3", 0.0), ("relu(z)^2", 1.0)])
def test_what_grows_faster_than_a_line_has_no_finite_slope_far_out(name: str, c: float) -> None:
    """D(q) of z² is 4 q; its correlations go by (1 + 2 c²)/3."""
    found = fixed_point(name, 1.5, 0.1)
    assert (found.q, found.chi, found.q_slope) == (math.inf, math.inf, math.inf)
    assert found.phase == "chaotic"
    if c < 1:
        assert found.c == pytest.approx(c, abs=1e-6)


@pytest.mark.parametrize("function", ["z*sin(z)/(1+z^2)", "z^2*tanh(z)^2", "abs(z)^1.1"])
def test_a_slope_that_vanishes_towards_0_is_0(function: str) -> None:
    found = fixed_point(function, 0.1, 0.0)
    assert (found.q, found.chi, found.q_slope) == (0.0, 0.0, 0.0)


def test_a_slope_at_0_that_does_not_vanish_stays() -> None:
    assert fixed_point("tanh(z) + z^2*exp(-z^2)", 0.1, 0.0).chi == pytest.approx(0.1, rel=1e-12)


@pytest.mark.parametrize(
    ("function", "edge"),
    [("erf", math.pi / 4), ("arctan(3*z)", 1 / 9), ("tanh", 1.0), ("sin", 1.0)],
)
def test_the_border_without_bias_has_all_its_digits(function: str, edge: float) -> None:
    assert border(function, 0.0) == pytest.approx(edge, rel=1e-14)

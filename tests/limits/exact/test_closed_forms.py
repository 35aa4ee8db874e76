"""Closed moments of products, beyond the duals: against quadrature and against simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tpgraph.functions import PRIMITIVES, Apply, Argument, differentiate, evaluate, mul, number
from tpgraph.limits.closed_forms import error_functions, exponentials
from tpgraph.limits.closed_forms.duals import quadrature
from tpgraph.limits.closed_forms.error_functions import ErrorTerm
from tpgraph.limits.closed_forms.exponentials import Exponential
from tpgraph.limits.closed_forms.recognition import error_products, error_terms
from tpgraph.limits.closed_forms.recognition import exponentials as exponential_terms

Z = Argument(0)
COVARIANCES = [(1.0, 0.3, 1.0), (2.0, -1.1, 0.7), (0.4, 0.4, 1.3), (1.0, 0.0, 3.0)]


def call(name, inner=Z, order=0):
    return Apply(PRIMITIVES[name], (inner,), order)


SMOOTH = {
    "erf": call("erf"),
    "erf(3z)": call("erf", mul(number(3), Z)),
    "erf'": call("erf", order=1),
    "erf''": call("erf", order=2),
    "gelu": call("gelu"),
    "gelu'": call("gelu", order=1),
    "z² erf(-z/2)": mul(Z, Z, call("erf", mul(number(-0.5), Z))),
    "z³ - z": mul(Z, mul(Z, Z)),
    "z exp(-z²)": mul(Z, call("exp", mul(number(-1), Z, Z))),
}
KINKED = {
    "relu": call("relu"),
    "step": call("step"),
    "sign": call("sign"),
    "abs(-2z)": call("abs", mul(number(-2), Z)),
    "z² sign": mul(Z, Z, call("sign")),
    "relu²": mul(call("relu"), call("relu")),
    "relu(-z) step": mul(call("relu", mul(number(-1), Z)), Z),
}
WAVES = {
    "sin": call("sin"),
    "cos(2z)": call("cos", mul(number(2), Z)),
    "exp(-z)": call("exp", mul(number(-1), Z)),
    "z sin": mul(Z, call("sin")),
    "cosh sin": mul(call("cosh"), call("sin")),
    "sinh'": call("sinh", order=1),
}


def value(expression):
    return lambda z: evaluate(expression, [np.asarray(z)])


def closed(first, second, p, c, q):
    rho = np.asarray(c / math.sqrt(p * q))
    terms = error_terms(first), error_terms(second)
    return float(error_functions.mixed(*terms, np.asarray(p), rho, np.asarray(q)))


@pytest.mark.parametrize("covariance", COVARIANCES)
@pytest.mark.parametrize("first", SMOOTH)
@pytest.mark.parametrize("second", ["erf(3z)", "gelu", "z² erf(-z/2)", "z exp(-z²)"])
def test_error_functions(first, second, covariance):
    f, g = value(SMOOTH[first]), value(SMOOTH[second])
    own = quadrature(lambda u, v: f(u) * g(v), *covariance)
    assert own.error < 1e-11
    assert closed(SMOOTH[first], SMOOTH[second], *covariance) == pytest.approx(own.value, abs=1e-11)
    p, c, q = covariance
    if abs(own.value) > 1e-3 and c:
        wrong = closed(SMOOTH[first], SMOOTH[second], p, 0.9 * c, q)
        assert wrong != pytest.approx(own.value, abs=1e-8)


@pytest.mark.parametrize("covariance", COVARIANCES)
def test_jumps_and_kinks_by_simulation(covariance):
    p, c, q = covariance
    rng = np.random.default_rng(7)
    u, v = rng.multivariate_normal([0, 0], [[p, c], [c, q]], 400_000).T
    everything = {**KINKED, "gelu": SMOOTH["gelu"], "erf'": SMOOTH["erf'"]}
    seen_wrong = 0
    for first in KINKED:
        for second, other in everything.items():
            seen = value(KINKED[first])(u) * value(other)(v)
            found = closed(KINKED[first], other, p, c, q)
            bar = seen.std() / math.sqrt(len(seen))
            assert abs(seen.mean() - found) < 5 * bar + 1e-12, (first, second)
            moved = closed(KINKED[first], other, p, c + 0.1, q)
            seen_wrong += abs(seen.mean() - moved) > 5 * bar
    assert seen_wrong > 15


@pytest.mark.parametrize("covariance", COVARIANCES)
@pytest.mark.parametrize("first", WAVES)
@pytest.mark.parametrize("second", ["cos(2z)", "exp(-z)", "z sin"])
def test_exponentials_with_means(first, second, covariance):
    m, n = 0.3, -0.6
    f, g = value(WAVES[first]), value(WAVES[second])
    own = quadrature(lambda u, v: f(m + u) * g(n + v), *covariance)
    terms = exponential_terms(WAVES[first]), exponential_terms(WAVES[second])
    means = np.asarray(m), np.asarray(n)
    found = float(exponentials.mixed(*terms, means, *map(np.asarray, covariance)))
    assert found == pytest.approx(own.value, rel=1e-10, abs=1e-11)
    moved = exponentials.mixed(*terms, (means[0] + 0.1, means[1]), *map(np.asarray, covariance))
    assert float(moved) != pytest.approx(own.value, rel=1e-6, abs=1e-6)


def test_the_derivative_of_a_jump_is_a_density():
    """E[∂sign(u)/∂u] = 2 E δ(u) = √(2/(πp)); E[δ(u) |v|] = √(2 r/π)/√(2πp), r = q − c²/p."""
    p, c, q = 1.7, 0.8, 1.2
    slope = error_terms(call("sign"), weak=1)
    found = error_functions.expectation(slope, np.asarray([p]))[0]
    assert found == pytest.approx(math.sqrt(2 / (math.pi * p)), rel=1e-14)
    density = (ErrorTerm(1.0, 0, "bell", math.inf),)
    arrays = np.asarray(p), np.asarray(c / math.sqrt(p * q)), np.asarray(q)
    value = error_functions.mixed(density, error_terms(call("abs")), *arrays)
    expected = math.sqrt(2 * (q - c * c / p) / math.pi) / math.sqrt(2 * math.pi * p)
    assert float(value) == pytest.approx(expected, rel=1e-14)
    assert error_terms(call("sign", order=1)) == ()


def test_a_square_is_a_product_of_two():
    """E erf(u)² from E[erf(u) erf(v)] at ρ = 1."""
    square = mul(call("erf"), call("erf"))
    assert error_terms(square) is None
    total = 0.0
    p, one = np.asarray([0.8]), np.ones(1)
    for f, g in error_products(square):
        total += error_functions.mixed(f, g, p, one, p)[0]
    assert total == pytest.approx(2 / math.pi * math.asin(2 * 0.8 / (1 + 2 * 0.8)), rel=1e-14)


@pytest.mark.parametrize("expression", [call("tanh"), call("exp", mul(Z, Z)), call("log")])
def test_other_functions_are_not_recognized(expression):
    assert error_terms(expression) is None
    assert exponential_terms(expression) is None
    assert Exponential(1.0).conjugate == Exponential(1.0)


def test_derivatives_commute_with_recognition():
    for name in ("erf", "gelu"):
        slope = error_terms(differentiate(call(name), 0))
        again = error_functions.derived(error_terms(call(name)))
        points = np.asarray([[0.7], [1.3]])
        both = [error_functions.expectation(t, points) for t in (slope, again)]
        assert both[0] == pytest.approx(both[1], rel=1e-13)

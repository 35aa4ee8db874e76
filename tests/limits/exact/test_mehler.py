"""Expansions and quadrature say how far off they are."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tpgraph.functions import PRIMITIVES, Apply, Argument, evaluate
from tpgraph.limits.closed_forms import mehler, planes
from tpgraph.limits.closed_forms.duals import dual, quadrature
from tpgraph.limits.closed_forms.line_quadrature import coefficients, hermite

SMOOTH = [("tanh", 0), ("sigmoid", 0), ("softplus", 0), ("silu", 0), ("tanh", 1)]


def function(name, order=0):
    expression = Apply(PRIMITIVES[name], (Argument(0),), order)
    return lambda z: evaluate(expression, [np.asarray(z)])


def expanded(named, p, count):
    f = function(*named)
    found = coefficients(f, np.zeros(1), np.asarray([p]), count)
    return found, mehler.expansion(found)


def off(first, second, p, q, rho, count):
    """The error of the series cut after `count` terms, and its bound."""
    (a, left), (b, right) = expanded(first, p, count), expanded(second, q, count)
    series = mehler.series(a.values.T, b.values.T, np.asarray([rho]), 1, 0)[0]
    f, g = function(*first), function(*second)
    c = rho * math.sqrt(p * q)
    true = quadrature(lambda u, v: f(u) * g(v), p, c, q)
    assert true.error < 1e-12
    size = math.sqrt(a.square[0] * b.square[0])
    bound = size * mehler.bounds(left, right, abs(rho))[-1]
    return abs(series - true.value), bound, size


@settings(max_examples=60)
@given(
    st.sampled_from(SMOOTH),
    st.sampled_from(SMOOTH),
    st.floats(0.05, 3.0),
    st.floats(0.05, 3.0),
    st.floats(-0.99, 0.99),
    st.integers(1, 40),
)
def test_the_bound_of_the_expansion_is_kept(first, second, p, q, rho, count):
    error, bound, size = off(first, second, p, q, rho, count)
    assert error <= bound + 1e-13 * size


def test_the_bound_of_more_terms_would_not_be_kept():
    error, _, _ = off(("tanh", 0), ("tanh", 0), 1.5, 1.5, 0.9, 4)
    _, later, _ = off(("tanh", 0), ("tanh", 0), 1.5, 1.5, 0.9, 24)
    assert error > 10 * later


def test_hermite_functions_are_orthonormal():
    z = np.linspace(-26, 26, 6001)
    h = hermite(z, 100) * math.sqrt((z[1] - z[0]) / math.sqrt(2 * math.pi))
    assert h @ h.T == pytest.approx(np.eye(100), abs=1e-12)


def test_lines_with_kinks():
    """E relu(m + √p z) = m Φ(m/√p) + √p φ(m/√p), whose kink moves with m and p."""
    mean, variance = np.asarray([0.3, -1.0, 2.0]), np.asarray([1.0, 0.2, 3.0])
    found = coefficients(function("relu"), mean, variance, 1, kinks=(0.0,))
    ratio = mean / np.sqrt(variance)
    density = np.exp(-(ratio**2) / 2) / math.sqrt(2 * math.pi)
    below = np.asarray([0.5 * (1 + math.erf(r / math.sqrt(2))) for r in ratio])
    expected = mean * below + np.sqrt(variance) * density
    assert found.values[:, 0] == pytest.approx(expected, abs=1e-13)
    assert found.error < 1e-12
    ignored = coefficients(function("relu"), mean, variance, 1)
    assert abs(ignored.values[:, 0] - expected).max() > 1e-10


@pytest.mark.parametrize("rho", [0.2, -0.7, 0.97, 0.99999, -1.0, 1.0])
def test_planes(rho):
    p, q = 1.3, 0.7
    size = np.ones(1)
    f, g = (
        planes.PairFunction(lambda x, rows: np.tanh(x), np.zeros(1), np.sqrt([s]), ())
        for s in (p, q)
    )
    found = planes.plane(f, g, np.asarray([rho]), size, lambda cost: None)
    true = quadrature(lambda u, v: np.tanh(u) * np.tanh(v), p, rho * math.sqrt(p * q), q)
    assert abs(found.value[0] - true.value) < 1e-13
    f, g = (
        planes.PairFunction(lambda x, rows: np.maximum(x, 0), np.zeros(1), np.sqrt([s]), (0.0,))
        for s in (p, q)
    )
    found = planes.plane(f, g, np.asarray([rho]), size, lambda cost: None)
    assert abs(found.value[0] - dual("relu", p, rho * math.sqrt(p * q), q)) < 1e-12
    f, g = (planes.PairFunction(c.function, c.mean, c.root, ()) for c in (f, g))
    blind = planes.plane(f, g, np.asarray([rho]), size, lambda cost: None)
    assert blind.error > 1e-9 or abs(blind.value[0] - found.value[0]) < 1e-9


def test_diverging_expectations_are_nan():
    found = coefficients(lambda z: np.exp(z * z), np.zeros(1), np.ones(1))
    assert np.isnan(found.values).all()

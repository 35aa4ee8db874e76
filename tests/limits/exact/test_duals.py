"""Closed forms against integrals that scipy computes."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad

from tpgraph.errors import TPTypeError
from tpgraph.functions import PRIMITIVES, Apply, Argument, differentiate, evaluate, number
from tpgraph.limits.closed_forms.duals import (
    DUALS,
    dual,
    quadrature,
)

COVARIANCES = [
    (1.0, 0.3, 1.0),
    (2.0, -1.1, 0.7),
    (0.4, 0.4, 1.3),
    (1.5, 1.49, 1.5),
    (1.0, 0.0, 3.0),
]
KINKED = ["relu", "relu'", "step", "abs", "abs'", "sign"]


def expression(name):
    call = Apply(PRIMITIVES[name.rstrip("'")], (Argument(0),))
    return differentiate(call, 0) if name.endswith("'") else call


def value(name):
    found = expression(name)
    return lambda z: evaluate(found, [np.asarray(z)])


def polar(f, degree, p, c, q):
    """E f(u) f(v), f homogeneous of this degree: the radius integrates to 2^degree degree!."""
    rest = math.sqrt(max(q - c * c / p, 0.0))

    def integrand(angle):
        u, v = math.sqrt(p) * math.cos(angle), c / math.sqrt(p) * math.cos(angle)
        return float(f(u) * f(v + rest * math.sin(angle))) / (2 * math.pi)

    tilt = math.atan2(-c / math.sqrt(p), rest)
    angles = (start + turn for start in (math.pi / 2, tilt) for turn in (0.0, math.pi))
    edges = [0.0, *sorted(a % (2 * math.pi) for a in angles), 2 * math.pi]
    total = sum(quad(integrand, a, b, epsabs=1e-13)[0] for a, b in pairwise(edges))
    return total * 2**degree * math.factorial(degree)


@pytest.mark.parametrize("name", KINKED)
@pytest.mark.parametrize("covariance", COVARIANCES)
def test_kinked_functions(name, covariance):
    degree = 1 if name in ("relu", "abs") else 0
    own = polar(value(name), degree, *covariance)
    assert dual(name, *covariance) == pytest.approx(own, abs=1e-10)


@pytest.mark.parametrize("name", sorted(set(DUALS) - set(KINKED)))
@pytest.mark.parametrize("covariance", COVARIANCES)
def test_smooth_functions(name, covariance):
    f = value(name)
    own = quadrature(lambda u, v: f(u) * f(v), *covariance)
    assert own.error < 1e-12 * (1 + abs(own.value))
    assert dual(name, *covariance) == pytest.approx(own.value, rel=1e-11, abs=1e-12)


def test_cho_saul_and_williams_as_published():
    p, c, q = 2.0, 0.9, 1.3
    rho = c / math.sqrt(p * q)
    theta = math.acos(rho)
    J1 = math.sin(theta) + (math.pi - theta) * math.cos(theta)
    assert dual("relu", p, c, q) == pytest.approx(math.sqrt(p * q) * J1 / (2 * math.pi), rel=1e-14)
    assert dual("step", p, c, q) == pytest.approx((math.pi - theta) / (2 * math.pi), rel=1e-14)
    williams = 2 / math.pi * math.asin(2 * c / math.sqrt((1 + 2 * p) * (1 + 2 * q)))
    assert dual("erf", p, c, q) == pytest.approx(williams, rel=1e-14)


def test_a_dual_at_a_wrong_covariance_is_seen():
    f = value("gelu")
    own = quadrature(lambda u, v: f(u) * f(v), 1.0, 0.3, 1.0).value
    assert abs(dual("gelu", 1.0, 0.31, 1.0) - own) > 1e-4
    assert abs(dual("gelu'", 1.0, 0.3, 1.0) - own) > 1e-2


def test_arrays_broadcast_and_vanishing_variances_are_allowed():
    grid = dual("relu", np.ones((3, 1)), np.linspace(-1, 1, 5), 1.0)
    assert grid.shape == (3, 5)
    assert np.isfinite(grid).all()
    assert dual("relu", 0.0, 0.0, 1.0) == 0.0


def test_quadrature_of_tanh_and_of_a_kink():
    smooth = quadrature(lambda u, v: (1 - np.tanh(2 * u) ** 2) ** 2 + 0 * v, 1.0, 0.0, 1.0)
    one = quad(lambda z: math.cosh(2 * z) ** -4 * math.exp(-z * z / 2), -9, 9, epsabs=1e-14)
    assert smooth.value == pytest.approx(one[0] / math.sqrt(2 * math.pi), abs=1e-12)
    assert quadrature(lambda u, v: np.abs(u) * np.abs(v), 1.0, 0.3, 1.0).error > 1e-9


def test_functions_without_a_closed_form_are_refused():
    with pytest.raises(TPTypeError, match="no closed form"):
        dual("tanh", 1.0, 0.5, 1.0)
    assert evaluate(number(1), []) == 1

"""Rounding of what cancels: within a function, and between the expectations of its parts."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

import tpgraph as tp
from tpgraph.limits.closed_forms.rounded import rounding_of
from tpgraph.limits.exact.curves import Curve
from tpgraph.limits.exact.disturbance import Disturbance

ONE, ZERO = np.ones(1), np.zeros(1)


def quotient(z):
    return (np.tanh(z + 1e-5) - np.tanh(z)) * 1e5


def test_what_cancels_is_measured():
    z = np.random.default_rng(0).standard_normal(300)
    with mpmath.workdps(40):
        e = mpmath.mpf("1e-5")
        exact = [
            float((mpmath.tanh(mpmath.mpf(x) + e) - mpmath.tanh(mpmath.mpf(x))) / e) for x in z
        ]
    actual = np.sqrt(np.mean((quotient(z) - exact) ** 2))
    assert 0.5 * actual < rounding_of(quotient, ZERO, ONE, ONE) < 3 * actual


@pytest.mark.parametrize("smooth", [np.tanh, np.abs, np.sin, lambda z: z**3, lambda z: z > 0.1])
def test_what_does_not_cancel_has_none(smooth):
    assert rounding_of(lambda z: np.asarray(smooth(z), dtype=float), ZERO, ONE, ONE) == 0.0


def error_of(psi: str, law: str = "N(0, 1)") -> tuple[float, float]:
    limit = tp.limit(tp.parse(f"width n\nvector x : n ~ {law}\nq = mean({psi})\n"))
    assert limit.engine == "exact"
    return limit.scalar("q"), limit.error("q")


def test_it_is_in_the_error_of_a_quadrature(monkeypatch):
    psi = "sin((tanh(x + 1e-5) - tanh(x)) * 1e5)"
    assert error_of(psi, "N(0.3, 0.64)")[1] > 1e-11
    monkeypatch.setattr(Curve, "rounding", lambda *_: 0.0)
    assert error_of(psi, "N(0.3, 0.64)")[1] < 1e-12


PARTS = "(tanh(x + 1e-5) - tanh(x)) * 1e5 * 1.74 + (x * 1.40 + 0.70)^2"
TRUTH = 3.6594435545619657  # by mpmath at 50 digits


def test_it_is_in_the_error_of_a_difference_of_expectations(monkeypatch):
    """Both had moved alike in every evaluation beside."""
    value, error = error_of(PARTS, "N(0.3, 0.64)")
    assert abs(value - TRUTH) <= 4 * error
    assert error < 1e-8

    def added(self, parts, start):
        return sum(parts, start)

    monkeypatch.setattr(Disturbance, "added", added)
    assert error_of(PARTS, "N(0.3, 0.64)")[1] < error / 2


@pytest.mark.parametrize("steepness", [1e2, 1e4, 1e6, 1e7])
def test_it_is_in_the_error_of_the_terms_of_a_closed_form(steepness):
    """E[x² e^(−(sx)²) s] = s / (1 + 2s²)^(3/2), by a second derivative of terms of s³."""
    value, error = error_of(f"exp(-(x * {steepness:g})^2) * {steepness:g} * x^2")
    assert abs(value - steepness / (1 + 2 * steepness**2) ** 1.5) <= 4 * error

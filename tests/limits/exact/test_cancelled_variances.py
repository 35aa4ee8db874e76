"""Differences of nearly equal numbers: what is rounded in them is within the stated error."""

from __future__ import annotations

import warnings

import pytest

import tpgraph as tp
from tpgraph.limits.exact.disturbance import Disturbance

HEAD = "width n\nvector x, y : n ~ N(0, 1)\nmatrix W : n × n ~ N(0, 1)\n"
SCALARS = [
    (
        "a = mean(erf(x)^2)\nb = mean(erf(x)*erf(1.000001*x))\nq = (b - a)*1e6",
        0.1898031804151215,  # 1e6 (2/π) (asin(2c/√(3 (1 + 2c²))) − asin(2/3)), c = 1.000001
    ),
    ("a = mean(x^2*1.1)\nb = mean(x^2*1.3)\nq = (b - a - 0.2)*1e15", 0.0),
]
VARIANCES = [
    ("k = W (x + 1e-4*y)\nl = W (x + 1e-4*y + 1e-8*x*y)\nq = mean(((l - k)*1e8)^2)", 1.0),
    ("k = W tanh(x)\nl = W tanh(x + 1e-9*y)\nu = (l - k)*1e9\nq = mean(tanh(u)^2)", 0.26179),
    ("k = W tanh(x)\nl = W tanh(x + 1e-9*y)\nq = mean(tanh((l - k)*1e9)^2)", 0.26179),
    ("k = W tanh(x)\nl = W tanh(x + 1e-8*y)\nq = mean(sin((l - k)*1e8)^2)", 0.30245),
]


def value(lines: str, engine: str) -> tuple[float, float]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tp.TPWarning)
        found = tp.limit(tp.parse(HEAD + lines + "\n"), engine=engine)
    return found.scalar("q"), found.error("q")


@pytest.mark.parametrize(("lines", "truth"), SCALARS + VARIANCES)
def test_errors_cover_what_cancellation_leaves(lines, truth):
    found, error = value(lines, "exact")
    assert abs(found - truth) <= 4 * error


@pytest.mark.parametrize(("lines", "truth"), VARIANCES)
def test_samples_are_asked_where_closed_forms_have_no_digit(lines, truth):
    found, error = value(lines, "auto")
    assert abs(found - truth) <= 4 * error + 2e-5
    assert error < 0.01


def test_what_is_0_by_its_structure_stays_exactly_0():
    assert value("k = W x\nl = W x\nq = mean((l - k)^2)*1e20", "exact") == (0.0, 0.0)


def test_moved_as_other_sums_a_variance_without_digits_saturates(monkeypatch):
    monkeypatch.setattr(Disturbance, "variance", lambda self, p, s: abs(self.added(p, s)))
    found, error = value(VARIANCES[1][0], "exact")
    assert abs(found - VARIANCES[1][1]) > 4 * error

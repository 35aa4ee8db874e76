"""Pairs of functions with kinks: their quadrature, what it spends, and long expansions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from mpmath import mp, mpf

from tpgraph.kernels.infinite import kernel
from tpgraph.kernels.plan.executing import Resources
from tpgraph.kernels.plan.planning import plan_kernel
from tpgraph.kernels.plan.whole import whole
from tpgraph.language import parse
from tpgraph.limits.closed_forms.duals import dual
from tpgraph.limits.closed_forms.planes import PairFunction, plane
from tpgraph.limits.exact.budget import Budget, OverBudget

RHOS = [0.0, 0.35, 0.9, -0.97, 0.999, 0.99993, 0.99996, -0.9999999, 1 - 1e-13, 1.0, -1.0]
"""Along the axes to √(1 − ρ²) = 0.01, then conditionally, at ±1 on a line."""


class Counted:
    """f with its kinks, at means and roots, which counts its evaluations."""

    def __init__(self, f, kinks, means, roots):
        self.evaluations = 0
        self.f = f
        self.curve = PairFunction(self._values, np.array(means), np.array(roots), kinks)

    def _values(self, x, rows):
        self.evaluations += x.size
        return self.f(x)


def steps_between(a, b, rho):
    """P(u > a, v > b), by one integral of mpmath."""
    rho, a, b = mpf(rho), mpf(a), mpf(b)
    if abs(rho) == 1:
        if rho > 0:
            return float(mp.ncdf(-max(a, b)))
        return float(max(mp.ncdf(-b) - mp.ncdf(a), 0))
    rest = mp.sqrt((1 - rho) * (1 + rho))
    cuts = [a, *(c for c in (b / rho + s * rest for s in (-9, 0, 9)) if c > a)] if rho else [a]
    points = sorted({*cuts, *(c for c in (mpf(-3), mpf(0), mpf(3)) if c > a), mpf(14)})
    return float(mp.quad(lambda z: mp.npdf(z) * mp.ncdf((rho * z - b) / rest), points))


@pytest.mark.parametrize("rho", RHOS)
def test_pairs_of_jumps_and_kinks(rho):
    one = np.ones(1)
    a, b = 0.3, 0.29
    step = [Counted(lambda x, k=k: (x > k) * 1.0, (k,), [0.0], [1.0]) for k in (a, b)]
    found = plane(step[0].curve, step[1].curve, np.array([rho]), one, lambda cost: None)
    assert abs(found.value[0] - steps_between(a, b, rho)) <= found.error + 4e-14
    assert found.error < 1e-9
    p, q = 1.3, 0.7
    relu = [Counted(lambda x: np.maximum(x, 0), (0.0,), [0.0], [s**0.5]) for s in (p, q)]
    found = plane(relu[0].curve, relu[1].curve, np.array([rho]), one, lambda cost: None)
    assert found.value[0] == pytest.approx(dual("relu", p, rho * math.sqrt(p * q), q), abs=1e-13)


@pytest.mark.parametrize("rho", [r for r in RHOS if abs(r) > 0.99995])
def test_what_is_spent_is_what_is_evaluated(rho):
    """In the table of a budget, that is; it was told 1500 for each pair."""
    kinks = (-1.0, 0.2, 1.4)
    f, g = (
        Counted(lambda x: np.abs(x + 1) + np.maximum(x, 0.2) * np.minimum(x, 1.4), kinks, [m], [s])
        for m, s in ((0.1, 1.2), (-0.2, 0.8))
    )
    spent: list[float] = []
    plane(f.curve, g.curve, np.array([rho]), np.ones(1), spent.append)
    assert sum(spent) == pytest.approx(f.evaluations + g.evaluations, rel=0.1)


SEVERAL = """
program so
width n
dim d = 4
parametrization ntk
data ξ : d
param U : n × d ~ N(0, 1)
param W : n × n ~ N(0, 1)
param V : 1 × n ~ N(0, 1)
h = U ξ
x = h / (1 + exp(h*h)) + tanh(h)*step(h)
y = tanh(W x)*relu(h)*max(h, x)
f = V y
output f
"""
CLOSE = np.array([[1.0, 0.2, 0, 0], [1.0, 0.5, 0, 0], [0, 0.3, 1, 0], [0.2, 0, 1, 1]])


def test_kernels_of_several_kinks_take_a_part_of_the_hurried_budget():
    """On four inputs they took minutes: pairs of an input with itself had the whole plane."""
    plan, budget = plan_kernel(parse(SEVERAL), "both"), Budget(1e9)
    found = whole(plan, {"ξ": CLOSE}, None, Resources(), budget)
    assert budget.left > 5e8
    sampled = kernel(parse(SEVERAL), CLOSE, engine="sampled", samples=2**14)
    distance = np.abs(found.arrays["ntk"] - sampled.ntk)
    assert (distance < 5 * sampled.ntk_error).all()
    with pytest.raises(OverBudget):
        whole(plan, {"ξ": CLOSE}, None, Resources(), Budget(1e5))


def test_what_takes_too_long_is_sampled_and_said(monkeypatch):
    program = parse(SEVERAL)
    monkeypatch.setattr("tpgraph.kernels.infinite.HURRIED", 0)
    monkeypatch.setattr("tpgraph.kernels.infinite._HURRIED_AN_INPUT", 1e4)
    found = kernel(program, CLOSE, "nngp", samples=2**12)
    assert found.engine == "sampled"
    assert "pairs of inputs on which Mehler's expansion is too slow" in found.unplanned
    exact = kernel(program, CLOSE, "nngp", engine="exact")
    assert exact.engine == "exact"
    assert (np.abs(found.nngp - exact.nngp) < 5 * found.nngp_error).all()


HARD = """
program hard
width n
dim d = 2
parametrization ntk
data ξ : d
param U : n × d ~ N(0, 1)
param V : 1 × n ~ N(0, 1)
h = U ξ
f = V (min(max(h, -0.7), 1) * step(h - 0.2))
output f
"""


def test_long_expansions_say_what_quadrature_does(monkeypatch):
    angles = np.linspace(0, 1.5, 24)
    inputs = np.stack([np.cos(angles), 1.3 * np.sin(angles)], axis=1)
    long = kernel(parse(HARD), inputs, "nngp")
    asked: list[int] = []

    def none(*given):
        asked.append(len(given[2]))

    monkeypatch.setattr("tpgraph.limits.exact.pairs.long_series", none)
    plane_alone = kernel(parse(HARD), inputs, "nngp", engine="exact")
    assert sum(asked) > 100
    assert np.abs(long.nngp - plane_alone.nngp).max() < 2e-13
    assert not (long.nngp == plane_alone.nngp).all()


def test_expectations_of_constants_fill_every_group_that_is_moved():
    """Functions of fixed variance have one number for all pairs, (1, 1)."""
    program = parse(
        HARD.replace(
            "f = V (min(max(h, -0.7), 1) * step(h - 0.2))", "x = step(h - 0.5) + tanh(h)"
        ).replace("output f", "f = V x\noutput f")
    )
    inputs = np.array([[1.0, 0.3], [0.2, -1.1], [0.9, 0.5]])
    found = kernel(program, inputs)
    sampled = kernel(program, inputs, engine="sampled")
    assert found.engine == "exact"
    assert (np.abs(found.ntk - sampled.ntk) < 5 * sampled.ntk_error + 1e-12).all()

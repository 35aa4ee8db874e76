"""Slopes that live on fewer points than samples are, and spikes between points of quadrature."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import mpmath
import pytest
from scipy.special import erf

from tpgraph.language import parse
from tpgraph.limits import limit
from tpgraph.limits.exact import products as exact_products
from tpgraph.limits.sampling import derivatives

HEAD = """
program steep
width n
vector x : n ~ N(0, 1)
vector y : n ~ N(0, 1)
matrix W : n × n ~ N(0, 1)
h = W x
"""

mpmath.mp.dps = 30


def gaussian(f, *cuts: float) -> float:
    """E f(z) by mpmath, cut where f is steep."""
    places = sorted({-12.0, -1.0, 0.0, 1.0, 12.0, *cuts})

    def integrand(z):
        return f(z) * mpmath.npdf(z)

    return float(mpmath.quad(integrand, places, maxdegree=12))


def around(place: float, *distances: float) -> list[float]:
    return [place + s * d for d in distances for s in (-1, 1)]


NEARLY = 1e-8
"""What the truths below leave out: they are those of infinitely steep functions."""

ROOT = float(mpmath.sqrt(2 / mpmath.pi))


def slope_of_tanh() -> float:
    return gaussian(lambda z: mpmath.sech(z) ** 2)


SLOPES: dict[str, Callable[[], float]] = {
    # Adam's first step, and others of which all of the slope is in one point
    "h / (abs(h) + 1e-8)": lambda: gaussian(
        lambda z: z * z / (abs(z) + 1e-8), *around(0, 1e-8, 1e-4)
    ),
    "h / abs(h)": lambda: ROOT,
    "h / sqrt(h^2 + 1e-16)": lambda: ROOT,
    "tanh(1 / h)": lambda: gaussian(
        lambda z: z * mpmath.tanh(1 / z) if z else 0, *around(0, 0.01, 0.1)
    ),
    "tanh(1e6 * (h - 0.3))": lambda: 2 * float(mpmath.npdf(0.3)),
    "tanh(100 * h)": lambda: gaussian(lambda z: z * mpmath.tanh(100 * z), *around(0, 0.01, 0.1)),
    "erf(1e5 * h + 1e5)": lambda: 2 * float(mpmath.npdf(1)),
    "relu(h)^0.5": lambda: gaussian(lambda z: z * mpmath.sqrt(max(z, 0)), *around(0, 0.01, 0.1)),
    "(relu(h + 1e-6) - relu(h)) * 1e6": lambda: float(mpmath.npdf(0)),
    "sigmoid(1e7 * h) * h": lambda: gaussian(lambda z: max(z, 0) * z),
    # a small steep part beside a large gentle one
    "tanh(h) + 0.02 * h / (abs(h) + 1e-9)": lambda: slope_of_tanh() + 0.02 * ROOT,
    "tanh(h) + 0.0005 * h / (abs(h) + 1e-9)": lambda: slope_of_tanh() + 0.0005 * ROOT,
    # and gentle ones, whose slope is sampled well
    "tanh(h)": slope_of_tanh,
    "h^3": lambda: 3.0,
}


@cache
def slope_by_mpmath(function: str) -> float:
    return SLOPES[function]()


def slope(function: str, engine: str):
    program = parse(HEAD + f"k = {function}\nv = W' k\nq = mean(v * x)")
    found = limit(program, engine=engine)
    return found.scalar("q"), found.error("q")


def is_wrong(function: str, engine: str) -> bool:
    value, error = slope(function, engine)
    return abs(value - slope_by_mpmath(function)) > 4 * error + NEARLY


@pytest.mark.filterwarnings("ignore::tpgraph.errors.TPWarning")
@pytest.mark.parametrize("engine", ["auto", "sampled"])
@pytest.mark.parametrize("function", SLOPES)
def test_slopes(function, engine):
    value, error = slope(function, engine)
    assert abs(value - slope_by_mpmath(function)) <= 4 * error + NEARLY
    assert error < 2e-3


@pytest.mark.filterwarnings("ignore::tpgraph.errors.TPWarning")
def test_without_stein_they_would_be_wrong(monkeypatch):
    steep = list(SLOPES)[:4]
    monkeypatch.setattr(derivatives, "reconciled", lambda swept, *_: swept.mean(axis=2))
    assert all(is_wrong(f, "sampled") for f in steep)
    monkeypatch.setattr(exact_products.ExactProducts, "_by_stein", lambda self, *_: {"h": 0 * ROOT})
    assert is_wrong("tanh(1 / h)", "auto")


@pytest.mark.filterwarnings("ignore::tpgraph.errors.TPWarning")
@pytest.mark.parametrize("ending", ["v * x", "v * (x + relu(x))"])
def test_slopes_through_two_products(ending):
    """∂/∂g of a steep function of g = W h behind another product, as in Adam's second layer."""
    text = f"g = W tanh(h)\nk = g / (abs(g) + 1e-8) + tanh(g)\nv = W' k\nq = mean({ending})"
    exact, sampled = (limit(parse(HEAD + text), engine=e) for e in ("auto", "sampled"))
    bars = 4 * (exact.error("q") + sampled.error("q"))
    assert abs(exact.scalar("q") - sampled.scalar("q")) <= bars
    values = [vector.dot("v") for vector in (exact, sampled)]
    assert values[0].keys() == values[1].keys()


MEANS: dict[str, Callable[[], float]] = {
    "1e4 * exp(-(1e4 * (x - 0.5))^2)": lambda: float(mpmath.sqrt(mpmath.pi) * mpmath.npdf(0.5)),
    "1e-5 / (x^2 + 1e-10)": lambda: gaussian(
        lambda z: 1e-5 / (z * z + 1e-10), *around(0, 1e-5, 1e-3)
    ),
    "1e-6 / (abs(x - 1) + 1e-6)^2": lambda: gaussian(
        lambda z: 1e-6 / (abs(z - 1) + 1e-6) ** 2, *around(1, 1e-6, 1e-4, 1e-2)
    ),
    "tanh(1e6 * (x - 0.3))^2": lambda: 1 - 2e-6 * float(mpmath.npdf(0.3)),
    "sigmoid(1e6 * (x - 2))": lambda: float(1 - mpmath.ncdf(2)),
}


@pytest.mark.parametrize("function", MEANS)
def test_quadrature_finds_spikes(function):
    found = limit(parse(HEAD + f"q = mean({function})"), engine="exact")
    assert abs(found.scalar("q") - MEANS[function]()) <= 4 * found.error("q") + NEARLY


@pytest.mark.filterwarnings("ignore::tpgraph.errors.TPWarning")
def test_a_jump_of_two_gaussians_between_grid_points():
    """E[sign(s(−h σ(h)) + b) h] with b independent of h: 2 Φ(s/σ_b) − 1 inside, not 0."""
    text = HEAD + "vector b : n ~ N(0, 16)\nq = mean(sign(sigmoid(-1 * h * sigmoid(h)) + b) * h)"

    def inner(z):
        s = 1 / (1 + mpmath.exp(z / (1 + mpmath.exp(-z))))
        return z * mpmath.erf(s / 4 / mpmath.sqrt(2))

    truth = gaussian(inner)
    assert abs(truth) > 0.01
    for engine in ("auto", "sampled"):
        found = limit(parse(text), engine=engine)
        assert abs(found.scalar("q") - truth) <= 4 * found.error("q")


def test_the_truth_of_a_step_is_its_density():
    """The oracle itself: E of erf′ by Gaussian integration is what erf says."""
    assert gaussian(lambda z: mpmath.erf(1e3 * z) * z, *around(0, 1e-3, 1e-2)) == pytest.approx(
        ROOT, rel=1e-5
    )
    assert erf(1e3) == 1

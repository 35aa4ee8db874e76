"""Events that no sample sees, heavy tails and spikes: error bars cover them, or a line does."""

from __future__ import annotations

import contextlib
import math
import warnings
from collections.abc import Callable
from functools import cache

import mpmath
import pytest
from limits.texts import GAUSSIANS

from tpgraph.errors import TPTypeError, TPWarning
from tpgraph.language import parse
from tpgraph.limits import limit
from tpgraph.limits.sampling import rare

HEAD = GAUSSIANS + "h = W x\n"


def of_product(f, least: float, most: float) -> float:
    """E f(xy), whose density is K₀(|p|)/π, over least ≤ p ≤ most."""
    return float(mpmath.quad(lambda p: f(p) * mpmath.besselk(0, abs(p)) / mpmath.pi, [least, most]))


def absolute_moment(power: float) -> float:
    """E |z|^power of a standard Gaussian z."""
    return float(
        mpmath.gamma((1 + mpmath.mpf(power)) / 2)
        / mpmath.sqrt(mpmath.pi)
        * mpmath.mpf(2) ** (mpmath.mpf(power) / 2)
    )


TAILS: dict[str, Callable[[], float]] = {
    "1000 * relu(x * y - 12)": lambda: of_product(lambda p: 1000 * (p - 12), 12, 60),
    "1000 * relu(x * h - 16)": lambda: of_product(lambda p: 1000 * (p - 16), 16, 60),
    "step(x * y - 9)": lambda: of_product(lambda p: 1, 9, 60),
    "1e6 * step(x + y - 8)": lambda: 1e6 * mpmath.ncdf(-8 / mpmath.sqrt(2)),
    "exp(6 * x) * sigmoid(x)": lambda: mpmath.quad(
        lambda z: mpmath.exp(6 * z) / (1 + mpmath.exp(-z)) * mpmath.npdf(z), [-20, 0, 6, 12, 30]
    ),
    "exp(0.45 * x^2)": lambda: math.sqrt(10),
    "exp(0.45 * x^2) * y^2": lambda: math.sqrt(10),
    "exp(0.4 * (h + y)^2 / 2)": lambda: 1 / math.sqrt(1 - 0.8),
    "abs(x)^(-0.9)": lambda: absolute_moment(-0.9),
    "abs(x)^(-0.6) * y^2": lambda: absolute_moment(-0.6),
    "abs(x * y)^(-0.7)": lambda: absolute_moment(-0.7) ** 2,
    "exp(3 * x + 2 * y)": lambda: math.exp(6.5),
    "1e6 * exp(-(1e6 * (x - 0.5))^2)": lambda: mpmath.sqrt(mpmath.pi) * mpmath.npdf(0.5),
    "1e5 * exp(-(1e5 * (x * y - 1))^2)": lambda: mpmath.besselk(0, 1) / mpmath.sqrt(mpmath.pi),
    "tanh(1e6 * (x - 0.3))^2": lambda: 1 - 2e-6 * mpmath.npdf(0.3),
    "x^8": lambda: 105.0,
}
"""What makes the truths: some take seconds, which only the tests that ask for them should."""


@cache
def truth_of(text: str) -> float:
    return float(TAILS[text]())


def off(text: str, engine: str, seed: int = 0) -> tuple[float, float]:
    """Distance from the truth, and the error that is stated."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TPWarning)
        found = limit(parse(HEAD + f"q = mean({text})"), engine=engine, seed=seed, samples=2**15)
    return abs(found.scalar("q") - truth_of(text)), found.error("q")


@pytest.mark.parametrize("engine", ["auto", "sampled"])
@pytest.mark.parametrize("text", TAILS)
def test_error_bars_cover(text, engine):
    distance, error = off(text, engine)
    assert distance <= 4 * error + 1e-12 * truth_of(text)


@pytest.mark.parametrize("text", ["exp(0.45 * x^2)", "abs(x)^(-0.9)", "exp(6 * x) * sigmoid(x)"])
def test_what_has_one_gaussian_is_integrated(text):
    found = limit(parse(HEAD + f"q = mean({text})"), engine="exact")
    assert found.scalar("q") == pytest.approx(truth_of(text), rel=1e-10)


@pytest.mark.parametrize("text", ["1000 * relu(x * y - 12)", "exp(0.45 * x^2) * y^2"])
def test_rare_events_are_found_by_stretching(text):
    """Not only covered: the estimate is within 15 % of the truth."""
    distance, error = off(text, "sampled")
    assert distance < 0.15 * truth_of(text)
    assert error < 0.15 * truth_of(text)


def test_coverage_of_heavy_tails_over_seeds():
    """At an index of 1.11, where a seed may also refuse: it seems to diverge."""
    found = []
    for seed in range(12):
        with contextlib.suppress(TPTypeError):
            found.append(off("abs(x)^(-0.9)", "sampled", seed))
    assert len(found) >= 6
    assert all(distance <= 2 * error for distance, error in found)


def test_variances_and_products_know_of_rare_events_too():
    """Of k = relu(xy − 12), E k² = Var Ẑ^{Wk} though no sample is above 0."""
    truth = of_product(lambda p: (p - 12) ** 2, 12, 60)
    found = limit(parse(HEAD + "k = relu(x * y - 12)\nv = W k\n"), engine="sampled")
    for estimate in (found.vector("k").var, found.vector("v").var):
        assert abs(estimate.value - truth) <= 4 * estimate.error
        assert estimate.error < truth


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("1e5 * exp(-(1e5 * (x * y - 1))^2)", "is not known"),
        ("abs(x * y)^(-0.7)", "few samples decide its mean"),
    ],
)
def test_a_mean_that_few_samples_decide_is_warned_of(text, what):
    with pytest.warns(TPWarning, match=what):
        limit(parse(HEAD + f"q = mean({text})"), engine="sampled")


@pytest.mark.parametrize("text", ["tanh(x) * y", "relu(h)^2", "sin(x + h)", "x^2 * y^2", "step(x)"])
def test_ordinary_means_are_not_in_doubt(text, monkeypatch):
    found = off_free(text)
    monkeypatch.setattr(rare.RareEvents, "doubt", lambda *_: None)
    assert off_free(text) == found


def off_free(text: str) -> tuple[float, float]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TPWarning)
        found = limit(parse(HEAD + f"q = mean({text})"), engine="sampled", samples=2**14)
    return found.scalar("q"), found.error("q")


@pytest.mark.parametrize(
    "text", ["1000 * relu(x * y - 12)", "abs(x)^(-0.9)", "1e6 * exp(-(1e6 * (x - 0.5))^2)"]
)
def test_without_doubt_they_would_be_wrong(text, monkeypatch):
    monkeypatch.setattr(rare.RareEvents, "doubt", lambda *_: None)
    distance, error = off(text, "sampled")
    assert distance > 4 * error


@pytest.mark.parametrize(
    ("ψ", "truth"),
    [
        ("(x^8 - 28*x^6 + 210*x^4 - 420*x^2 + 105)^2", 40320.0),
        ("x^8", 105.0),
        ("(x^6 - 15*x^4 + 45*x^2 - 15)^2 + 100*tanh(x)", 720.0),
    ],
)
@pytest.mark.parametrize("seed", [0, 3, 4, 5])
def test_high_powers_are_made_by_few_samples(ψ, truth, seed):
    text = f"width n\nvector x : n ~ N(0, 1)\nq = mean({ψ})\n"
    found = limit(parse(text), engine="sampled", seed=seed)
    assert abs(found.scalar("q") - truth) <= 4 * found.error("q")
    assert found.error("q") < truth

"""What samples do not show: between them, near a pole, and in tails that stretching makes light."""

from __future__ import annotations

import math
import warnings

import pytest

import tpgraph as tp
from tpgraph.limits.closed_forms import far_growth
from tpgraph.limits.sampling import stretched
from tpgraph.limits.sampling.spikes import Spikes

HEAD = "width n\nvector x, y : n ~ N(0, 1)\nmatrix W : n × n ~ N(0, 1)\n"
DENSITY = 1 / math.sqrt(2 * math.pi)
APART = {
    "h = W sign(x)\nk = W sign(x - 1e-6)\nq = mean((k - h)^2) * 1e6": 4 * DENSITY,
    "h = W sign(x + y)\nk = W sign(x + y - 1e-6)\nq = mean((k - h)^2) * 1e6": 2
    / math.sqrt(math.pi),
    "h = W tanh(1e8*x)\nk = W sign(x)\nq = mean((k - h)^2) * 1e8": 2
    * DENSITY
    * (2 * math.log(2) - 1),
    "h = W max(x, -5)\nk = W x\nq = mean((h - k)^2) * 1e6": 0.01934329519,
}
ALIKE = {
    "h = W sign(x)\nk = W (2*sign(x))\nq = mean((k - 2*h)^2) * 1e6": 0.0,
    "h = W (step(x)*y)\nk = W (step(x)*y*0.3)\nq = mean((k - h)^2)": 0.245,
}
TAILS = {
    "exp(0.9*x*y)": 1 / math.sqrt(1 - 0.81),
    "exp(0.8*x*y)": 1 / math.sqrt(1 - 0.64),
    "exp(0.4*x^2)*sigmoid(y)": math.sqrt(5) / 2,
    "exp(0.48*x^2 + 0.2*y)": 5 * math.exp(0.02),
}


def absolute_moment(power: float) -> float:
    return 2 ** (power / 2) * math.gamma((1 + power) / 2) / math.sqrt(math.pi)


def found(lines: str, engine: str = "sampled", seed: int = 0) -> tuple[float, float]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tp.TPWarning)
        limit = tp.limit(tp.parse(HEAD + lines + "\n"), engine=engine, samples=2**14, seed=seed)
    return limit.scalar("q"), limit.error("q")


@pytest.mark.parametrize("lines", APART)
def test_products_may_differ_between_samples(lines):
    value, error = found(lines)
    assert abs(value - APART[lines]) <= 4 * error


@pytest.mark.parametrize("lines", ALIKE)
def test_products_that_are_alike_everywhere_do_not(lines):
    value, error = found(lines)
    assert abs(value - ALIKE[lines]) <= 4 * error
    assert error < 1e-3


def test_without_a_look_between_samples_they_are_the_same(monkeypatch):
    monkeypatch.setattr(Spikes, "between_samples", lambda *_: 0.0)
    lines = next(iter(APART))
    value, error = found(lines)
    assert abs(value - APART[lines]) > 4 * error


@pytest.mark.parametrize("psi", TAILS)
def test_tails_that_stretching_makes_light_have_good_means(psi):
    """Of exponentials without a variance: none of the seeds is far off, and none refuses."""
    for seed in range(12):
        value, error = found(f"q = mean({psi})", seed=seed)
        assert abs(value - TAILS[psi]) <= 4 * error
        assert error < 0.01 * TAILS[psi]


def test_stretches_that_leave_a_heavy_tail_are_off(monkeypatch):
    monkeypatch.setattr(stretched, "_is_light", lambda *_: True)
    monkeypatch.setattr(stretched, "_STRETCHES", (1.5,))
    psi = "exp(0.8*x*y)"
    off = [found(f"q = mean({psi})", seed=seed) for seed in range(12)]
    assert any(abs(value - TAILS[psi]) > 4 * error for value, error in off)


@pytest.mark.parametrize("psi", ["exp(0.52*x^2)*tanh(y)^2", "exp(3*x*y)", "1/abs(x)"])
def test_infinite_means_are_refused_still(psi):
    with pytest.raises(tp.TPError, match="seems to diverge"):
        found(f"q = mean({psi})")


POLES = {
    "h = W (abs(x)^(-0.3))\nq = mean(h^2)": absolute_moment(-0.6),
    "h = W (abs(x)^(-0.3))\nq = mean(h^4)": 3 * absolute_moment(-0.6) ** 2,
    "q = mean(abs(x)^(-0.6))": absolute_moment(-0.6),
    "q = mean(abs(x^3)^(-0.2))": absolute_moment(-0.6),
}


@pytest.mark.parametrize("lines", POLES)
def test_a_pole_adds_what_may_be_so_near_to_it(lines):
    """And not its largest value on all that no sample is in."""
    value, error = found(lines)
    assert abs(value - POLES[lines]) <= 4 * error
    assert error < POLES[lines]


def test_an_exponential_beside_one_of_squares_grows_no_faster(monkeypatch):
    lines = "q = mean(exp(0.48*x^2)*exp(0.2*y))"
    value, error = found(lines, "exact")
    assert value == pytest.approx(5 * math.exp(0.02), abs=4 * error)
    monkeypatch.setattr(far_growth, "_BENT", -1.0)
    with pytest.raises(tp.TPError, match="seems to diverge"):
        found(lines, "exact")

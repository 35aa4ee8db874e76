"""What a function does on fewer points than panels or samples have, in values or their errors."""

from __future__ import annotations

import math

import pytest
from scipy.integrate import quad

import tpgraph as tp
from tpgraph.limits.exact.curves import Curve
from tpgraph.limits.sampling.spikes import Spikes

DENSITY = 1 / math.sqrt(2 * math.pi)


def found(psi: str, law: str = "N(0, 1)", engine: str = "auto", seed: int = 0) -> tp.Limit:
    program = tp.parse(f"width n\nvector x : n ~ {law}\nq = mean({psi})\n")
    return tp.limit(program, engine=engine, samples=2**14, seed=seed)


def corner() -> float:
    """E of the product of a rounded corner, less the corner, with a sign."""

    def value(x: float) -> float:
        own = math.sqrt((x - 0.51) ** 2 + 1e-4) - abs(x - 0.51)
        return own * math.copysign(1.0, x) * DENSITY * math.exp(-x * x / 2)

    return quad(value, -9, 9, points=[0, 0.4, 0.5, 0.51, 0.52, 0.6], epsabs=1e-15, limit=400)[0]


CASES = {
    "(1 - tanh(x * 10000)^2) * abs(x)": 2 * DENSITY * math.log(2) * 1e-8,
    "erf(x * 1e7) * erf(x * 1e7)": 1 - 4 / math.pi * math.atan(1 / math.sqrt(1 + 4e14)),
    "tanh(x * 1e5)^2": 1 - 2e-5 * DENSITY,
    "(sqrt((x - 0.51)^2 + 1e-4) - abs(x - 0.51)) * (x / abs(x))": corner(),
}


@pytest.mark.filterwarnings("ignore::tpgraph.errors.TPWarning")
@pytest.mark.parametrize("psi", list(CASES))
def test_quadrature_resolves_what_is_not_gentle(psi):
    limit = found(psi)
    assert abs(limit.scalar("q") - CASES[psi]) <= 4 * limit.error("q") + 1e-15
    assert limit.error("q") < 1e-5


def test_two_kinks_that_are_near_are_both_found():
    psi = "max(max((x + 1.38) * (-0.58), x + 1.38), (x * 0.41 + 0.62)^3)"
    limit = found(psi, "N(0.3, 0.64)")
    assert limit.scalar("q") == pytest.approx(1.69300495949618010387770, abs=1e-13)


def test_equal_panels_do_not(monkeypatch):
    monkeypatch.setattr(Curve, "is_gentle", True)
    limit = found("(1 - tanh(x * 10000)^2) * abs(x)")
    assert abs(limit.scalar("q") - 2 * DENSITY * math.log(2) * 1e-8) > 4 * limit.error("q")


UNSEEN = "(1 - tanh((x - 0.18) * 1000000)^2) * ((x + 0.53) / abs(x + 0.53))"
SHARE = 2e-6 * DENSITY * math.exp(-(0.18**2) / 2)


@pytest.mark.filterwarnings("ignore::tpgraph.errors.TPWarning")
def test_a_spike_that_no_sample_saw_is_in_the_error():
    limit = found(UNSEEN, engine="sampled")
    assert abs(limit.scalar("q") - SHARE) <= 4 * limit.error("q")


@pytest.mark.filterwarnings("ignore::tpgraph.errors.TPWarning")
def test_without_a_look_at_delicate_places_it_is_not(monkeypatch):
    monkeypatch.setattr(Spikes, "peak", lambda *given: 0.0)
    limit = found(UNSEEN, engine="sampled")
    assert abs(limit.scalar("q") - SHARE) > 4 * limit.error("q")


@pytest.mark.filterwarnings("ignore::tpgraph.errors.TPWarning")
@pytest.mark.parametrize("seed", range(3))
def test_exponentials_are_stretched_before_their_tail_is_missed(seed):
    limit = found("exp(2 * x)", "N(0, 1.25)", "sampled", seed)
    assert abs(limit.scalar("q") - math.exp(2.5)) <= 4 * limit.error("q")


JUMP = "arctan((sign(h - 1.03 + 1e-7) - sign(h - 1.03)) * 1e7)"
NARROW = "(step(h + 1e-5) - step(h - 1e-5)) * 1e5 * sign(h - 1.42) * h^2"


def through_products(lines: str) -> tp.Limit:
    program = tp.parse(f"width n\nvector x : n ~ N(0, 1)\nmatrix W : n × n ~ N(0, 1)\n{lines}\n")
    return tp.limit(program, engine="sampled", samples=2**12)


@pytest.mark.filterwarnings("ignore::tpgraph.errors.TPWarning")
def test_a_slope_of_which_no_sample_saw_anything_has_an_error():
    limit = through_products(f"h = W x\nk = {JUMP}\nv = W' k\nq = mean(v * x)")
    truth = math.pi / 2 * 1e-7 * DENSITY * math.exp(-(1.03**2) / 2) * 1.03  # E[h k]
    assert truth <= 4 * limit.error("q") < 0.1


@pytest.mark.filterwarnings("ignore::tpgraph.errors.TPWarning")
def test_a_product_of_what_no_sample_saw_has_an_error():
    """Its scale σ is unknown, and step(v) has none: w = W u holds k φ(0)/σ, whatever k's size."""
    limit = through_products(
        f"h = W x\nk = {NARROW}\nv = W' k\nu = step(v) * step(1.8 - v)\nw = W u\nq = mean(w^2)"
    )
    assert abs(limit.scalar("q") - (0.5 + DENSITY**2)) <= 4 * limit.error("q")


@pytest.mark.filterwarnings("ignore::tpgraph.errors.TPWarning")
@pytest.mark.parametrize("inner", ["w * k", "(tanh(w) + 1) * k"])
def test_a_spike_times_a_root_is_seen_through_a_product(inner):
    """A root has no spike of its own, and takes none from what it multiplies."""
    program = tp.parse(
        "width n\nvector x : n ~ N(0, 1)\nmatrix W : n × n ~ N(0, 1)\nh = W x\n"
        "k = 1/((h * 1000000)^2 + 1) * abs(h + 1.41)^0.5\nv = W' k\nu = tanh(v)\nw = W u\n"
        f"q = mean({inner})\n"
    )
    limit = tp.limit(program, engine="sampled", samples=2**14)
    one, two = (math.pi * DENSITY * 1e-6 * c for c in (1.41**0.5, 1.41 / 2))
    truth = two if inner == "w * k" else one + two  # w is k beside a Gaussian that is small
    assert abs(limit.scalar("q") - truth) <= 4 * limit.error("q")


@pytest.mark.filterwarnings("ignore::tpgraph.errors.TPWarning")
def test_what_is_not_seen_may_also_be_nothing():
    """The spike lies where the other factor is 0; all of it is what no sample shows of it."""
    program = tp.parse(
        "width n\nvector x : n ~ N(-0.4, 0.49)\nmatrix W : n × n ~ N(0, 2)\nh = W x\n"
        "k = exp(-((h + 0.04) * 100000)^2) * 100000 * relu(h)^2\nv = W' k\n"
        "s = mean(v^2)\nq = mean(x * (step(v) * tanh(v)))\n"
    )
    limit = tp.limit(program, engine="sampled", samples=2**14)
    for name in ("s", "q"):
        assert abs(limit.scalar(name)) <= 4 * limit.error(name)

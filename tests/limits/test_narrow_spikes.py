"""Spikes narrower than any panel or sample: s f(s x) tends to p(0) ∫ f, however large s is."""

from __future__ import annotations

import math
import warnings

import pytest

import tpgraph as tp
from tpgraph.errors import TPError, TPWarning
from tpgraph.limits.engines import Engine

HEAD = "width n\nvector x : n ~ N(0, 1)\n"
DENSITY = 1 / math.sqrt(2 * math.pi)
SPIKES = {
    "{s} * exp(-abs({s} * x))": 2.0,
    "{s} * exp(-({s} * x)^2) * ({s} * x)^2": math.sqrt(math.pi) / 2,
    "{s} * exp(-({s} * x)^2) * abs({s} * x)": 1.0,
    "{s} / cosh({s} * x)": math.pi,
    "{s} * tanh'({s} * x) * cos(x)": 2.0,
    "{s} * relu(1 - abs({s} * x))": 1.0,
    "{s} * exp(-({s} * (x - 0.5))^2)": math.sqrt(math.pi) * math.exp(-0.125),
}


def said(body: str, engine: Engine) -> tuple[float, float] | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TPWarning)
        try:
            found = tp.limit(tp.parse(f"{HEAD}q = mean({body})\n"), engine=engine, samples=2**12)
        except TPError:
            return None
    return found.scalar("q"), found.error("q")


@pytest.mark.parametrize("engine", ["auto", "sampled"])
@pytest.mark.parametrize("s", ["1e8", "1e12", "1e17", "1e40", "1e80"])
@pytest.mark.parametrize("spike", SPIKES)
def test_no_spike_is_stepped_over(spike: str, s: str, engine: Engine) -> None:
    found = said(spike.replace("{s}", s), engine)
    if found is not None:
        value, error = found
        assert abs(value - DENSITY * SPIKES[spike]) <= 4 * error + 1e-7


@pytest.mark.parametrize("s", ["1e80", "1e100", "1e150"])
@pytest.mark.parametrize("body", ["exp(-({s} * x)^2) * ({s} * x)^2", "exp(-({s} * x)^2) * x^2"])
def test_moments_of_bells_do_not_cancel_to_their_means(body: str, s: str) -> None:
    found = said(body.replace("{s}", s), "auto")
    assert found is None or abs(found[0]) <= 4 * found[1] + 1e-70


@pytest.mark.parametrize("s", ["1e3", "1e6", "1e9"])
def test_bells_times_jumps_have_all_digits(s: str) -> None:
    """E[s |s x| exp(−s² x²)] = 2 p(0) s² / (1 + 2 s²)."""
    found = said(f"{s} * exp(-({s} * x)^2) * abs({s} * x)", "exact")
    assert found is not None
    t = float(s) ** 2
    assert found[0] == pytest.approx(2 * DENSITY * t / (1 + 2 * t), rel=1e-11)


def test_what_is_nowhere_is_zero() -> None:
    assert said("relu(-x^2)", "auto") == (0.0, pytest.approx(0.0, abs=1e-12))

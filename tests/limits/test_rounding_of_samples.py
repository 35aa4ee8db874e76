"""Cancellation within a function of samples, roots of what is 0 by rounding, and underflow."""

from __future__ import annotations

import numpy as np
import pytest

import tpgraph as tp
from tpgraph.limits.sampling import algebra

HEAD = "width n\nvector x : n ~ N(0, 1)\n"
TRUTHS = {
    "q = mean((sqrt(1e16 + x^2) - 1e8)*2e8)": 1.0,
    "q = mean((x + 1e8)^2 - 1e16)": 1.0,
    "m = mean(x)\nq = abs(m)^0.1": 0.0,
    "q = mean((x*1e-170)^2*1e300*1e40)": 1.0,
}


def told(lines: str) -> tuple[float, float]:
    found = tp.limit(tp.parse(HEAD + lines + "\n"), engine="sampled", samples=2**13)
    return found.scalar("q"), found.error("q")


@pytest.mark.filterwarnings("ignore::tpgraph.TPWarning")
@pytest.mark.parametrize("lines", TRUTHS)
def test_errors_cover_it(lines: str) -> None:
    value, error = told(lines)
    assert abs(value - TRUTHS[lines]) <= 4 * error


@pytest.mark.parametrize(
    "psi", ["tanh(x)^2", "exp(x)", "relu(x)*step(x - 0.3)", "sin(9*x)/(x^2 + 1)"]
)
def test_what_does_not_cancel_has_none(psi: str) -> None:
    equation = tp.parse(HEAD + f"q = mean({psi})\n").equations[0]
    samples = np.random.default_rng(0).standard_normal((16, 1, 64))
    assert not algebra.rounding(equation.function, [samples]).any()


@pytest.mark.filterwarnings("ignore::tpgraph.TPWarning")
def test_uncounted_it_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(algebra, "rounding", lambda *_: np.zeros(1))
    lines = "q = mean((x*1e-170)^2*1e300*1e40)"
    value, error = told(lines)
    assert abs(value - TRUTHS[lines]) > 4 * error

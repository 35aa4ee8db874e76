"""Means that a vanishing share of coordinates makes are refused: E of the limit is not theirs.

Truths by one-dimensional quadrature of the layer, ∫ ψ(ε u; ε) du times the density at 0.
"""

from __future__ import annotations

import math

import pytest

import tpgraph as tp
from tpgraph.limits import scalars_in_limit

HEAD = """
width n
scalar ε -> 0 = 1/sqrt(n)
scalar δ -> 0 = 1/n
vector x : n ~ N(0, 1)
vector y : n ~ N(0, 1)
matrix W : n × n ~ N(0, 1)
"""
DENSITY = 1 / math.sqrt(2 * math.pi)
ESCAPING = {
    "q = mean(ε/(x^2 + ε^2))": math.pi * DENSITY,
    "q = mean(δ/(x^2 + δ^2))": math.pi * DENSITY,
    "q = mean((erf(x/ε) - sign(x))*x/ε^2)": -0.5 * DENSITY,
    "q = mean((softplus(x/ε)*ε - relu(x))/ε^2)": math.pi**2 / 6 * DENSITY,
    "h = W x\nq = mean(step(h)*step(ε*y - h)/ε)": DENSITY**2,
}
STAYING = {
    "q = mean(tanh(x/ε)*x)": 2 * DENSITY,
    "q = mean(x/(abs(x) + ε)*x)": 2 * DENSITY,
    "q = mean((erf(x/ε) - sign(x))*x/ε)": 0.0,
    "q = mean((relu(x + ε*y) + relu(x - ε*y) - 2*relu(x))/ε^2)": DENSITY,
    "q = mean((step(x + ε*(y + 1)) - step(x))/ε)": DENSITY,
    "q = mean(relu(δ*x)/δ)": DENSITY,
    "y2 = (tanh(x + ε*y) - tanh(x))/ε\nh = W y2\nq = mean(h^2)": 0.4644029,
}


@pytest.mark.parametrize("engine", ["auto", "sampled"])
@pytest.mark.parametrize("lines", ESCAPING)
def test_what_escapes_is_refused(lines: str, engine: str) -> None:
    with pytest.raises(tp.TPError, match=r"in the limit of q: it comes to .* share tends to 0"):
        tp.limit(tp.parse(HEAD + lines + "\n"), engine=engine)


def test_vectors_that_products_cannot_take_are_refused() -> None:
    with pytest.raises(tp.TPError, match="in the limit of z: it comes to"):
        tp.limit(tp.parse(HEAD + "z = ε/(x^2 + ε^2)\nh = W z\nq = mean(h^2)\n"))


@pytest.mark.parametrize("engine", ["auto", "sampled"])
@pytest.mark.parametrize("lines", STAYING)
def test_what_stays_is_told(lines: str, engine: str) -> None:
    found = tp.limit(tp.parse(HEAD + lines + "\n"), engine=engine)
    assert abs(found.scalar("q") - STAYING[lines]) <= 4 * found.error("q") + 1e-7


def test_the_truths_are_those_of_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unlooked at, every limit is 0, which no truth is."""
    monkeypatch.setattr(scalars_in_limit, "may_have_layer", lambda *_: False)
    for lines, truth in ESCAPING.items():
        found = tp.limit(tp.parse(HEAD + lines + "\n"))
        assert abs(found.scalar("q") - truth) > 100 * found.error("q") + 0.1

"""Vectors that vanish together with scalars: limits by how fast, or refusals that say so."""

from __future__ import annotations

import math

import pytest

import tpgraph as tp
from tpgraph.limits.joint_scales import JointScales

HEAD = """
width n
scalar ε -> 0 = 1/sqrt(n)
vector x : n ~ N(0, 1)
vector y : n ~ N(0, 1)
matrix W : n × n ~ N(0, 1)
"""
CASES = {
    "z = ε*x\nq = mean(ε*x/(z + 2*ε*abs(x)))": -1 / 3,
    "z = ε*x\nu = 2*ε*abs(x)\nq = mean(z/(z + u))": -1 / 3,
    "z = ε*x\nu = z^2\nq = mean(u/(u + ε^2))": 1
    - math.sqrt(math.pi / 2) * math.exp(0.5) * math.erfc(math.sqrt(0.5)),
    "z = ε*x\nq = mean(tanh(z)/z)": 1.0,
    "z = ε*x\nq = mean(sign(z)*x)": math.sqrt(2 / math.pi),
    "z = ε*x\nq = mean(step(z + ε*y)*y)": 0.5 / math.sqrt(math.pi),
    "u = x + ε*x^2\nq = mean((u - x)/ε)": 1.0,
    "u = x + ε*x^2\nw = (u - x)/ε\nq = mean(w*x^2)": 3.0,
    "z = ε*x\nh = W z\nq = mean(h + x^2)": 1.0,
    "z = ε*x\nh = W z\nq = mean((h/ε)^2)": 1.0,
}


def value(lines: str, engine: str) -> tuple[float, float]:
    found = tp.limit(tp.parse(HEAD + lines + "\n"), engine=engine, samples=2**13)
    return found.scalar("q"), found.error("q")


@pytest.mark.parametrize("engine", ["auto", "sampled"])
@pytest.mark.parametrize("lines", list(CASES))
def test_how_fast_counts(lines, engine):
    found, error = value(lines, engine)
    assert abs(found - CASES[lines]) <= 4 * error


def test_through_a_product_that_is_a_pole_it_is_refused():
    text = HEAD + "z = ε*x\nh = W z\nq = mean(h*x/(h + ε*x))\n"
    with pytest.raises(tp.TPError, match="how fast is not followed"):
        tp.limit(tp.parse(text))  # fewer samples may not tell that its mean diverges


def test_what_cancels_at_a_jump_is_not_said_to_grow():
    with pytest.raises(tp.TPError, match="cancels at the jump"):
        value("q = mean((step(x + ε) - step(x))*x/ε^2)", "auto")


def test_without_expressions_it_is_wrong(monkeypatch):
    monkeypatch.setattr(JointScales, "keep", lambda *given: None)
    assert value(next(iter(CASES)), "auto")[0] == 0.0

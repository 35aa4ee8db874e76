"""Jumps at points where a share of the coordinates comes to lie are refused: their limit is none.

m = mean(y) is ±O(1/√n), so that step(m x²) is 0 or 1, and step(relu(x) + ε) is 1 for every n.
"""

from __future__ import annotations

import pytest

import tpgraph as tp
from tpgraph.limits import scalars_in_limit

HEAD = """
width n
scalar ε -> 0 = 1/sqrt(n)
vector x, y : n ~ N(0, 1)
matrix W : n × n ~ N(0, 1)
"""
UNDECIDED = [
    "m = mean(y)\nq = mean(step(m*x^2))",
    "m = mean(y)\nq = mean(step(relu(x) + m))",
    "m = mean(y)\nu = m*x^2\nq = mean(step(u))",
    "m = mean(y)\nu = m*x\nh = W u\nq = mean(step(h))",
    "m = mean(x^2)\nz = sign(x)\nq = mean(step(z^2 - m)*y^2)",
    "q = mean(step(relu(x) + ε))",
]
DECIDED = {
    "q = mean(step(relu(x)))": 0.5,
    "q = mean(step(relu(x) - ε))": 0.5,
    "h = W x\nq = mean(step(h + ε))": 0.5,
    "z = step(x)\nm = mean(z)\nq = mean(step(z - m))": 0.5,
    "m = mean(x^2)\nu = x^2 - m\nq = mean(step(u))": 0.31731050786,
    "h = W (1e-9*x)\nq = mean(step(h))": 0.5,
    "m = mean(y)\nq = mean(relu(m*x))": 0.0,
}


@pytest.mark.parametrize("engine", ["auto", "sampled"])
@pytest.mark.parametrize("lines", UNDECIDED)
def test_what_is_undecided_is_refused(lines: str, engine: str) -> None:
    with pytest.raises(tp.TPError, match=r"in the limit of q: it (jumps at 0|comes to)"):
        tp.limit(tp.parse(HEAD + lines + "\n"), engine=engine)


@pytest.mark.parametrize("engine", ["auto", "sampled"])
@pytest.mark.parametrize("lines", DECIDED)
def test_what_is_decided_is_told(lines: str, engine: str) -> None:
    found = tp.limit(tp.parse(HEAD + lines + "\n"), engine=engine)
    assert abs(found.scalar("q") - DECIDED[lines]) <= 4 * found.error("q") + 1e-9


@pytest.mark.parametrize(
    ("depth", "line"),
    [(40, "t[l] = tanh(z[l-1])\n    z[l] = z[l-1] - 0.1*t[l]"), (1200, "z[l] = 0.999*z[l-1]")],
)
def test_jumps_far_above_what_they_rest_on(depth: int, line: str) -> None:
    """What is beneath is looked at once, though 2⁴⁰ ways or a thousand lines lead there."""
    loop = f"z[0] = x\nfor l in 1..{depth}:\n    {line}\n"
    program = tp.parse(f"{HEAD}{loop}q = mean(step(z[{depth}]))\n")
    found = tp.limit(program, engine="sampled", samples=2**12)
    assert abs(found.scalar("q") - 0.5) <= 4 * found.error("q")


def test_unlooked_at_they_get_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scalars_in_limit, "inside_jumps", lambda _: frozenset())
    monkeypatch.setattr(scalars_in_limit, "may_have_layer", lambda *_: False)
    for lines in UNDECIDED:
        assert tp.limit(tp.parse(HEAD + lines + "\n"), engine="auto").error("q") < 0.5

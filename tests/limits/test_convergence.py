"""Where what comes before the limit does not tend to what is in it, the limit is refused.

A mean that a vanishing share of coordinates makes is not E of the limit: truths by one-dimensional
quadrature of the layer, ∫ ψ(ε u; ε) du times the density at 0. And a jump at a point where a share
of the coordinates comes to lie has none: m = mean(y) is ±O(1/√n), so that step(m x²) is 0 or 1, and
step(relu(x) + ε) is 1 for every n.
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
REASONS = dict.fromkeys(ESCAPING, "it comes to .* share tends to 0")
REASONS |= dict.fromkeys(UNDECIDED, "it (jumps at 0|comes to)")


@pytest.mark.parametrize("engine", ["auto", "sampled"])
@pytest.mark.parametrize("lines", REASONS)
def test_what_does_not_converge_is_refused(lines: str, engine: str) -> None:
    with pytest.raises(tp.TPError, match=f"in the limit of q: {REASONS[lines]}"):
        tp.limit(tp.parse(HEAD + lines + "\n"), engine=engine)


def test_vectors_that_products_cannot_take_are_refused() -> None:
    with pytest.raises(tp.TPError, match="in the limit of z: it comes to"):
        tp.limit(tp.parse(HEAD + "z = ε/(x^2 + ε^2)\nh = W z\nq = mean(h^2)\n"))


@pytest.mark.parametrize("engine", ["auto", "sampled"])
@pytest.mark.parametrize(("lines", "truth"), [*STAYING.items(), *DECIDED.items()])
def test_what_converges_is_told(lines: str, truth: float, engine: str) -> None:
    found = tp.limit(tp.parse(HEAD + lines + "\n"), engine=engine)
    assert abs(found.scalar("q") - truth) <= 4 * found.error("q") + 1e-7


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


@pytest.fixture
def unlooked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """No limit is compared with what comes before it."""
    monkeypatch.setattr(scalars_in_limit, "inside_jumps", lambda _: frozenset())
    monkeypatch.setattr(scalars_in_limit, "may_have_layer", lambda *_: False)


@pytest.mark.usefixtures("unlooked_at")
@pytest.mark.parametrize("lines", UNDECIDED)
def test_unlooked_at_jumps_get_numbers(lines: str) -> None:
    assert tp.limit(tp.parse(HEAD + lines + "\n"), engine="auto").error("q") < 0.5


@pytest.mark.usefixtures("unlooked_at")
@pytest.mark.parametrize("lines", ESCAPING)
def test_unlooked_at_layers_get_wrong_numbers(lines: str) -> None:
    """Every limit is 0, which no truth is."""
    found = tp.limit(tp.parse(HEAD + lines + "\n"))
    assert abs(found.scalar("q") - ESCAPING[lines]) > 100 * found.error("q") + 0.1

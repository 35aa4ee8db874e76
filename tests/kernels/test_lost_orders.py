"""Kernels of sums over the width of what vanishes with it: what a network has, or no number."""

from __future__ import annotations

import numpy as np
import pytest

import tpgraph as tp
from tpgraph.interpreter import interpret, sample
from tpgraph.transform.own_units import OwnUnits, own_units

TEXT = """
program p
width n
parametrization standard
scalar ε -> 0 = 1/sqrt(n)
data ξ : d
param U : n × d ~ N(0, 1)
param V : 1 × n ~ N(0, 1)
x = relu(U ξ)
f = V ({inside})
output f
""".replace("data ξ", "dim d = 3\ndata ξ")
X = np.random.default_rng(0).standard_normal((2, 3))


VANISHING = [
    "ε * x",
    "tanh(ε * x)",
    "x - x + ε * tanh(x)",
    "mean(ε * x^2) * x",
    "sigmoid(ε * x) * tanh(ε * x)",
    "max(ε * x, ε)",
    "ε * x / sqrt(mean((ε * x)^2))",
    "exp(ε * x) - exp(ε^2 * x)",
]


@pytest.mark.parametrize("inside", VANISHING)
def test_sums_over_the_width_of_what_vanishes_are_counted(inside: str) -> None:
    """|ε x|² is E x², of the order of what the other derivatives give."""
    program = tp.parse(TEXT.format(inside=inside))
    limit = tp.kernel(program, X, "ntk")
    assert limit.engine == "exact"
    assert limit.ntk is not None
    off = []
    for n in (2**8, 2**12):
        found = tp.mean_kernel(program, X, {"n": n}, inits=20).ntk
        assert found is not None
        off.append(np.abs(found / n ** float(limit.exponent) - limit.ntk).max())
    assert off[1] < 0.03 * np.abs(limit.ntk).max()
    assert off[1] < off[0] or off[1] < 0.01 * np.abs(limit.ntk).max()


def test_units_that_are_not_followed_are_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tpgraph.kernels.orders.own_units", lambda p: OwnUnits(p, {}))
    with pytest.raises(tp.TPError, match="whose coordinates vanish as the width grows"):
        tp.kernel(tp.parse(TEXT.format(inside="ε * x")), X, "ntk")


def test_a_factor_that_vanishes_by_chance_is_refused() -> None:
    """mean(tanh(U ξ)) is a random number of order n^(−1/2), and its square counts."""
    with pytest.raises(tp.TPError, match="whose coordinates vanish as the width grows"):
        tp.kernel(tp.parse(TEXT.format(inside="mean(tanh(U ξ)) * x")), X, "ntk")


def test_numbers_beside_sums_over_the_width_count_too() -> None:
    text = TEXT.replace("scalar ε", "param c : 1 ~ N(0, 1)\nscalar δ -> 0 = 1/n\nscalar ε")
    both = tp.parse(text.replace("f = V ({inside})", "f = V (ε * x) + c"))
    alone = tp.parse(text.replace("f = V ({inside})", "f = V (ε * x) + δ * c"))
    first, second = (tp.kernel(p, X, "ntk").ntk for p in (both, alone))
    assert first is not None
    assert second is not None
    np.testing.assert_allclose(first, second + 1, rtol=1e-12)


SCALED = """
program p
width n
dim d = 3
parametrization {parametrization}
scalar c -> 0 = {c}
data ξ : d
param U : n × d ~ N(0, 1)
param W : n × n ~ N(0, 1)
param V : {V} ~ N(0, 1)
f = c * (V{turned} relu(W relu(U ξ)))
output f
"""


@pytest.mark.parametrize(
    ("parametrization", "c", "V", "turned"),
    [
        ("mup", "1/n", "n × d", "'"),
        ("mup", "2/sqrt(n)", "n × d", "'"),
        ("abc(a=[0, 1/2, -1/2], b=[0, 0, 0], c=0)", "1/n", "1 × n", ""),
        ("abc(a=[0, 1/2, 0], b=[0, 0, 0], c=0)", "3/sqrt(n)", "1 × n", ""),
    ],
)
def test_a_scalar_that_vanishes_beside_a_product_that_grows(
    parametrization: str, c: str, V: str, turned: str
) -> None:
    text = SCALED.format(parametrization=parametrization, c=c, V=V, turned=turned)
    program = tp.parse(text)
    limit = tp.kernel(program, X, "ntk")
    found = tp.mean_kernel(program, X, {"n": 1024}, inits=30)
    assert limit.ntk is not None
    assert found.ntk is not None
    assert limit.ntk.any()
    off = np.abs(found.ntk / 1024 ** float(limit.exponent) - limit.ntk).max()
    assert off < 0.06 * np.abs(limit.ntk).max()


def test_what_is_in_its_own_units_is_what_it_was() -> None:
    """x = n^u x̃ at a finite width, for every variable of a backward pass."""
    program = tp.backward(tp.parse(TEXT.format(inside="sigmoid(ε * x) * tanh(ε * x + ε^3)")))
    own, widths = own_units(program), {"n": 64}
    assert own.vanishing
    initial = sample(program, widths, seed=3)
    missing = {d.variable.name: np.full(3, 0.7) for d in program.data}
    drawn = {d.variables[0].name for d in own.program.declarations}
    before = interpret(program, {**initial, **missing}, widths)
    given = {
        n: v
        for n, v in {**sample(own.program, widths, 3), **initial, **missing}.items()
        if n in drawn
    }
    after = interpret(own.program, given, widths)
    for equation in program.equations:
        unit = float(own.of(equation.out))
        np.testing.assert_allclose(
            64**unit * after[equation.out.name], before[equation.out.name], rtol=1e-9, atol=1e-15
        )


@pytest.mark.parametrize("parametrization", ["ntk", "mup"])
def test_a_kernel_that_vanishes_with_the_scalar_is_zero(parametrization: str) -> None:
    """Of order ε², as a wide network shows."""
    text = TEXT.replace("standard", parametrization).format(inside="ε * x")
    program = tp.parse(text)
    limit, found = tp.kernel(program, X, "ntk"), tp.mean_kernel(program, X, {"n": 2048}, inits=2)
    assert limit.ntk is not None
    assert found.ntk is not None
    assert limit.exponent == 0
    assert not limit.ntk.any()
    assert 0 < np.abs(found.ntk).max() < 0.01


@pytest.mark.parametrize("inside", ["ε * x", "x - x"])
def test_what_is_zero_at_every_width_is_zero(inside: str) -> None:
    """The backward pass has a scalar 1/√n of its own, which loses nothing."""
    text = TEXT.format(inside=inside).replace("ε -> 0 = 1/sqrt(n)", "ε = 0")
    found = tp.kernel(tp.parse(text), X, "ntk").ntk
    assert found is not None
    assert not found.any()


@pytest.mark.parametrize("inside", ["x", "x + ε * tanh(x)"])
def test_a_vanishing_part_of_what_does_not_vanish_is_taken(inside: str) -> None:
    program = tp.parse(TEXT.format(inside=inside))
    limit = tp.kernel(program, X, "ntk")
    assert limit.exponent == 1
    found = tp.mean_kernel(program, X, {"n": 2048}, inits=20).ntk
    assert found is not None
    assert limit.ntk is not None
    np.testing.assert_allclose(found / 2048, limit.ntk, rtol=0.1)

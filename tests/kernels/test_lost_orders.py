"""Kernels of sums over the width of what vanishes with it: no number, or one that a network has."""

from __future__ import annotations

import numpy as np
import pytest

import tpgraph as tp

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


def test_a_vanishing_factor_in_a_sum_over_the_width_is_refused() -> None:
    """|ε x|² is E x², of the order of what the other derivatives give."""
    with pytest.raises(tp.TPError, match="whose coordinates vanish as the width grows"):
        tp.kernel(tp.parse(TEXT.format(inside="ε * x")), X, "ntk")


def test_the_scalar_that_is_named_is_the_one_at_fault() -> None:
    text = TEXT.replace("scalar ε", "param c : 1 ~ N(0, 1)\nscalar δ -> 0 = 1/n\nscalar ε")
    text = text.replace("f = V ({inside})", "f = V (ε * x) + δ * c")
    with pytest.raises(tp.TPError, match="whose coordinates vanish as the width grows"):
        tp.kernel(tp.parse(text), X, "ntk")


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

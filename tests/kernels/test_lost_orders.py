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
    with pytest.raises(tp.TPError, match="sums over the width what ε makes vanish"):
        tp.kernel(tp.parse(TEXT.format(inside="ε * x")), X, "ntk")


@pytest.mark.parametrize("inside", ["x", "x + ε * tanh(x)"])
def test_a_vanishing_part_of_what_does_not_vanish_is_taken(inside: str) -> None:
    program = tp.parse(TEXT.format(inside=inside))
    limit = tp.kernel(program, X, "ntk")
    assert limit.exponent == 1
    found = tp.mean_kernel(program, X, {"n": 2048}, inits=20).ntk
    assert found is not None
    assert limit.ntk is not None
    np.testing.assert_allclose(found / 2048, limit.ntk, rtol=0.1)

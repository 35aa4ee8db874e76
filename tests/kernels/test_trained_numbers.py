"""Kernels of networks with a trained number, whose derivative sums over all coordinates."""

from __future__ import annotations

import numpy as np
import pytest

from tpgraph.errors import TPTypeError
from tpgraph.kernels import kernel, mean_kernel
from tpgraph.language import parse
from tpgraph.limits.engines import Engine

TRAINED_NUMBER = """
width n
parametrization {}
data x : 3
param U : n × 3 ~ N(0, 1)
param W : n × n ~ N(0, 1)
param a : 1 ~ N(0, 0)
param V : 1 × n ~ N(0, 1)
h = leaky_relu(U x, mean(1/4 + a))
z = relu(W h)
f = V z
output f
"""


@pytest.mark.parametrize("engine", ["exact", "sampled"])
def test_a_trained_number_adds_nothing_to_a_kernel_that_grows(engine: Engine) -> None:
    """Its derivative sums n terms of mean 0 and n^(−1/2): order 1 beside order √n."""
    program = parse(TRAINED_NUMBER.format("standard"))
    X = np.random.default_rng(0).standard_normal((3, 3))
    found = kernel(program, X, engine=engine)
    fixed = parse(TRAINED_NUMBER.format("standard").replace("param a", "vector a"))
    assert found.exponent == 1
    assert found.ntk == pytest.approx(kernel(fixed, X, engine=engine).ntk, rel=1e-9)
    ntk = mean_kernel(program, X, {"n": 1024}, inits=4, kind="ntk").ntk
    assert ntk is not None
    assert found.ntk is not None
    finite = ntk / 1024
    assert np.abs(finite - found.ntk).max() < 0.1 * np.abs(found.ntk).max()


def test_a_trained_number_that_stays_random_is_refused() -> None:
    program = parse(TRAINED_NUMBER.format("ntk"))
    with pytest.raises(TPTypeError, match=r"the derivative by a .* stays random") as caught:
        kernel(program, np.ones((1, 3)))
    assert "with vector a" in str(caught.value)


def test_a_trained_number_counts_in_the_mean_field() -> None:
    program = parse(TRAINED_NUMBER.format("mup"))
    X = np.random.default_rng(0).standard_normal((2, 3))
    found = kernel(program, X)
    assert found.exponent == 0
    finite = mean_kernel(program, X, {"n": 1024}, inits=4, kind="ntk").ntk
    assert finite is not None
    assert found.ntk is not None
    assert np.abs(finite - found.ntk).max() < 0.15 * np.abs(found.ntk).max()

"""A slope that is 0, known but for an error, enters a variance by its square: it needs a bar."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

import tpgraph as tp
from tpgraph.functions import differentiate, evaluate
from tpgraph.limits.sampling import spread
from tpgraph.limits.sampling.normals import REPLICATES
from tpgraph.study.activations import activation, applied

TEXT = """width n
dim d = 1
parametrization ntk
data ξ : d
param U : n × d ~ N(0, 1)
param W : n × n ~ N(0, 1)
param v : 1 × n ~ N(0, 1)
fn φ(z) = {}
x = φ(U ξ)
y = φ(W x)
f = v y
output f
"""


def ntk_of(function: str, xi: float) -> float:
    """Θ = V_2 + D_2 V_1 + D_2 D_1 ξ², V = E φ², D = E φ′² at the variances of the two layers."""
    phi = applied(activation(function))
    slope = differentiate(phi, 0)

    def square(of: object, q: float) -> float:
        def integrand(z: float) -> float:
            return float(evaluate(of, [np.array(np.sqrt(q) * z)])) ** 2 * norm.pdf(z)

        edges = np.linspace(-10, 10, 81)
        return sum(quad(integrand, a, b)[0] for a, b in pairwise(edges))

    q = xi**2
    first = square(phi, q)
    return square(phi, first) + square(slope, first) * (first + square(slope, q) * q)


@pytest.mark.filterwarnings("ignore::tpgraph.errors.TPWarning")
@pytest.mark.parametrize("function", ["silu(3*z)", "3*z*tanh(8*z)", "exp(-40*(z - 1)^2)"])
@pytest.mark.parametrize("seed", [0, 1])
def test_the_sampled_ntk_is_covered(function: str, seed: int) -> None:
    program = tp.parse(TEXT.format(function))
    found = tp.kernel(program, {"ξ": [[2.0]]}, engine="sampled", seed=seed)
    truth = ntk_of(function, 2.0)
    assert abs(found.ntk[0, 0] - truth) <= 4 * float(np.max(found.ntk_error))


def test_squares_of_an_error_differ_between_replicates() -> None:
    """Their mean is off by no more than four of its own bars."""
    every = range(REPLICATES)
    values = spread.spread_by(np.zeros((REPLICATES, 1)), 0.1, 3, every)
    assert values.mean() == pytest.approx(0.0)
    assert values.std() / (REPLICATES - 1) ** 0.5 == pytest.approx(0.1)
    squares = values**2
    assert squares.mean() <= 3 * squares.std() / (REPLICATES - 1) ** 0.5

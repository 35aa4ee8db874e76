"""Expectations over two inputs of functions of several forms: expansions beside cubature."""

import itertools
import math

import numpy as np
import pytest

import tpgraph as tp
from tpgraph.limits.exact.symmetric_powers import contracted, indices_of

TWO_STEPS = """program gated
width n
dim d = 3
parametrization ntk
data ξ : d
data η : d
param U : n × d ~ N(0, 1)
param V : 1 × n ~ N(0, 1)
z = U ξ
w = U η
x = sigmoid(z) * tanh(w + 0.3)
f = V x
output f
"""

NODES = 36


def _cubature(function, covariance):
    """E of a function of four Gaussians by a Gauss–Hermite rule in each."""
    z, weight = np.polynomial.hermite_e.hermegauss(NODES)
    weight = weight / weight.sum()
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0))
    total = 0.0
    pairs = np.stack(np.meshgrid(z, z, indexing="ij")).reshape(2, -1)
    both = np.multiply.outer(weight, weight).reshape(-1)
    for (a, p), (b, q) in itertools.product(zip(z, weight, strict=True), repeat=2):
        x = root @ np.concatenate([np.full((1, both.size), a), np.full((1, both.size), b), pairs])
        total += p * q * float(function(x) @ both)
    return total


def _product(z, w):
    return np.tanh(w + 0.3) / (1 + np.exp(-z))


@pytest.fixture(scope="module")
def inputs():
    rng = np.random.default_rng(7)
    return {"ξ": rng.standard_normal((3, 3)), "η": rng.standard_normal((3, 3))}


def test_functions_of_two_forms_on_each_input_are_exact(inputs):
    found = tp.kernel(tp.parse(TWO_STEPS), inputs, kind="nngp", engine="exact").nngp
    for i, j in ((0, 1), (1, 2), (0, 0)):
        rows = np.array([inputs["ξ"][i], inputs["η"][i], inputs["ξ"][j], inputs["η"][j]])
        truth = _cubature(lambda x: _product(x[0], x[1]) * _product(x[2], x[3]), rows @ rows.T / 3)
        assert found[i, j] == pytest.approx(truth, abs=2e-9)


def test_kernels_of_gated_networks_are_exact_over_many_inputs():
    program = tp.gallery.entry("gru").program()
    rng = np.random.default_rng(0)
    data = {name: rng.standard_normal((5, 8)) for name in ("ξ[1]", "ξ[2]")}
    exact = tp.kernel(program, data)
    assert exact.engine == "exact"
    sampled = tp.kernel(program, data, engine="sampled")
    for kind in ("nngp", "ntk"):
        a, b = getattr(exact, kind), getattr(sampled, kind)
        assert np.abs(a - b).max() < 5 * np.max(getattr(sampled, f"{kind}_error"))
        assert np.max(getattr(exact, f"{kind}_error")) < 1e-8


def _permanent(matrix):
    size = len(matrix)
    return sum(
        math.prod(matrix[k, s[k]] for k in range(size)) for s in itertools.permutations(range(size))
    )


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("degree", [1, 3, 4])
def test_symmetrized_powers_are_permanents(rank, degree):
    """S_d(C)_{αβ} = per(C[α, β]) / √(α! β!)."""
    rng = np.random.default_rng(rank + 10 * degree)
    matrix = rng.standard_normal((rank, rank)) / 2
    alphas = indices_of(rank, degree)
    f, g = rng.standard_normal((2, 1, len(alphas)))
    lower = [np.zeros((1, len(indices_of(rank, d)))) for d in range(degree)]
    rows = np.zeros(1, dtype=int), np.zeros(1, dtype=int)
    found = contracted(matrix[None], [*lower, f], [*lower, g], rows)[0]
    truth = 0.0
    for a, alpha in enumerate(alphas):
        for b, beta in enumerate(alphas):
            own = matrix[np.repeat(range(rank), alpha)][:, np.repeat(range(rank), beta)]
            scale = math.sqrt(math.prod(map(math.factorial, [*alpha.tolist(), *beta.tolist()])))
            truth += f[0, a] * _permanent(own) / scale * g[0, b]
    assert found == pytest.approx(truth)

"""N inputs of one network at once: closed kernels, wide networks, and corruptions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from limits.finite import gallery

from tpgraph.errors import TPDataError, TPNameError, TPTypeError
from tpgraph.interpreter import interpret, sample
from tpgraph.language import parse
from tpgraph.limits import limit, limit_over_inputs
from tpgraph.limits.closed_forms.duals import dual
from tpgraph.limits.sampling.derivatives import Trace
from tpgraph.limits.sampling.gaussian import MatrixGaussians
from tpgraph.program import Program
from tpgraph.transform import backward

MLP = """
program mlp
width n
dim d = 5
const L = 3
parametrization ntk
data ξ : d
param W[1] : n × d ~ N(0, 1) scale 1.3
param W[2..L] : n × n ~ N(0, 1) scale 1.3
param b[1..L] : n ~ N(0, 1) scale 0.4
param V : {k} × n ~ N(0, 1)
h[1] = W[1] ξ
x[1] = {φ}(h[1] + b[1])
for l in 2..L:
    h[l] = W[l] x[l-1]
    x[l] = {φ}(h[l] + b[l])
f = V x[L]
output f
"""

NORMALIZED = """
program normalized
width n
dim d = 4
parametrization ntk
data ξ : d
param U : n × d ~ N(0, 1)
param W : n × n ~ N(0, 1) scale 1.5
param q : n ~ N(0, 1)
param V : 1 × n ~ N(0, 1)
h = U ξ
μ = mean(h^2)
x = (h^2 - μ) / sqrt(μ + 1)
s = mean(q * x * h + x^2)
y = W (x * (1 + tanh(s))) + q
z = W' sign(y + h)
f = V tanh(z)
output f
"""

SHARED = """
program shared
width n
dim d = 3
parametrization ntk
data ξ : d
param U : n × d ~ N(0, 1)
param W : n × n ~ N(0, 1) scale 1.2
param u : n ~ N(0, 1)
g = W' tanh(u)
a = W g
x = relu(g + U ξ)
y = W x
z = W' step(y - 2 * a)
m = mean(z * x)
"""


def rows(program: Program, count: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Standard normal data, a row per input."""
    rng = np.random.default_rng(seed)
    return {
        d.variable.name: rng.standard_normal((count, d.variable.dim.size({}))) for d in program.data
    }


def wide(program: Program) -> list[tuple[str, str]]:
    """Every wide vector with itself."""
    return [(e.out.name, e.out.name) for e in program.equations if e.out.is_wide]


def simulated(program: Program, data, pairs, n: int, seeds: int) -> dict:
    """By pair, (seeds, N, N): the inner products between inputs of finite networks."""
    targets = {d.variable.name: np.zeros(d.variable.dim.size({})) for d in program.targets}
    widths = {w.base or w.name: n for w in program.widths}
    count = max(len(array) for array in data.values())
    found: dict = {pair: [] for pair in pairs}
    for seed in range(seeds):
        drawn = sample(program, widths, seed)
        values = []
        for i in range(count):
            one = {name: array[i] for name, array in data.items()}
            values.append(interpret(program, {**drawn, **targets, **one}, widths))
        for x, y in pairs:
            stacked = (np.stack([v[name] for v in values]) for name in (x, y))
            first, second = stacked
            found[x, y].append(first @ second.T / first.shape[1])
    return {pair: np.array(moments) for pair, moments in found.items()}


def wrong(program: Program, data, pairs, n: int, seeds: int, samples: int = 2**15) -> list[str]:
    """Pairs with an entry further from the limit than 6 standard errors and a bias of 20/n."""
    found = limit_over_inputs(program, data, pairs, engine="sampled", samples=samples)
    bad = []
    for (x, y), values in simulated(program, data, pairs, n, seeds).items():
        expected = found.moment(x, y)
        error = values.std(axis=0, ddof=1) / np.sqrt(seeds) + 20 / n * (abs(expected.value) + 0.05)
        off = abs(values.mean(axis=0) - expected.value)
        if (off > 6 * error + 4 * expected.error).any():
            bad.append(f"{x}, {y}: {off.max():.4f}")
    return bad


def recursion(function: str, X, sigma2: float, bias: float, depth: int):
    """Σ^l of the sums h + b and E[φφ], E[φ′φ′] of every layer, theory's MLP recursion."""
    sums, squares, slopes = [sigma2 * X @ X.T / X.shape[1] + bias], [], []
    for _ in range(depth):
        K = sums[-1]
        p, q = np.diag(K)[:, None], np.diag(K)[None, :]
        squares.append(dual(function, p, K, q))
        slopes.append(dual(f"{function}'", p, K, q))
        sums.append(sigma2 * squares[-1] + bias)
    return squares, slopes


@pytest.mark.parametrize("function", ["relu", "erf"])
def test_the_recursions_of_an_mlp(function):
    """E[x x̄] = E[φφ]; backward E[dx dx̄] = σ² E[dh dh̄], E[dh dh̄] = E[dx dx̄] ⊙ E[φ′φ′]."""
    program = backward(parse(MLP.format(φ=function, k=1)))
    data = rows(program, 6)
    pairs = [*wide(program), ("f", "f")]
    found = limit_over_inputs(program, data, pairs, engine="sampled")
    squares, slopes = recursion(function, data["ξ"], 1.69, 0.16, 3)
    dx = np.ones((6, 6))
    for layer in (3, 2, 1):
        expected = {f"x[{layer}]": squares[layer - 1], f"dx[{layer}]": dx}
        dx = dx * slopes[layer - 1]
        expected[f"dh[{layer}]"] = dx
        dx = 1.69 * dx
        for name, value in expected.items():
            estimate = found.moment(name, name)
            off = abs(estimate.value - value)
            assert (off <= 5 * estimate.error + 1e-9).all(), name
            assert estimate.error.max() < 0.02
    readout = found.covariance("f", "f")
    assert (abs(readout.value - squares[2]) <= 5 * readout.error).all()
    assert found.engine == "sampled"
    assert found.count == 6


def test_inputs_of_one_network_at_finite_width():
    """Shared weights over time and inputs, W and Wᵀ in one pass, scalars of every input."""
    program = backward(gallery("rnn"))
    pairs = [*wide(program), ("s[1]", "s[3]"), ("ds[1]", "ds[2]")]
    assert wrong(program, rows(program, 3), pairs, 1000, 12) == []


@pytest.mark.parametrize("text", [NORMALIZED, SHARED], ids=["normalized", "shared"])
def test_scalars_and_transposes_at_finite_width(text):
    program = parse(text)
    assert wrong(program, rows(program, 3), wide(program), 1000, 12) == []


def test_tied_weights_and_their_backward_pass_at_finite_width():
    """Cotangents χ come like data; Vᵀχ is Gaussian with covariance ⟨χ, χ̄⟩."""
    program = backward(gallery("autoencoder"))
    assert wrong(program, rows(program, 3), wide(program), 1000, 12) == []


def _no_dot(monkeypatch):
    whole = Trace.expected
    monkeypatch.setattr(
        Trace, "expected", lambda *given: {y: 0.0 * c for y, c in whole(*given).items()}
    )


def _no_covariance_between_inputs(monkeypatch):
    whole = MatrixGaussians.extend

    def extend(self, name, own, covariances, take, operand):
        diagonal = np.eye(own.shape[1])
        return whole(self, name, own * diagonal, [c * diagonal for c in covariances], take)

    monkeypatch.setattr(MatrixGaussians, "extend", extend)


def _dot_of_another_input(monkeypatch):
    whole = Trace.expected
    monkeypatch.setattr(
        Trace,
        "expected",
        lambda *given: {y: np.roll(c, 1, axis=1) * 2 for y, c in whole(*given).items()},
    )


@pytest.mark.parametrize("corrupt", [_no_dot, _no_covariance_between_inputs, _dot_of_another_input])
def test_a_corrupted_rule_is_seen(corrupt, monkeypatch):
    program = parse(NORMALIZED)
    data = rows(program, 3)
    corrupt(monkeypatch)
    assert wrong(program, data, wide(program), 1000, 6) != []


def test_one_input_is_the_limit_of_one_sample():
    program = parse(SHARED)
    data = rows(program, 1)
    alone = limit(program, data={"ξ": data["ξ"][0]}, engine="sampled", samples=2**14, seed=4)
    found = limit_over_inputs(
        program,
        data,
        [("z", "z"), ("y", "x"), ("m", "m")],
        engine="sampled",
        samples=2**14,
        seed=4,
    )
    second = alone.var("z") + alone.mean("z") ** 2
    assert found.moment("z", "z").value[0, 0] == pytest.approx(second, rel=1e-4)
    assert found.scalar("m").value[0] == pytest.approx(alone.scalar("m"), rel=1e-12)
    assert found.scalar("m").error[0] == pytest.approx(alone.error("m"), rel=1e-6)
    assert found.mean("z").value[0] == pytest.approx(alone.mean("z"), abs=1e-12)
    assert found.moment("x", "y").value[0, 0] == found.moment("y", "x").value[0, 0]


def test_equal_and_dependent_inputs():
    """More inputs than dimensions, two of them equal, one of them zero."""
    program = parse(NORMALIZED)
    data = rows(program, 12)
    data["ξ"][7], data["ξ"][3] = data["ξ"][2], 0.0
    found = limit_over_inputs(
        program, data, [("z", "z"), ("h", "h")], engine="sampled", samples=2**13
    )
    z = found.moment("z", "z").value
    assert np.isfinite(z).all()
    assert z[2] == pytest.approx(z[7], abs=1e-7)
    assert abs(z[2] - z[5]).max() > 1e-2
    assert found.moment("h", "h").value == pytest.approx(data["ξ"] @ data["ξ"].T / 4, abs=1e-9)


def test_a_hundred_inputs_have_the_error_bars_of_one():
    """Chunks of replicates: the dual kernel of two hidden layers over 100 inputs."""
    program = parse(MLP.format(φ="relu", k=2))
    data = rows(program, 100, seed=2)
    squares, _ = recursion("relu", data["ξ"], 1.69, 0.16, 3)
    ratios = []
    for seed in range(3):  # entries of one matrix go astray together
        found = limit_over_inputs(
            program, data, [("f", "f")], engine="sampled", samples=2**14, seed=seed
        )
        estimate = found.covariance("f", "f")
        ratios.append(abs(estimate.value - squares[2]) / estimate.error)
    ratio = np.stack(ratios)
    assert np.mean(ratio > 3) < 0.03
    assert np.mean(ratio > 0.1) > 0.5
    assert estimate.error.max() < 0.05 * squares[2].max()
    assert found.moment("f", "f").value == pytest.approx(estimate.value)
    assert (found.mean("f").value == 0).all()


def test_programs_without_data_have_one_input():
    """E[x_5²] is the tenth moment of the semicircle, a Catalan number."""
    found = limit_over_inputs(gallery("wigner"), {}, [("x[5]", "x[5]")], engine="sampled")
    assert found.count == 1
    assert found.moment("x[5]", "x[5]").value == pytest.approx(math.comb(10, 5) / 6, abs=1e-9)


def test_what_does_not_fit_is_refused():
    program = parse(MLP.format(φ="erf", k=1))
    data = rows(program, 2)
    with pytest.raises(TPDataError, match="no values were given for ξ"):
        limit_over_inputs(program, {}, [("f", "f")])
    with pytest.raises(TPDataError, match=r"have shape \(2, 3\)"):
        limit_over_inputs(program, {"ξ": data["ξ"][:, :3]}, [("f", "f")])
    with pytest.raises(TPDataError, match="not finite"):
        limit_over_inputs(program, {"ξ": data["ξ"] * np.nan}, [("f", "f")])
    with pytest.raises(TPNameError, match="has no vector g"):
        limit_over_inputs(program, data, [("f", "g")])
    with pytest.raises(TPTypeError, match="no common coordinates"):
        limit_over_inputs(program, data, [("f", "h[1]")])
    found = limit_over_inputs(program, data, [("h[1]", "h[1]")], engine="sampled", samples=2**12)
    with pytest.raises(TPNameError, match="was not asked for"):
        found.moment("h[1]", "x[1]")
    with pytest.raises(TPNameError, match="is no vector of program mlp"):
        found.mean("x[2]")


def _distance(program: Program, data, n: int) -> float:
    """The root mean square deviation of single finite networks from the limit, over all pairs."""
    found = limit_over_inputs(program, data, wide(program), engine="sampled", samples=2**14)
    off = [
        values - found.moment(*pair).value
        for pair, values in simulated(program, data, wide(program), n, 8).items()
    ]
    return float(np.sqrt(np.mean(np.square(off))))


def test_wider_networks_come_nearer(monkeypatch):
    """Like n^(−1/2): 16 times the width, a quarter of the distance."""
    program = backward(gallery("rnn"))
    data = rows(program, 3)
    assert _distance(program, data, 960) < 0.4 * _distance(program, data, 60)
    _no_covariance_between_inputs(monkeypatch)
    assert _distance(program, data, 960) > 0.6 * _distance(program, data, 60)

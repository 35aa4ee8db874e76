"""Proposition D.3: sums over isomorphic paths, against the backward pass and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from kernels.support import inputs
from kernels.test_infinite import relu_duals
from transform.support import gallery

from tpgraph.errors import TPLimitError, TPTypeError
from tpgraph.kernels import parameter_kernels, path_kernels, path_sum
from tpgraph.language import parse
from tpgraph.limits import Values
from tpgraph.limits.engines import Engine
from tpgraph.program import Program

SAMPLES = 2**14

CONVOLUTION = parse("""program convolution
width n
width m = 2 n
parametrization ntk
data ξ[1..3] : 2
param U : n × 2 ~ N(0, 1)
param W : m × n ~ N(0, 2) scale 3
matrix A : n × m ~ N(0, 1)
param V : 2 × n ~ N(0, 1)
for i in 1..3:
    x[i] = relu(U ξ[i])
    y[i] = relu(W x[i])
f = V sum(relu(A y[i]) for i in 1..3)
output f
""")


def apart(first: Values, second: Values) -> float:
    """The greatest difference, in units of 5 error bars (and 1e-9 of the greatest entry)."""
    bars = 5 * (first.error + second.error) + 1e-9 * np.abs(second.value).max()
    return float(np.max(np.abs(first.value - second.value) / bars))


def both(program: Program) -> tuple[dict[str, Values], dict[str, Values]]:
    X = inputs(program, 3)
    engine: Engine = "sampled" if program.name == "gru" else "auto"
    return (
        path_kernels(program, X, engine=engine, samples=SAMPLES, seed=1),
        parameter_kernels(program, X, engine=engine, samples=SAMPLES, seed=2),
    )


@pytest.mark.parametrize("name", ["mlp", "resnet", "rnn", "gru", "cnn", "layernorm_mlp"])
def test_both_ways_agree(name: str) -> None:
    found, expected = both(gallery(name))
    hidden = [p.variable for p in gallery(name).parameters if p.variable.is_matrix]
    names = [v.name for v in hidden if all(hasattr(d, "ratio") for d in v.matrix.dimensions)]
    assert sorted(found) == sorted(names)
    for matrix in names:
        assert apart(found[matrix], expected[matrix]) < 1, matrix


def test_multipliers_variances_and_unequal_widths_count() -> None:
    found, expected = both(CONVOLUTION)
    assert list(found) == ["W"]
    assert apart(found["W"], expected["W"]) < 1


def test_paths_that_are_not_isomorphic_do_not_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keeping pairs of equal paths alone is noticed: the sum is over isomorphic ones."""
    monkeypatch.setattr(path_sum, "_pairs", lambda members: ((p, p) for p in members))
    found, expected = both(CONVOLUTION)
    assert apart(found["W"], expected["W"]) > 1


def test_a_forgotten_factor_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    original = path_sum._variance
    monkeypatch.setattr(path_sum, "_variance", lambda *given: original(*given) ** 2)
    found, expected = both(CONVOLUTION)
    assert apart(found["W"], expected["W"]) > 1


def test_a_perceptron_by_hand() -> None:
    """Of two hidden layers: W's part is σ_v² E[φ′φ′](Σ²) σ_w² E[φφ](Σ¹)."""
    program = parse("""program two
width n
parametrization ntk
data ξ : 4
param U : n × 4 ~ N(0, 1)
param W : n × n ~ N(0, 1) scale 2
param V : 1 × n ~ N(0, 9)
f = V relu(W relu(U ξ))
output f
""")
    X = inputs(program, 4)
    x = X["ξ"]
    first = x @ x.T / 4
    p = np.diag(first)
    second = 4 * relu_duals(p[:, None], first, p[None, :])[0]
    q = np.diag(second)
    want = 9 * relu_duals(q[:, None], second, q[None, :])[1] * second
    found = path_kernels(program, X, samples=SAMPLES)["W"]
    assert apart(found, Values(want, np.zeros_like(want))) < 1


@pytest.mark.parametrize(
    ("name", "fragment"), [("autoencoder", "W is used twice"), ("batchnorm", "one output")]
)
def test_programs_that_the_proposition_is_not_about(name: str, fragment: str) -> None:
    program = gallery(name)
    with pytest.raises(TPTypeError, match=fragment):
        path_kernels(program, inputs(program, 2))


def test_a_moment_is_no_readout() -> None:
    program = parse("""program moment
width n
parametrization mup
data ξ : 2
param U : n × 2 ~ N(0, 1)
param a : n ~ N(0, 1)
f = mean(a * U ξ)
output f
""")
    with pytest.raises(TPTypeError, match="no readout"):
        path_kernels(program, np.ones((2, 2)))


def test_too_many_paths_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TPGRAPH_MAX_PAIRS", "2")
    with pytest.raises(TPLimitError, match="pairs of isomorphic paths"):
        path_kernels(gallery("resnet"), inputs(gallery("resnet"), 2))

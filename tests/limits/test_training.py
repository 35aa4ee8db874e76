"""Training in the NTK regime: readouts known, SGD is gradient descent with the closed-form NTK."""

from __future__ import annotations

import numpy as np
import pytest
from limits.finite import gallery, inputs

from tpgraph.errors import TPDataError, TPError
from tpgraph.interpreter import interpret, sample
from tpgraph.language import parse
from tpgraph.limits import limit
from tpgraph.limits.closed_forms.duals import dual
from tpgraph.limits.sampling.products import SampledProducts
from tpgraph.transform import unroll_sgd

HIDDEN = """
program hidden
width n
dim d = 3
parametrization ntk
data ξ : d
target y : {k}
param U : n × d ~ N(0, 1) scale 1.5
param b : n ~ N(0, 1) scale 0.3
param V : {k} × n ~ N(0, 1)
f = V {φ}(U ξ + b)
output f
loss (f - y)^2 / 2
"""

DEEP = """
program deep
width n
dim d = 3
parametrization ntk
data ξ : d
target y : {k}
param U : n × d ~ N(0, 1) scale 1.5
param W : n × n ~ N(0, 1) scale 1.2
param V : {k} × n ~ N(0, 1)
f = V {φ}(W {φ}(U ξ))
output f
loss (f - y)^2 / 2
"""

RATE = 0.7


def kernels(function: str, X: np.ndarray, deep: bool) -> tuple[np.ndarray, np.ndarray]:
    """NNGP and NTK of the two networks."""
    nngp = 2.25 * X @ X.T / X.shape[1] + (0.0 if deep else 0.09)
    ntk = nngp
    for weight in (1.44, 1.0) if deep else (1.0,):
        p, q = np.diag(nngp)[:, None], np.diag(nngp)[None, :]
        slope = weight * dual(f"{function}'", p, nngp, q)
        nngp = weight * dual(function, p, nngp, q)
        ntk = nngp + slope * ntk
    return nngp, ntk


def descent(K: np.ndarray, f: np.ndarray, y: np.ndarray, rate: float) -> list[np.ndarray]:
    """f_{t+1} = f_t − η K(·, ξ_t) χ_t, χ_t = f_t(ξ_t) − y_t; f is (points, k), ξ_t point t + 1."""
    found = [f]
    for t in range(len(y)):
        chi = found[-1][t + 1] - y[t]
        found.append(found[-1] - rate * np.outer(K[:, t + 1], chi))
    return found


@pytest.mark.parametrize(
    ("text", "function", "k"),
    [(HIDDEN, "erf", 1), (HIDDEN, "relu", 3), (DEEP, "relu", 1), (DEEP, "erf", 2)],
    ids=["erf", "relu-3", "deep", "deep-2"],
)
def test_sgd_is_kernel_gradient_descent(text, function, k):
    steps = 3
    program = unroll_sgd(parse(text.format(φ=function, k=k)), steps, lr=RATE, form="fluctuation")
    data = inputs(program, seed=1)
    found = limit(program, data=data, outputs="sampled", seed=3)
    X = np.stack([data["ξ̃"], *(data[f"ξ_{t}"] for t in range(steps))])
    y = np.stack([data[f"y_{t}"] for t in range(steps)])
    names = ["f̃_0", "f_0", *(f"f0_{t}" for t in range(1, steps))]
    start = np.stack([found.values(name) for name in names])
    by_hand = descent(kernels(function, X, text is DEEP)[1], start, y, RATE)
    corrupted = descent(kernels(function, X, text is DEEP)[0], start, y, RATE)
    for t in range(1, steps + 1):
        error = 5 * found.error(f"f̃_{t}") * np.sqrt(k) + 2e-3
        assert abs(found.values(f"f̃_{t}") - by_hand[t][0]).max() < error
        assert abs(found.values(f"f̃_{t}") - corrupted[t][0]).max() > 3 * error
        assert found.var(f"f̃_{t}") == 0.0
        if t < steps:
            assert abs(found.values(f"f_{t}") - by_hand[t][t + 1]).max() < error


def test_ten_rows_of_the_gallery_mlp_against_wide_networks():
    """Conditioned on the outputs of each finite network at its initialization."""
    program = unroll_sgd(gallery("mlp"), 1, lr=1.0, form="fluctuation")
    data = inputs(program, seed=2)
    off = []
    for n in (128, 2048):
        widths = {"n": n}
        values = interpret(program, {**sample(program, widths, seed=5), **data}, widths)
        known = {name: values[name] for name in ("f̃_0", "f_0")}
        found = limit(program, data=data, outputs=known, samples=2**14)
        assert found.values("f_0") == pytest.approx(values["f_0"])
        change = found.values("f̃_1") - values["f̃_0"]
        off.append(abs(values["f̃_1"] - values["f̃_0"] - change).max() / abs(change).max())
    assert off[1] < 0.25
    assert off[1] < off[0]


def test_drawn_readouts_have_their_joint_distribution():
    """Over seeds f̃_0 and f_0 have the covariance of the NNGP, and every replicate has one value."""
    program = unroll_sgd(parse(HIDDEN.format(φ="erf", k=100)), 1, lr=RATE, form="fluctuation")
    data = inputs(program, seed=1)
    found = [limit(program, data=data, outputs="sampled", seed=s, samples=2**12) for s in range(10)]
    draws = np.stack([[z.values("f̃_0"), z.values("f_0")] for z in found], axis=1).reshape(2, -1)
    nngp = kernels("erf", np.stack([data["ξ̃"], data["ξ_0"]]), deep=False)[0]
    assert draws @ draws.T / draws.shape[1] == pytest.approx(nngp, abs=0.08)
    assert abs(nngp[0, 1]) > 0.1
    assert (found[0].vector("f_0").samples == found[0].vector("f_0").samples[:1]).all()
    again = limit(program, data=data, outputs="sampled", seed=0, samples=2**12)
    assert (again.values("f_0") == found[0].values("f_0")).all()


def test_a_readout_given_another():
    """f̃ given f = v is N(C v / P, Q − C²/P)."""
    text = HIDDEN.format(φ="erf", k=1).replace("data ξ : d", "data ξ[1..2] : d")
    head, _, tail = text.partition("f = ")
    rest = "g = V erf(U ξ[1] + b)\nf = V erf(U ξ[2] + b)" + tail.partition("b)")[2]
    program = parse(head + rest)
    data = inputs(program, seed=1)
    found = limit(program, data=data, outputs={"f": [1.7]})
    (q, c), (_, p) = kernels("erf", np.stack([data["ξ[1]"], data["ξ[2]"]]), deep=False)[0]
    assert found.mean("f") == pytest.approx(1.7)
    assert found.var("f") == 0.0
    assert found.mean("g") == pytest.approx(c / p * 1.7, abs=5e-3)
    assert found.var("g") == pytest.approx(q - c * c / p, abs=5e-3)
    free = limit(program, data=data)
    assert free.mean("g") == 0.0
    assert free.var("g") == pytest.approx(q, abs=5e-3)


def test_an_error_signal_without_its_rows_is_seen(monkeypatch):
    """Without E[∂Z^δx/∂Ẑ^{Vᵀ1}] the readout of a change would be missing from ten rows' SGD."""
    program = unroll_sgd(parse(HIDDEN.format(φ="erf", k=3)), 1, lr=RATE, form="fluctuation")
    data = inputs(program, seed=1)
    whole = limit(program, data=data, outputs="sampled").values("f̃_1")
    own = SampledProducts.aligned

    def nothing(*given):
        found = own(*given)
        return type(found)(0.0 * found.values, found.power)

    monkeypatch.setattr(SampledProducts, "aligned", nothing)
    assert abs(limit(program, data=data, outputs="sampled").values("f̃_1") - whole).max() > 0.05


def test_values_that_cannot_be_are_refused():
    program = unroll_sgd(parse(HIDDEN.format(φ="erf", k=2)), 1, form="fluctuation")
    data = inputs(program)
    with pytest.raises(TPError, match="depends on a readout, which stays random") as error:
        limit(program, data=data)
    assert 'outputs="sampled"' in error.value.mend
    with pytest.raises(TPDataError, match="x_0 is no readout"):
        limit(program, data=data, outputs={"x_0": [1.0]})
    with pytest.raises(TPDataError, match="the value of f_0 does not fit"):
        limit(program, data=data, outputs={"f_0": [1.0]})
    with pytest.raises(TPDataError, match="outputs are 'drawn'"):
        limit(program, data=data, outputs="drawn")
    same = {**data, "ξ̃": data["ξ_0"]}
    with pytest.raises(TPDataError, match="f_0 cannot have the value"):
        limit(program, data=same, outputs={"f̃_0": [1.0, 0.0], "f_0": [1.0, 0.1]})

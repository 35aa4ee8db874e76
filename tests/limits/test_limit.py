"""The Master Theorem against closed forms, finite width and its own corruptions."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest
from limits.finite import gallery, inputs, mismatches

from tpgraph.language import parse
from tpgraph.limits import limit as limit_by
from tpgraph.limits import rules
from tpgraph.limits.closed_forms.duals import dual, quadrature
from tpgraph.limits.sampling.derivatives import Trace
from tpgraph.limits.sampling.products import SampledProducts
from tpgraph.transform import unroll_sgd

limit = partial(limit_by, engine="sampled")

TRANSPOSED = """
program transposed
width n
matrix W : n × n ~ N(0, 1)
vector u : n ~ N(1, 0)
h = W u
v = W' {φ}(h)
m = mean(v^2)
"""

UNEQUAL = """
program unequal
width n
width m = 1/2 n
matrix W : m × n ~ N(0, 2)
vector u : n ~ N(1, 1)
vector w : m ~ N(0, 1)
a = W' w
h = W (u + tanh(a))
v = W' (relu(h) * h + w)
k = W relu(v + a)
y = W' sign(k - h)
z = W tanh(y + v)
s[1] = mean(k * relu(h))
s[2] = mean(y * v)
s[3] = mean(y * u)
s[4] = mean(z * h)
"""

NETWORK = """
program network
width n
dim d = 3
parametrization {rule}
fn φ(z) = {φ}(z)
data ξ : d
target y : 1
param U : n × d ~ N(0, 1)
param W : n × n ~ N(0, 1)
param V : 1 × n ~ N(0, 1)
f = V φ(W φ(U ξ))
output f
loss (f - y)^2 / 2
"""

PAIR = """
program pair
width n
dim d = 3
parametrization ntk
data ξ[1..2] : d
param U : n × d ~ N(0, 1)
param W : n × n ~ N(0, 1) scale 1.2
param b : n ~ N(0, 1) scale 0.4
param V : 1 × n ~ N(0, 1)
for i in 1..2:
    h[i] = W {φ}(U ξ[i]) + b
    f[i] = V {φ}(h[i])
output f[1], f[2]
"""


def test_semicircle():
    found = limit(gallery("wigner"))
    moments = [found.scalar(f"m[{k}]") for k in range(1, 7)]
    assert moments == pytest.approx([0, 1, 0, 2, 0, 5], abs=1e-9)


def test_marchenko_pastur():
    found = limit(gallery("marchenko_pastur"))
    assert [found.scalar(f"s[{k}]") for k in (1, 2, 3)] == pytest.approx([2, 6, 22], abs=1e-9)


TANH_SQUARE = quadrature(lambda u, v: np.tanh(u) ** 2 + 0 * v, 1, 0, 1).value
TANH_SLOPE = quadrature(lambda u, v: np.cosh(u) ** -2 + 0 * v, 1, 0, 1).value
WITH_TRANSPOSE = {
    "tanh": TANH_SQUARE + TANH_SLOPE**2,
    "relu": 0.75,
    "sin": (1 - math.exp(-2)) / 2 + math.exp(-1),
    "sign": 1 + 2 / math.pi,
    "step": 0.5 + 1 / (2 * math.pi),
}


@pytest.mark.parametrize("function", WITH_TRANSPOSE)
def test_a_transpose_adds_the_square_of_the_expected_slope(function):
    """v = Wᵀφ(W1): E[v²] = E[φ²] + (E φ′)²; step and sign have E φ′ by Stein's lemma."""
    found = limit(parse(TRANSPOSED.format(φ=function)))
    expected = WITH_TRANSPOSE[function]
    assert abs(found.scalar("m") - expected) <= 4 * found.error("m")
    assert found.error("m") < 2e-4


@pytest.mark.parametrize("function", ["relu", "erf", "gelu", "sin"])
def test_two_inputs_have_the_dual_kernel(function):
    """Cho–Saul and Williams: Σ² = σ² E[φφ] + σ_b², then E[φφ] once more."""
    program = parse(PAIR.format(φ=function))
    data = inputs(program, seed=3)
    X = np.stack([data["ξ[1]"], data["ξ[2]"]])
    first = X @ X.T / 3
    p, c, q = first[0, 0], first[0, 1], first[1, 1]
    P, C, Q = (1.44 * dual(function, *k) + 0.16 for k in ((p, p, p), (p, c, q), (q, q, q)))
    found = limit(program, data=data)
    for a, b, expected in (
        ("h[1]", "h[2]", C),
        ("f[1]", "f[1]", dual(function, P, P, P)),
        ("f[1]", "f[2]", dual(function, P, C, Q)),
    ):
        estimate = found.covariance(a, b)
        assert abs(estimate.value - expected) <= 4 * estimate.error
        assert estimate.error < 0.02


@pytest.mark.parametrize(
    "name", ["layernorm", "attention", "autoencoder", "rnn", "mlp", "gru", "resnet", "batchnorm"]
)
def test_gallery_at_finite_width(name):
    program = gallery(name)
    data = inputs(program)
    assert mismatches(program, limit(program, data=data), 1000, 8, data) == []


def test_transformer_at_finite_width():
    program = gallery("transformer")
    data = inputs(program)
    assert mismatches(program, limit(program, data=data), 1000, 6, data) == []


def test_unequal_widths_shared_matrix_and_jumps():
    program = parse(UNEQUAL)
    found = limit(program)
    assert mismatches(program, found, 1600, 8) == []


def _no_dot(monkeypatch):
    whole = Trace.expected
    monkeypatch.setattr(
        Trace, "expected", lambda *given: {y: 0.0 * c for y, c in whole(*given).items()}
    )


def _merged_transpose(monkeypatch):
    own = SampledProducts._family

    def family(self, equation, opposite=False):
        return own(self, equation, opposite != equation.transpose)

    monkeypatch.setattr(SampledProducts, "_family", family)


def _wrong_ratio(monkeypatch):
    own = rules._variance
    monkeypatch.setattr(
        rules, "_variance", lambda at, e: own(at, e) * (2.0 if e.transpose else 1.0)
    )


@pytest.mark.parametrize("corrupt", [_no_dot, _merged_transpose, _wrong_ratio])
def test_a_corrupted_rule_is_seen(corrupt, monkeypatch):
    program = parse(UNEQUAL)
    corrupt(monkeypatch)
    assert len(mismatches(program, limit(program), 1600, 4)) >= 2


def test_the_covariance_of_a_wrong_matrix_is_seen(monkeypatch):
    program = parse(
        "program p\nwidth n\nmatrix A, B : n × n ~ N(0, 1)\nvector x : n ~ N(1, 1)\n"
        "m = mean(tanh(A x) * tanh(B x))\n"
    )
    assert abs(limit(program).scalar("m")) < 1e-3
    own = SampledProducts._family
    families = {}

    def family(self, equation, opposite=False):
        return families.setdefault("one", own(self, equation, opposite))

    monkeypatch.setattr(SampledProducts, "_family", family)
    assert abs(limit(program).scalar("m")) > 0.1


def test_linear_network_in_mup_follows_its_closed_recursion():
    """TP IV, Figure 4: u ← u − ηχ v, v ← v − ηχ u, f = E[uv], for ξ = 1."""
    text = NETWORK.replace("φ(W φ(U ξ))", "(U ξ)").replace("param W : n × n ~ N(0, 1)\n", "")
    program = parse(text.format(rule="mup", φ="tanh").replace("d = 3", "d = 1"))
    eta, y, steps = 0.3, -1.0, 4
    unrolled = unroll_sgd(program, steps, lr=eta)
    data = {d.variable.name: [y if d.variable.name[0] == "y" else 1.0] for d in unrolled.data}
    found = limit(unrolled, data=data)
    f, uu, vv = 0.0, 1.0, 1.0
    for t in range(steps):
        assert found.mean(f"f_{t}") == pytest.approx(f, abs=1e-10)
        k = eta * (f - y)
        uu, vv, f = (
            uu - 2 * k * f + k * k * vv,
            vv - 2 * k * f + k * k * uu,
            (f + k * k * f - k * (uu + vv)),
        )
    assert found.mean(f"f̃_{steps}") == pytest.approx(f, abs=1e-10)


@pytest.mark.parametrize("function", ["tanh", "relu"])
def test_sgd_in_mup_at_finite_width(function):
    program = unroll_sgd(parse(NETWORK.format(rule="mup", φ=function)), 2, lr=0.7)
    data = inputs(program)
    found = limit(program, data=data)
    assert mismatches(program, found, 1000, 6, data) == []
    assert abs(found.mean("f̃_2")) > 0.01
    assert found.var("f̃_2") == 0.0


def test_correlated_initial_vectors_and_the_first_step():
    """Figure 7 of IIb: δf̃ = −χ θ E[φ′(h)φ′(h̃)], the divided difference at ε = 0."""
    program = parse(
        "program p\nwidth n\nmatrix W : n × n ~ N(0, 1)\n"
        "vector g, g2 : n ~ N([0, 0], [[1, .5], [.5, 1]])\nvector v : n ~ N(0, 1)\n"
        "scalar ε -> 0 = 1/sqrt(n)\nz = erf(g)\nz2 = erf(g2)\nh = W z\nh2 = W z2\n"
        "dh = erf'(h) * v\nθ = mean(z * z2)\nδh = 0.7 * θ * dh\n"
        "δx = (erf(h2 + ε * δh) - erf(h2)) / ε\nδf = mean(v * δx)\n"
    )
    found = limit(program)
    p, c = dual("erf", 1, 1, 1), dual("erf", 1, 0.5, 1)
    assert abs(found.scalar("θ") - c) <= 4 * found.error("θ")
    expected = 0.7 * c * dual("erf'", p, c, p)
    assert abs(found.scalar("δf") - expected) <= 4 * found.error("δf")
    assert found.cov("g", "g2") == pytest.approx(0.5, abs=1e-9)


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        (TRANSPOSED.format(φ="tanh"), "m", WITH_TRANSPOSE["tanh"]),
        (TRANSPOSED.format(φ="relu"), "m", WITH_TRANSPOSE["relu"]),
        (TRANSPOSED.format(φ="sign"), "m", WITH_TRANSPOSE["sign"]),
        (
            "program p\nwidth n\nmatrix A, B, C : n × n ~ N(0, 2)\nvector x : n ~ N(0, 1)\n"
            "m = mean(relu(C relu(B relu(A x)))^2)\n",
            "m",
            1.0,
        ),
        (
            "program p\nwidth n\nvector x, y, z : n ~ N(0, 1)\nm = mean(exp(x * y / 8 + z / 2))\n",
            "m",
            math.exp(1 / 8) / math.sqrt(63 / 64),
        ),
    ],
    ids=["tanh", "relu", "sign", "deep", "exp"],
)
def test_error_bars_cover(text, name, expected):
    """The truth lies within three error bars for nearly every seed, and not in a tenth of one."""
    program = parse(text)
    found = [limit(program, samples=2**13, seed=seed) for seed in range(60)]
    off = np.array([abs(z.scalar(name) - expected) / z.error(name) for z in found])
    assert np.mean(off > 3) <= 0.06
    assert np.mean(off > 0.1) > 0.5


def test_more_samples_make_smaller_errors():
    program = parse(UNEQUAL)
    few, many = (limit(program, samples=k, seed=1).error("s[4]") for k in (2**12, 2**18))
    assert many < few / 4


def test_a_seed_decides_everything():
    program = parse(UNEQUAL)
    first, second, third = (limit(program, samples=2**12, seed=k).to_json() for k in (5, 5, 6))
    assert first == second
    assert first != third

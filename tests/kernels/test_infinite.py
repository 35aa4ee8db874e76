"""Kernels of infinite width: closed forms, and networks of growing width."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from types import ModuleType

import numpy as np
import pytest
from kernels.support import inputs
from transform.support import gallery

from tpgraph.errors import TPDataError, TPTypeError
from tpgraph.kernels import (
    Kernel,
    infinite,
    kernel,
    mean_kernel,
    orders,
    parameter_kernels,
    tangent_limit,
)
from tpgraph.kernels.plan import planning
from tpgraph.language import parse
from tpgraph.limits.engines import Engine
from tpgraph.program import Program
from tpgraph.transform.gradients import GradientTerm

SAMPLES = 2**14
NETWORKS = [
    "autoencoder",
    "batchnorm",
    "cnn",
    "gru",
    "layernorm_mlp",
    "mlp",
    "resnet",
    "rnn",
    "transformer",
]


def taken(program: Program, count: int = 3, kind: str = "both") -> Kernel:
    engine: Engine = "sampled" if program.name == "gru" else "auto"
    return kernel(program, inputs(program, count), kind, engine=engine, samples=SAMPLES)


def perceptron(function: str, depth: int, sigma_w: float, sigma_b: float) -> Program:
    return parse(f"""program mlp
width n
dim d = 5
parametrization ntk
data ξ : d
param W[1] : n × d ~ N(0, 1) scale {sigma_w}
param W[2..{depth}] : n × n ~ N(0, 1) scale {sigma_w}
param b[1..{depth}] : n ~ N(0, 1) scale {sigma_b}
param V : 1 × n ~ N(0, 1) scale {sigma_w}
param c : 1 ~ N(0, 1) scale {sigma_b}
x[1] = {function}(W[1] ξ + b[1])
for l in 2..{depth}:
    x[l] = {function}(W[l] x[l-1] + b[l])
f = V x[{depth}] + c
output f
""")


def relu_duals(p, c, q):  # type: ignore[no-untyped-def]
    """E[φφ], E[φ′φ′]: arc-cosine kernels (Cho & Saul 2009)."""
    ρ = np.clip(c / np.sqrt(p * q), -1, 1)
    np.fill_diagonal(ρ, 1.0)  # as it is; rounded, arccos keeps half of the digits alone
    angle = np.pi - np.arccos(ρ)
    return np.sqrt(p * q) / (2 * np.pi) * (np.sqrt(1 - ρ**2) + angle * ρ), angle / (2 * np.pi)


def erf_duals(p, c, q):  # type: ignore[no-untyped-def]
    """E[φφ], E[φ′φ′] (Williams 1997)."""
    size = (1 + 2 * p) * (1 + 2 * q)
    return 2 / np.pi * np.arcsin(2 * c / np.sqrt(size)), 4 / np.pi / np.sqrt(size - 4 * c**2)


def recursion(duals, X, depth, sigma_w, sigma_b):  # type: ignore[no-untyped-def]
    """Σ¹ = σ_w² ξ·ξ̄/d + σ_b²; Σ ← σ_w² E[φφ] + σ_b², Θ ← Σ + σ_w² E[φ′φ′] Θ."""
    sigma = sigma_w**2 * X @ X.T / X.shape[1] + sigma_b**2
    theta = sigma
    for _ in range(depth):
        p = np.diag(sigma)
        values, slopes = duals(p[:, None], sigma, p[None, :])
        sigma = sigma_w**2 * values + sigma_b**2
        theta = sigma + sigma_w**2 * slopes * theta
    return sigma, theta


def worst(found: Kernel, nngp: np.ndarray, ntk: np.ndarray) -> float:
    """The greatest difference, in units of 5 error bars (and 1e-9 of the greatest entry)."""
    off = 0.0
    for name, want in (("nngp", nngp), ("ntk", ntk)):
        bars = 5 * getattr(found, f"{name}_error") + 1e-9 * np.abs(want).max()
        off = max(off, float(np.max(np.abs(getattr(found, name) - want) / bars)))
    return off


@pytest.mark.parametrize(("function", "duals"), [("relu", relu_duals), ("erf", erf_duals)])
@pytest.mark.parametrize("depth", [1, 3])
def test_perceptrons_follow_the_recursion(function, duals, depth):  # type: ignore[no-untyped-def]
    program = perceptron(function, depth, 1.3, 0.4)
    X = np.random.default_rng(3).standard_normal((5, 5))
    found = kernel(program, X, samples=SAMPLES)
    nngp, ntk = recursion(duals, X, depth, 1.3, 0.4)
    assert worst(found, nngp, ntk) < 1
    assert worst(found, nngp, ntk - 0.4**2) > 1, "a bias forgotten"
    assert worst(found, 1.01 * nngp, ntk) > 1
    assert found.outputs == ("f",)
    assert found.exponent == 0


COUNT, INITS = 3, 12


def deviations(program: Program, found: Kernel, width: int) -> tuple[float, float]:
    """(bias in standard errors, spread of one network), the worst kernel of the two."""
    finite = mean_kernel(program, inputs(program, COUNT), {"n": width}, inits=INITS, seed=1)
    bias, spread = 0.0, 0.0
    for name in ("nngp", "ntk"):
        want, bars = getattr(found, name), getattr(finite, f"{name}_error")
        # beside the noise of the mean its bias, of order 1/n
        size = np.abs(want).max()
        noise = np.sqrt(bars**2 + getattr(found, f"{name}_error") ** 2) + 2 * size / width
        bias = max(bias, float(np.max(np.abs(getattr(finite, name) - want) / noise)))
        spread = max(spread, float(np.sqrt(INITS * np.mean(bars**2)) / size))
    return bias, spread


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_of_growing_width_approach_it(name: str) -> None:
    """Means within error bars, and the spread over initializations shrinks like n^(−1/2)."""
    program = gallery(name)
    found = taken(program, COUNT)
    narrow, wide = (deviations(program, found, n) for n in (64, 512))
    assert narrow[0] < 5
    assert wide[0] < 5
    assert 0.5 < narrow[1] / wide[1] / np.sqrt(512 / 64) < 2


def agrees(program: Program) -> bool:
    return deviations(program, taken(program, COUNT), 2048)[0] < 5


SHARED = parse("""program shared
width n
parametrization ntk
data ξ : 3
param U : n × 3 ~ N(0, 1)
param W : n × n ~ N(0, 1)
param V : 1 × n ~ N(0, 1)
h = U ξ
f = V (relu(W relu(h)) + relu(W abs(h)))
output f
""")


def corrupted(
    monkeypatch: pytest.MonkeyPatch, name: str, value: object, *modules: ModuleType
) -> None:
    """Replace a function of both ways to a kernel, and forget plans that were made with it."""
    for module in modules:
        monkeypatch.setattr(module, name, value)
    monkeypatch.setattr(planning, "_KEPT", {})


def test_dropping_pairs_of_uses_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert agrees(SHARED)
    corrupted(
        monkeypatch, "unordered_pairs", lambda terms: [(t, t) for t in terms], tangent_limit, orders
    )
    assert not agrees(SHARED)


def test_dropping_biases_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    original = infinite.tangent

    def without(program: Program, kind: str):  # type: ignore[no-untyped-def]
        found = original(program, kind)  # type: ignore[arg-type]
        kept = tuple(g for g in found.gradients if g.parameter.variable.is_matrix)
        return replace(found, gradients=kept)

    corrupted(monkeypatch, "tangent", without, infinite, planning)
    assert not agrees(gallery("rnn"))


BOTH_WAYS = parse("""program both_ways
width n
parametrization ntk
data ξ : 3
param U : n × 3 ~ N(0, 1)
param W : n × n ~ N(0, 1)
param V : 1 × n ~ N(0, 1)
x = relu(U ξ)
f = V (relu(W x) + relu(W' x))
output f
""")


def test_taking_a_matrix_and_its_transpose_for_one_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert agrees(BOTH_WAYS)
    original = infinite.tangent

    def confused(program: Program, kind: str):  # type: ignore[no-untyped-def]
        found = original(program, kind)  # type: ignore[arg-type]
        turned = [replace(g, terms=tuple(as_straight(t) for t in g.terms)) for g in found.gradients]
        return replace(found, gradients=tuple(turned))

    corrupted(monkeypatch, "tangent", confused, infinite, planning)
    assert not agrees(BOTH_WAYS)


def as_straight(term: GradientTerm) -> GradientTerm:
    """A use x dhᵀ of Wᵀ written as dh xᵀ, as if it were one of W."""
    if term.right is None or term.left.name != "x":
        return term
    return replace(term, left=term.right, right=term.left)


@pytest.mark.parametrize(("parametrization", "exponent"), [("standard", 1), ("mup", 0), ("ntk", 0)])
@pytest.mark.parametrize("name", ["mlp", "rnn", "autoencoder"])
def test_parametrizations(name: str, parametrization: str, exponent: int) -> None:
    """In the standard one the NTK is of order n; in μP the output starts at 0."""
    program = gallery(name, parametrization)
    found = taken(program)
    assert found.exponent == exponent
    assert found.ntk is not None
    width = 512
    finite = mean_kernel(program, inputs(program, 3), {"n": width}, inits=INITS, seed=1)
    assert finite.ntk is not None
    assert finite.ntk_error is not None
    scale = float(width) ** exponent
    noise = 5 * finite.ntk_error / scale + 10 * np.abs(found.ntk).max() / width
    assert np.all(np.abs(finite.ntk / scale - found.ntk) < noise)
    if parametrization == "mup":
        assert not np.any(found.nngp)


def test_unequal_widths() -> None:
    """W of m × n with m = 3 n / 2 and its transpose."""
    text = """program wide
width n
width m = 3/2 n
parametrization ntk
data ξ : 3
param U : n × 3 ~ N(0, 1)
param W : m × n ~ N(0, 1)
param V : 1 × n ~ N(0, 1)
f = V tanh(W' tanh(W tanh(U ξ)))
output f
"""
    assert agrees(parse(text))


def test_several_outputs_and_components() -> None:
    program = gallery("batchnorm")
    found = taken(program, 2)
    assert found.ntk is not None
    assert found.nngp is not None
    assert found.ntk.shape == found.nngp.shape == (2, 3, 2, 3)
    assert found.outputs == ("f[1]", "f[2]", "f[3]")
    assert found.ntk == pytest.approx(found.ntk.transpose(2, 3, 0, 1), rel=1e-12)


SEVERAL = """program several
width n
width m = 2 n
parametrization {parametrization}
data ξ : 3
data ζ : 2
param U : n × 3 ~ N(0, 1)
param Q : n × 2 ~ N(0, 3) scale 2
param W : m × n ~ N(0, 1)
param V : 3 × m ~ N(0, 1)
param R : 1 × n ~ N(0, 2)
param a : m ~ N(0, 1)
x = tanh(U ξ + Q ζ)
y = erf(W x)
f = V y
g = R x
"""


@pytest.mark.parametrize(
    ("parametrization", "rest"),
    [("ntk", "output f, g"), ("mup", "s = mean(a * y)\noutput f, g, s")],
)
def test_outputs_of_several_kinds(parametrization: str, rest: str) -> None:
    """Readouts of different matrices and dimensions, and a scalar, of two inputs side by side."""
    program = parse(SEVERAL.format(parametrization=parametrization) + rest)
    X = np.random.default_rng(0).standard_normal((2, 5))
    found = kernel(program, X)
    finite = mean_kernel(program, X, {"n": 512}, inits=INITS, seed=1)
    assert found.outputs == finite.outputs == ("f", "g", "s")[: len(program.outputs)]
    for name in ("nngp", "ntk"):
        want, mean = getattr(found, name), getattr(finite, name)
        bars = 5 * getattr(finite, f"{name}_error") + 0.02
        assert np.all(np.abs(want - mean) < bars)
        assert not np.all(np.abs(1.3 * want - mean) < bars) or not want.any()
    assert not found.nngp[:, 0, :, 1].any()  # type: ignore[index]


def test_arrays_in_the_order_of_the_declarations() -> None:
    program = parse(SEVERAL.format(parametrization="ntk") + "output f, g")
    X = np.random.default_rng(0).standard_normal((2, 5))
    sizes = [int(d.variable.dim.size({})) for d in program.data]
    parts = np.split(X, np.cumsum(sizes)[:-1], axis=1)
    np.testing.assert_array_equal(kernel(program, parts).ntk, kernel(program, X).ntk)


MIXED = """program mixed
width n
dim d = 3
parametrization ntk
data ξ : d
param U : n × d ~ N(0, 1)
param V : d × n ~ N(0, 1)
z = V tanh(U ξ)
"""


@pytest.mark.parametrize("f", ["ξ * z", "z - mean(z)"])
def test_components_that_are_no_copies_are_told_apart(f: str) -> None:
    program = parse(f"{MIXED}f = {f}\noutput f")
    X = inputs(program, 3)
    found = kernel(program, X, "ntk", samples=SAMPLES)
    finite = mean_kernel(program, X, {"n": 1024}, inits=8, kind="ntk", components="all")
    assert found.outputs == ("f_0", "f_1", "f_2")
    assert found.ntk is not None
    assert finite.ntk is not None
    assert finite.ntk_error is not None
    bars = 5 * finite.ntk_error + 0.01
    assert np.all(np.abs(found.ntk - finite.ntk) < bars)
    with pytest.raises(TPTypeError, match="no independent copies"):
        kernel(program, X)


@pytest.mark.parametrize("f", ["z", "2 * z + ξ"])
def test_components_that_are_copies_are_given_once(f: str) -> None:
    found = taken(parse(f"{MIXED}f = {f}\noutput f"))
    assert found.ntk is not None
    assert found.ntk.shape == (3, 3)
    assert found.outputs == ("f",)


def test_parts_by_parameter_add_up() -> None:
    program = gallery("rnn")
    X = inputs(program, 3)
    parts = parameter_kernels(program, X, samples=SAMPLES)
    assert list(parts) == ["U", "W", "b", "V"]
    whole = kernel(program, X, "ntk", samples=SAMPLES).ntk
    assert sum(p.value for p in parts.values()) == pytest.approx(whole, rel=1e-12)


def test_mean_field_outputs_have_no_spread() -> None:
    program = parse("""program mean_field
width n
parametrization mup
data ξ : 3
param U : n × 3 ~ N(0, 1)
param a : n ~ N(0, 1)
f = mean(a * tanh(U ξ))
output f
""")
    found = taken(program, 3)
    assert not np.any(found.nngp)
    assert found.ntk is not None
    finite = mean_kernel(program, inputs(program, 3), {"n": 4096}, inits=4)
    scale = 4096.0 ** float(found.exponent)
    assert found.ntk == pytest.approx(np.asarray(finite.ntk) / scale, rel=0.1, abs=0.02)


def test_same_seed_same_numbers() -> None:
    first, second = taken(gallery("autoencoder")), taken(gallery("autoencoder"))
    assert np.array_equal(np.asarray(first.ntk), np.asarray(second.ntk))
    assert isinstance(first.exponent, Fraction)


def test_a_readout_that_stays_random_is_refused() -> None:
    program = parse(f"{MIXED}f = tanh(z)\noutput f")
    with pytest.raises(TPTypeError, match="random"):
        kernel(program, inputs(program, 2), "ntk", samples=SAMPLES)


def test_data_of_the_wrong_shape_are_refused() -> None:
    with pytest.raises(TPDataError, match="shape"):
        kernel(gallery("mlp"), np.ones((2, 3)))

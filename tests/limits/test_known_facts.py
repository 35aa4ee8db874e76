"""Limits against facts of random matrices and random networks that were published by others."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache
from math import comb

import numpy as np
import pytest
from scipy.integrate import quad

from tpgraph.language import parse
from tpgraph.limits import Limit, limit

# ξ and ζ of R², at an angle: U ξ and U ζ have covariance ξ·ζ/2.
RADII = (1.7, 0.8)
ANGLES = (0.1, 1.0, math.pi / 2, 2.5)

PAIR = """
program pair
width n
dim d = 2
parametrization ntk
data ξ, ζ : d
param U : n × d ~ N(0, 1)
param b : n ~ N(0, 1) scale 0.6
u = U ξ {bias}
v = U ζ {bias}
m = mean({φ} * {ψ})
"""


def at_angle(θ: float) -> dict[str, list[float]]:
    return {"ξ": [RADII[0], 0.0], "ζ": [RADII[1] * math.cos(θ), RADII[1] * math.sin(θ)]}


Run = Callable[..., Limit]


@pytest.fixture(params=["auto", "sampled"])
def run(request) -> Run:
    """The limit of a text by an engine."""

    def found(text: str, **options) -> Limit:
        return limit(parse(text), engine=request.param, **options)

    return found


def off(found: Limit, name: str, expected: float) -> bool:
    """Whether a scalar is further than four error bars from what is expected."""
    return abs(found.scalar(name) - expected) > 4 * found.error(name) + 1e-9


def arccosine(degree: int, θ: float) -> float:
    """J₀, J₁, J₂ of Cho & Saul 2009."""
    return (
        math.pi - θ,
        math.sin(θ) + (math.pi - θ) * math.cos(θ),
        3 * math.sin(θ) * math.cos(θ) + (math.pi - θ) * (1 + 2 * math.cos(θ) ** 2),
    )[degree]


@pytest.mark.parametrize("θ", ANGLES)
@pytest.mark.parametrize("degree", [0, 1, 2])
def test_arccosine_kernels(degree, θ, run):
    """E[Θ(u) u^k Θ(v) v^k] = (|ξ||ζ|/d)^k J_k(θ)/2π."""
    power = ["step({0})", "relu({0})", "relu({0})^2"][degree]
    text = PAIR.format(bias="", φ=power.format("u"), ψ=power.format("v"))
    found = run(text, data=at_angle(θ))
    size = (RADII[0] * RADII[1] / 2) ** degree / (2 * math.pi)
    assert not off(found, "m", size * arccosine(degree, θ))
    assert found.error("m") < 0.03 * size
    assert off(found, "m", size * arccosine(degree, θ + 0.1))
    assert off(found, "m", size * arccosine(1 - degree % 2, θ))


@pytest.mark.parametrize("θ", ANGLES)
def test_arcsine_kernel(θ, run):
    """Williams 1997: (2/π) arcsin(2 x̃ᵀΣỹ/√((1 + 2 x̃ᵀΣx̃)(1 + 2 ỹᵀΣỹ))), the bias in x̃."""
    found = run(PAIR.format(bias="+ b", φ="erf(u)", ψ="erf(v)"), data=at_angle(θ))

    def kernel(one: float, bias: float) -> float:
        p, q = (one + 2 * (r * r / 2 + bias) for r in RADII)
        c = 2 * (RADII[0] * RADII[1] * math.cos(θ) / 2 + bias)
        return 2 / math.pi * math.asin(c / math.sqrt(p * q))

    assert not off(found, "m", kernel(1.0, 0.36))
    assert found.error("m") < 1e-3
    assert off(found, "m", kernel(1.0, 0.6))
    assert off(found, "m", kernel(1.3, 0.36))


RECTANGULAR = """
program rectangular
width n
width m = {ratio} n
matrix W : m × n ~ N(0, 1)
vector x : n ~ N(1, 0)
h = W x
v = W' ({φ})
m[1] = mean(v)
m[2] = mean(v^2)
"""
SLOPES = {
    "h^3": (15.0, 3.0),
    "abs(h)": (1.0, 0.0),
    "cos(h)": ((1 + math.exp(-2)) / 2, 0.0),
    "erf(h)": (2 / math.pi * math.asin(2 / 3), 2 / math.sqrt(3 * math.pi)),
    "exp(h / 2)": (math.exp(0.5), math.exp(0.125) / 2),
    "h * step(h)": (0.5, 0.5),
}


@pytest.mark.parametrize("ratio", ["1", "3", "1/2"])
@pytest.mark.parametrize("function", SLOPES)
def test_a_matrix_and_its_transpose(function, ratio, run):
    """v = Wᵀφ(W1), W of ρn × n: E v = ρ E φ′ and E v² = ρ E φ² + (ρ E φ′)², by Stein's lemma."""
    square, slope = SLOPES[function]
    ρ = float(Fraction(ratio))
    expected = ρ * square + (ρ * slope) ** 2
    found = run(RECTANGULAR.format(ratio=ratio, φ=function))
    assert not off(found, "m[1]", ρ * slope)
    assert not off(found, "m[2]", expected)
    assert off(found, "m[2]", 1.1 * expected)
    assert slope == 0 or off(found, "m[2]", ρ * square)


def catalan(k: int) -> int:
    return comb(2 * k, k) // (k + 1)


def fuss_catalan(s: int, k: int) -> int:
    """The k-th moment of (W₁⋯W_s)ᵀ(W₁⋯W_s), square and Gaussian."""
    return comb((s + 1) * k, k) // (s * k + 1)


def narayana(ρ: float, k: int) -> float:
    """The k-th moment of WᵀW, W of ρn × n with entries N(0, 1/n): Marchenko and Pastur."""
    return sum(comb(k, j) * comb(k, j - 1) / k * ρ**j for j in range(1, k + 1))


def moments(cumulants: Sequence[float]) -> list[float]:
    """Moments from free cumulants κ_1, κ_2, …: m_k = Σ_s κ_s Σ_{i₁+…+i_s=k−s} m_{i₁}⋯m_{i_s}."""

    @cache
    def products(count: int, total: int) -> float:
        if count == 0:
            return float(total == 0)
        return sum(moment(i) * products(count - 1, total - i) for i in range(total + 1))

    @cache
    def moment(k: int) -> float:
        if k == 0:
            return 1.0
        return sum(cumulants[s - 1] * products(s, k - s) for s in range(1, k + 1))

    return [moment(k) for k in range(1, len(cumulants) + 1)]


def free_moments(run: Run, declarations: str, step: str, count: int) -> list[float]:
    """Tr M, …, tr M^count of the symmetric M that takes x[k-1] to x[k] by the lines of `step`.

    Each is x·M^k x/n for a vector x independent of M.
    """
    half = (count + 1) // 2
    body = "\n".join("    " + line for line in step.splitlines())
    text = f"program moments\nwidth n\n{declarations}\nvector x[0] : n ~ N(0, 1)\n"
    text += f"for k in 1..{half}:\n{body}\n"
    pairs = [(k // 2, k - k // 2) for k in range(1, count + 1)]
    text += "\n".join(f"m[{i + j}] = mean(x[{i}] * x[{j}])" for i, j in pairs)
    found = run(text)
    return [found.scalar(f"m[{k}]") for k in range(1, count + 1)]


GOE = "matrix W, V : n × n ~ N(0, 1/2)"
SQUARE = "matrix W, V, T : n × n ~ N(0, 1)"
SEMICIRCLE = "x[k] = W x[k-1] + W' x[k-1]"
NOT_SYMMETRIC = "x[k] = W x[k-1] + V x[k-1]"


def test_semicircle_law(run):
    found = free_moments(run, GOE, SEMICIRCLE, 10)
    expected = [0 if k % 2 else catalan(k // 2) for k in range(1, 11)]
    assert found == pytest.approx(expected, abs=1e-8)
    wrong = free_moments(run, GOE, NOT_SYMMETRIC, 4)
    assert abs(wrong[3] - 2) > 0.5


@pytest.mark.parametrize("ratio", ["1/3", "1/2", "1", "3"])
def test_marchenko_pastur_law_of_any_ratio(ratio, run):
    ρ = float(Fraction(ratio))
    matrix = f"width m = {ratio} n\nmatrix W : m × n ~ N(0, 1)"
    found = free_moments(run, matrix, "x[k] = W' W x[k-1]", 6)
    assert found == pytest.approx([narayana(ρ, k) for k in range(1, 7)], rel=1e-9)
    assert found[2] != pytest.approx(narayana(1.01 * ρ, 3), rel=1e-2)


@pytest.mark.parametrize(
    ("step", "factors"),
    [
        ("x[k] = W' W x[k-1]", 1),
        ("x[k] = W' V' V W x[k-1]", 2),
        ("x[k] = W' W' W W x[k-1]", 2),
        ("x[k] = W' V' T' T V W x[k-1]", 3),
        ("x[k] = W' W' W' W W W x[k-1]", 3),
        ("x[k] = W' V' W' W V W x[k-1]", 3),
    ],
)
def test_products_of_gaussian_matrices_have_fuss_catalan_moments(step, factors, run):
    """Of different ones, and of powers of one, which is R-diagonal (Haagerup & Larsen 2000)."""
    expected, more = ([fuss_catalan(s, k) for k in range(1, 5)] for s in (factors, factors + 1))
    found = free_moments(run, SQUARE, step, 4)
    assert found == pytest.approx(expected, rel=1e-9)
    assert found != pytest.approx(more, rel=1e-2)


def test_a_matrix_confused_with_its_transpose_is_seen(run):
    """(WᵀW)² in place of (W²)ᵀW²: every second Catalan number."""
    found = free_moments(run, SQUARE, "x[k] = W' W W' W x[k-1]", 4)
    assert found == pytest.approx([catalan(2 * k) for k in range(1, 5)], rel=1e-9)
    assert found != pytest.approx([fuss_catalan(2, k) for k in range(1, 5)], rel=1e-2)


ANTICOMMUTATOR = """a[k] = W x[k-1] + W' x[k-1]
b[k] = V x[k-1] + V' x[k-1]
x[k] = W b[k] + W' b[k] + V a[k] + V' a[k]"""


def test_the_anticommutator_of_free_semicirculars(run):
    """AB + BA = C² − D² for free semicirculars C, D = (A ± B)/√2: κ_k = 1 + (−1)^k.

    Nica and Speicher 1998 (the tetilla law of Deya and Nourdin 2012, but for its scale).
    """
    expected = moments([0, 2, 0, 2, 0, 2])
    assert expected == [0, 2, 0, 10, 0, 66]
    assert free_moments(run, GOE, ANTICOMMUTATOR, 6) == pytest.approx(expected, abs=1e-7)
    commuting = ANTICOMMUTATOR.replace("V", "W")
    assert free_moments(run, GOE, commuting, 4)[1] == pytest.approx(4 * catalan(2))


def test_the_commutator_has_the_moments_of_the_anticommutator(run):
    step = ANTICOMMUTATOR.replace("+ V a[k] + V' a[k]", "- V a[k] - V' a[k]")
    assert free_moments(run, GOE, step, 6) == pytest.approx([0, 2, 0, 10, 0, 66], abs=1e-7)
    same = step.replace("V", "W")
    assert free_moments(run, GOE, same, 4) == pytest.approx([0, 0, 0, 0], abs=1e-9)


def test_free_convolution_with_signs(run):
    """A + diag(±1): the free cumulants 0, 1 and 0, 1, 0, −1, 0, 2 of the two add."""
    declarations = f"{GOE}\nvector g : n ~ N(0, 1)"
    step = "x[k] = W x[k-1] + W' x[k-1] + sign(g) * x[k-1]"
    assert moments([0, 1, 0, -1, 0, 2]) == [0, 1, 0, 1, 0, 1]
    expected = moments([0, 2, 0, -1, 0, 2])
    assert expected == [0, 2, 0, 7, 0, 30]
    found = free_moments(run, declarations, step, 6)
    assert found == pytest.approx(expected, abs=0.05)
    classical = [0, 2, 0, 9, 0, 51]
    assert np.max(np.abs(np.array(found) - classical)) > 1


CIRCULAR = """
program circular
width n
matrix W : n × n ~ N(0, 1)
vector x[0,0] : n ~ N(0, 1)
for j in 1..3:
    x[0,j] = W' x[0,j-1]
for i in 1..3:
    for j in 0..3:
        x[i,j] = {matrix} x[i-1,j]
for i in 0..3:
    for j in 0..3:
        m[i,j] = mean(x[0,0] * x[i,j])
"""


def test_circular_law(run):
    """Tr Wⁱ(Wᵀ)ʲ → δ_ij, as of a circular element; of Wᵀ in place of W it is tr (Wᵀ)^(i+j) → 0."""
    found = run(CIRCULAR.format(matrix="W"))
    entries = [[found.scalar(f"m[{i},{j}]") for j in range(4)] for i in range(4)]
    assert np.array(entries) == pytest.approx(np.eye(4), abs=1e-9)
    wrong = run(CIRCULAR.format(matrix="W'"))
    assert wrong.scalar("m[1,1]") == pytest.approx(0, abs=1e-9)


CHEBYSHEV = """
program chebyshev
width n
matrix W : n × n ~ N(0, 1/2)
vector x[0] : n ~ N(0, 1)
x[1] = W x[0] + {second} x[0]
for k in 2..5:
    x[k] = W x[k-1] + {second} x[k-1] - x[k-2]
for i in 0..5:
    for j in 0..5:
        m[i,j] = mean(x[i] * x[j])
"""


def test_chebyshev_polynomials_are_orthonormal_for_the_semicircle(run):
    found = run(CHEBYSHEV.format(second="W'"))
    gram = np.array([[found.scalar(f"m[{i},{j}]") for j in range(6)] for i in range(6)])
    assert gram == pytest.approx(np.eye(6), abs=1e-9)
    text = CHEBYSHEV.format(second="V").replace("matrix W :", "matrix W, V :")
    assert abs(run(text).scalar("m[2,2]") - 1) > 0.5


STATE_EVOLUTION = """
program amp
width n
matrix W : n × n ~ N(0, 1/2)
vector x[0] : n ~ N(0, 4)
y[0] = tanh(x[0])
x[1] = W y[0] + W' y[0]
for t in 1..3:
    y[t] = tanh(x[t])
    b[t] = {onsager} * mean(1 - y[t]^2)
    x[t+1] = W y[t] + W' y[t] - b[t] * y[t-1]
for t in 1..4:
    s[t] = mean(x[t]^2)
    q[t] = mean(x[t]^4)
c = mean(x[3] * x[4])
"""


def expected_under_normal(f, variance: float) -> float:
    def weighted(z: float) -> float:
        return f(math.sqrt(variance) * z) * math.exp(-z * z / 2) / math.sqrt(2 * math.pi)

    return quad(weighted, -10, 10, epsabs=1e-12)[0]


def test_state_evolution(run):
    """Approximate message passing is Gaussian, τ²_{t+1} = E f(τ_t Z)² (Bayati & Montanari 2011)."""
    found, variance = run(STATE_EVOLUTION.format(onsager=1)), 4.0
    for t in range(1, 5):
        variance = expected_under_normal(lambda z: math.tanh(z) ** 2, variance)
        assert not off(found, f"s[{t}]", variance)
        assert not off(found, f"q[{t}]", 3 * variance**2)
        assert found.error(f"s[{t}]") < 2e-3
    without = run(STATE_EVOLUTION.format(onsager=0))
    assert without.scalar("s[4]") > 1.5 * variance


NORMALIZED = """
program normalized
width n
dim d = 3
parametrization ntk
data ξ : d
param U : n × d ~ N(0, 1) scale {scale}
param W : n × n ~ N(0, 1)
h = U ξ + {shift}
μ = mean(h)
v = mean((h - μ)^2)
x = (h - μ) / sqrt(v)
g = W relu(x)
dg = W' tanh(g)
dx = step(x) * dg
dv = mean(-(h - μ) / (2 * v * sqrt(v)) * dx)
dμ = mean(-dx / sqrt(v))
dh = dx / sqrt(v) + {through} * (dv * 2 * (h - μ) + dμ)
m[1] = mean(x)
m[2] = mean(x^2)
m[3] = mean(tanh(g)^2)
m[4] = mean(dh)
m[5] = mean(dh * h)
m[6] = mean(dh^2)
"""


def normalized(run: Run, scale: float = 1.0, shift: float = 0.0, through: float = 1.0) -> Limit:
    text = NORMALIZED.format(scale=scale, shift=shift, through=through)
    return run(text, data={"ξ": [0.4, -1.1, 0.9]})


def test_layer_normalization_forgets_shift_and_scale(run):
    """And its gradient is orthogonal to 1 and to h, and of size 1/scale (Ba, Kiros & Hinton)."""
    plain, moved = normalized(run), normalized(run, 3.0, 2.0)
    for name, expected in (("m[1]", 0), ("m[2]", 1), ("m[4]", 0), ("m[5]", 0)):
        assert plain.scalar(name) == pytest.approx(expected, abs=1e-9)
        assert moved.scalar(name) == pytest.approx(expected, abs=1e-9)
    assert moved.scalar("m[3]") == pytest.approx(plain.scalar("m[3]"), abs=1e-9)
    assert 9 * moved.scalar("m[6]") == pytest.approx(plain.scalar("m[6]"), abs=1e-9)
    unfinished = normalized(run, through=0.0)
    assert abs(unfinished.scalar("m[4]")) + abs(unfinished.scalar("m[5]")) > 0.1

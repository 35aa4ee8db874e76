"""The exact engine against hand-derived values, theory's recursions, samples and corruptions."""

from __future__ import annotations

import json
import math
from itertools import product

import numpy as np
import pytest
from limits.finite import DIAGRAMS, gallery, inputs, mismatches
from scipy.integrate import quad
from typer.testing import CliRunner

from tpgraph.errors import TPDataError, TPTypeError
from tpgraph.functions import PRIMITIVES, Apply, Argument, evaluate
from tpgraph.language import parse
from tpgraph.limits import limit, limit_over_inputs, rules
from tpgraph.limits.closed_forms.duals import dual
from tpgraph.limits.exact import gaussians
from tpgraph.limits.exact.products import ExactProducts
from tpgraph.program import Program
from tpgraph.transform import backward
from tpgraph_cli.main import app

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
s[1] = mean(relu(h) * w)
s[2] = mean(v * a)
s[3] = mean(v * tanh(a))
s[4] = mean(v * u)
s[5] = mean(v^2)
"""

MLP = """
program mlp
width n
dim d = 4
parametrization ntk
fn φ(z) = {φ}(z)
data ξ : d
param W[1] : n × d ~ N(0, 1) scale 1.3
param W[2..3] : n × n ~ N(0, 1) scale 1.3
param b[1..3] : n ~ N(0, 1) scale 0.4
param V : 1 × n ~ N(0, 1)
x[1] = φ(W[1] ξ + b[1])
x[2] = φ(W[2] x[1] + b[2])
x[3] = φ(W[3] x[2] + b[3])
f = V x[3]
output f
"""


def table(name, order=0):
    expression = Apply(PRIMITIVES[name], (Argument(0),), order)
    return lambda z: float(evaluate(expression, [np.asarray(z)]))


def expectation(f, variance=1.0):
    """E f(√variance z), by scipy on both sides of 0."""

    def integrand(z):
        return f(math.sqrt(variance) * z) * math.exp(-z * z / 2) / math.sqrt(2 * math.pi)

    return sum(quad(integrand, a, b, epsabs=1e-14)[0] for a, b in ((-12, 0), (0, 12)))


def exact(text, **data):
    return limit(parse(text), data=data, engine="exact")


@pytest.mark.parametrize("function", ["tanh", "relu", "sin", "erf", "gelu", "silu", "softplus"])
def test_a_transpose_adds_the_square_of_the_expected_slope(function):
    """v = Wᵀφ(W1): E[v²] = E[φ²] + (E φ′)²."""
    φ, slope = table(function), table(function, 1)
    expected = expectation(lambda z: φ(z) ** 2) + expectation(slope) ** 2
    found = exact(TRANSPOSED.format(φ=function))
    assert found.scalar("m") == pytest.approx(expected, abs=1e-12)
    assert found.dot("v") == pytest.approx({"u": expectation(slope)}, abs=1e-13)
    assert found.error("m") < 1e-11


@pytest.mark.parametrize(
    ("function", "expected"), [("sign", 1 + 2 / math.pi), ("step", 0.5 + 1 / (2 * math.pi))]
)
def test_jumps_by_stein(function, expected):
    assert exact(TRANSPOSED.format(φ=function)).scalar("m") == pytest.approx(expected, abs=1e-14)


@pytest.mark.parametrize("corrupt", ["no dot", "merged", "doubled"])
def test_a_corrupted_rule_is_seen(corrupt, monkeypatch):
    text = TRANSPOSED.format(φ="tanh")
    good = exact(text).scalar("m")
    if corrupt == "no dot":
        monkeypatch.setattr(ExactProducts, "slopes", lambda self, equation: None)
    elif corrupt == "merged":
        monkeypatch.setattr(gaussians.Gaussians, "related", lambda self, a, b: True)
        monkeypatch.setattr(
            gaussians.Gaussians, "related_pairs", lambda self, *ends: product(*ends)
        )
        monkeypatch.setattr(
            gaussians.Gaussians, "same", lambda self, a, b: self.family_of[a.name].same(a, a)
        )
        text = text.replace("mean(v^2)", "mean((v + h)^2) - 1")
    else:
        own = gaussians.ProductGaussians.same
        monkeypatch.setattr(gaussians.ProductGaussians, "same", lambda *given: 1.1 * own(*given))
    assert abs(exact(text).scalar("m") - good) > 1e-3


def test_polynomials_by_hand():
    """Wick: E[x⁴] = 3, E[x²y²] = 1 + 2ρ², E[x³y] = 3ρ, E[(x + 1)⁴ y²] with means."""
    found = exact(
        "program p\nwidth n\nvector x, y : n ~ N([0, 0], [[1, .5], [.5, 1]])\n"
        "vector z : n ~ N(2, 3)\n"
        "m[1] = mean(x^4)\nm[2] = mean(x^2 * y^2)\nm[3] = mean(x^3 * y)\n"
        "m[4] = mean((x + 1)^4 * y^2)\nm[5] = mean(z^3)\nm[6] = mean((x * y - 1/2) * z)\n"
    )
    # E[(x+1)⁴y²] = E[x⁴y²] + 6 E[x²y²] + E[y²] = (3 + 12ρ²) + 6(1 + 2ρ²) + 1: odd powers vanish.
    expected = [3, 1.5, 1.5, 3 + 12 / 4 + 6 * 1.5 + 1, 8 + 3 * 2 * 3, 0]
    assert [found.scalar(f"m[{k}]") for k in range(1, 7)] == pytest.approx(expected, abs=1e-14)


def test_spectral_moments_are_exact():
    wigner = limit(gallery("wigner"), engine="exact")
    moments = [wigner.scalar(f"m[{k}]") for k in range(1, 7)]
    assert moments == pytest.approx([0, 1, 0, 2, 0, 5], abs=1e-14)
    law = limit(gallery("marchenko_pastur"), engine="exact")
    assert [law.scalar(f"s[{k}]") for k in (1, 2, 3)] == [2, 6, 22]


def test_unequal_widths_at_finite_width():
    """The same matrix both ways between widths of ratio 1/2, monomials beside functions."""
    program = parse(UNEQUAL)
    found = limit(program, engine="exact")
    assert mismatches(program, found, 1600, 8) == []
    sampled = limit(program, engine="sampled")
    for k in range(1, 6):
        name = f"s[{k}]"
        assert abs(found.scalar(name) - sampled.scalar(name)) < 5 * sampled.error(name)


def test_unequal_widths_need_the_ratio(monkeypatch):
    program = parse(UNEQUAL)
    own = rules._variance
    monkeypatch.setattr(
        rules, "_variance", lambda at, e: own(at, e) * (2.0 if e.transpose else 1.0)
    )
    assert mismatches(program, limit(program, engine="exact"), 1600, 8) != []


def recursion(function, X):
    """E[φφ] and E[φ′φ′] of every layer, theory's recursion for MLPs."""
    squares, slopes = [], []
    K = 1.69 * X @ X.T / X.shape[1] + 0.16
    for _ in range(3):
        p, q = np.diag(K)[:, None], np.diag(K)[None, :]
        squares.append(dual(function, p, K, q))
        slopes.append(dual(f"{function}'", p, K, q))
        K = 1.69 * squares[-1] + 0.16
    return squares, slopes


@pytest.mark.parametrize("function", ["relu", "erf", "gelu", "sin", "abs"])
def test_the_recursion_of_an_mlp(function):
    program = backward(parse(MLP.format(φ=function)))
    X = np.random.default_rng(2).standard_normal((70, 4))
    X[3] = X[5]
    names = [f"x[{layer}]" for layer in (1, 2, 3)] + [f"dx[{layer}]" for layer in (1, 2, 3)]
    pairs = [(name, name) for name in names] + [("f", "f")]
    found = limit_over_inputs(program, {"ξ": X}, pairs, engine="exact")
    squares, slopes = recursion(function, X)
    off = ~np.eye(70, dtype=bool)
    off[3, 5] = off[5, 3] = False
    gradient = np.ones((70, 70))
    for layer in (3, 2, 1):
        values = found.moment(f"x[{layer}]", f"x[{layer}]").value
        assert values == pytest.approx(squares[layer - 1], abs=1e-12)
        values = found.moment(f"dx[{layer}]", f"dx[{layer}]").value
        assert values[off] == pytest.approx(gradient[off], abs=1e-11)
        assert values[3, 5] == pytest.approx(values[3, 3], rel=1e-12)
        gradient = 1.69 * gradient * slopes[layer - 1]
    readout = found.covariance("f", "f")
    assert readout.value == pytest.approx(squares[2], abs=1e-12)
    assert found.engine == "exact"
    assert readout.error.max() < 1e-11
    assert abs(readout.value - squares[1]).max() > 1e-3


@pytest.mark.parametrize("function", ["tanh", "sigmoid", "softplus", "silu"])
def test_smooth_functions_keep_their_error(function):
    """Moments of two layers against tensor quadrature of the same covariances."""
    program = parse(MLP.format(φ=function))
    X = np.random.default_rng(4).standard_normal((5, 4))
    X[4] = X[0] + 1e-5
    pairs = [("x[1]", "x[1]"), ("x[2]", "x[2]")]
    found = limit_over_inputs(program, {"ξ": X}, pairs, engine="exact")
    K = 1.69 * X @ X.T / 4 + 0.16
    call = Apply(PRIMITIVES[function], (Argument(0),))
    z = np.linspace(-10, 10, 241)
    w = np.exp(-(z**2) / 2)
    w /= w.sum()
    for pair in pairs:
        expected = np.empty((5, 5))
        for i in range(5):
            for j in range(5):
                c = K[i, j] / math.sqrt(K[i, i])
                rest = math.sqrt(max(K[j, j] - c * c, 0.0))
                u, v = math.sqrt(K[i, i]) * z[:, None], c * z[:, None] + rest * z[None, :]
                expected[i, j] = w @ (evaluate(call, [u]) * evaluate(call, [v])) @ w
        values = found.moment(*pair)
        assert (abs(values.value - expected) < values.error + 1e-12).all()
        assert values.error.max() < 1e-10
        K = 1.69 * expected + 0.16


CLOSING = [
    "attention",
    "backpropagation",
    "conv1d",
    "first_step",
    "layernorm",
    "rnn",
    "transformer",
]


@pytest.mark.parametrize("name", [*CLOSING, "autoencoder", "gru", "mlp", "one_hidden", "resnet"])
def test_the_gallery_agrees_with_samples(name):
    program = gallery(name)
    data = inputs(program)
    found, sampled = (limit(program, data=data, engine=e) for e in ("exact", "sampled"))
    for scalar in sampled.scalar_values:
        bar = sampled.error(scalar)
        assert abs(found.scalar(scalar) - sampled.scalar(scalar)) < 5.5 * bar, scalar
    for vector, other in sampled.vectors.items():
        for own, estimate in (
            (found.mean(vector), other.mean),
            (found.var(vector), other.var),
            *((found.dot(vector)[y], c) for y, c in other.dot.items() if y in found.dot(vector)),
        ):
            assert abs(own - estimate.value) < 5.5 * estimate.error, vector
        assert found.vector(vector).var.error < 1e-8 * (1 + found.var(vector))


@pytest.mark.parametrize("name", CLOSING)
def test_pairs_of_inputs_agree_with_samples(name):
    program = gallery(name)
    program = backward(program) if program.is_network else program
    rng = np.random.default_rng(1)
    data = {
        d.variable.name: rng.standard_normal((3, d.variable.dim.size({}))) for d in program.data
    }
    wide = [v for e in program.equations if (v := e.out).is_wide]
    pairs = [(a.name, b.name) for a in wide for b in wide[-6:] if a.type == b.type]
    found, sampled = (
        limit_over_inputs(program, data, pairs, engine=e) for e in ("exact", "sampled")
    )
    for pair in pairs:
        own, other = found.moment(*pair), sampled.moment(*pair)
        assert (abs(own.value - other.value) < 6.5 * other.error + 1e-9).all(), pair
        assert abs(found.mean(pair[0]).value - sampled.mean(pair[0]).value).max() < 0.05


def test_what_does_not_close_is_refused_by_name_or_sampled():
    program = gallery("batchnorm")
    data = inputs(program)
    with pytest.raises(TPTypeError, match=r"in the exact limit of .*no closed form"):
        limit(program, data=data, engine="exact")
    assert limit(program, data=data, samples=2**12).engine == "sampled"
    with pytest.raises(TPDataError, match="there is no engine quick"):
        limit(program, data=data, engine="quick")
    with pytest.raises(TPDataError, match="for the sampling engine"):
        limit(gallery("mlp"), data=inputs(gallery("mlp")), engine="exact", outputs="sampled")


def test_covariances_and_conditions():
    found = exact(
        "program p\nwidth n\nvector x : n ~ N(1, 1)\nmatrix W : n × n ~ N(0, 1)\n"
        "h = W x\nv = W' (x + 3 * h)\ny = exp(x / 2)\nz = max(h, 0.3)\n"
    )
    assert found.cov("x", "y") == pytest.approx(0.5 * math.exp(0.5 + 1 / 8), rel=1e-13)
    assert found.cov("v", "x") == pytest.approx(3.0, abs=1e-13)
    assert found.cov("h", "x") == 0.0
    mean = expectation(lambda z: max(z, 0.3) if z > 0 else 0.3, 2.0)
    assert found.mean("z") == pytest.approx(mean, abs=1e-9)
    assert found.hat_var("v") == pytest.approx(2 + 9 * 2, abs=1e-12)


def test_the_command_line_chooses_the_engine():
    wigner, runner = str(DIAGRAMS / "wigner.tp"), CliRunner()
    for engine, name in (("auto", "exact"), ("exact", "exact"), ("sampled", "sampled")):
        done = runner.invoke(app, ["limit", wigner, "--engine", engine, "--json"])
        assert json.loads(done.stdout)["engine"] == name
    assert runner.invoke(app, ["limit", wigner, "--engine", "quick"]).exit_code == 2


@pytest.mark.parametrize(
    ("step", "count"),
    [
        ("tanh({} + v)", 600),
        ("tanh({0} + sin({0}))", 40),
        ("{} * tanh(v)", 600),
        ("{0} * {0}", 40),
    ],
)
def test_functions_of_functions_are_left_to_samples(step: str, count: int) -> None:
    """Whatever is written out to more than the stack or the time of the exact engine."""
    program = _repeated(step, count)
    with pytest.raises(TPTypeError, match="closed form"):
        limit(program, engine="exact")
    assert np.isfinite(limit(program, samples=4096).scalar("m"))


def test_what_falls_below_floats_is_refused() -> None:
    program = _repeated("(W {0}) * {0}", 90)
    with pytest.raises(TPTypeError, match="closed form"):
        limit(program, engine="exact")
    with pytest.raises(TPTypeError, match="too small for a float"):
        limit(program, samples=4096)


def _repeated(step: str, count: int) -> Program:
    """x_k made of x_(k − 1) so many times."""
    lines = ["width n", "vector v : n ~ N(0, 1)", "matrix W : n × n ~ N(0, 1)", "x0 = tanh(v)"]
    lines += [f"x{k} = {step.format(f'x{k - 1}')}" for k in range(1, count)]
    return parse("\n".join([*lines, f"m = mean(x{count - 1})"]) + "\n")

"""Jumps in quotients by what vanishes: their derivative is a density, not 0."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from limits.finite import gallery, inputs
from limits.texts import GAUSSIANS

from tpgraph.errors import TPError, TPTypeError
from tpgraph.functions import DELTA, Apply, number
from tpgraph.interpreter import interpret, sample
from tpgraph.language import parse
from tpgraph.limits import limit, scalars_in_limit
from tpgraph.program import MatMul
from tpgraph.transform import unroll_sgd

HEAD = GAUSSIANS + "scalar ε -> 0 = 1/sqrt(n)\nscalar δ -> 0 = -1/n\n"

PHI0, PHI_HALF = (float(mpmath.npdf(z)) for z in (0, 0.5))
TANH = float(mpmath.quad(lambda z: z * mpmath.tanh(z) * mpmath.npdf(z), [-10, 0, 10]))

MEANS = {
    "(step(x + ε * g) - step(x)) / ε": PHI0,
    "(step(x - 0.5 + ε * g) - step(x - 0.5)) / ε": PHI_HALF,
    "y^2 * g * (sign(x - 0.5 + ε * g) - sign(x - 0.5)) / ε": 2 * PHI_HALF * 2,
    "x * (step(x - 0.5 + ε * g) - step(x - 0.5)) / ε": 0.5 * PHI_HALF,
    "tanh(y) * (step(x + ε * y) - step(x)) / ε": PHI0 * TANH,
    "tanh(x) * (step(x - 0.5 + ε * g) - step(x - 0.5)) / ε": PHI_HALF * float(mpmath.tanh(0.5)),
    "(relu(x + ε * g) - relu(x) - ε * step(x) * g) / ε^2": PHI0,
    "(abs(x + ε * y) - abs(x)) * g / ε^2 - sign(x) * y * g / ε": PHI0,
    "(step(x + ε * g) + x * sin(ε * g) - step(x)) / ε": PHI0,
    "(step(2 * x - 1 + ε * g) - step(2 * x - 1)) / ε": PHI_HALF / 2,
    "(step(tanh(x) - tanh(0.5) + ε * g) - step(tanh(x) - tanh(0.5))) / ε": PHI_HALF
    / float(mpmath.sech(0.5) ** 2),
    "sign(ε)": 1.0,
    "sign(δ) * x^2": -1.0,
    "step(δ) + step(-1 * δ) * 3": 3.0,
    "relu(δ * x) / δ * x": 0.5,  # relu(−s x)/(−s) = −relu(−x), and −E[x relu(−x)] = 1/2
}


@pytest.mark.filterwarnings("ignore::tpgraph.errors.TPWarning")
@pytest.mark.parametrize("engine", ["auto", "sampled"])
@pytest.mark.parametrize("text", MEANS)
def test_means(text, engine):
    found = limit(parse(HEAD + f"q = mean({text})"), engine=engine)
    assert abs(found.scalar("q") - MEANS[text]) <= 4 * found.error("q") + 1e-12
    assert found.error("q") < 0.05


@pytest.mark.filterwarnings("ignore::tpgraph.errors.TPWarning")
def test_a_vector_with_a_density_is_known_by_linear_means():
    """k has no Z, its mean has; behind a factor ε, and in W k, it is of no account."""
    text = "k = (step(x + ε * g) - step(x)) / ε\nq = mean(k * y^2)\nv = W k\no = W x + ε * v\n"
    found = limit(parse(HEAD + text + "r = mean(o^2)\ns = mean((y + ε * k)^2)"))
    assert found.scalar("q") == pytest.approx(PHI0)
    assert found.scalar("r") == pytest.approx(1)
    assert found.scalar("s") == pytest.approx(1)
    assert "k" not in found.vectors


@pytest.mark.parametrize(
    "text",
    [
        "v = W k\nq = mean(v * y)",
        "q = mean(k^2)",
        "q = mean(ε * k^2)",
        "v = W k\nq = mean(ε * v^2)",
        "q = mean(tanh(k))",
        "q = mean(tanh(ε * k) / ε)",
    ],
)
def test_other_uses_are_refused(text):
    """E k² is of the order of 1/ε: so is E v², and E[ε k²] is no 0."""
    with pytest.raises(TPTypeError, match="jump"):
        limit(parse(HEAD + "k = (step(x + ε * g) - step(x)) / ε\n" + text))


JUMPING = """
program jumping
width n
dim d = 2
parametrization ntk
fn φ(z) = step(z - 0.5) + tanh(z)
data ξ : d
target y : 1
param U : n × d ~ N(0, 1)
param V : 1 × n ~ N(0, 1)
f = V φ(U ξ)
output f
loss (f - y)^2 / 2
"""


def change(text: str) -> tuple[float, float, float]:
    """f̃_1 − f̃_0 in the limit, its error, and what the jump adds to it.

    η = 1, χ = f − y and dh = v φ′(h) with step′ = 0 give δh̃ = −χ v φ′(h) ξ·ξ̃/d, so that the jump
    adds −χ ξ·ξ̃/d E[δ(h̃ − 1/2) tanh′(h)].
    """
    program = unroll_sgd(parse(text), 1, lr=1.0, form="fluctuation")
    data = {"ξ_0": [1.0, 0.5], "ξ̃": [0.8, -0.4], "y_0": [2.0]}
    found = limit(program, data=data, outputs={"f_0": [0.5], "f̃_0": [0.3]}, samples=2**17)
    p, q, c = 1.25 / 2, 0.8 / 2, 0.6 / 2
    mean, rest = c / q * 0.5, mpmath.sqrt(p - c * c / q)
    slope = mpmath.quad(lambda z: mpmath.sech(mean + rest * z) ** 2 * mpmath.npdf(z), [-9, 0, 9])
    density = mpmath.npdf(0.5, 0, mpmath.sqrt(q))
    jump = 1.5 * c * float(density * slope)
    return float(found.values("f̃_1")[0]) - 0.3, found.error("f̃_1"), jump


@pytest.mark.filterwarnings("ignore::tpgraph.errors.TPWarning")
def test_a_network_that_jumps_learns_by_its_jump_too(monkeypatch):
    whole, error, jump = change(JUMPING)
    smooth, _, _ = change(JUMPING.replace("step(z - 0.5) + ", ""))
    covariance = _covariance_of_steps(1.25 / 2, 0.8 / 2, 0.6 / 2)
    expected = smooth + jump + 1.5 * covariance
    assert abs(whole - expected) <= 4 * error + 2e-3
    assert abs(whole - (expected - jump)) > 4 * error + 2e-3


def _covariance_of_steps(p: float, q: float, c: float) -> float:
    """E[φ(h) φ(h̃)] − E[tanh h tanh h̃] of φ = step(z − 1/2) + tanh, by Monte Carlo of its own."""
    rng = np.random.default_rng(7)
    z = rng.standard_normal((2, 4_000_000))
    h = np.sqrt(p) * z[0]
    other = c / np.sqrt(p) * z[0] + np.sqrt(q - c * c / p) * z[1]
    s, t = (h > 0.5) * 1.0, (other > 0.5) * 1.0
    return float(np.mean(s * t + s * np.tanh(other) + np.tanh(h) * t))


@pytest.mark.parametrize("name", ["layernorm_mlp", "batchnorm", "transformer"])
def test_normalized_networks_in_fluctuation_form_against_wide_ones(name):
    """Conditioned on the outputs of each finite network at its initialization."""
    program = unroll_sgd(gallery(name), 1, lr=0.5, form="fluctuation")
    data = inputs(program, seed=2)
    tested = [v.name for v in program.variables.values() if v.name.startswith("f̃_1")]
    tested = [x for x in tested if x.replace("f̃_1", "f̃_0") in program.variables and "~" not in x]
    readouts = _readouts(program)
    off = []
    for n in (96, 1536):
        widths = {w.base or w.name: n for w in program.widths}
        gaps = []
        for seed in range(4):
            values = interpret(program, {**sample(program, widths, seed=seed), **data}, widths)
            known = {x: values[x] for x in readouts}
            found = limit(program, data=data, outputs=known, samples=2**13)
            ends = np.array([values[x][0] for x in tested])
            limits = np.array([found.values(x)[0] for x in tested])
            starts = np.array([values[x.replace("f̃_1", "f̃_0")][0] for x in tested])
            gaps.append(np.linalg.norm(ends - limits) / np.linalg.norm(limits - starts))
        off.append(float(np.mean(gaps)))
    assert tested
    assert off[1] < 0.5 * off[0]
    assert off[1] < 0.2


def _readouts(program) -> list[str]:
    """Products of fixed dimension that the first pass of every context makes."""
    made = [e for e in program.equations if isinstance(e, MatMul)]
    return [e.out.name for e in made if e.operand.is_wide and not e.out.is_wide]


@pytest.mark.parametrize("engine", ["auto", "sampled"])
@pytest.mark.parametrize(
    ("lines", "truth"),
    [
        ("q = mean(ε * h / (1 + ε) + x^2)", 1.0),
        ("q = mean(ε * h / (1 + ε) + step(relu(x) - ε))", 0.5),
        ("u = ε * h / (1 + ε) + x\nq = mean(step(u))", 0.5),
    ],
)
def test_what_has_no_variable_is_of_no_account_beside_it(lines, truth, engine):
    program = parse(HEAD + f"d = (step(x + ε * g) - step(x)) / ε\nh = W d\n{lines}\n")
    found = limit(program, engine=engine)
    assert abs(found.scalar("q") - truth) <= 4 * found.error("q") + 1e-9


def test_without_densities_they_would_be_wrong(monkeypatch):
    text = "(step(x + ε * g) - step(x)) / ε"
    real = scalars_in_limit.at_limit

    def forgetful(expression, index):
        def without(e):
            if isinstance(e, Apply):
                if e.function == DELTA:
                    return number(0)
                return Apply(e.function, tuple(map(without, e.arguments)), e.order)
            return e

        return without(real(expression, index))

    monkeypatch.setattr(scalars_in_limit, "at_limit", forgetful)
    with pytest.raises(TPError, match="share tends to 0"):
        limit(parse(HEAD + f"q = mean({text})"))
    monkeypatch.setattr(scalars_in_limit, "may_have_layer", lambda *_: False)
    found = limit(parse(HEAD + f"q = mean({text})"))
    assert abs(found.scalar("q") - MEANS[text]) > 4 * found.error("q")


@pytest.mark.filterwarnings("ignore::tpgraph.errors.TPWarning")
@pytest.mark.parametrize("text", ["x * (sign(x + δ) - sign(x)) / δ", "(step(x + δ) - step(x)) / δ"])
def test_the_width_of_a_kernel_is_within_its_error(text):
    program = parse(HEAD.replace("x : n ~ N(0, 1)", "x : n ~ N(0.2, 1)") + f"q = mean({text})")
    truth = 0.0 if text.startswith("x") else float(mpmath.npdf(0, 0.2))
    for samples in (2**14, 2**17):
        found = limit(program, engine="sampled", samples=samples)
        assert abs(found.scalar("q") - truth) <= 2.5 * found.error("q")

"""The reference semantics: by hand, by law, and with its rules broken."""

from pathlib import Path

import numpy as np
import pytest

import tpgraph as tp
from tpgraph import interpreter
from tpgraph.errors import TPDataError
from tpgraph.interpreter import interpret, multipliers, sample

DIAGRAMS = Path(__file__).parents[1] / "diagrams"

SMALL = """\
width n
width m = 2 n
dim d = 2
parametrization ntk
scalar t = 3
scalar ε -> 0 = 1/sqrt(n)
data ξ : d
target y : 1
param U : m × d ~ N(0, 1) scale 3
param W : n × m ~ N(0, 1)
param V : 1 × n ~ N(0, 1)
h = U ξ
x = W h
z = W' (x * x)
s = mean(x * 2) + t
f = V (x + s * ε)
loss (f - y)^2 / 2
"""
GIVEN = {
    "t": 3.0,
    "ε": 0.5,
    "ξ": [1.0, 2.0],
    "y": [1.0],
    "U": [[1, 0], [0, 1], [1, 1], [0, 0]],
    "W": [[1, 2, 0, 0], [0, 0, 1, -1]],
    "V": [[1.0, -1.0]],
}


def by_hand():
    """The example with pencil and paper: n = 2, m = 4, d = 2."""
    U = 3 / np.sqrt(2) * np.array(GIVEN["U"], dtype=float)
    W = 1 / 2 * np.array(GIVEN["W"], dtype=float)
    V = 1 / np.sqrt(2) * np.array(GIVEN["V"])
    h = 3 / np.sqrt(2) * np.array([1.0, 2.0, 3.0, 0.0])
    x = 3 / np.sqrt(2) * np.array([2.5, 1.5])
    s = 2 * 3 / np.sqrt(2) * 2.0 + 3
    z = 9 / 2 * np.array([3.125, 6.25, 1.125, -1.125])
    f = np.array([3 / 2 * 1.0])
    return {
        "U": U,
        "W": W,
        "V": V,
        "h": h,
        "x": x,
        "z": z,
        "s": s,
        "f": f,
        "loss": (f - 1) ** 2 / 2,
    }


def difference(values, expected):
    return max(np.max(np.abs(values[name] - expected[name])) for name in expected)


def test_by_hand():
    values = interpret(tp.parse(SMALL), GIVEN, {"n": 2})
    assert difference(values, by_hand()) < 1e-14
    assert values["x"].shape == (2,)
    assert values["s"].shape == ()
    assert set(values) == set(tp.parse(SMALL).variables)


def without_transposition(apply):
    def broken(equation, values, widths):
        if getattr(equation, "transpose", False):
            W = values[equation.matrix.name]
            return np.resize(W, W.T.shape) @ values[equation.operand.name]
        return apply(equation, values, widths)

    return broken


def sum_for_mean(apply):
    def broken(equation, values, widths):
        value = apply(equation, values, widths)
        return value * 2 if isinstance(equation, interpreter.Moment) else value

    return broken


def offset(apply):
    def broken(equation, values, widths):
        value = apply(equation, values, widths)
        return value + 1e-9 if isinstance(equation, interpreter.Nonlin) else value

    return broken


@pytest.mark.parametrize("corrupt", [without_transposition, sum_for_mean, offset])
def test_a_broken_rule_is_seen(monkeypatch, corrupt):
    monkeypatch.setattr(interpreter, "_apply", corrupt(interpreter._apply))
    assert difference(interpret(tp.parse(SMALL), GIVEN, {"n": 2}), by_hand()) > 1e-10


def test_a_forgotten_multiplier_is_seen(monkeypatch):
    monkeypatch.setattr(interpreter, "multipliers", lambda program, widths: {})
    assert difference(interpret(tp.parse(SMALL), GIVEN, {"n": 2}), by_hand()) > 1e-3


def test_multipliers():
    program = tp.parse(SMALL)
    found = multipliers(program, {"n": 8})
    assert found == pytest.approx({"U": 3 / 2**0.5, "W": 1 / 4, "V": 1 / 8**0.5})
    assert multipliers(tp.parse("width n\nvector v : n ~ N(0, 1)\n"), {"n": 3}) == {}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ξ": None}, "no value was given for ξ"),
        ({"ξ": [1.0]}, "ξ has shape (1,)"),
        ({"W": np.zeros((4, 2))}, "W has shape (4, 2)"),
        ({"t": [1.0]}, "t has shape (1,)"),
    ],
)
def test_what_is_given_must_fit(change, message):
    given = {k: v for k, v in {**GIVEN, **change}.items() if v is not None}
    with pytest.raises(TPDataError) as caught:
        interpret(tp.parse(SMALL), given, {"n": 2})
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("widths", "message"),
    [
        ({}, "no size was given for width n"),
        ({"n": 3}, "width m = 1/2 n is not a whole number ≥ 1 at n = 3"),
        ({"n": 0}, "not a whole number ≥ 1"),
    ],
)
def test_widths_must_fit(widths, message):
    program = tp.parse("width n\nwidth m = 1/2 n\nvector u : n ~ N(0, 1)\nvector v : m ~ N(0, 1)\n")
    with pytest.raises(TPDataError) as caught:
        sample(program, widths, 0)
    assert message in str(caught.value)
    assert caught.value.mend


def test_sampling_is_by_seed():
    program = tp.load(DIAGRAMS / "mlp.tp")
    first, again, other = (sample(program, {"n": 16}, seed) for seed in (0, 0, 1))
    assert list(first) == [p.variable.name for p in program.parameters]
    for name in first:
        np.testing.assert_array_equal(first[name], again[name])
        assert not np.array_equal(first[name], other[name])


LAWS = """\
width n
width m = 3 n
dim d = 400
parametrization {}
scalar ε -> 0 = 1/sqrt(n)
vector u, v, w : m ~ N([1, 0, -1], [[1, 0.5, 0], [0.5, 1, 0], [0, 0, 0.25]])
matrix A : n × m ~ N(0, 2)
param U : m × d ~ N(0, 3) scale 2
param W : n × m ~ N(0, 3) scale 2
param V : 5 × m ~ N(0, 3) scale 2
param b : m ~ N(0, 3) scale 2
"""
ENTRIES: dict[
    str, dict[str, float]
] = {  # the variance of the trained w, at n = 200, m = 600, d = 400
    "ntk": {"U": 3, "W": 3, "V": 3, "b": 3},
    "standard": {"U": 3 / 400, "W": 3 / 600, "V": 3 / 600, "b": 3},
    "mup": {"U": 3 / 600, "W": 3 / 600, "V": 3 / 600, "b": 3 / 600},
    "abc(a=[0, 1/2, 1], b=[0, 0, 0], c=-1)": {"U": 3, "W": 3, "V": 3, "b": 3},
}


@pytest.mark.parametrize("parametrization", ENTRIES)
def test_laws_of_initial_objects(parametrization):
    """Means and variances within five standard errors, by width and parametrization."""
    program = tp.parse(LAWS.format(parametrization))
    values = sample(program, {"n": 200}, 1)
    for name, variance in ENTRIES[parametrization].items() | {("A", 2 / 600)}:
        entries = values[name].ravel()
        error = np.sqrt(2 / entries.size)
        assert abs(np.mean(entries)) < 5 * np.sqrt(variance / entries.size), name
        assert abs(np.mean(entries**2) / variance - 1) < 5 * error, name
    assert values["A"].shape == (200, 600)
    assert values["V"].shape == (5, 600)
    assert values["ε"] == pytest.approx(200**-0.5)


def test_joint_vectors():
    program = tp.parse(LAWS.format("ntk").replace("dim d = 400", "dim d = 1"))
    values = sample(program, {"n": 2000}, 2)
    joint = np.stack([values[name] for name in "uvw"])
    assert np.mean(joint, axis=1) == pytest.approx([1, 0, -1], abs=5 / 6000**0.5)
    expected = np.array([[1, 0.5, 0], [0.5, 1, 0], [0, 0, 0.25]])
    assert np.max(np.abs(np.cov(joint) - expected)) < 5 * (2 / 6000) ** 0.5


def test_degenerate_gaussians():
    text = "width n\nvector u, v : n ~ N([0, 0], [[4, 4], [4, 4]])\nvector c : n ~ N(3, 0)\n"
    values = sample(tp.parse(text), {"n": 50}, 0)
    np.testing.assert_allclose(values["u"], values["v"], atol=1e-12)
    np.testing.assert_array_equal(values["c"], 3.0)
    assert np.std(values["u"]) == pytest.approx(2, rel=0.5)


def run(program, n, seed):
    return interpret(program, sample(program, {"n": n}, seed), {"n": n})


def within_three_errors(found, moments, n):
    """Given A, (1/n) x₀·A^k x₀ varies by 2 E λ^{2k}/n around its limit E λ^k."""
    for k, value in enumerate(found, start=1):
        error = np.sqrt(2 * moments[2 * k] / n)
        assert abs(value - moments[k]) < 3 * error, (k, value, error)


def test_moments_of_the_semicircle():
    values = run(tp.load(DIAGRAMS / "wigner.tp"), 2000, 0)
    found = [float(values[f"m[{k}]"]) for k in range(1, 7)]
    moments = [1, 0, 1, 0, 2, 0, 5, 0, 14, 0, 42, 0, 132]  # Catalan's numbers
    within_three_errors(found, moments, 2000)
    with pytest.raises(AssertionError):
        within_three_errors(found, [2 * m for m in moments], 2000)


def test_moments_of_marchenko_pastur():
    """W of 2n × n."""
    values = run(tp.load(DIAGRAMS / "marchenko_pastur.tp"), 2000, 0)
    found = [float(values[f"s[{k}]"]) for k in (1, 2, 3)]
    within_three_errors(found, [1, 2, 6, 22, 90, 394, 1806], 2000)  # Schröder's numbers


def test_a_matrix_and_its_transpose_meet():
    """v = Wᵀφ(W 1): mean v² → E φ² + (E φ′)², by Ẑ and Ż (theory, section 2)."""
    text = (
        "width n\nmatrix W : n × n ~ N(0, 1)\nvector one : n ~ N(1, 0)\n"
        "v = W' tanh(W one)\ns = mean(v^2)\nt = mean(v)\n"
    )
    values = run(tp.parse(text), 3000, 5)
    z = np.linspace(-12, 12, 4001)
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) * (z[1] - z[0])
    square = np.sum(np.tanh(z) ** 2 * density)
    slope = np.sum((1 - np.tanh(z) ** 2) * density)
    assert values["t"] == pytest.approx(slope, abs=0.06)
    assert values["s"] == pytest.approx(square + slope**2, abs=0.06)
    assert abs(values["s"] - square) > 0.2  # what gradient independence would have given


def test_unequal_widths():
    """W : m × n, ρ = m/n = 2: W as ever, Wᵀ with ρ (theory, section 2)."""
    text = (
        "width n\nwidth m = 2 n\nmatrix W : m × n ~ N(0, 1)\nvector u : n ~ N(0, 1)\n"
        "vector w : m ~ N(0, 1)\na = mean((W u)^2)\nb = mean((W' w)^2)\nc = mean(u * W' (W u))\n"
    )
    values = run(tp.parse(text), 2000, 3)
    assert [values["a"], values["b"], values["c"]] == pytest.approx([1, 2, 2], rel=0.1)


def test_numbers_alone_fill_their_vector():
    text = "width n\nvector u : n ~ N(0, 1)\ny = 0 * u + 1\nfn c(z) = 2\nx = c(u)\ns = mean(c(u))\n"
    values = run(tp.parse(text), 5, 0)
    np.testing.assert_array_equal(values["y"], np.ones(5))
    np.testing.assert_array_equal(values["x"], 2 * np.ones(5))
    assert values["s"] == 2.0

"""Programs built with operators equal those of the same text, and mistakes are explained."""

import copy
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import tpgraph as tp
from tpgraph.errors import TPError, TPLimitError, TPNameError, TPSyntaxError, TPTypeError
from tpgraph.functions import PRIMITIVES

DIAGRAMS = Path(__file__).parents[2] / "diagrams"


def mlp():
    b = tp.builder("mlp")
    n, d, k = b.width("n"), b.dim("d", 64), b.dim("k", 10)
    b.parametrization("ntk")
    φ = b.function("phi", lambda z: b.fn.relu(z))
    ξ, y = b.data("xi", d), b.target("y", k)
    W = {1: b.param("W[1]", n, d, scale=2**0.5)}
    W |= {i: b.param(f"W[{i}]", n, n, scale=2**0.5) for i in (2, 3)}
    c = {i: b.param(f"b[{i}]", n, scale=0.1) for i in (1, 2, 3)}
    V = b.param("V", k, n)
    x = ξ
    for i in (1, 2, 3):
        x = b.let(f"x[{i}]", φ(W[i] @ x + c[i]))
    f = b.let("f", V @ x)
    b.output(f)
    b.loss((f - y) ** 2 / 2)
    return b


def test_the_gallery_mlp():
    assert mlp().build() == tp.load(DIAGRAMS / "mlp.tp")


CASES = {
    "operators": (
        lambda b, n, x, y, t: b.let(
            "z", (x + y - 2) * t / (1 - x) ** 2 + -y * 0.5 + 2**x - (-x) + 3 / y - (x - y)
        ),
        "z = (x + y - 2) * t / (1 - x)^2 + -y * 0.5 + 2^x - (-x) + 3 / y - (x - y)",
    ),
    "sums": (
        lambda b, n, x, y, t: (b.let("u", x + y + x * 1.5 * y), b.let("v", b.sum([x, y, x]))),
        "u = x + y + x * 1.5 * y\nv = x + y + x",
    ),
    "functions": (
        lambda b, n, x, y, t: (
            (f := b.function("f", lambda p, q: b.fn.tanh(p) * q + b.fn.erf.prime(q))),
            (g := b.function("g", lambda p: f(p, p**2))),
            b.let("z", f(x, g.prime(y)) + b.fn.leaky_relu(x) + b.fn.max(x, b.fn.sqrt(t))),
        ),
        "fn f(p, q) = tanh(p) * q + erf'(q)\nfn g(p) = f(p, p^2)\n"
        "z = f(x, g'(y)) + leaky_relu(x) + max(x, sqrt(t))",
    ),
    "means": (
        lambda b, n, x, y, t: b.let("z", x * b.mean(x * y - b.mean(y)) + t),
        "z = x * mean(x * y - mean(y)) + t",
    ),
    "matrices": (
        lambda b, n, x, y, t: (
            (A := b.matrix("A[1]", n, n, variance=2)),
            (m := b.width("m", Fraction(1, 2), n)),
            (B := b.matrix("B", m, n)),
            b.let("z", A @ (B.T @ b.fn.tanh(B @ (A.T @ x))) + t * (A.T.T @ y)),
        ),
        "width m = 1/2 n\nmatrix A[1] : n × n ~ N(0, 2)\nmatrix B : m × n ~ N(0, 1)\n"
        "z = A[1] (B' tanh(B (A[1]' x))) + t * (A[1] y)",
    ),
    "declarations": (
        lambda b, n, x, y, t: (
            b.vectors(("u[1]", "u[2]"), n, mean=[0, 1], covariance=[[1, 0.5], [0.5, 1]]),
            b.vector("K", n, mean=1, variance=4, as_x=True),
            b.scalar("ε", 1 / b.fn.sqrt(b.size(n)), limit=0),
            b.label("K", r"\mathcal K"),
            b.abc((0, 0.5, Fraction(1, 2)), [0, 0, 0], -1),
        ),
        "vector u[1], u[2] : n ~ N([0, 1], [[1, 0.5], [0.5, 1]])\n"
        "vector K : n ~ N(1, 4) as X\nscalar ε -> 0 = 1/sqrt(n)\n"
        'label K = "\\mathcal K"\nparametrization abc(a=[0, 1/2, 1/2], b=[0, 0, 0], c=-1)',
    ),
    "readouts": (
        lambda b, n, x, y, t: (
            (v := b.vector("v", n)),
            (f := b.let("f", b.mean(v * x))),
            (g := b.let("g", f + t)),
            b.output(f, g),
            b.loss(f),
        ),
        "vector v : n ~ N(0, 1)\nf = mean(v * x)\ng = f + t\noutput f, g\nloss f",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_equal_to_the_text(name):
    build, text = CASES[name]
    b = tp.builder("case")
    n = b.width("n")
    x, y, t = b.vector("x", n), b.vector("y", n), b.scalar("t", 0.25)
    build(b, n, x, y, t)
    head = (
        "program case\nwidth n\nvector x : n ~ N(0, 1)\nvector y : n ~ N(0, 1)\nscalar t = 0.25\n"
    )
    assert b.build() == tp.parse(head + text + "\n")


def refusal(make):
    """What a TypeError of a program says; None where there is none."""
    try:
        make()
    except TPTypeError as error:
        return error.message
    return None


@pytest.mark.parametrize("name", [n for n, f in PRIMITIVES.items() if f.arity == 1 and n != "neg"])
@pytest.mark.parametrize("value", ["-1", "0", "0.5"])
@pytest.mark.parametrize("prime", ["", "'"])
def test_constants_are_refused_as_in_a_text(name, value, prime):
    """What the builder takes prints as a text that reads back; what it refuses, the text does."""
    b = tp.builder("case")
    x, function = b.vector("x", b.width("n")), getattr(b.fn, name)
    text = f"program case\nwidth n\nvector x : n ~ N(0, 1)\ny = x * {name}{prime}({value})\n"
    told = refusal(lambda: b.let("y", x * (function.prime if prime else function)(Fraction(value))))
    assert refusal(lambda: tp.parse(text)) == told
    if told is None:
        assert b.build() == tp.parse(text) == tp.parse(tp.to_text(b.build()))


def test_another_program_is_not_equal():
    b = mlp()
    b.let("extra", b["x[3]"] * 2)
    assert b.build() != tp.load(DIAGRAMS / "mlp.tp")


@pytest.fixture
def b():
    b = tp.builder("mistakes")
    n = b.width("n")
    m = b.width("m", 2, n)
    b.matrix("W", m, n)
    b.vector("x", n)
    b.vector("z", m)
    b.scalar("t", 1)
    return b


def foreign():
    other = tp.builder("other")
    return other.vector("q", other.width("n"))


MISTAKES = [
    (lambda b: b["x"] @ b["W"], TPTypeError, "x stands left of @", "write W @ x"),
    (lambda b: b["x"] @ 2, TPTypeError, "x stands left of @", "expected: W @ x"),
    (lambda b: np.ones((2, 2)) @ b["x"], TPTypeError, "ndarray stands left of @", "W.T @ x"),
    (lambda b: b["W"] @ np.ones(3), TPTypeError, "a ndarray cannot stand", "when the program is"),
    (lambda b: np.ones(3) + b["x"], TPTypeError, "a ndarray cannot stand", "a handle"),
    (lambda b: b["x"] * np.ones(3), TPTypeError, "a ndarray cannot stand", "a handle"),
    (lambda b: b["x"] + "a", TPTypeError, "a str cannot stand", "a handle"),
    (lambda b: b["x"] + None, TPTypeError, "a NoneType cannot stand", "a handle"),
    (lambda b: b["x"] + True, TPTypeError, "True is no number", "number or a handle"),
    (lambda b: b["x"] + float("nan"), TPTypeError, "nan is not a number", ""),
    (lambda b: b["x"] / 0, TPTypeError, "division by zero", "another divisor"),
    (lambda b: b["x"] / (b.fn.exp(0) - 1), TPTypeError, "division by zero", "another divisor"),
    (lambda b: b.fn.log(0), TPTypeError, "log(0) is infinite", "a finite value"),
    (lambda b: b["x"] * b.fn.sqrt(-1), TPTypeError, "sqrt(-1) is no real number", "a finite"),
    (lambda b: b.fn.exp(0) / 0, TPTypeError, "division by zero", "another divisor"),
    (lambda b: b.function("g", lambda z: z * b.fn.log(0)), TPTypeError, "log(0) is infinite", ""),
    (lambda b: b["x"] + foreign(), TPTypeError, "q belongs to another builder (other)", "one"),
    (lambda b: b["W"] @ foreign(), TPTypeError, "q belongs to another builder", "one builder"),
    (lambda b: bool(b["x"]), TPTypeError, "x has no truth value", "step(x)"),
    (lambda b: bool(b["x"] > 0), TPTypeError, "cannot be compared", "step(x - y)"),
    (lambda b: float(b["x"]), TPTypeError, "no number yet", "limit and compile"),
    (lambda b: b["x"][0], TPTypeError, "no coordinates", "several vectors"),
    (lambda b: b["x"] % 2, TPTypeError, "operator that the language", "step"),
    (lambda b: 5 // b["x"], TPTypeError, "operator that the language", "step"),
    (lambda b: abs(b["W"]), TPTypeError, "is a matrix", "with a vector"),
    (lambda b: list(b["x"]), TPTypeError, "cannot be iterated", "list or a dict"),
    (lambda b: b["W"] + b["x"], TPTypeError, "W is a matrix", "W @ x"),
    (lambda b: 2 * b["W"], TPTypeError, "W is a matrix", "2 * (W @ x)"),
    (lambda b: b["W"] @ b["W"].T, TPTypeError, "product of matrices", "W @ (W.T @ x)"),
    (lambda b: b.let("h", b["W"]), TPTypeError, "W is a matrix", "W @ x"),
    (lambda b: b.let("h", b["W"] @ b["z"]), TPTypeError, "cannot multiply z", "W' z"),
    (lambda b: b.let("h", b["x"] + b["z"]), TPTypeError, "widths mix", "a matrix leads"),
    (lambda b: b.let("x", b["x"]), TPNameError, "x is bound twice", "new name"),
    (lambda b: b.let("1x", b["x"]), TPSyntaxError, "'1x' is no name", "a letter"),
    (lambda b: b.let("_x", b["x"]), TPSyntaxError, "'_x' is no name", "a letter"),
    (lambda b: b.let("x[a]", b["x"]), TPSyntaxError, "'x[a]' is no name", "whole numbers"),
    (lambda b: b.let("", b["x"]), TPSyntaxError, "'' is no name", "a letter"),
    (lambda b: b.let(3, b["x"]), TPSyntaxError, "3 is no name", "a letter"),
    (lambda b: b["y"], TPNameError, "y is not bound", "declare"),
    (lambda b: b.fn.tan(b["x"]), TPNameError, "no function tan", "did you mean tanh"),
    (lambda b: b.fn.add(b["x"], 1), TPNameError, "no function add", "one of tanh"),
    (lambda b: b.fn.tanh(b["x"], 1), TPTypeError, "tanh takes 1 argument, not 2", ""),
    (lambda b: b.fn.max.prime, TPTypeError, "max takes 2", "partial derivative"),
    (lambda b: b["x"] + b.fn.tanh, TPTypeError, "tanh is a function", "call it: tanh(x)"),
    (lambda b: b.output(b["x"] + 1), TPTypeError, "without a name", "b.let"),
    (lambda b: b.output(b["W"]), TPTypeError, "output W is a matrix", "a vector or a scalar"),
    (lambda b: b.loss(b["x"] ** 2), TPTypeError, "the loss is a vector of n", "mean"),
    (lambda b: b.vector("y", "n"), TPTypeError, "'n' is no dimension", "width(…)"),
    (lambda b: b.vector("y", 0), TPTypeError, "a dimension is 0", "≥ 1"),
    (lambda b: b.dim("d", 2.5), TPTypeError, "dim d is 2.5", "whole number"),
    (lambda b: b.width("k", 2), TPTypeError, "ratio, but to no width", "give the width"),
    (lambda b: b.vector("y", tp.builder().width("k")), TPNameError, "width k of y", "before"),
    (lambda b: b.size(3), TPTypeError, "3 is no width", "width(…)"),
    (lambda b: b.let("h", b.size(b.width("k")) * b["x"]), TPNameError, "the size of k", ""),
    (lambda b: b.scalar("s", b["t"] + 1), TPNameError, "scalar s uses t", "of numbers"),
    (lambda b: b.scalar("s", b.mean(2)), TPTypeError, "not coordinatewise", "of numbers"),
    (
        lambda b: b.scalar("s", b.size(b.width("k"))),
        TPTypeError,
        "uses a width",
        "limit=0",
    ),
    (lambda b: b.function("f", lambda z: z + b["x"]), TPNameError, "f uses x", "parameter z"),
    (lambda b: b.function("tanh", lambda z: z), TPNameError, "tanh is a function", "another"),
    (lambda b: b.parametrization("nkt"), TPNameError, "no parametrization nkt", "abc("),
    (lambda b: b.abc((0, 0), (0, 0, 0), 0), TPTypeError, "a has 2 exponents", "input, hidden"),
    (lambda b: b.label(3, "x"), TPTypeError, "without a name", "b.let"),
    (lambda b: np.tanh(b["x"]), TPTypeError, "np.tanh acts on arrays", "write b.fn.tanh(x)"),
    (lambda b: np.abs(b["x"] + 1), TPTypeError, "np.absolute acts on", "write b.fn.abs(x)"),
    (lambda b: np.sum(b["x"]), TPTypeError, "np.add acts on arrays", "write b.mean(x)"),
    (lambda b: np.sin(b["W"]), TPTypeError, "np.sin acts on arrays", "write b.fn.sin(x)"),
    (lambda b: np.ones(3) < b["x"], TPTypeError, "x cannot be compared", "step(x - y)"),
]


@pytest.mark.parametrize(("do", "kind", "message", "rest"), MISTAKES)
def test_mistakes_are_explained(b, do, kind, message, rest):
    before = b.build()
    with pytest.raises(kind) as caught:
        do(b)
    assert message in caught.value.message
    assert rest in str(caught.value)
    assert b.build().equations == before.equations


def test_methods_that_handles_lack_are_named(b):
    for do, said in (
        (lambda: b["x"].mean(), r"no mean; write b\.mean\(x\)$"),
        (lambda: b["x"].tanh(), r"no tanh; write b\.fn\.tanh\(x\)$"),
        (lambda: b["x"].colour, "no colour$"),
        (lambda: b.tanh, r"no tanh; functions are b\.fn\.tanh\(x\)$"),
        (lambda: b.colour, "no colour$"),
    ):
        with pytest.raises(AttributeError, match=said):
            do()
    assert not hasattr(b["x"], "_repr_html_")
    assert repr(copy.copy(b["x"])) == "x"


def test_only_one_parametrization(b):
    b.parametrization("mup")
    with pytest.raises(TPNameError, match="parametrization already"):
        b.abc((0, 0, 0), (0, 0, 0), 0)


def repeated(step, value, times):
    for _ in range(times):
        value = step(value)
    return value


def test_terms_too_deep_or_too_large_are_refused(b):
    with pytest.raises(TPLimitError, match="nested deeper than 100") as caught:
        repeated(b.fn.tanh, b["x"], 200)
    assert "give an intermediate value a name" in caught.value.mend
    with pytest.raises(TPLimitError):
        repeated(lambda z: z * z + z, b["x"], 60)


def test_pythons_sum_and_long_sums(b):
    x = [b.let(f"y[{i}]", b["x"] * i) for i in range(2000)]
    total = b.let("s", sum(x))
    assert b.build().equation_of["s"].arguments == tuple(v.variable for v in x)
    assert b.let("s2", b.sum(x)).variable.type == total.variable.type
    assert b.build().equation_of["s2"].function == b.build().equation_of["s"].function
    assert b.let("none", b.sum([])).variable.is_scalar
    assert b.let("one", b.sum([b["x"]])).variable.is_vector


def test_handles_speak(b):
    assert repr(b["W"].T) == "W.T"
    assert repr(b["x"]) == "x"
    assert repr(b["x"] + 1) == "a term without a name"
    assert +b["x"] is b["x"]
    assert isinstance(foreign().builder, type(b["x"].builder))
    assert issubclass(TPSyntaxError, TPError)


def test_numpy_numbers_are_numbers(b):
    b.let("a", b["x"] * np.float64(0.5) + np.int64(3) + Fraction(1, 3))
    b.let("c", np.float64(0.5) * b["x"])
    assert b.build().equation_of["c"].arguments[0].name == "x"


def test_greek_names_and_indices_have_one_spelling(b):
    x = b.let("xi[ 1 , 2 ]", b["x"])
    assert x.variable.name == "ξ[1,2]"
    assert b["ξ[1,2]"].variable == x.variable


def test_pythons_abs_is_that_of_the_language() -> None:
    b = tp.builder("p")
    x = b.vector("x", b.width("n"))
    b.let("u", abs(x))
    b.let("v", b.fn.abs(x))
    first, second = b.build().equations
    assert (first.function, first.inputs) == (second.function, second.inputs)

"""Functions that do not use all of their arguments: what they make has the shape of all of them."""

from __future__ import annotations

import numpy as np
import pytest
from compiler.checks import check_gradients, check_values, inputs

import tpgraph as tp
from tpgraph.compiler import compile
from tpgraph.errors import TPDataError

NETWORK = """
width n
dim d = 2
dim k = 3
parametrization ntk
fn one(z) = 1
fn twice(z) = 2 * z
fn second(z, t) = t
fn squared(z, t) = t^2
fn flat(z) = relu''(z)
fn product(z, t) = one(z) * t
data ξ : d
target y : k
param W : n × d ~ N(0, 1)
param b : n ~ N(0, 1)
param V : k × n ~ N(0, 1)
x = tanh(W ξ + b)
"""
BODIES = {
    "a loss of another shape": "m = mean(x)\nf = V x\noutput f\nloss second(f, m)",
    "a loss that is constant": "f = V x\noutput f\nloss one(f)",
    "a mean that is constant": "f = V x\noutput f\nloss mean(one(f))",
    "a slope that is constant": "m = mean(twice(x))\nf = V (m * x)\noutput f\nloss (f - y)^2",
    "a slope by name": "f = V (one'(x) * x + twice'(x) * b + one(x))\noutput f\nloss (f - y)^2",
    "a vector of a scalar": "m = mean(x)\nf = V second(x, m)\noutput f\nloss (f - y)^2",
    "without the batch": "m = mean(b)\nf = V second(x, m)\noutput f\nloss mean((f - y)^2)",
    "mean of a scalar": "m = mean(second(b, x))\nf = V second(x, m)\noutput f\nloss (f - y)^2",
    "one inside of another": "f = V product(x, b)\noutput f\nloss one(f) * mean((f - y)^2)",
    "beneath a matrix": "f = V one(W ξ)\noutput f\nloss (f - y)^2",
    "a derivative that is zero": "f = V (flat(x) + b + mean(flat(x)))\noutput f\nloss (f - y)^2",
    "an output": "m = mean(b)\nf = V x\ng = squared(V b, m)\noutput f, g\nloss squared(y, m)",
    "a function of data": "m = mean(b)\nf = V x\ng = squared(ξ, m)\noutput f, g\nloss mean(g)",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_values_and_gradients_of_functions_that_ignore_arguments(body):
    module = compile(tp.parse(NETWORK + body))
    assert check_values(module, {"n": 7}) < 1e-12
    assert check_gradients(module, {"n": 7}) < 1e-12


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_step_and_float32(body):
    module = compile(tp.parse(NETWORK + body), "float32")
    params = module.init({"n": 7}, 0)
    before = {name: value.copy() for name, value in params.items()}
    arrays = inputs(module.program, 3)
    _, gradients = module.backward(params, *arrays.values())
    module.sgd_step(params, *arrays.values(), lr=0.5)
    for name in module.trainable:
        assert gradients[name].dtype == params[name].dtype == np.float32
        assert gradients[name].shape == params[name].shape
        moved = before[name] - np.float32(0.5) * gradients[name]
        assert np.allclose(params[name], moved, atol=1e-6)


def test_a_summed_loss_counts_every_entry():
    program = tp.parse(NETWORK + "scalar s = 2\nf = V x\noutput f\nloss second(f, s)")
    module = compile(program)
    loss, _ = module.backward(module.init({"n": 4}, 0), np.ones((5, 2)), np.ones((5, 3)))
    assert loss == 3 * 2


@pytest.mark.parametrize(
    "text",
    [
        "fn c(z) = 1\ny = c(u)\nm = mean(c(u))\nz = W c(u)",
        "fn c(z) = relu''(z)\ny = c(u)\nscalar a = 2\nm = c(a)\nz = W y",
        "fn c(z, t) = t\nscalar a = 2\ny = c(u, a)\nm = mean(c(u, a))\nz = W y",
    ],
)
def test_raw_programs_and_their_limits(text):
    head = "width n\nmatrix W : n × n ~ N(0, 1)\nvector u : n ~ N(0, 1)\n"
    program = tp.parse(head + text)
    assert check_values(compile(program), {"n": 6}) < 1e-12
    values = compile(program).run({"n": 400}, 1)
    for engine in ("exact", "sampled"):
        limit = tp.limit(program, engine=engine)
        assert np.allclose(limit.scalar("m"), values["m"])
        assert np.allclose(limit.vectors["y"].mean.value, values["y"].mean())
        assert limit.vectors["z"].var.value == pytest.approx(values["z"].var(), rel=0.3)


def test_kernels_of_constant_features():
    """All inputs have the same features c = 1, so that the kernels have equal entries."""
    text = NETWORK.replace("dim k = 3", "dim k = 1") + "f = V one(x)\noutput f\nloss (f - y)^2"
    program = tp.parse(text)
    X = np.array([[0.3, 0.5], [1.0, -0.2], [0.1, 0.9]])
    assert np.allclose(tp.kernel(program, X).ntk, 1.0)
    module = compile(program)
    assert np.allclose(tp.empirical_kernel(module, module.init({"n": 50}, 0), X).ntk, 1.0)


@pytest.mark.parametrize(
    "declaration",
    [
        "scalar s -> 0 = 1 - erf(n)",
        "scalar s -> 0.5 = sigmoid(1 / n)",
        "fn own(z) = silu(z) + gelu(z) + leaky_relu(z, 0.1)\nscalar s -> 0 = own'(1 / n) - own'(0)",
        "fn own(z) = 2\nscalar s -> 2 = own(n)",
        "scalar s -> 0 = erf''(n)",
    ],
)
def test_scalars_of_functions(declaration):
    program = tp.parse(f"width n\nvector u : n ~ N(0, 1)\n{declaration}\ny = s * u")
    assert check_values(compile(program), {"n": 6}) < 1e-12
    single = compile(program, "float32").init({"n": 6}, 0)["s"]
    assert single.dtype == np.float32
    assert np.allclose(single, compile(program).init({"n": 6}, 0)["s"], atol=1e-6)


@pytest.mark.parametrize("ratio", ["n/1e300", "1e300 n", f"{'123' * 40} n/{'321' * 40}"])
def test_long_numbers_are_not_torn(ratio):
    text = f"width n\nwidth m = {ratio}\nparam P, Q : n × m ~ N(0, 1)\nparametrization mup"
    namespace = {}
    exec(compile(tp.parse(text)).source, namespace)
    width = tp.parse(text).widths[1]
    assert namespace["WIDTHS"] == ("n",)
    if round(3 * width.ratio) < 1:
        with pytest.raises(ValueError, match="is less than 1"):
            namespace["init"]({"n": 3}, 0)
    elif width.is_rounded:
        assert namespace["init"]({"n": 3}, 0)["P"].shape == (3, round(3 * width.ratio))


@pytest.mark.parametrize("ratio", ["sqrt(2) n", "φ n", "n / φ", "√3 * n", "3/φ n", "0.05 n"])
def test_widths_of_irrational_ratios_are_rounded_alike(ratio):
    """Generated code, the reference and the printed text have the same whole number."""
    text = f"width n\nconst φ = (1 + sqrt(5)) / 2\nwidth m = {ratio}\nvector u : m ~ N(0, 1)\n"
    program = tp.parse(text)
    width = program.widths[1]
    assert tp.parse(tp.to_text(program)) == program
    module = compile(program)
    for n in (20, 40, 101, 1000, 4321) if width.is_rounded else (20, 1000):
        size = width.size({"n": n})
        assert abs(size - float(width.ratio) * n) <= 0.5
        assert module.init({"n": n}, 0)["u"].shape == (size,)


def test_an_exact_ratio_stays_exact():
    program = tp.parse("width n\nwidth m = 3/2 n\nvector u : m ~ N(0, 1)\n")
    assert program.widths[1].ratio_text == "3/2"
    with pytest.raises(TPDataError, match="is not a whole number"):
        compile(program).init({"n": 3}, 0)


def test_a_parameter_may_have_the_name_of_a_function():
    functions = "fn h(z) = z^2\nfn z_1(z) = z + 1\nfn f(h, z) = h(h) + z_1(z)\nfn g(np) = h(np)\n"
    program = tp.parse(f"width n\nvector u : n ~ N(0, 1)\n{functions}y = f(u, u) + g(u)")
    assert check_values(compile(program), {"n": 6}) < 1e-12

"""Every function of the table: its value, its derivatives, its conventions at kinks."""

import math
from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import pytest
import torch

from tpgraph.errors import TPTypeError
from tpgraph.functions import (
    PRIMITIVES,
    Apply,
    Argument,
    Defined,
    differentiate,
    evaluate,
    function_derivative,
    mul,
    number,
)

X = Argument(0)
LINE = np.linspace(-3.0, 3.0, 61) + 0.0123
POSITIVE = np.linspace(0.05, 4.0, 50)
TORCH = {
    "tanh": torch.tanh,
    "relu": torch.relu,
    "erf": torch.erf,
    "sigmoid": torch.sigmoid,
    "gelu": torch.nn.functional.gelu,
    "silu": torch.nn.functional.silu,
    "softplus": torch.nn.functional.softplus,
    "sin": torch.sin,
    "cos": torch.cos,
    "sinh": torch.sinh,
    "cosh": torch.cosh,
    "arctan": torch.arctan,
    "exp": torch.exp,
    "log": torch.log,
    "abs": torch.abs,
    "sign": torch.sign,
    "step": lambda z: torch.heaviside(z, torch.zeros_like(z)),
    "sqrt": torch.sqrt,
    "neg": torch.neg,
}
TWO = {
    "add": torch.add,
    "mul": torch.mul,
    "div": torch.div,
    "pow": torch.pow,
    "min": torch.minimum,
    "max": torch.maximum,
    "leaky_relu": lambda z, s: torch.where(z > 0, z, s * z),
}
FLAT = ("sign", "step")


def points(name):
    return POSITIVE if name in ("log", "sqrt") else LINE


def derivatives(function, z):
    """f, f′ and f″ by torch; no gradient means zero."""
    z = torch.tensor(z, requires_grad=True)
    values = [function(z)]
    for _ in range(2):
        last = values[-1].sum()
        grad = (
            torch.autograd.grad(last, z, create_graph=True, allow_unused=True)[0]
            if last.requires_grad
            else None
        )
        values.append(torch.zeros_like(z) if grad is None else grad)
    return [value.detach().numpy(force=True) for value in values]


def test_the_table_is_covered():
    assert set(TORCH) | set(TWO) | {"held_max"} == set(PRIMITIVES)


def test_the_largest_component_is_held_constant():
    z = np.random.default_rng(0).standard_normal((5, 7))
    call = Apply(PRIMITIVES["held_max"], (X,))
    np.testing.assert_array_equal(evaluate(call, [z]), np.repeat(z.max(1)[:, None], 7, 1))
    assert differentiate(call, 0) == number(0) == differentiate(mul(call, call), 0)
    assert evaluate(call, [3.0]) == 3.0


@pytest.mark.parametrize("name", sorted(TORCH))
def test_one_argument_against_torch(name):
    z = points(name)
    if name in FLAT:
        expected = [TORCH[name](torch.tensor(z)).numpy(), 0 * z, 0 * z]
    else:
        expected = derivatives(TORCH[name], z)
    for order, value in enumerate(expected):
        if name == "neg":
            e = Apply(PRIMITIVES[name], (X,))
            for _ in range(order):
                e = differentiate(e, 0)
        else:
            e = Apply(PRIMITIVES[name], (X,), order)
        np.testing.assert_allclose(
            np.broadcast_to(evaluate(e, [z]), z.shape), value, rtol=1e-12, atol=1e-14
        )


@pytest.mark.parametrize("name", sorted(TWO))
def test_two_arguments_against_torch(name):
    rng = np.random.default_rng(3)
    a, b = rng.uniform(0.2, 2.0, (2, 40))
    if name != "pow":
        a, b = a - 1.1, np.where(b > 1.1, b, b - 1.7)
    call = Apply(PRIMITIVES[name], (X, Argument(1)))
    inputs = [torch.tensor(v, requires_grad=True) for v in (a, b)]
    value = TWO[name](*inputs)
    np.testing.assert_allclose(evaluate(call, [a, b]), value.detach().numpy(), rtol=1e-13)
    grads = torch.autograd.grad(value.sum(), inputs, create_graph=True)
    for i in range(2):
        first = differentiate(call, i)
        found = np.broadcast_to(evaluate(first, [a, b]), a.shape)
        np.testing.assert_allclose(found, grads[i].detach().numpy(), rtol=1e-12)
        seconds: Sequence[torch.Tensor | None] = (None, None)
        if grads[i].requires_grad:
            seconds = torch.autograd.grad(
                grads[i].sum(), inputs, create_graph=True, allow_unused=True
            )
        for j in range(2):
            expected = 0 * a if seconds[j] is None else seconds[j].detach().numpy()
            found = np.broadcast_to(evaluate(differentiate(first, j), [a, b]), a.shape)
            np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("name", sorted(set(TORCH) - set(FLAT)))
def test_derivatives_against_central_differences(name):
    z = points(name)
    z = z[np.abs(z) > 0.02]
    h = 1e-5 * np.maximum(1, np.abs(z))
    f = Apply(PRIMITIVES[name], (X,))
    slope = (evaluate(f, [z + h]) - evaluate(f, [z - h])) / (2 * h)
    exact = np.broadcast_to(evaluate(differentiate(f, 0), [z]), z.shape)
    np.testing.assert_allclose(exact, slope, rtol=2e-7, atol=2e-9)


def test_a_wrong_derivative_is_seen():
    z = LINE
    wrong = mul(number(0.999), differentiate(Apply(PRIMITIVES["tanh"], (X,)), 0))
    _, expected, _ = derivatives(torch.tanh, z)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(evaluate(wrong, [z]), expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(
    ("name", "order", "value"),
    [
        ("relu", 0, 0.0),
        ("relu", 1, 0.0),
        ("relu", 2, 0.0),
        ("step", 0, 0.0),
        ("step", 1, 0.0),
        ("sign", 0, 0.0),
        ("sign", 1, 0.0),
        ("abs", 0, 0.0),
        ("abs", 1, 0.0),
        ("abs", 2, 0.0),
    ],
)
def test_kinks(name, order, value):
    found = evaluate(Apply(PRIMITIVES[name], (X,), order), [np.array([0.0, -0.0])])
    np.testing.assert_array_equal(np.broadcast_to(found, 2), [value, value])


@pytest.mark.parametrize("name", ["min", "max"])
def test_ties_go_to_the_second_argument(name):
    call = Apply(PRIMITIVES[name], (X, Argument(1)))
    tie = [np.ones(1), np.ones(1)]
    assert [float(evaluate(differentiate(call, i), tie).item()) for i in range(2)] == [0.0, 1.0]


def test_max_with_zero_has_relus_derivative():
    z = np.array([-1.0, 0.0, 2.0])
    call = Apply(PRIMITIVES["max"], (X, number(0)))
    relu = Apply(PRIMITIVES["relu"], (X,), 1)
    np.testing.assert_array_equal(evaluate(differentiate(call, 0), [z]), evaluate(relu, [z]))


def test_leaky_relu_at_the_kink_has_its_slope():
    call = Apply(PRIMITIVES["leaky_relu"], (X, number(0.25)))
    assert evaluate(differentiate(call, 0), [np.zeros(1)]).item() == 0.25


def test_values_far_out_are_finite():
    z = np.array([-800.0, -40.0, 40.0, 800.0])
    with np.errstate(all="raise", under="ignore"):
        for name in ("tanh", "erf", "sigmoid", "gelu", "silu", "softplus", "relu"):
            for order in range(3):
                found = evaluate(Apply(PRIMITIVES[name], (X,), order), [z])
                assert np.all(np.isfinite(found)), (name, order)


def test_erf_is_the_c_librarys():
    z = np.linspace(-6, 6, 301)
    call = Apply(PRIMITIVES["erf"], (X,))
    np.testing.assert_allclose(evaluate(call, [z]), [math.erf(v) for v in z], rtol=5e-16)


def test_derivatives_by_name_are_for_functions_of_one_argument():
    with pytest.raises(TPTypeError, match="takes 2 arguments; max' is for functions of one") as e:
        function_derivative(PRIMITIVES["max"], 1)
    assert "partial derivative" in e.value.mend
    two = Defined("f", ("a", "b"), mul(X, Argument(1)))
    with pytest.raises(TPTypeError, match="f takes 2 arguments"):
        function_derivative(two, 1)


def test_numbers_are_exact_and_finite():
    assert float(number(0.1).value) == 0.1
    assert number(np.float64(0.1)) == number(Decimal("0.1"))
    for bad in (math.inf, math.nan):
        with pytest.raises(TPTypeError, match="not a number that a program can hold"):
            number(bad)

"""Derivatives and simplification of random expressions, and of long ones."""

import numpy as np
import torch
from functions.expressions import ARITY, arguments, expressions
from hypothesis import given, settings

from tpgraph.functions import (
    ADD,
    MUL,
    PRIMITIVES,
    Apply,
    Argument,
    Defined,
    Number,
    add,
    arguments_of,
    differentiate,
    div,
    evaluate,
    expand,
    mul,
    neg,
    number,
    operation_count,
    power,
    rename_arguments,
    simplify,
    substitute,
    to_numpy,
    to_text,
)

X, Y = Argument(0), Argument(1)
SMOOTH_TORCH = {
    "tanh": torch.tanh, "erf": torch.erf, "sigmoid": torch.sigmoid, "sin": torch.sin,
    "gelu": torch.nn.functional.gelu, "silu": torch.nn.functional.silu, "cos": torch.cos,
    "softplus": torch.nn.functional.softplus, "arctan": torch.arctan, "neg": torch.neg,
    "relu": torch.relu, "abs": torch.abs, "sign": torch.sign, "div": torch.div, "pow": torch.pow,
    "exp": torch.exp, "log": torch.log, "sqrt": torch.sqrt,
    "step": lambda z: (z > 0).to(z),
    "min": torch.minimum, "max": torch.maximum,
    "leaky_relu": lambda z, s: torch.where(z > 0, z, s * z),
}  # fmt: skip


def by_torch(e, values):
    """An evaluator of expanded expressions, for automatic differentiation."""
    match e:
        case Number(value):
            return torch.full_like(values[0], float(value))
        case Argument(i):
            return values[i]
        case Apply(Defined(_, _, body), inner):
            return by_torch(expand(body), [by_torch(z, values) for z in inner])
        case Apply(function, inner):
            parts = [by_torch(z, values) for z in inner]
            if function in (ADD, MUL):
                total = parts[0]
                for part in parts[1:]:
                    total = total + part if function == ADD else total * part
                return total
            return SMOOTH_TORCH[function.name](*parts)


@given(expressions)
@settings(max_examples=200)
def test_differentiate_against_torch(e):
    values = [torch.tensor(v, requires_grad=True) for v in arguments(4)]
    result = by_torch(expand(e), values)
    found = result.requires_grad
    grads = (
        torch.autograd.grad(result.sum(), values, allow_unused=True) if found else [None] * ARITY
    )
    for i in range(ARITY):
        with np.errstate(all="ignore"):
            found = np.broadcast_to(evaluate(differentiate(e, i), arguments(4)), 7)
        expected = np.zeros(7) if grads[i] is None else grads[i].numpy(force=True)
        regular = np.isfinite(found) & np.isfinite(expected) & (np.abs(expected) < 1e6)
        regular &= ~_near_a_kink(e, arguments(4))
        np.testing.assert_allclose(found[regular], expected[regular], rtol=1e-7, atol=1e-9)


def _near_a_kink(e, values):
    """Where some part of the expression sits at a kink, where conventions may differ."""
    at_kink = np.zeros(7, dtype=bool)
    match expand(e):
        case Apply(function, inner):
            with np.errstate(all="ignore"):
                parts = [np.broadcast_to(evaluate(z, values), 7) for z in inner]
            if function.name in ("min", "max"):
                at_kink |= np.isclose(parts[0], parts[1])
            if function.name in ("relu", "abs", "step", "sign", "leaky_relu", "pow"):
                at_kink |= np.isclose(parts[0], 0)
            for z in inner:
                at_kink |= _near_a_kink(z, values)
            if isinstance(function, Defined):
                at_kink |= _near_a_kink(function.body, parts)
    return at_kink


@given(expressions)
@settings(max_examples=200)
def test_simplify_and_expand_keep_the_value(e):
    values = arguments(5)
    with np.errstate(all="ignore"):
        expected = np.broadcast_to(evaluate(e, values), 7)
        for other in (simplify(e), expand(e), simplify(expand(e))):
            found = np.broadcast_to(evaluate(other, values), 7)
            both = np.isfinite(expected) & np.isfinite(found)
            np.testing.assert_allclose(found[both], expected[both], rtol=1e-9, atol=1e-11)
            assert not np.any(np.isfinite(expected) & ~np.isfinite(found))


def test_simplify_drops_neutral_elements_and_gathers_signs():
    texts = {
        "x": add(Apply(MUL, (number(1), X)), number(0)),
        "-(x * y)": Apply(MUL, (neg(X), Y)),
        "6 * x * y": Apply(MUL, (number(2), X, Apply(MUL, (number(3), Y)))),
        "x * y": Apply(MUL, (neg(X), neg(Y))),
        "0": Apply(MUL, (number(0), X)),
        "1": Apply(PRIMITIVES["pow"], (X, number(0))),
    }
    for text, e in texts.items():
        assert to_text(simplify(e), ("x", "y")) == text


def test_derivatives_read_as_one_writes_them():
    def text(e):
        return to_text(differentiate(e, 0), ("x", "y"))

    tanh = Apply(PRIMITIVES["tanh"], (X,))
    assert text(tanh) == "tanh'(x)"
    assert text(Apply(PRIMITIVES["tanh"], (mul(X, Y),), 1)) == "tanh''(x * y) * y"
    assert text(power(X, number(2))) == "2 * x"
    assert text(div(X, Y)) == "1 / y"
    assert text(Y) == "0"
    assert text(add(X, Y)) == "1"


def test_numbers_too_large_for_a_float_are_not_made():
    large = number(1e200)
    for e in (mul(large, large), Apply(MUL, (large, X, large)), div(large, number(1e-200))):
        value = simplify(e)
        with np.errstate(over="ignore"):
            assert np.all(np.isinf(evaluate(value, [np.ones(2)])))


def test_arguments_are_renamed_and_replaced():
    e = add(X, mul(Y, X))
    assert list(arguments_of(e)) == [0, 1, 0]
    assert rename_arguments(e, (1, 0)) == add(Y, mul(X, Y))
    assert substitute(e, (number(2), X)) == add(number(2), mul(X, number(2)))
    assert operation_count(e) == 2


def test_long_sums_and_products_are_no_burden():
    """A sum of 10⁵ terms neither recurses nor takes quadratic time."""
    terms = tuple(mul(number(2), Argument(i % 7)) for i in range(100_000))
    long = Apply(ADD, terms)
    values = [np.ones(1)] * 7
    assert evaluate(long, values).item() == 200_000
    assert differentiate(long, 0) == number(2 * len(range(0, 100_000, 7)))
    assert to_numpy(long, "abcdefg").count("+") == 99_999


def test_a_product_is_differentiated_only_where_it_depends():
    e = Apply(MUL, tuple(Argument(i) for i in range(3000)))
    assert operation_count(differentiate(e, 5)) == 1

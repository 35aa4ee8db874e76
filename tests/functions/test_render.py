"""Expressions as text, as numpy and as LaTeX."""

import math

import numpy as np
import pytest
from functions.expressions import (
    DEFINED,
    NEST,
    SQUASH,
    TextEvaluator,
    arguments,
    expressions,
)
from hypothesis import given, settings

from tpgraph.functions import (
    DIV,
    MUL,
    NEG,
    POW,
    PRIMITIVES,
    Apply,
    Argument,
    Defined,
    add,
    div,
    evaluate,
    function_derivative,
    inline,
    mul,
    neg,
    number,
    numpy_helpers,
    power,
    to_latex,
    to_numpy,
    to_text,
)

X, Y, Z = (Argument(i) for i in range(3))
NAMES = ("x", "y", "z")


def call(name, *inner, order=0):
    return Apply(PRIMITIVES[name], inner, order)


def run(text, values, dtype="float64", definitions=(), helpers=()):
    """The value of generated numpy text."""
    scope = {"np": np, "DTYPE": np.dtype(dtype).type}
    for source in (*helpers, *definitions):
        exec(source, scope)
    with np.errstate(all="ignore"):
        return eval(text, scope, dict(zip(NAMES, values, strict=False)))


def assert_same(found, expected):
    expected = np.asarray(expected)
    found = np.broadcast_to(found, expected.shape)
    np.testing.assert_array_equal(np.isfinite(found), np.isfinite(expected))
    finite = np.isfinite(expected)
    np.testing.assert_allclose(found[finite], expected[finite], rtol=1e-9, atol=1e-12)


@given(expressions)
@settings(max_examples=300)
def test_numpy_text_has_the_value(e):
    values = arguments()
    with np.errstate(all="ignore"):
        expected = np.broadcast_to(evaluate(e, values), values[0].shape)
    assert_same(run(to_numpy(e, NAMES), values, helpers=numpy_helpers(e)), expected)


def definitions():
    """The defined functions and their derivatives, as generated code has them."""
    names = {f.name: f"own_{f.name}" for f in DEFINED}
    for f in DEFINED:
        for order in range(3 if f.arity == 1 else 1):
            body = f.body if order == 0 else function_derivative(f, order)
            head = f"{names[f.name]}{'_prime' * order}"
            text = to_numpy(body, f.parameters, names)
            yield f"def {head}({', '.join(f.parameters)}):\n    return {text}\n"


@given(expressions)
@settings(max_examples=150)
def test_numpy_text_calls_the_programs_functions_by_name(e):
    values = arguments(1)
    with np.errstate(all="ignore"):
        expected = np.broadcast_to(evaluate(e, values), values[0].shape)
    names = {f.name: f"own_{f.name}" for f in DEFINED}
    text = to_numpy(e, NAMES, names)
    assert "squash" not in text.replace("own_squash", "")
    helpers = [h for f in DEFINED for h in numpy_helpers(f.body)] + list(numpy_helpers(e))
    assert_same(run(text, values, definitions=definitions(), helpers=helpers), expected)


@given(expressions)
@settings(max_examples=300)
def test_text_reads_as_the_expression(e):
    values = arguments(2)
    with np.errstate(all="ignore"):
        expected = np.broadcast_to(evaluate(e, values), values[0].shape)
        found = TextEvaluator(to_text(e, NAMES), dict(zip(NAMES, values, strict=True))).value()
    assert_same(found, expected)


def test_a_lost_parenthesis_is_seen():
    e = Apply(MUL, (X, add(Y, Z)))
    values = arguments(2)
    text = to_text(e, NAMES).replace("(", "").replace(")", "")
    found = TextEvaluator(text, dict(zip(NAMES, values, strict=True))).value()
    with pytest.raises(AssertionError):
        assert_same(found, evaluate(e, values))


@pytest.mark.parametrize(
    ("name", "order"),
    [(f.name, k) for f in PRIMITIVES.values() for k in range(3) if k == 0 or f.arity == 1],
)
def test_float32_is_kept(name, order):
    function = PRIMITIVES[name]
    inner = (X, Y)[: function.arity or 2]
    e = add(Apply(function, inner, order), mul(X, call("sqrt", number(2)), call("erf", number(2))))
    values = [np.full(3, 0.75, dtype=np.float32), np.full(3, 0.5, dtype=np.float32)]
    found = run(to_numpy(e, NAMES), values, "float32", helpers=numpy_helpers(e))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, evaluate(e, values), rtol=3e-6)


def erf_helper():
    scope = {"np": np}
    exec(numpy_helpers(call("erf", X))[0], scope)
    return scope["erf"]


def test_the_erf_helper_against_math():
    z = np.concatenate([np.linspace(-7, 7, 40001), 10.0 ** np.arange(-300, 2), [0.5, -0.5, 1e300]])
    found = erf_helper()(z)
    exact = np.array([math.erf(v) for v in z])
    assert np.max(np.abs(found - exact)) <= 2.3e-16
    small = np.abs(z) < 0.5
    np.testing.assert_allclose(found[small], exact[small], rtol=5e-16)


def test_the_erf_helper_keeps_its_kind():
    erf = erf_helper()
    assert erf(np.ones(2, dtype=np.float32)).dtype == np.float32
    assert erf(2) == pytest.approx(math.erf(2), rel=1e-15)
    assert np.isnan(erf(np.nan))
    assert erf(np.array([np.inf, -np.inf])).tolist() == [1.0, -1.0]


def test_constants_are_worked_out_as_floats():
    nine = number(9)
    assert to_numpy(Apply(POW, (nine, Apply(POW, (nine, nine)))), ()) == "(np.inf)"
    assert to_numpy(Apply(POW, (call("relu", number(2)), number(-1))), ()) == "0.5"
    assert to_numpy(add(X, neg(call("log", number(0)))), NAMES) == "x + (np.inf)"
    assert to_numpy(call("log", number(-1)), ()) == "(np.nan)"


@pytest.mark.parametrize(
    ("e", "text"),
    [
        (power(power(X, Y), Z), "(x^y)^z"),
        (power(X, power(Y, Z)), "x^y^z"),
        (power(neg(X), number(2)), "(-x)^2"),
        (neg(power(X, number(2))), "-x^2"),
        (power(X, neg(Y)), "x^(-y)"),
        (mul(X, neg(Y)), "x * -y"),
        (neg(mul(X, Y)), "-(x * y)"),
        (add(X, neg(add(Y, Z))), "x - (y + z)"),
        (div(X, div(Y, Z)), "x / (y / z)"),
        (div(div(X, Y), Z), "x / y / z"),
        (mul(X, div(Y, Z)), "x * (y / z)"),
        (div(X, mul(Y, Z)), "x / (y * z)"),
        (Apply(NEG, (Apply(NEG, (X,)),)), "-(-x)"),
        (add(X, number(-2)), "x - 2"),
        (mul(X, number(0.1)), "x * 0.1"),
        (mul(X, div(number(1), number(3))), "x * (1/3)"),
        (power(number(-2), X), "(-2)^x"),
        (call("tanh", X, order=2), "tanh''(x)"),
        (Apply(SQUASH, (add(X, Y),), 1), "squash'(x + y)"),
    ],
)
def test_text_of(e, text):
    assert to_text(e, NAMES) == text


@pytest.mark.parametrize(
    ("e", "latex"),
    [
        (power(power(X, Y), Z), "((h^{1})^{b})^{c_{2}}"),
        (power(X, power(Y, Z)), "(h^{1})^{b^{c_{2}}}"),
        (power(Y, number(2)), "b^{2}"),
        (power(div(X, Y), number(2)), r"\left(\frac{h^{1}}{b}\right)^{2}"),
        (power(div(number(1), number(3)), Y), r"\left(\frac{1}{3}\right)^{b}"),
        (call("tanh", div(X, Y)), r"\tanh\!\left(\frac{h^{1}}{b}\right)"),
        (call("tanh", call("sqrt", div(X, Y))), r"\tanh\!\left(\sqrt{\frac{h^{1}}{b}}\right)"),
        (call("tanh", power(Y, div(X, Z))), r"\tanh(b^{\frac{h^{1}}{c_{2}}})"),
        (call("abs", div(X, Y)), r"\left|\frac{h^{1}}{b}\right|"),
        (Apply(SQUASH, (div(X, Y),), 1), r"{\phi^{*}}'\!\left(\frac{h^{1}}{b}\right)"),
        (mul(add(X, Y), add(X, neg(Y))), r"(h^{1} + b) \, (h^{1} - b)"),
        (mul(X, neg(Y)), r"h^{1} \, (-b)"),
        (mul(Y, number(-2)), r"b \, (-2)"),
        (neg(mul(X, Y)), r"-h^{1} \, b"),
        (Apply(NEG, (Apply(NEG, (Y,)),)), "-(-b)"),
        (add(Y, Apply(MUL, (neg(Y), Z))), r"b + (-b \, c_{2})"),
        (Apply(MUL, (number(2), power(number(3), Y))), r"2 \cdot 3^{b}"),
        (number(-0.5), "-0.5"),
        (number(1e-7), "10^{-7}"),
        (mul(Y, number(2.5e-7)), r"b \, (2.5 \cdot 10^{-7})"),
        (power(number(1e-7), Y), "(10^{-7})^{b}"),
        (div(add(X, number(1)), Y), r"\frac{h^{1} + 1}{b}"),
        (call("sqrt", add(Y, Z)), r"\sqrt{b + c_{2}}"),
        (call("sqrt", Y, order=1), r"\mathrm{sqrt}'(b)"),
        (power(call("abs", Y), number(2)), "|b|^{2}"),
        (call("tanh", Y, order=1), r"\tanh'(b)"),
        (Apply(SQUASH, (Y,), 1), r"{\phi^{*}}'(b)"),
    ],
)
def test_latex_of(e, latex):
    assert to_latex(e, ["h^{1}", "b", "c_{2}"], {"squash": r"\phi^{*}"}) == latex


@pytest.mark.parametrize("name", [r"\}", r"\{b", r"\lbrace b\}"])
def test_braces_that_are_shown_make_no_groups(name):
    called = call("tanh", add(Y, div(X, Z)))
    assert to_latex(called, ["x", name, "c"]) == rf"\tanh\!\left({name} + \frac{{x}}{{c}}\right)"


def test_helpers_stand_once_and_only_where_needed():
    erf = call("erf", X)
    assert numpy_helpers(call("tanh", X)) == ()
    assert len(numpy_helpers(add(erf, call("gelu", X, order=1)))) == 1
    inside = Defined("f", ("z",), erf)
    assert numpy_helpers(Apply(inside, (X,))) == numpy_helpers(erf)


def test_inline_leaves_the_table_alone():
    e = Apply(NEST, (X,), 1)
    values = arguments()
    np.testing.assert_allclose(evaluate(inline(e), values), evaluate(e, values), rtol=1e-14)
    assert "squash" not in to_text(inline(e), NAMES)
    assert to_text(Apply(DIV, (X, Y)), NAMES) == "x / y"


@pytest.mark.parametrize("name", ["silu", "gelu", "sigmoid"])
def test_nesting_keeps_the_text_short(name):
    nested = X
    for _ in range(30):
        nested = call(name, nested)
    assert len(to_numpy(nested, NAMES)) < 30 * (len(name) + 4)

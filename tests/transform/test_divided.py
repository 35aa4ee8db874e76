"""Divided differences and their limits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tpgraph.errors import TPTypeError
from tpgraph.functions import PRIMITIVES, Apply, Argument, add, div, evaluate, mul, number, to_text
from tpgraph.functions import divided as divided_module
from tpgraph.functions import series as series_module
from tpgraph.functions.divided import at_zero, divided_difference

X, Y, DX, DY, EPS = (Argument(i) for i in range(5))
SMOOTH = ["tanh", "sin", "cos", "sigmoid", "erf", "gelu", "silu", "softplus", "exp", "arctan"]


@given(
    st.sampled_from(SMOOTH),
    st.lists(st.floats(-2, 2), min_size=4, max_size=4),
    st.sampled_from([1e-1, 1e-2, 1e-3, 1e-4]),
)
def test_times_epsilon_it_is_the_difference_to_rounding(name, values, epsilon):
    f = Apply(PRIMITIVES[name], (add(X, mul(Y, Y)),))
    quotient = divided_difference(f, 2, {0: 2, 1: 3}, 4)
    x, y, dx, dy = values
    got = epsilon * evaluate(quotient, [x, y, dx, dy, epsilon])
    want = evaluate(f, [x + epsilon * dx, y + epsilon * dy]) - evaluate(f, [x, y])
    assert abs(got - want) <= 1e-13 * (1 + abs(want)) * max(1, abs(evaluate(f, [x, y])))


@given(st.sampled_from(SMOOTH), st.lists(st.floats(-2, 2), min_size=4, max_size=4))
def test_the_limit_is_the_directional_derivative(name, values):
    f = Apply(PRIMITIVES[name], (add(X, mul(Y, Y)),))
    limit = at_zero(divided_difference(f, 2, {0: 2, 1: 3}, 4), 4)
    near = divided_difference(f, 2, {0: 2, 1: 3}, 4)
    got = evaluate(limit, [*values, np.nan])
    assert got == pytest.approx(evaluate(near, [*values, 1e-7]), abs=1e-4, rel=1e-4)


def test_relu_has_the_tables_derivative_at_the_kink():
    f = Apply(PRIMITIVES["relu"], (X,))
    limit = at_zero(divided_difference(f, 1, {0: 1}, 2), 2)
    assert to_text(limit, ["h", "δ", "ε"]) == "relu'(h) * δ"


def test_affine_functions_need_no_quotient():
    f = add(mul(number(2), X), mul(Y, Argument(2)))
    assert to_text(divided_difference(f, 3, {0: 3, 1: 4}, 5), list("xyzuvε")) == "2 * u + z * v"


@pytest.mark.parametrize("rule", ["a slope for a quotient", "a slope without its factor"])
def test_a_broken_rule_is_noticed(rule, monkeypatch):
    """With the derivative alone, or the quotient's limit without δ, both comparisons fail."""
    difference, limit = divided_module.divided_difference, divided_module.at_zero
    f = Apply(PRIMITIVES["tanh"], (add(X, mul(Y, Y)),))
    right, values = difference(f, 2, {0: 2, 1: 3}, 4), [0.3, -0.7, 1.1, 0.4]
    if rule == "a slope for a quotient":
        wrong, at = limit(right, 4), 1.0
    else:
        taylor = series_module._taylor
        monkeypatch.setattr(series_module, "_taylor", lambda *a: [*taylor(*a)[:1], number(1)])
        wrong, at = limit(right, 4), 1e-7
    good, bad = (evaluate(e, [*values, at]) for e in (right, wrong))
    assert abs(good - bad) > 1e-2


def test_what_grows_without_bound_is_refused():
    with pytest.raises(TPTypeError, match="without bound"):
        at_zero(div(X, EPS), 4)
    assert at_zero(div(mul(EPS, X), EPS), 4) == X

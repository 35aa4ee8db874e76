"""All partial derivatives in one walk against those taken one by one."""

from __future__ import annotations

import numpy as np
import pytest

from tpgraph.functions import (
    ADD,
    DIV,
    MUL,
    NEG,
    POW,
    PRIMITIVES,
    Apply,
    Argument,
    Defined,
    Expression,
    differentiate,
    evaluate,
    gradient,
    number,
)

X, Y, Z = Argument(0), Argument(1), Argument(2)
TANH, ERF = PRIMITIVES["tanh"], PRIMITIVES["erf"]
MIX = Defined("mix", ("a", "b"), Apply(MUL, (Apply(TANH, (X,)), Apply(ADD, (X, Y)))))

EXPRESSIONS: tuple[Expression, ...] = (
    X,
    number(3),
    Apply(TANH, (Apply(ADD, (X, Y, Z)),)),
    Apply(TANH, (Apply(MUL, (X, Y, X)),), 1),
    Apply(DIV, (Apply(ERF, (X,)), Apply(ADD, (number(2), Apply(POW, (Y, number(2))))))),
    Apply(MIX, (Apply(NEG, (Y,)), Apply(MIX, (X, Z)))),
    Apply(PRIMITIVES["max"], (X, Apply(PRIMITIVES["leaky_relu"], (Y, number(0.1))))),
    Apply(PRIMITIVES["sign"], (X,)),
)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_the_gradient_is_every_derivative(expression: Expression) -> None:
    values = np.random.default_rng(0).standard_normal((3, 20))
    found = gradient(expression)
    for index in range(3):
        one = evaluate(differentiate(expression, index), values)
        every = evaluate(found.get(index, number(0)), values)
        np.testing.assert_allclose(every, one, rtol=1e-13, atol=1e-14)


def test_equal_derivatives_are_one_object() -> None:
    found = gradient(Apply(TANH, (Apply(ADD, (X, Y)),)))
    assert found[0] is found[1]

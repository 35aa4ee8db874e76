"""Functions that jump at a pole which few points come near: their slope along W′ W x is Stein's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

import tpgraph as tp
from tpgraph.functions import evaluate
from tpgraph.limits.closed_forms.gentle import may_be_singular
from tpgraph.study.activations import activation, applied

TEXT = """width n
vector x : n ~ N(0, {variance})
matrix W : n × n ~ N(0, 1)
h = W x
k = {function}
v = W' k
q = mean(v * x)
"""


@pytest.mark.parametrize("variance", [0.15, 0.2, 0.325, 1.0])
@pytest.mark.parametrize(
    ("function", "pole"),
    [
        ("tanh(1/({} + 1.49))", -1.49),
        ("arctan(tanh(1/({} - 1.3)))", 1.3),
        ("arctan(({} - 1.1)^(-3))", 1.1),
    ],
)
@pytest.mark.filterwarnings("ignore::tpgraph.errors.TPWarning")
def test_the_jump_enters_the_slope(variance: float, function: str, pole: float) -> None:
    """mean(v x) = E[k′(h)] E[x²] = E[h k(h)], by scipy on both sides of the pole."""
    found = tp.limit(
        tp.parse(TEXT.format(variance=variance, function=function.format("h"))), engine="exact"
    )
    k = applied(activation(function.format("z")))
    root = variance**0.5

    def integrand(h: float) -> float:
        return h * float(evaluate(k, [h])) * norm.pdf(h, scale=root)

    truth = sum(
        quad(integrand, a, b, epsabs=1e-13, limit=400)[0]
        for a, b in [(-12 * root, pole), (pole, 12 * root)]
    )
    q = found.scalar_values["q"]
    assert abs(q.value - truth) <= 4 * q.error + 1e-9


@pytest.mark.parametrize(
    ("text", "singular"),
    [
        ("1/(z - 0.005)", True),
        ("z/abs(z - 0.305)", True),
        ("log(abs(z))", True),
        ("1/(z^2 + 1)", False),
        ("exp(z)/(1 + exp(z))", False),
        ("tanh(z)/2", False),
    ],
)
def test_what_may_vanish_between_points_is_seen(text: str, singular: bool) -> None:
    points = np.linspace(-9.0, 9.0, 1025)
    assert may_be_singular(applied(activation(text)), [points]) == singular

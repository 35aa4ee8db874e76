"""Softmax and the like written by exp, of logits that overflow: they are what softmax is."""

import math
import warnings

import numpy as np
import pytest

import tpgraph as tp
from tpgraph.functions import evaluate, expand, inline
from tpgraph.limits.logistic import with_logistics

HEAD = "program p\nwidth n\nvector x, y : n ~ N(0, 1)\nscalar t = 800\nscalar u = 799\n"
WRITTEN = [
    "exp(x) / (exp(x) + exp(y))", "exp(x) / (exp(x) + exp(y) + exp(x - y))", "log(exp(x)^2)",
    "x * exp(y) / (2 + exp(x) + 3 * exp(y))^2 * exp(y)", "log(exp(x) + exp(y) + 2)",
    "-log(3 * exp(x) / (exp(x) + 2 * exp(y))^2)", "exp(x) / exp(y)", "log(exp(x) - exp(y - 9))",
    "(x * exp(x) + y * exp(y)) / (exp(x) + exp(y))", "exp(2 * x) / (exp(x) + exp(y))^2",
    "exp(exp(x) / (1 + exp(x))) / (exp(y) + exp(exp(x) / (1 + exp(x))))", "1 / (exp(x) + exp(-y))",
    "exp(x) * exp(y) / (exp(x) + exp(y))", "(1 + exp(x) + exp(y)) / (2 + exp(x))",
    "exp(x) / (exp(x) + exp(x)) + y", "log(2 * exp(x)) / (y^2 + exp(x))",
]  # fmt: skip


@pytest.mark.parametrize("text", WRITTEN)
def test_what_overflows_is_rewritten_without_a_change(text):
    equation = tp.parse(f"{HEAD}m = mean({text} + 0.25 * x - y)\n").equations[-1]
    written = inline(expand(equation.function))
    names = {v.name: i for i, v in enumerate(equation.arguments)}
    points = np.random.default_rng(1).standard_normal((2, 50))
    values = [points[k] for k in sorted(range(2), key=lambda k: names["xy"[k]])]
    np.testing.assert_allclose(
        evaluate(with_logistics(written), values), evaluate(written, values), rtol=1e-12
    )


@pytest.mark.parametrize("engine", ["auto", "sampled"])
@pytest.mark.parametrize(
    ("text", "truth"),
    [
        ("exp(t) / (exp(t) + exp(u))", 1 / (1 + math.exp(-1))),
        ("log(exp(t) + exp(u) + 1)", 800 + math.log1p(math.exp(-1))),
        ("-log(exp(u) / (exp(t) + exp(u)))", 1 + math.log1p(math.exp(-1))),
        ("mean(exp(t * x) / (exp(t * x) + exp(t * y)))", 0.5),
        ("mean(log(exp(t * x) + exp(t * y)))", None),
        (
            "mean(x * exp(t * x) / (1 + exp(t * x)))",
            (1 - math.pi**2 / 6 / 800**2) / math.sqrt(2 * math.pi),
        ),
    ],
)
def test_logits_may_be_large(text, truth, engine):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = tp.limit(tp.parse(f"{HEAD}m = {text}\n"), engine=engine).scalar_values["m"]
    if truth is None:  # |d| = |t (x − y)|: E softplus(d) = (E |d| + ∫ 2 log(1 + e^−d) p(0) dd)/2
        deviation = 800 * math.sqrt(2)
        density = 1 / (deviation * math.sqrt(2 * math.pi))
        truth = deviation / math.sqrt(2 * math.pi) + density * math.pi**2 / 6
    near = 1e-6 * abs(truth)  # of the densities, which are taken as even
    assert abs(found.value - truth) <= 4 * found.error + near


def test_scores_beside_others_are_told():
    """A softmax over three scores of which one is larger by one."""
    body = "a = 900 * mean(x^2)\nm = exp(a) / (exp(a) + exp(a - 1) + exp(-a))\n"
    found = tp.limit(tp.parse(HEAD + body)).scalar_values["m"]
    assert abs(found.value - 1 / (1 + math.exp(-1))) <= 4 * found.error < 1e-10


def test_an_exponential_with_a_name_is_told_where_to_stand():
    head = "program p\nwidth n\nvector x : n ~ N(0, 1)\n"
    with pytest.raises(tp.TPError, match="write it out there") as caught:
        tp.limit(tp.parse(f"{head}e = exp(800*x)\nm = mean(e / (1 + e))\n"))
    assert "in the limit of e" in str(caught.value)
    there = tp.parse(f"{head}m = mean(exp(800*x) / (1 + exp(800*x)))\n")
    assert tp.limit(there).scalar("m") == pytest.approx(0.5)

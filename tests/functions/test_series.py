"""Limits of quotients by what vanishes: mpmath at t = 1e-25 says what they are."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from tpgraph.errors import TPTypeError
from tpgraph.functions import evaluate, mul, number
from tpgraph.functions import series as series_module
from tpgraph.functions.divided import at_zero
from tpgraph.language import parse

T = mpmath.mpf(10) ** -25


def relu(z):
    return max(z, mpmath.mpf(0))


def gelu(z):
    return z * mpmath.ncdf(z)


CASES = {
    "x * sin(t * x) / t": lambda x, g, t: x * mpmath.sin(t * x) / t,
    "(cos(t * x) - 1) / t^2": lambda x, g, t: (mpmath.cos(t * x) - 1) / t**2,
    "relu(t * g) / t": lambda x, g, t: relu(t * g) / t,
    "abs(t * g) / t": lambda x, g, t: abs(t * g) / t,
    "(tanh(x + t * g) - tanh(x)) / t": lambda x, g, t: (
        (mpmath.tanh(x + t * g) - mpmath.tanh(x)) / t
    ),
    "(sqrt(1 + t * x) - 1) / t * g": lambda x, g, t: (mpmath.sqrt(1 + t * x) - 1) / t * g,
    "(exp(t * x) - 1 - t * x) / t^2": lambda x, g, t: (mpmath.exp(t * x) - 1 - t * x) / t**2,
    "(sin(t * x) - t * x) / t^3": lambda x, g, t: (mpmath.sin(t * x) - t * x) / t**3,
    "log(1 + t * x^2) / (t * (1 + g^2))": lambda x, g, t: (
        mpmath.log(1 + t * x * x) / (t * (1 + g * g))
    ),
    "((x + t * g)^2 - x^2) / t": lambda x, g, t: ((x + t * g) ** 2 - x * x) / t,
    "((x + t * g)^2 - x^2 - 2 * x * t * g) / t^2": lambda x, g, t: g * g,
    "((x + t * g)^(-2) - x^(-2)) / t": lambda x, g, t: ((x + t * g) ** -2 - x**-2) / t,
    "sqrt(t * x^2) / sqrt(t)": lambda x, g, t: abs(x),
    "max(t * x, t * g) / t": lambda x, g, t: max(x, g),
    "min(x, x + t * g) / 1 - x + sign(t)": lambda x, g, t: mpmath.mpf(1),
    "(min(x, x + t * g) - x) / t": lambda x, g, t: (min(x, x + t * g) - x) / t,
    "tanh(g / t)": lambda x, g, t: mpmath.tanh(g / t),
    "t * softplus(g / t)": lambda x, g, t: relu(g),
    "t * abs(x + g / t)": lambda x, g, t: t * abs(x + g / t),
    "step(t * g) * x": lambda x, g, t: x if g > 0 else 0 * x,
    "leaky_relu(t * g, 0.3) / t": lambda x, g, t: g if g > 0 else mpmath.mpf("0.3") * g,
    "(leaky_relu(x + t * g, 0.1) - leaky_relu(x, 0.1)) / t * g": lambda x, g, t: (
        (g if x > 0 else mpmath.mpf("0.1") * g) * g
    ),
    "(max(x + t * g, 2 * x) - max(x, 2 * x))^2 / t^2": lambda x, g, t: g * g if x < 0 else 0 * g,
    "(hardtanh(x + t * g) - hardtanh(x))^2 / t^2": lambda x, g, t: g * g if abs(x) < 1 else 0 * g,
    "(elu(x + t * g) - elu(x))^2 / t^2": lambda x, g, t: (
        g * g if x > 0 else g * g * mpmath.exp(2 * x)
    ),
    "(gelu(x + t * g) - gelu(x - t * g)) / t": lambda x, g, t: (
        (gelu(x + t * g) - gelu(x - t * g)) / t
    ),
    "(x + t * g - x) / (sinh(t) + t^2)": lambda x, g, t: g * t / (mpmath.sinh(t) + t * t),
    "(g + t) / (x + t) - (g - t) / x + (t * x) / (t * g)": lambda x, g, t: (
        (g + t) / (x + t) - (g - t) / x + x / g
    ),
    "t^0.5 * x / sqrt(t + t^2)": lambda x, g, t: x / mpmath.sqrt(1 + t),
}


def expression(text: str):
    program = parse(
        "program limit\nwidth n\nvector x : n ~ N(0, 1)\nvector g : n ~ N(0, 1)\n"
        f"scalar t -> 0 = 1/sqrt(n)\ny = {text}"
    )
    equation = program.equation_of["y"]
    names = [a.name for a in equation.arguments]
    return equation.function, names


def found(text: str, x: float, g: float) -> float:
    function, names = expression(text)
    limit = at_zero(function, names.index("t"))
    return float(evaluate(limit, [{"x": x, "g": g, "t": np.nan}[name] for name in names]))


POINTS = [(0.7, -1.3), (-1.1, 0.4), (1.9, 1.2), (-0.3, -0.8)]


def off(text: str) -> float:
    worst = 0.0
    with mpmath.workdps(120):
        for x, g in POINTS:
            truth = float(CASES[text](mpmath.mpf(x), mpmath.mpf(g), T))
            worst = max(worst, abs(found(text, x, g) - truth) / (1 + abs(truth)))
    return worst


@pytest.mark.parametrize("text", CASES)
def test_limits(text):
    assert off(text) < 1e-9


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("x / t", "grows without bound"),
        ("(cos(x) - 1) / t", "grows without bound"),
        ("t * log(t) * x", "logarithm"),
        ("sin(x / t)", "has no expansion"),
        ("((step(x + t) - step(x)) / t)^2", "otherwise than linearly"),
        ("tanh((step(x + t) - step(x)) / t)", "otherwise than linearly"),
    ],
)
def test_what_has_no_limit_is_refused_and_says_why(text, why):
    function, names = expression(text)
    with pytest.raises(TPTypeError, match=why):
        at_zero(function, names.index("t"))


def test_a_corrupted_series_is_noticed(monkeypatch):
    taylor = series_module._taylor
    halved = [1.0, 0.5, 0.5, 0.5]
    monkeypatch.setattr(
        series_module,
        "_taylor",
        lambda *a: [mul(number(c), f) for c, f in zip(halved, taylor(*a), strict=False)],
    )
    assert off("(cos(t * x) - 1) / t^2") > 0.01
    monkeypatch.undo()
    wrong = {**series_module.HOMOGENEOUS, "abs": 0}
    monkeypatch.setattr(series_module, "HOMOGENEOUS", wrong)
    with pytest.raises(TPTypeError):
        off("abs(t * g) / t")

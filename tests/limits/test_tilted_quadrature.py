"""Exponentials of quadratic forms beside other functions: quadrature under the tilted law."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import tpgraph as tp
from tpgraph.errors import TPError
from tpgraph.functions import Argument, to_text
from tpgraph.limits.closed_forms.split_exponentials import split_exponentials
from tpgraph.limits.exact import expectations

HEAD = "program p\nwidth n\nvector x, y : n ~ N(0, 1)\nmatrix W : n × n ~ N(0, 1)\n"


def value(body: str, engine: str = "auto") -> tuple[float, float]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = tp.limit(tp.parse(HEAD + body + "\n"), engine=engine, samples=2**13)
    return found.scalar("m"), found.error("m")


def lattice(form, function, cut: float = 60.0, points: int = 6001) -> float:
    """E[e^form function] by the trapezoid rule over a square."""
    z = np.linspace(-cut, cut, points)
    total = 0.0
    for rows in np.array_split(z, 40):
        u, v = np.meshgrid(rows, z, indexing="ij")
        with np.errstate(over="ignore", invalid="ignore"):
            density = np.exp(form(u, v) - (u**2 + v**2) / 2)
            total += float(np.nansum(np.where(density > 0, density * function(u, v), 0.0)))
    return total * (z[1] - z[0]) ** 2 / (2 * np.pi)


SMOOTH = {
    "m = mean(exp(0.45*x^2) * tanh(x)^2)": (
        lambda x, y: 0.45 * x**2,
        lambda x, y: np.tanh(x) ** 2,
    ),
    "m = mean(exp(0.45*x^2) * tanh(x + y) * x)": (
        lambda x, y: 0.45 * x**2,
        lambda x, y: np.tanh(x + y) * x,
    ),
    "m = mean(exp(0.45*x^2 + 0.2*x*y) * tanh(x) * tanh(y))": (
        lambda x, y: 0.45 * x**2 + 0.2 * x * y,
        lambda x, y: np.tanh(x) * np.tanh(y),
    ),
    "m = mean(exp(0.8*x*y) * sigmoid(x + 1))": (
        lambda x, y: 0.8 * x * y,
        lambda x, y: 1 / (1 + np.exp(-x - 1)),
    ),
    "m = mean((exp(0.2*x^2) + tanh(y) * exp(0.2*x*y))^2 * sin(y))": (
        lambda x, y: 0.4 * x**2,
        lambda x, y: (1 + np.tanh(y) * np.exp(0.2 * x * y - 0.2 * x**2)) ** 2 * np.sin(y),
    ),
    "m = mean(exp(0.3*x^2 + 0.2*y^2) * tanh(x*y) * x * y)": (
        lambda x, y: 0.3 * x**2 + 0.2 * y**2,
        lambda x, y: np.tanh(x * y) * x * y,
    ),
    "m = mean(exp(0.4*x^2 - abs(y)) / exp(x*y/4) * y^2)": (
        lambda x, y: 0.4 * x**2 - x * y / 4,
        lambda x, y: np.exp(-np.abs(y)) * y**2,
    ),
    "m = mean(exp(0.45*x^2) * relu(x + y) * y)": (
        lambda x, y: 0.45 * x**2,
        lambda x, y: np.maximum(x + y, 0) * y,
    ),
    "m = mean(exp(0.3*(x + y)^2/2) * abs(x) * relu(y))": (
        lambda x, y: 0.15 * (x + y) ** 2,
        lambda x, y: np.abs(x) * np.maximum(y, 0),
    ),
}


@pytest.mark.parametrize("body", list(SMOOTH))
def test_products_with_other_functions_are_exact(body: str) -> None:
    found, error = value(body, "exact")
    truth = lattice(*SMOOTH[body])
    rule = 1e-4 if "relu" in body or "abs" in body else 1e-9  # of the lattice at kinks
    assert abs(found - truth) <= 4 * error + rule * abs(truth)
    assert error <= 1e-8 * abs(found)


@pytest.mark.parametrize(
    ("body", "truth"),
    [
        ("m = mean(exp(0.45*x^2) * relu(x))", 0.1**-1 / np.sqrt(2 * np.pi)),
        ("m = mean(exp(0.45*x^2) * sigmoid(x))", 0.5 * 0.1**-0.5),
        ("m = mean(exp(0.49*x^2) * cos(x))", 0.02**-0.5 * np.exp(-25.0)),
        ("z = exp(0.2*x^2) * sign(x)\nm = mean(z^2)", 0.2**-0.5),
        ("z = exp(0.2*x^2) * x\nh = W z\nm = mean(exp(0.1*h^2) * sigmoid(h))", None),
    ],
)
def test_ones_with_a_closed_form_agree(body: str, truth: float | None) -> None:
    if truth is None:
        variance = 0.2**-1.5
        truth = 0.5 / np.sqrt(1 - 0.2 * variance) if 0.2 * variance < 1 else np.inf
        with pytest.raises(TPError):
            value(body)
        return
    found, error = value(body)
    assert abs(found - truth) <= 4 * error
    assert error < 1e-9


@pytest.mark.parametrize("engine", ["auto", "exact", "sampled"])
@pytest.mark.parametrize(
    "body",
    [
        "m = mean(exp(0.6*x^2) * tanh(x)^2)",
        "m = mean(exp(1.1*x*y) * tanh(x)^2)",
        "m = mean(exp(0.4*x^2 + 0.9*x*y + 0.4*y^2) * sigmoid(x + y))",
    ],
)
def test_what_is_infinite_is_refused(body: str, engine: str) -> None:
    with pytest.raises(TPError):
        value(body, engine)


def test_samples_alone_do_not_know_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expectations, "is_tilted", lambda factors: False)
    with pytest.raises(TPError):
        value("m = mean(exp(0.45*x^2) * tanh(x + y) * x)", "exact")


def test_functions_are_split() -> None:
    p = tp.parse(HEAD + "m = mean(exp(0.4*x^2 - abs(x)) * tanh(y) / exp(y) + y)\n")
    names = ["a", "b"]
    [moment] = p.equations
    found = [
        (dict(term.exponent), to_text(rest, names))
        for term, rest in split_exponentials(moment.function)
    ]
    assert found == [({(0, 0): 0.4, (1,): -1.0}, "exp(-abs(a)) * tanh(b)"), ({}, "b")]
    assert split_exponentials(Argument(0))[0][1] == Argument(0)

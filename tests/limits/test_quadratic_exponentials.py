"""Exponentials of quadratic forms: E e^(q x²) = (1 − 2q)^(−1/2) as far as it is finite."""

import math
import warnings

import numpy as np
import pytest

import tpgraph as tp
from tpgraph.errors import TPError
from tpgraph.limits.engines import Engine

HEAD = "program p\nwidth n\nvector x, y : n ~ N(0, 1)\nmatrix W : n × n ~ N(0, 1)\n"


def value(body: str, engine: Engine = "auto") -> tuple[float, float]:
    """The last scalar and its error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = tp.limit(tp.parse(HEAD + body + "\n"), engine=engine)
    last = list(found.scalar_values.values())[-1]
    return last.value, last.error


def lattice(f, cut: float = 40.0, points: int = 4001) -> float:
    """E f(x, y) by the trapezoid rule over a square; f times the density must be given."""
    z = np.linspace(-cut, cut, points)
    u, v = np.meshgrid(z, z, indexing="ij")
    return float(f(u, v).sum() * (z[1] - z[0]) ** 2 / (2 * np.pi))


@pytest.mark.parametrize(
    ("body", "truth"),
    [
        ("m = mean(exp(0.499 * x^2))", (1 - 0.998) ** -0.5),
        ("m = mean(x^2 * exp(0.3 * x^2))", 0.4**-1.5),
        ("m = mean(x * exp(0.45 * x^2 - x))", -10 * 0.1**-0.5 * math.exp(5)),
        ("m = mean((exp(0.3 * x^2) - 1) / exp(0.1 * x^2))", 0.6**-0.5 - 1.2**-0.5),
        ("m = mean(exp(0.4 * x^2) * exp(0.45 * y^2))", 0.2**-0.5 * 0.1**-0.5),
        ("m = mean(tanh(y + 1)^0 * exp(0.45 * x^2) * relu(y))", 0.1**-0.5 / math.sqrt(2 * math.pi)),
        ("h = W x\nm = mean(exp(0.4 * h^2) * y^4)", 3 * 0.2**-0.5),
        ("m = mean(x * exp(0.3 * x^2))", 0.0),
    ],
)
def test_exponentials_of_squares_have_their_closed_form(body, truth):
    found, error = value(body)
    assert abs(found - truth) <= 4 * error + 1e-14
    assert error <= 1e-9 * max(1.0, abs(truth))


@pytest.mark.parametrize(("a", "b", "c"), [(0.3, 0.2, 0.1), (-2.0, 0.35, 0.7), (0.0, 0.0, 0.97)])
def test_quadratic_forms_of_two_gaussians(a, b, c):
    form = f"exp({a} * x^2 + {b} * y^2 + {c} * x * y + x / 3)"
    found, error = value(f"m = mean(y^2 * {form})")
    truth = lattice(
        lambda x, y: y**2 * np.exp((a - 0.5) * x**2 + (b - 0.5) * y**2 + c * x * y + x / 3)
    )
    assert abs(found - truth) <= 4 * error + 1e-9 * truth


def test_nearly_equal_gaussians_are_no_matter():
    found, error = value("h = W x\ng = W (x + y / 10^4)\nm = mean(exp(0.3 * (10^4 * (g - h))^2))")
    assert abs(found - 0.4**-0.5) <= 4 * error < 1e-5


@pytest.mark.parametrize(
    "body",
    [
        "m = mean(exp(0.5 * x^2))",
        "m = mean(x * exp(0.6 * x^2))",
        "m = mean(exp(1.1 * x * y))",
        "m = mean(exp(0.6 * x^2) * tanh(y))",
    ],
)
@pytest.mark.parametrize("engine", ["auto", "exact", "sampled"])
def test_what_is_infinite_is_refused(body, engine):
    with pytest.raises(TPError, match="diverge"):
        value(body, engine)

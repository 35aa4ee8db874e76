"""Products that nearly depend on each other: what is left of one beside the others is kept."""

from __future__ import annotations

import numpy as np
import pytest

from tpgraph.language import parse
from tpgraph.limits import limit, limit_over_inputs
from tpgraph.limits.sampling import gaussian

TEXT = """
program near
width n
vector x : n ~ N(0, 1)
vector y : n ~ N(0, 1)
matrix W : n × n ~ N(0, 1)
h = W max(x, y)
l = W (max(x, y) + {e} * x)
k = W (max(x, y) * (1 + {e}))
d = (l - h) * {inverse}
v = W' d
q = mean(d^2)
r = mean(v * x)
s = mean(((k - h) * {inverse})^2)
u = W' step(d)
t = mean(u * x) * 2.5066282746310002
m = W (max(x, y) + {e} * x + {e} * y)
p = mean(((m - l) * {inverse})^2)
"""
"""d = W x, so that E d² and E[v x] are 1, and E[u x] = E δ(d); (k − h)/e is h, with E max² = 1; and
(m − l)/e is W y."""


def values(e: str, inverse: str) -> list[tuple[float, float]]:
    """Numbers that are 1, with their errors."""
    found = limit(parse(TEXT.format(e=e, inverse=inverse)), engine="sampled", samples=2**14)
    return [(found.scalar(name), found.error(name)) for name in "qrstp"]


@pytest.mark.parametrize(
    ("e", "inverse"), [("1e-3", "1e3"), ("1e-7", "1e7"), ("1e-9", "1e9"), ("1e-12", "1e12")]
)
def test_small_directions_stay(e, inverse):
    for value, error in values(e, inverse):
        assert abs(value - 1) <= 4 * error + 1e-9
        assert error < 0.02


def test_what_is_below_rounding_is_in_the_error():
    value, error = values("1e-16", "1e16")[0]
    assert abs(value - 1) <= 5 * error


def test_covariances_alone_lose_them(monkeypatch):
    monkeypatch.setattr(gaussian, "_NEAR", -1.0)
    assert abs(values("1e-7", "1e7")[0][0] - 1) > 0.5


def test_inputs_that_are_nearly_alike_are_told_apart():
    """One network on ξ and ξ + e: the change of h over e has the variance of one weight."""
    program = parse(
        "width n\nparametrization ntk\ndim d = 2\ndata ξ : d\nparam U : n × d ~ N(0, 1)\n"
        "matrix W : n × n ~ N(0, 1)\nh = W (abs(U ξ) + U ξ)\n"
    )
    X = np.array([[1.0, 0.5], [1.0, 0.5 + 1e-9], [-0.3, 2.0]])
    found = limit_over_inputs(program, {"ξ": X}, [("h", "h")], engine="sampled", samples=2**12)
    assert np.isfinite(found.moment("h", "h").value).all()

"""Products that nearly depend on each other: what is left of one beside the others is kept."""

from __future__ import annotations

import pytest

from tpgraph.language import parse
from tpgraph.limits import limit
from tpgraph.limits.sampling import gaussian

TEXT = """
program near
width n
vector x : n ~ N(0, 1)
vector y : n ~ N(0, 1)
matrix W : n × n ~ N(0, 1)
h = W max(x, y)
l = W (max(x, y) + {e} * x)
k = W ({near} * max(x, y))
d = (l - h) * {inverse}
v = W' d
q = mean(d^2)
r = mean(v * x)
s = mean(((k - h) * {inverse})^2)
"""


def values(e: float) -> list[tuple[float, float]]:
    """E d² and E[v x] are 1, as d = W x is; (k − h)/e is h, of variance E max² = 1."""
    text = TEXT.format(e=f"{e:.9f}", near=f"{1 + e:.9f}", inverse=round(1 / e))
    found = limit(parse(text), engine="sampled", samples=2**15)
    return [(found.scalar(name), found.error(name)) for name in "qrs"]


@pytest.mark.parametrize("e", [1e-3, 1e-5, 1e-6])
def test_small_directions_stay(e):
    for value, error in values(e):
        assert abs(value - 1) <= 4 * error + 1e-3


def test_a_coarser_cut_loses_them(monkeypatch):
    monkeypatch.setattr(gaussian, "_RANK", 1e-9)
    assert abs(values(1e-5)[0][0] - 1) > 0.5

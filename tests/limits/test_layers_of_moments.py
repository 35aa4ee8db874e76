"""Means that few coordinates make where a Moment comes to its limit: |s|/(s² + y²), of s → 0."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest

import tpgraph as tp
from tpgraph.limits import rules

HEAD = "width n\nvector x, y, z : n ~ N(0, 1)\ns = mean(x)\n"
LAYERS = [
    "q = mean(abs(s)/(s^2 + y^2))",
    "q = mean(s/(s^2 + x^2))",
    "d = s^2 + y^2\nq = mean(abs(s)/d)",
    "t = mean(z)\nq = mean(abs(s - t)/((s - t)^2 + y^2))",
    "t = mean(z^2)\nq = mean(abs(t - 1)/((t - 1)^2 + y^2))",
    "w = abs(s)/(s^2 + y^2)\nq = mean(w)",
]
NONE = {
    "q = mean(y^2/(s^2 + y^2))": 1.0,
    "q = mean((y^2 + s^2)^(-0.25))": 2**-0.25 * math.gamma(0.25) / math.sqrt(math.pi),
    "t = mean(z^2)\nq = mean(t/sqrt(abs(y)))": 2**-0.25 * math.gamma(0.25) / math.sqrt(math.pi),
}


def found(lines: str, engine: str) -> tp.Limit:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tp.TPWarning)
        return tp.limit(tp.parse(HEAD + lines + "\n"), engine=engine, samples=2**14)


@pytest.mark.parametrize("engine", ["auto", "sampled"])
@pytest.mark.parametrize("lines", LAYERS)
def test_what_few_coordinates_make_is_not_0(lines, engine):
    with pytest.raises(tp.TPError, match="of which the share tends to 0"):
        found(lines, engine)


@pytest.mark.parametrize("engine", ["auto", "sampled"])
@pytest.mark.parametrize("lines", NONE)
def test_where_none_do_there_is_a_limit(lines, engine):
    limit = found(lines, engine)
    assert abs(limit.scalar("q") - NONE[lines]) <= 4 * limit.error("q")


def test_networks_have_the_mean_of_the_layer():
    """π p_y(0), of which the limit of the function, 0, tells nothing."""
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((2, 400, 4096))
    s = np.abs(x.mean(axis=1, keepdims=True))
    assert (s / (s**2 + y**2)).mean() == pytest.approx(math.sqrt(math.pi / 2), abs=0.05)


def test_without_the_look_it_is_0(monkeypatch):
    monkeypatch.setattr(rules, "require_no_layer", lambda *_: None)
    assert found(LAYERS[0], "exact").scalar("q") == 0.0

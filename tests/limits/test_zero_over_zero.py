"""Quotients of what vanishes by a scalar and by the coordinates below: no 0 where there is none."""

from __future__ import annotations

import pytest

import tpgraph as tp

TEXT = """
program p
width n
scalar ε -> 0 = 1/sqrt(n)
vector x : n ~ N(0, 1)
vector y : n ~ N(0, 1)
{}
"""
REFUSED = [
    "a = mean(x)\nθ = ε / a",  # random
    "a = mean(x * y)\nθ = mean((ε * x / (a + 2 * ε))^2)",  # random
]
TOLD = [
    ("a = mean((ε * x)^2)\nz = ε * x / sqrt(a)\nθ = mean(z^2)", 1.0),
    ("z = ε * x\nθ = mean((ε * x / z)^2)", 1.0),
    ("a = mean((ε * x)^2)\nθ = mean((ε * x / sqrt(a + 1))^2)", 0.0),
    ("a = mean(x^2)\nθ = mean((ε * x / max(sqrt(a), ε))^2)", 0.0),
    ("a = mean(x^2)\nθ = mean(tanh(ε * x) / ε * x / a)", 1.0),
]


@pytest.mark.parametrize("lines", REFUSED)
def test_zero_over_zero_is_refused(lines: str) -> None:
    with pytest.raises(tp.TPError, match="scalar that tends to 0"):
        tp.limit(tp.parse(TEXT.format(lines)))


@pytest.mark.parametrize(("lines", "value"), TOLD)
def test_what_is_not_divided_by_zero_is_told(lines: str, value: float) -> None:
    found = tp.limit(tp.parse(TEXT.format(lines))).scalar("θ")
    assert float(found) == pytest.approx(value, abs=1e-12)

"""Vectors that do not vary, and matrices that start at 0."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest

from tpgraph.errors import TPTypeError
from tpgraph.language import parse
from tpgraph.limits import limit


def test_a_gate_that_sees_zeros_alone() -> None:
    """E[σ(b) σ(c)] where b and c do not vary: an expectation in no dimension."""
    text = """
width n
vector b : n ~ N(0, 0)
vector c : n ~ N(0, 0)
vector g : n ~ N(0, 1)
x = sigmoid(b) * tanh(1 + c)
m = mean(x * g^2)
output m
"""
    found = limit(parse(text), engine="exact")
    assert found.scalar("m") == pytest.approx(np.tanh(1) / 2, rel=1e-12)


ADAPTER = """
width n
parametrization ntk
data x : 3
param U : n × 3 ~ N(0, 1)
matrix W : n × n ~ N(0, 2)
param A : 2 × n ~ N(0, 1)
param B : n × 2 ~ N(0, {})
param V : 1 × n ~ N(0, 1)
h = relu(U x)
f = V relu(W h + B A h)
output f
"""


@pytest.mark.parametrize("engine", ["exact", "sampled"])
def test_a_matrix_that_starts_at_zero_does_not_ask_what_it_reads(
    engine: Literal["exact", "sampled"],
) -> None:
    """An adapter B A h is 0 at the start, though A h stays random; of another B it is refused."""
    program, x = parse(ADAPTER.format(0)), {"x": [1.0, -2.0, 0.5]}
    plain = parse(ADAPTER.replace(" + B A h", "").format(0))
    found, expected = (limit(p, data=x, engine=engine).vectors["f"].var for p in (program, plain))
    assert found.value == pytest.approx(expected.value, rel=1e-12 if engine == "exact" else 0.02)
    with pytest.raises(TPTypeError, match="stays random in the limit"):
        limit(parse(ADAPTER.format(1)), data=x, engine=engine)

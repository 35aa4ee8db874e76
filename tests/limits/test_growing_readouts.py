"""Readouts that grow with width have limits beside what vanishes, and none alone."""

from __future__ import annotations

import pytest

import tpgraph as tp

TEXT = """
width n
dim d = 2
parametrization abc(a=[0, 0, 0], b=[0, 0, 0], c=0)
scalar c -> 0 = {c}
data ξ : d
param U : n × d ~ N(0, 1)
param V : 1 × n ~ N(0, 1)
f = c * (V abs(U ξ))
g = f + 1
output g
"""
X = {"ξ": [0.6, 0.8]}
"""U ξ has variance 1/2, and so has V abs(U ξ)/√n."""


def found(c: str) -> tp.Limit:
    return tp.limit(tp.parse(TEXT.format(c=c)), data=X, samples=2**12)


def test_a_factor_that_outweighs_it_leaves_nothing():
    limit = found("1/n")
    assert limit.var("f") == 0.0
    assert limit.mean("g") == pytest.approx(1.0)


def test_a_factor_that_matches_it_leaves_a_gaussian():
    limit = found("2/sqrt(n)")
    assert abs(limit.var("f") - 2.0) <= 4 * limit.error("f")
    assert limit.mean("g") == pytest.approx(1.0, abs=0.05)


def test_what_divides_by_it_counts_its_factor():
    text = TEXT.format(c="2/sqrt(n)").replace(
        "g = f + 1", "h = U ξ\ne = V abs(h) / c\ng = e * c * c"
    )
    limit = tp.limit(tp.parse(text), data=X, samples=2**12)
    assert abs(limit.var("g") - 2.0) <= 4 * limit.error("g")


@pytest.mark.parametrize("change", [("f = c * (V abs(U ξ))", "f = V abs(U ξ)"), ("c * (", "relu(")])
def test_alone_it_is_refused(change):
    with pytest.raises(tp.TPError, match="grow"):
        tp.limit(tp.parse(TEXT.format(c="1/n").replace(*change)), data=X, samples=2**12)


def test_its_moments_over_inputs_are_refused():
    program = tp.parse(TEXT.format(c="1/n").replace("output g", "output f"))
    with pytest.raises(tp.TPError, match="grow"):
        tp.limits.limit_over_inputs(program, {"ξ": [[1.0, 0.0]]}, [("f~3", "f~3")], samples=2**12)

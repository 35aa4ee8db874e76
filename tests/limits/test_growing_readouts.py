"""Readouts that grow with width have limits beside what vanishes, and none alone."""

from __future__ import annotations

import math

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


ALIGNED = """
width n
dim d = 2
parametrization abc(a=[0, 0, 0], b=[0, 0, 0], c=0)
scalar c -> 0 = 2/n
data ξ : d
data η : 1
param U : n × d ~ N(0, 1)
param V : 1 × n ~ N(0, 1)
f = V tanh(U ξ + V' η)
g = c * f + 1
output g
"""
"""The layer reads V: f is n η E tanh′, and does not depend on what is drawn."""


@pytest.mark.parametrize("engine", ["exact", "sampled"])
def test_what_knows_its_readout_grows_as_fast_as_the_width(engine):
    data = {"ξ": [0.6, 0.8], "η": [0.0]}
    program = tp.parse(ALIGNED.replace("tanh", "erf"))
    at_zero = tp.limit(program, data=data, engine=engine, samples=2**12)
    assert at_zero.mean("g") == pytest.approx(1.0)
    limit = tp.limit(program, data={**data, "η": [1.0]}, engine=engine, samples=2**12)
    # E erf′(N(0, 3/2)) = 2/√π /√(1 + 2 · 3/2)
    assert abs(limit.mean("g") - 1 - 2 / math.sqrt(math.pi)) <= 4 * limit.error("g")
    assert limit.var("g") == pytest.approx(0.0, abs=1e-5)


def test_and_alone_is_refused():
    with pytest.raises(tp.TPError, match=r"which depends on V: it grows like n\^1"):
        tp.limit(tp.parse(ALIGNED.replace("output g", "output f")), data={"ξ": X["ξ"], "η": [1.0]})


@pytest.mark.parametrize("engine", ["exact", "sampled"])
def test_what_it_enters_otherwise_is_told_that_it_grows(engine):
    text = ALIGNED.replace("output g", "q = mean(f)\ny = q * (U ξ)\noutput g")
    with pytest.raises(tp.TPError, match=r"q grows like n\^1"):
        tp.limit(tp.parse(text), data={"ξ": X["ξ"], "η": [1.0]}, engine=engine, samples=2**12)


def test_kernels_of_vectors_that_know_their_readout():
    X = {"ξ": [[0.6, 0.8], [0.1, 0.2]], "η": [[1.0], [0.5]]}
    assert (tp.kernels.kernel(tp.parse(ALIGNED), X, "nngp").nngp == 0).all()
    with pytest.raises(tp.TPError, match=r"f grows like n\^1") as caught:
        tp.kernels.kernel(tp.parse(ALIGNED.replace("output g", "output f")), X, "nngp")
    assert caught.value.span is not None

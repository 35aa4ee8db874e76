"""Limits: one number each, named in the message, raised by one variable, found before the work."""

from __future__ import annotations

import time
from fractions import Fraction

import pytest

import tpgraph as tp
from tpgraph import bounds
from tpgraph.errors import TPDataError, TPError, TPLimitError
from tpgraph.functions import PRIMITIVES, function_derivative, operation_count
from tpgraph.functions.size import derivative_size

HEAD = "width n\nmatrix W : n × n ~ N(0, 1)\nvector u : n ~ N(0, 1)\nx[0] = u\n"
NETWORK = """width n
dim d = 2
parametrization ntk
data ξ : d
target y : 1
param W : n × d ~ N(0, 1)
param V : 1 × n ~ N(0, 1)
f = V tanh(W ξ)
output f
loss (f - y)^2 / 2
"""
HUGE = {
    "primes": HEAD + f"y = tanh{chr(39) * 1000}(u)\n",
    "tower of primes": HEAD + f"y = sigmoid{chr(39) * 9}(u)\n",
    "primes that multiply": HEAD + "y = tanh'''''(tanh'''''(tanh'''''(tanh'''''(u))))\n",
    "functions that multiply": HEAD
    + "fn f0(z) = z + z\n"
    + "".join(f"fn f{k}(z) = f{k - 1}(f{k - 1}(z))\n" for k in range(1, 30))
    + "y = f29(u)\n",
    "loop": HEAD + "for l in 1..1000000: x[l] = tanh(W x[l-1]) + sin(x[l-1]) * cos(x[l-1]) / 2\n",
    "nested sums": HEAD + "y = sum(sum(u*j*k for j in 1..5000) for k in 1..5000)\n",
    "lines": HEAD + "y = u\n" * 2_400_000,
    "scale": NETWORK.replace("d ~ N(0, 1)", "d ~ N(0, 1) scale 1e200"),
}


@pytest.mark.parametrize("name", HUGE)
def test_what_is_too_large_is_refused_at_once(name: str) -> None:
    begun = time.process_time()
    with pytest.raises(TPError) as caught:
        tp.parse(HUGE[name])
    assert time.process_time() - begun < 2
    assert name == "lines" or caught.value.span is not None


@pytest.mark.parametrize("steps", [1000, 10**9, 10**20])
def test_sgd_is_measured_before_it_is_unrolled(steps: int) -> None:
    begun = time.process_time()
    with pytest.raises(TPLimitError, match="TPGRAPH_MAX_EQUATIONS"):
        tp.unroll_sgd(tp.parse(NETWORK), steps=steps)
    assert time.process_time() - begun < 2


def test_the_estimate_of_sgd_is_near() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TPGRAPH_MAX_EQUATIONS", "1")
        with pytest.raises(TPLimitError) as caught:
            tp.unroll_sgd(tp.parse(NETWORK), steps=20)
    told = int(caught.value.message.split()[-2].replace(",", ""))
    made = len(tp.unroll_sgd(tp.parse(NETWORK), steps=20).equations)
    assert made / 4 < told < made * 4


def test_a_variable_raises_and_lowers_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    text = HEAD + "for l in 1..50: x[l] = tanh(x[l-1])\n"
    assert len(tp.parse(text).equations) == 51
    monkeypatch.setenv("TPGRAPH_MAX_TERMS", "20")
    with pytest.raises(TPLimitError, match="TPGRAPH_MAX_TERMS") as caught:
        tp.parse(text)
    assert "at most 20" in str(caught.value)
    monkeypatch.setenv("TPGRAPH_MAX_TERMS", "many")
    with pytest.raises(TPDataError, match="TPGRAPH_MAX_TERMS is 'many'"):
        tp.parse(text)


def test_every_limit_has_a_name_of_its_own() -> None:
    rows = bounds.table()
    assert len({variable for variable, _, _ in rows}) == len(rows) > 15


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "gelu", "silu", "arctan", "sqrt", "exp"])
@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_the_size_of_a_derivative_is_known_before(name: str, order: int) -> None:
    before = function_derivative(PRIMITIVES[name], order)
    made = operation_count(function_derivative(PRIMITIVES[name], order + 1))
    assert made <= derivative_size(before) <= 4 * made + 8


@pytest.mark.parametrize("value", [Fraction(10**400), Fraction(1, 10**5000), float("inf")])
def test_constants_have_bounds(value: Fraction | float) -> None:
    with pytest.raises(TPError):
        tp.parse("const L = 2\nwidth n\nvector u : n ~ N(0, 1)\ny = L*u", constants={"L": value})

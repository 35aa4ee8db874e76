"""Limits: one number each, named in the message, raised by one variable, found before the work."""

from __future__ import annotations

import time
from fractions import Fraction
from pathlib import Path

import pytest
from typer.testing import CliRunner

import tpgraph as tp
from tpgraph import bounds
from tpgraph.errors import TPDataError, TPError, TPLimitError
from tpgraph.functions import PRIMITIVES, function_derivative, operation_count
from tpgraph.functions.size import derivative_size
from tpgraph_cli.main import app

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


LARGE = {
    "run --width n=1000000": "TPGRAPH_MAX_MEMORY",
    "train --width n=1000000 --data d.csv --out R": "TPGRAPH_MAX_MEMORY",
    "limit --synthetic --engine sampled --samples 1000000000": "TPGRAPH_MAX_MEMORY",
    "kernel --synthetic 1000000000": "TPGRAPH_MAX_MEMORY",
    "kernel --synthetic 100000": "TPGRAPH_MAX_MEMORY",
    "kernel --synthetic 100000 --width n=4": "TPGRAPH_MAX_MEMORY",
    "kernel --synthetic 3 --width n=1000000": "TPGRAPH_MAX_MEMORY",
    "kernel --synthetic 3 --width n=4 --inits 1000000000": "TPGRAPH_MAX_NETWORKS",
    "compare --synthetic 30 --out Q --steps 1000000000": "TPGRAPH_MAX_MEMORY",
    "compare --synthetic 30 --out Q --widths 1000000": "TPGRAPH_MAX_MEMORY",
    "compare --synthetic 30 --out Q --seeds 1000000000": "TPGRAPH_MAX_NETWORKS",
    "compare --synthetic 30 --out Q --members 1000000000": "TPGRAPH_MAX_NETWORKS",
    "coordcheck --synthetic 30 --widths 1000000,2000000": "TPGRAPH_MAX_MEMORY",
    "coordcheck --synthetic 30 --steps 1000000000": "TPGRAPH_MAX_",
    "coordcheck --synthetic 30 --seeds 1000000000": "TPGRAPH_MAX_NETWORKS",
    "study phase --sigma-w2 0:5:10000 --sigma-b2 0:5:10000": "TPGRAPH_MAX_POINTS",
    "study dispersion --quick --out Z --sigma-w2 0:5:9999 --sigma-b2 0:5:9999": "NETWORKS",
    "study dispersion --quick --out Z --widths 1000000": "TPGRAPH_MAX_MEMORY",
    "study dispersion --quick --out Z --inits 1000000000": "TPGRAPH_MAX_NETWORKS",
    "study drift --quick --out Z --inits 1000000000": "TPGRAPH_MAX_NETWORKS",
    "study drift --quick --out Z --widths 1000000": "TPGRAPH_MAX_MEMORY",
    "study function-variance --quick --out Z --inits 1000000000": "TPGRAPH_MAX_NETWORKS",
}


@pytest.mark.parametrize("command", LARGE)
def test_sizes_are_estimated_before_the_work(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    network = NETWORK.replace("param V", "param W2 : n × n ~ N(0, 1)\nparam V")
    network = network.replace("V tanh(W ξ)", "V tanh(W2 tanh(W ξ))")
    Path("p.tp").write_text(network, encoding="utf-8")
    Path("d.csv").write_text("ξ_0,ξ_1,y\n" + "1,2,3\n" * 40, encoding="utf-8")
    verb, *options = command.split()
    arguments = [verb, *options] if verb == "study" else [verb, "p.tp", *options]
    if verb == "run":
        arguments.append("--synthetic")
    begun = time.process_time()
    result = CliRunner().invoke(app, arguments)
    assert time.process_time() - begun < 5
    assert isinstance(result.exception, TPLimitError), result.output
    assert LARGE[command] in str(result.exception)


def test_the_limit_of_memory_can_be_raised_and_is_near(monkeypatch: pytest.MonkeyPatch) -> None:
    program = tp.parse(NETWORK)
    monkeypatch.setenv("TPGRAPH_MAX_MEMORY", str(8 * 1000))
    data = {"ξ": [1.0, 2.0], "y": [0.0]}
    assert tp.run(program, {"n": 100}, 0, data)
    with pytest.raises(TPLimitError, match=r"at n = 1,000 would take about 4. kB"):
        tp.run(program, {"n": 1000}, 0, data)

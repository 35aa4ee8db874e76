"""What a training step costs, counted by hand for a network of three layers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

import tpgraph as tp
from tpgraph.compiler import Machine
from tpgraph.compiler.optimized.cost import WeightCost
from tpgraph.errors import TPError
from tpgraph_cli.main import app

TEXT = """
program two
width n
parametrization ntk
data ξ : n_0
target y : 1
param U : n × n_0 ~ N(0, 1)
param W : n × n ~ N(0, 1)
param V : 1 × n ~ N(0, 1)
x = tanh(U ξ)
f = V tanh(W x)
output f
loss (f - y)^2 / 2
""".replace("width n\n", "width n\ndim n_0 = 4\n")
N = 1024


def of_matrix(name: str, batch: int = 1, dtype: str = "float32") -> WeightCost:
    cost = tp.step_cost(tp.parse(TEXT), {"n": N}, batch, dtype)
    return next(w for w in cost.weights if w.name == name)


def test_a_square_matrix_moves_what_is_counted_by_hand() -> None:
    """Two products, one of them transposed; batch 1 in float32."""
    w = of_matrix("W")
    reads, rows = 2 * (N * N + 2 * N), 2 * N
    assert w.costs["plain"].bytes == 4 * (reads + 4 * N * N + rows)
    assert w.costs["in place"].bytes == 4 * (reads + 2 * N * N + rows)
    kept = 2 * 16 * 2 * N + 2 * N * N / 32 + 2 * rows
    assert w.costs["delayed"].bytes == 4 * (reads + kept)
    assert w.costs["in place"].flops == 3 * 2 * N * N


@pytest.mark.parametrize(
    ("name", "batch", "chosen"),
    [("W", 1, "delayed"), ("W", 8, "delayed"), ("W", 9, "in place"), ("V", 1, "in place")],
)
def test_updates_are_delayed_where_the_module_delays_them(
    name: str, batch: int, chosen: str
) -> None:
    assert of_matrix(name, batch).chosen == chosen
    module = tp.compile(tp.parse(TEXT), "float32", optimize=True)
    params = module.init({"n": N})
    weight = module._namespace["_Weight"](params[name], batch)
    assert weight.delayed == (chosen == "delayed")


def test_joined_products_read_a_weight_once() -> None:
    program = tp.gallery.entry("rnn").program()
    cost = tp.step_cost(program, {"n": 64})
    u = next(w for w in cost.weights if w.name == "U")
    assert u.products == 1
    assert u.costs["in place"].bytes < u.costs["plain"].bytes


def test_seconds_are_those_of_the_slower_of_both() -> None:
    cost = tp.step_cost(tp.parse(TEXT), {"n": N})
    memory, arithmetic = Machine(1.0, 1e30), Machine(1e30, 1.0)
    assert cost.seconds(memory) == pytest.approx(cost.total().bytes)
    assert cost.seconds(arithmetic) == pytest.approx(cost.total().flops)
    assert cost.seconds(memory, "plain") > cost.seconds(memory, "in place")


def test_the_command_prints_every_matrix_and_way(tmp_path: Path) -> None:
    path = tmp_path / "two.tp"
    path.write_text(TEXT)
    done = CliRunner().invoke(app, ["compile", str(path), "--explain", "--width", f"n={N}"])
    assert done.exit_code == 0, done.output
    assert re.findall(r"^([UWV])  .*(?:memory|arithmetic)$", done.output, re.M) == ["U", "W", "V"]
    for way in ("plain", "in place", "delayed", "chosen"):
        assert re.search(rf"^  {way} +[\d.]+ ms", done.output, re.M)
    alone = CliRunner().invoke(app, ["compile", str(path), "--width", "n=8"])
    assert alone.exit_code == 2
    assert "--explain" in alone.output


def test_without_a_loss_there_is_no_step() -> None:
    with pytest.raises(TPError, match="no loss"):
        tp.step_cost(tp.gallery.entry("wigner").program(), {"n": 8})

"""Coordinate checks with Adam and momentum: measured exponents beside the predicted ones."""

from __future__ import annotations

import json

import numpy as np
import pytest
from typer.testing import CliRunner

import tpgraph as tp
from tpgraph.compiler.adaptive_rates import adaptive_exponents
from tpgraph.errors import TPError
from tpgraph.program.coordinates import predict
from tpgraph.study.coordinates.check import CoordinateCheck, coordinate_check
from tpgraph_cli.main import app

TEXT = """program net
width n
parametrization {0}
data ξ : 6
target y : 1
scalar c -> 0 = 1/sqrt(n)
param W : n × 6 ~ N(0, 1)
param b : n ~ N(0, 1) scale 0.5
param U : n × n ~ N(0, 1)
param V : 1 × n ~ N(0, {2})
h = W ξ + b
x = tanh(h)
z = U x
u = tanh(z)
g = V u
f = {1}
output f
loss (f - y)^2 / 2
"""


def net(parametrization: str, output: str, variance: int = 1) -> tp.Program:
    return tp.parse(TEXT.format(parametrization, output, variance))


def measured(program: tp.Program, optimizer: str, steps: int = 2) -> CoordinateCheck:
    return coordinate_check(
        program, widths=[64, 256, 1024], steps=steps, lr=0.02, seeds=3, synthetic=16,
        optimizer=optimizer,
    )  # fmt: skip


def far(found: CoordinateCheck, name: str) -> bool:
    change = found.change(name)
    return abs(change.measured - change.predicted) > max(0.1, 3 * change.error)


@pytest.mark.parametrize("optimizer", ["adam", "momentum"])
@pytest.mark.parametrize(
    ("parametrization", "output"),
    [
        ("ntk", "g"),
        ("mup", "g"),
        ("standard", "g + mean(u)"),
        ("ntk", "mean(u*u)"),
        ("mup", "c*g"),
    ],
)
def test_measured_changes_are_the_predicted_ones(parametrization, output, optimizer):
    found = measured(net(parametrization, output), optimizer)
    assert not [name for name in found.names if found.change(name).expected == "unknown"]
    numbers = [n for n in found.names if np.isfinite(found.change(n).predicted)]
    assert not [name for name in numbers if far(found, name)]
    assert numbers or (parametrization, optimizer) == ("standard", "momentum")


def test_adam_does_not_see_how_large_a_gradient_is():
    """A readout that vanishes slows SGD down and not Adam."""
    program = net("mup", "c*g")
    found, rates = measured(program, "adam"), adaptive_exponents(program)
    sgd, adam = predict(program, 2).changes, predict(program, 2, rates).changes
    assert (sgd["z"], adam["z"]) == (-0.5, 0.0)
    assert found.change("z").predicted == adam["z"]
    assert abs(found.change("z").measured - sgd["z"]) > 0.3


def test_a_readout_that_starts_at_0_lets_the_second_step_move_all():
    later = measured(net("mup", "g", variance=0), "adam", steps=2)
    assert not [name for name in later.names if far(later, name)]


def test_an_unknown_optimizer_is_refused():
    with pytest.raises(TPError, match="there is no optimizer 'adagrad'"):
        measured(net("mup", "g"), "adagrad")


def test_the_command_has_optimizers(tmp_path):
    file = tmp_path / "net.tp"
    file.write_text(TEXT.format("mup", "c*g", 1))
    options = ["--synthetic", "16", "--widths", "16,32", "--seeds", "2", "--json"]
    said = {}
    for optimizer in ("sgd", "adam"):
        done = CliRunner().invoke(
            app, ["coordcheck", str(file), *options, "--optimizer", optimizer]
        )
        assert done.exit_code == 0, done.output
        said[optimizer] = json.loads(done.stdout)["vectors"]["z"]["change"]["predicted"]
    assert said == {"sgd": -0.5, "adam": 0.0}

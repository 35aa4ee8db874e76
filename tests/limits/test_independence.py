"""Gradient independence: where its check passes the Ż of the backward pass are 0 anyway."""

from __future__ import annotations

import pytest
from limits.finite import DIAGRAMS, gallery, inputs, mismatches
from typer.testing import CliRunner

import tpgraph as tp
from tpgraph.errors import TPArgumentError
from tpgraph.limits import independence, limit
from tpgraph.program.classify import GIA
from tpgraph.transform import backward, unroll_sgd
from tpgraph_cli.main import app

MEAN = """
program averaged
width n
dim d = 3
parametrization mup
data ξ : d
param U : n × d ~ N(0, 1)
param W : n × n ~ N(0, 1)
f = mean(tanh(W tanh(U ξ)) ^ 2)
output f
"""


@pytest.mark.parametrize("engine", ["sampled", "auto"])
@pytest.mark.parametrize("name", ["rnn", "mlp", "resnet", "gru"])
def test_the_assumption_changes_nothing_where_it_holds(name, engine):
    program = backward(gallery(name))
    data = inputs(program)
    whole, assumed = (
        limit(program, data=data, engine=engine, samples=2**14, assume_gia=gia)
        for gia in (False, True)
    )
    for equation in program.equations:
        out = equation.out.name
        if equation.out.is_wide:
            bars = 5 * (whole.error(out) + assumed.error(out))
            assert abs(whole.var(out) - assumed.var(out)) <= bars + 1e-9
        if equation.place is not None and equation.place.row == "backward":
            assert assumed.vectors.get(out) is None or assumed.dot(out) == {}


def test_where_the_check_fails_the_reason_is_given(monkeypatch):
    """f = mean(x²): without Ż the limit of the backward pass would be wrong."""
    program = backward(tp.parse(MEAN))
    data = inputs(program)
    with pytest.raises(TPArgumentError, match="gradient independence fails: output f is a Moment"):
        limit(program, data=data, assume_gia=True)
    monkeypatch.setattr(independence, "gradient_independence", lambda p: GIA(True, ""))
    assert mismatches(program, limit(program, data=data), 1000, 6, data) == []
    assert mismatches(program, limit(program, data=data, assume_gia=True), 1000, 6, data) != []


def test_tied_weights_fail_the_check():
    program = backward(gallery("autoencoder"))
    with pytest.raises(TPArgumentError, match="the forward pass uses both W and its transpose"):
        limit(program, data=inputs(program), assume_gia=True)


def test_programs_without_one_first_pass_are_refused():
    program = unroll_sgd(gallery("mlp"), 2, form="fluctuation")
    with pytest.raises(TPArgumentError, match="gradient independence fails"):
        limit(program, data=inputs(program), assume_gia=True)
    with pytest.raises(TPArgumentError, match="has no backward pass"):
        limit(gallery("mlp"), data=inputs(gallery("mlp")), assume_gia=True)


def test_command_line(tmp_path):
    rnn, path = str(DIAGRAMS / "rnn.tp"), tmp_path / "X.csv"
    columns = [f"ξ[{t}]_{k}" for t in (1, 2, 3) for k in range(8)]
    path.write_text(f"{','.join([*columns, 'y_0'])}\n{','.join(['0.5'] * 25)}\n", encoding="utf-8")
    given = ["limit", rnn, "--data", str(path), "--pass", "backward", "--engine", "sampled"]
    plain, assumed = (CliRunner().invoke(app, given + more) for more in ([], ["--gia"]))
    assert plain.exit_code == assumed.exit_code == 0
    assert "ds[2] = W' ds[3]~2" in assumed.stdout
    lines = [line for line in assumed.stdout.splitlines() if line.startswith("ZMatMul")]
    assert all(line.endswith("Ż = 0") for line in lines if " ds[" in line)
    assert plain.stdout != assumed.stdout
    with pytest.raises(TPArgumentError, match="has no backward pass"):
        CliRunner().invoke(app, ["limit", rnn, "--gia"], catch_exceptions=False)

"""The options of --pass on every command that has them, and samples for the passes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import tpgraph as tp
from tpgraph.errors import TPDataError
from tpgraph.interpreter import interpret, sample
from tpgraph.training import samples_of_passes, samples_taken, synthetic_data
from tpgraph_cli.main import app

NET = """
program net
width n
dim d = 3
dim k = 2
parametrization ntk
data ξ : d
target y : k
param U : n × d ~ N(0, 1)
param W : n × n ~ N(0, 1)
param V : k × n ~ N(0, 1)
f = V tanh(W tanh(U ξ))
output f
loss softmax_cross_entropy(f, y)
"""
COMMANDS = ["limit", "run", "draw", "show"]


def tpgraph(*arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, list(arguments))
    error = str(done.exception) if isinstance(done.exception, tp.TPError) else done.stderr
    return done.exit_code, done.stdout, error


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    program, data = tmp_path / "net.tp", tmp_path / "data.csv"
    program.write_text(NET, encoding="utf-8")
    rng = np.random.default_rng(0)
    rows = np.hstack([rng.standard_normal((8, 3)), np.eye(2)[rng.integers(0, 2, 8)]])
    lines = [",".join(f"{v:.6f}" for v in row) for row in rows]
    data.write_text("\n".join(["ξ_0,ξ_1,ξ_2,y_0,y_1", *lines]) + "\n", encoding="utf-8")
    return str(program), str(data)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    "words",
    [
        "--steps 3",
        "--form exact",
        "--pass backward --lr 0.5",
        "--batch 2",
        "--pass backward --momentum 0.9",
        "--weight-decay 0.1",
        "--lr 0.5,0.25",
        "--schedule linear",
        "--of loss",
        "--pass sgd --of f",
    ],
)
def test_what_would_do_nothing_is_a_usage_error(
    files: tuple[str, str], command: str, words: str
) -> None:
    code, _, error = tpgraph(command, files[0], *words.split())
    assert code == 2
    assert words.split()[-2] in error


def test_every_option_reaches_the_program(files: tuple[str, str]) -> None:
    words = "--pass sgd --steps 2 --batch 2 --lr 0.5 --momentum 0.9 --weight-decay 0.01"
    code, text, _ = tpgraph("show", files[0], "--text", *words.split())
    assert code == 0
    options = {"lr": 0.5, "momentum": 0.9, "weight_decay": 0.01}
    unrolled = tp.unroll_sgd(tp.load(files[0]), 2, 2, **options)  # type: ignore[arg-type]
    assert text == tp.to_text(unrolled)
    assert text != tp.to_text(tp.unroll_sgd(tp.load(files[0]), 2, 2))
    code, text, _ = tpgraph("show", files[0], "--text", "--pass", "backward", "--of", "loss")
    assert code == 0
    assert text == tp.to_text(tp.backward(tp.load(files[0]), "loss"))


@pytest.mark.parametrize(
    ("words", "rates"),
    [
        ("--lr 0.5,0.25", [0.5, 0.25]),
        ("--lr 0.5,0.25,0 --steps 3", [0.5, 0.25, 0.0]),
        ("--lr 0.5 --steps 2 --schedule linear", [0.5, 0.25]),
        ("--lr 0.5 --steps 2 --schedule constant", [0.5, 0.5]),
        ("--steps 2 --schedule cosine", [1.0, 0.5]),
    ],
)
def test_every_step_has_its_rate(files: tuple[str, str], words: str, rates: list[float]) -> None:
    code, text, error = tpgraph("show", files[0], "--text", "--pass", "sgd", *words.split())
    assert code == 0, error
    assert text == tp.to_text(tp.unroll_sgd(tp.load(files[0]), len(rates), lr=rates))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--lr 0.5,0.25 --steps 3", "--lr has 2 rates, and --steps is 3"),
        ("--lr 0.5,0.25 --steps 1", "--lr has 2 rates, and --steps is 1"),
        ("--lr 0.5,0.25 --schedule linear", "--lr has a rate for every step itself"),
        ("--lr 0.5,-1", "-1 is out of range"),
        ("--lr 0.5,", "is not understood"),
        ("--schedule stepwise", "stepwise is none of constant, cosine, linear, warm-up"),
    ],
)
def test_rates_that_are_none_for_the_steps_are_a_usage_error(
    files: tuple[str, str], words: str, said: str
) -> None:
    code, _, error = tpgraph("draw", files[0], "--pass", "sgd", *words.split())
    assert code == 2
    assert said in " ".join(error.split())


@pytest.mark.parametrize("words", ["--pass backward", "--pass backward --of loss", "--pass sgd"])
@pytest.mark.parametrize("command", ["limit", "run --width n=16"])
def test_rows_and_the_loss_are_enough(files: tuple[str, str], command: str, words: str) -> None:
    program, data = files
    code, text, error = tpgraph(*command.split(), program, *words.split(), "--data", data, "--json")
    assert code == 0, error
    assert json.loads(text)["vectors"]
    assert ("drawn once" in error) == (command == "limit")


def test_limits_of_ntk_training_are_those_of_its_changes(files: tuple[str, str]) -> None:
    """Every pass in full has the limits of the first one, and its output is not told by them."""
    program, data = files
    words = ("limit", program, "--pass", "sgd", "--data", data, "--lr", "0.5", "--samples", "4096")
    code, text, error = tpgraph(*words)
    assert code == 0, error
    assert text == tpgraph(*words, "--form", "fluctuation")[1]
    code, _, error = tpgraph(*words, "--form", "exact")
    assert code == 1
    assert "is 0 in that order" in error
    assert "--form fluctuation" in error


def test_drawn_readouts_can_be_refused(files: tuple[str, str]) -> None:
    program, data = files
    words = ("--pass", "backward", "--data", data, "--outputs", "random")
    code, _, error = tpgraph("limit", program, *words)
    assert code == 1
    assert "--outputs sampled" in error


def test_too_few_samples(files: tuple[str, str]) -> None:
    program, data = files
    words = ("--pass", "sgd", "--steps", "4", "--batch", "2")
    code, _, error = tpgraph("run", program, "--width", "n=8", *words, "--data", data)
    assert code == 1
    assert "has 8 samples, and the passes take 9" in error


def trained(shift: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """The tested output after three steps: unrolled on rows, and by the compiled network."""
    program = tp.parse(NET)
    samples = synthetic_data(program, 9)
    unrolled = tp.unroll_sgd(program, 3, 2, lr=0.3)
    assert samples_taken(unrolled) == 7
    module = tp.compile(program)
    params = module.init({"n": 12}, seed=0)
    given = {name: np.array(value) for name, value in params.items()}
    rows = samples_of_passes(unrolled, samples, 1 + shift)
    initial = {**sample(unrolled, {"n": 12}, 0), **given, **rows}
    values = interpret(unrolled, initial, {"n": 12})
    x, y = samples.arrays["ξ"], samples.arrays["y"]
    for t in range(3):
        taken = slice(1 + 2 * t, 3 + 2 * t)
        module.sgd_step(params, x[taken], y[taken], 0.3)
    return values[unrolled.outputs[-1].name], module.forward(params, x[7:8])[0]


def test_steps_take_row_after_row_and_then_one_to_test() -> None:
    ours, theirs = trained()
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)
    other, theirs = trained(shift=1)
    assert np.abs(other - theirs).max() > 1e-3


def test_samples_must_be_of_the_network() -> None:
    program = tp.parse(NET)
    samples = synthetic_data(program, 2)
    with pytest.raises(TPDataError, match="arrays has no χ"):
        samples_of_passes(tp.backward(program), samples)
    with pytest.raises(TPDataError, match="has 2 samples, and none of number 2"):
        samples_of_passes(program, samples, 2)

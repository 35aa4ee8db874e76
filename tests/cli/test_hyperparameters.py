"""What a learning rate, momentum and weight decay may be: one rule in commands and in Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from command_line import commands
from small_network import PROGRAM
from typer.testing import CliRunner

import tpgraph as tp
from tpgraph_cli.main import app

NOT_ABOVE_ZERO = ("0", "-0.5", "-0.0", "nan")
HYPERPARAMETERS = {
    "--lr": NOT_ABOVE_ZERO,
    "--momentum": ("-0.1", "1"),
    "--weight-decay": ("-0.1", "inf"),
}


PAIRS = [
    (words, option)
    for words, command in commands()
    for option in HYPERPARAMETERS
    if any(option in parameter.opts for parameter in command.params)
]


def test_every_command_that_trains_has_a_rate() -> None:
    rated = {words.split()[-1] for words, option in PAIRS if option == "--lr"}
    assert rated >= {"train", "limit", "draw", "show", "compare", "coordcheck", "drift"}


@pytest.mark.parametrize(("words", "option"), PAIRS)
def test_options_refuse_what_is_no_hyperparameter(words: str, option: str) -> None:
    for value in HYPERPARAMETERS[option]:
        made = CliRunner().invoke(app, [*words.split(), "one_hidden", f"{option}={value}"])
        assert made.exit_code == 2, (words, value, made.output)
        assert option in made.stderr
        assert value in made.stderr


CALLS: dict[str, Callable[[Any], object]] = {
    "train": lambda lr: tp.train(PROGRAM, _samples(), widths={"n": 4}, steps=1, lr=lr),
    "unroll_sgd": lambda lr: tp.unroll_sgd(PROGRAM, steps=1, lr=lr),
    "kernel_dynamics": lambda lr: tp.kernel_dynamics(np.eye(2), np.ones((2, 1)), lr=lr, steps=1),
    "kernel_solution": lambda lr: tp.kernel_solution(np.eye(2), np.ones((2, 1)), lr=lr, steps=1),
    "compare": lambda lr: tp.study.compare(PROGRAM, synthetic=4, widths=[4, 8], lr=lr),
    "coordinate_check": lambda lr: tp.study.coordinate_check(
        PROGRAM, synthetic=4, widths=[4, 8], lr=lr
    ),
    "compare_parametrizations": lambda lr: tp.study.compare_parametrizations(
        PROGRAM, ["ntk"], synthetic=4, widths=[4, 8], lr=lr
    ),
}


def _samples() -> dict[str, Any]:
    return dict(tp.synthetic_data(tp.parse(PROGRAM), 4).arrays)


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("lr", [0, 0.0, -1.0, float("nan"), float("inf"), "0.1", None, True])
def test_functions_refuse_what_is_no_rate(name: str, lr: Any) -> None:
    with pytest.raises(tp.TPDataError, match=r"lr is"):
        CALLS[name](lr)


def test_a_schedule_may_begin_or_end_at_zero() -> None:
    program = tp.parse(PROGRAM)
    for rates in ([0.1, 0.0], [0.0, 0.1], (lambda t: 0.1 * (1 - t))):
        tp.unroll_sgd(program, steps=2, lr=rates)
    tp.kernel_dynamics(np.eye(2), np.ones((2, 1)), lr=[0.1, 0.0], steps=2)
    for bad, told in (([0.1, -0.1], "of step 2 is -0.1"), ([0.0, 0.0], "is 0 at every step")):
        with pytest.raises(tp.TPDataError, match=told):
            tp.unroll_sgd(program, steps=2, lr=bad)
        with pytest.raises(tp.TPDataError, match=told):
            tp.kernel_dynamics(np.eye(2), np.ones((2, 1)), lr=bad, steps=2)


def test_one_step_takes_the_last_rate_of_a_schedule_and_none_below_it() -> None:
    module = tp.compile(PROGRAM)
    params, arrays = module.init({"n": 4}), _samples()
    before = {name: value.copy() for name, value in params.items()}
    module.sgd_step(params, **arrays, lr=0.0)
    assert all((params[name] == value).all() for name, value in before.items())
    with pytest.raises(tp.TPDataError, match=r"lr is -0\.1"):
        module.sgd_step(params, **arrays, lr=-0.1)


def test_a_rate_without_steps_is_refused() -> None:
    with pytest.raises(tp.TPDataError, match="no steps are taken"):
        tp.kernel_solution(np.eye(2), np.ones((2, 1)), lr=0.1)


@pytest.mark.parametrize("name", ["momentum", "weight_decay"])
def test_unrolled_training_refuses_other_hyperparameters(name: str) -> None:
    numbers: dict[str, Any] = {name: -0.1}
    with pytest.raises(tp.TPDataError, match=f"{name} is -0.1"):
        tp.unroll_sgd(PROGRAM, steps=2, **numbers)

"""One name for one idea: options of commands are keyword arguments of the functions behind them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from enum import Enum, StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from command_line import commands
from typer.testing import CliRunner

import tpgraph as tp
from tpgraph_cli.main import app
from tpgraph_cli.studies.drift import DriftFigure
from tpgraph_cli.studies.function_variance import VarianceFigure

FUNCTIONS = {
    "draw": tp.draw, "compile": tp.compile, "train": tp.train, "run": tp.run, "limit": tp.limit,
    "kernel": tp.kernel, "compare": tp.study.compare, "coordcheck": tp.study.coordinate_check,
    "compare-parametrizations": tp.study.compare_parametrizations,
}  # fmt: skip


def options(command: str) -> dict[str, Any]:
    """The defaults of a command's options, by name."""
    found = typer.main.get_command(app).commands[command].params  # type: ignore[attr-defined]
    return {p.name: p.default for p in found}


def arguments(command: str) -> dict[str, Any]:
    parameters = inspect.signature(FUNCTIONS[command]).parameters.values()
    return {p.name: p.default for p in parameters}


@pytest.mark.parametrize(
    ("words", "preset"),
    [(DriftFigure, tp.study.drift_preset), (VarianceFigure, tp.study.variance_preset)],
)
def test_presets_of_commands_are_those_of_the_studies(
    words: type[StrEnum], preset: Callable[[str], Any]
) -> None:
    with pytest.raises(tp.TPDataError) as refused:
        preset("none")
    assert sorted(words) == sorted(str(refused.value.expected).split(", "))


@pytest.mark.parametrize("command", FUNCTIONS)
def test_what_has_one_name_has_one_default(command: str) -> None:
    ours, theirs = options(command), arguments(command)
    shared = ours.keys() & theirs.keys()
    assert len(shared) >= 2
    differ = {}
    for name in sorted(shared):
        cli, python = ours[name], theirs[name]
        cli = cli.value if isinstance(cli, Enum) else cli
        python = ",".join(map(str, python)) if isinstance(python, tuple) else python
        if python is inspect.Parameter.empty or callable(cli):
            continue
        if str(cli or None) != str(python or None):
            differ[name] = (cli, python)
    assert differ == {}


def test_no_option_has_a_name_that_its_function_calls_otherwise() -> None:
    """Names that were given up: they are taken, and named nowhere."""
    for command in FUNCTIONS:
        assert not options(command).keys() & {"style", "show_io", "rate", "output", "learning_rate"}
        assert not arguments(command).keys() & {"style", "show_io", "rate", "output"}


def test_every_file_and_folder_is_named_by_out() -> None:
    for name, command in commands():
        for parameter in command.params:
            if {"-o", "--out", "--output"} & set(parameter.opts):
                assert set(parameter.opts) == {"-o", "--out", "--output"}, (name, parameter)


def test_samples_are_of_z_and_a_limit_of_a_file_everywhere() -> None:
    """What a file gives and what is drawn of every Z are two ideas; a rate is --lr."""
    known = dict(commands())
    for name, command in known.items():
        options = {option: p for p in command.params for option in p.opts}
        assert "--rate" not in options, name
        if (drawn := options.get("--samples")) is not None:
            assert drawn.help.startswith("Sample values of every Z"), name
    for name in ("kernel", "study drift", "study function-variance"):
        assert any("--limit" in p.opts for p in known[name].params), name


def test_former_names_of_drawing_are_taken() -> None:
    program = tp.gallery.entry("one_hidden").program()
    for now, before in (
        ({"theme": "dark"}, {"style": "dark"}),
        ({"show": "io"}, {"show_io": True}),
        ({"show": "all"}, {"view": "editing"}),
        ({"show": "all"}, {"view": "editing", "show_io": True}),
    ):
        made: tuple[Any, Any] = now, before
        new, old = (tp.draw(program, **names).svg for names in made)
        assert new == old
        assert new != tp.draw(program).svg
    twice: Any = {"theme": "dark", "style": "paper"}
    with pytest.raises(tp.TPError, match="style and theme are one"):
        tp.draw(program, **twice)
    with pytest.raises(tp.TPError, match="unknown show 'everything'"):
        tp.draw(program, show="everything")  # type: ignore[arg-type]


def test_the_former_name_of_the_rate_is_taken() -> None:
    program = tp.gallery.entry("one_hidden").program()
    former: Any = {"learning_rate": [0.5, 0.25]}
    assert tp.unroll_sgd(program, 2, **former) == tp.unroll_sgd(program, 2, lr=[0.5, 0.25])
    with pytest.raises(tp.TPError, match="learning_rate and lr are one"):
        tp.unroll_sgd(program, 2, lr=0.5, **former)


def test_commands_say_what_they_wrote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = np.random.default_rng(0).standard_normal((4, 3))
    np.savez("x.npz", x=rows)
    for line, written in (
        ("draw one_hidden -o a.json", "a.json"),
        ("compile one_hidden --out a.py", "a.py"),
        ("fmt one_hidden --output a.tp", "a.tp"),
        ("kernel one_hidden --synthetic 3 -o k.npz", "k.npz"),
    ):
        done = CliRunner().invoke(app, line.split(), catch_exceptions=False)
        assert done.exit_code == 0, done.output
        assert f"wrote {written}" in done.stderr


@pytest.mark.parametrize(
    ("line", "files"),
    [
        ("train one_hidden --data d.npz --width n=4 --steps 2 --out made", "losses.csv, loss.svg"),
        ("compare one_hidden --data d.npz --test 2 --widths 4,8 --steps 1 --seeds 1 --out made",
         "comparison.csv, summary.json"),
    ],
)  # fmt: skip
def test_commands_say_what_a_folder_has_got(
    line: str, files: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    program = tp.gallery.entry("one_hidden").program()
    np.savez("d.npz", **tp.synthetic_data(program, 8).arrays)
    done = CliRunner().invoke(app, line.split(), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    (told,) = [words for words in done.stderr.splitlines() if words.startswith("wrote made: ")]
    assert files in told
    assert set(told.removeprefix("wrote made: ").split(", ")) == {
        p.name for p in Path("made").iterdir()
    }

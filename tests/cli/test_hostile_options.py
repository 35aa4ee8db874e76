"""Every option of every command × values that nobody means: an answer, never a traceback.

The commands and their options are read off the application, so that a new one is tried as it
comes. What a command raises must be a TPError, which `main` prints: its last resort for anything
else is never relied upon.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from command_line import commands
from small_network import PROGRAM, samples
from typer.testing import CliRunner

import tpgraph as tp
from tpgraph_cli.main import app, main

VALUES = ["nan", "inf", "1e400", "-1", "0", "1" + "0" * 20, "9" * 5000, "", "\ud800"]
SECONDS = 10.0
"""Of processor time, in one call; most take a tenth of one."""
MODULE = """
import torch


class Model(torch.nn.Module):
    def __init__(self, n, d=3):
        super().__init__()
        self.inner, self.outer = torch.nn.Linear(d, n), torch.nn.Linear(n, 1)

    def forward(self, x):
        return self.outer(torch.tanh(self.inner(x)))
"""
DATA = samples(12)
QUICK = {
    "draw": "FILE -o OUT.json",
    "gallery": "mlp",
    "check": "FILE",
    "fmt": "FILE -o OUT.tp",
    "show": "FILE",
    "compile": "FILE",
    "run": "FILE --width n=4 --synthetic",
    "train": "FILE --width n=4 --data DATA --out OUT --steps 2 --batch 4",
    "evaluate": "RUN --data DATA",
    "predict": "RUN --data DATA",
    "limit": "FILE --synthetic --samples 4096",
    "kernel": "FILE --synthetic 2 --samples 4096",
    "compare": "FILE --synthetic 4 --out OUT --widths 4,8 --steps 2 --seeds 1 --test 2"
    " --samples 4096 --members 4",
    "coordcheck": "FILE --synthetic 4 --widths 4,8 --steps 2 --seeds 1 --batch 2",
    "compare-parametrizations": "FILE --in ntk --synthetic 4 --widths 4,8 --steps 1 --seeds 1"
    " --batch 2 --samples 4096",
    "edit": "FILE --no-browser",
    "import": "MODULE:Model --width n=4 --input x=3",
    "study phase": "tanh --sigma-w2 1,2 --sigma-b2 0,1",
    "study dispersion": "--out OUT --quick --widths 4 --depths 2,3 --inits 2 --sigma-w2 2"
    " --sigma-b2 0 --workers 0",
    "guide": "language",
    "lesson": "forward",
    "man": "",
    "grammar": "",
    "study drift": "--out OUT --quick --widths 4 --depths 2 --inits 1 --sigma-w2 2 --sigma-b2 0"
    " --steps 2 --limit 4 --workers 0",
    "study function-variance": "--out OUT --quick --at 1.5,0.1 --depths 2 --widths 4 --inits 2"
    " --limit 2 --tests 2 --steps 2 --workers 0",
}
"""Arguments with which each command is done soon; a command of no row fails the test below."""
UNBOUNDED = {
    (f"study {name}", "--scheduler") for name in ("dispersion", "drift", "function-variance")
}
"""What waits by its meaning, here for an answer from another machine."""


def _pairs() -> Iterator[tuple[str, str]]:
    """Every option that takes a value; `""` stands for the command's first argument."""
    for name, command in commands():
        for parameter in command.params:
            if parameter.param_type_name == "argument":
                yield name, ""
            elif not parameter.is_flag and parameter.name != "help":
                yield name, max(parameter.opts, key=len)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("hostile")
    (found / "one.tp").write_text(PROGRAM, encoding="utf-8")
    (found / "data.csv").write_text(DATA, encoding="utf-8")
    (found / "module.py").write_text(MODULE, encoding="utf-8")
    tp.train(PROGRAM, found / "data.csv", widths={"n": 4}, steps=1, batch=4, out=found / "run")
    return found


def _arguments(name: str, option: str, value: str, folder: Path, here: Path) -> list[str]:
    made = QUICK[name].split()
    given = {"FILE": folder / "one.tp", "DATA": folder / "data.csv", "OUT": here / "out"}
    given["RUN"] = folder / "run"
    made = [str(given.get(part, part)) for part in made]
    made = [part.replace("OUT.", str(here / "out.")) for part in made]
    made = [part.replace("MODULE", str(folder / "module.py")) for part in made]
    if not option:
        return [*name.split(), value, *made[1:]]
    while option in made:
        del made[made.index(option) : made.index(option) + 2]
    if option in ("--synthetic", "--data") and "--data" in [*made, option]:
        made = [part for part in made if part != "--synthetic"]
    return [*name.split(), *made, option, value]


@pytest.fixture(autouse=True)
def served(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """The editor ends where it would begin to serve; what it keeps is in a folder of the test."""
    begun: list[str] = []
    monkeypatch.setattr("uvicorn.Server.run", lambda *_, **__: begun.append("served"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return begun


def _needs(name: str) -> list[pytest.MarkDecorator]:
    return [pytest.mark.needs("torch")] if name == "import" else []


def test_every_command_has_a_quick_row() -> None:
    assert {name for name, _ in commands()} == set(QUICK)


@pytest.mark.parametrize("name", [pytest.param(n, marks=_needs(n)) for n in QUICK])
def test_the_quick_rows_work(
    name: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made = _arguments(name, "--none", "", folder, tmp_path)[:-2]
    result = CliRunner().invoke(app, made)
    assert result.exit_code == 0, (made, result.output, result.exception)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("name", "option"),
    [pytest.param(*pair, marks=_needs(pair[0])) for pair in sorted(set(_pairs()) - UNBOUNDED)],
    ids=lambda part: part or "argument",
)
def test_hostile_values(
    name: str, option: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for number, value in _chosen(f"{name} {option}"):
        for form in _forms(option, value):
            here = tmp_path / f"{number}"
            here.mkdir(exist_ok=True)
            _try(_arguments(name, option, form, folder, here))


def _chosen(pair: str) -> list[tuple[int, str]]:
    """Two of the values, others for another pair; all of them with TPGRAPH_TESTS=all."""
    numbered = list(enumerate(VALUES))
    if os.environ.get("TPGRAPH_TESTS") == "all":
        return numbered
    first = crc32(pair.encode()) % len(VALUES)
    return [numbered[first], numbered[(first + 4) % len(VALUES)]]


def _forms(option: str, value: str) -> list[str]:
    """The value alone, and in the form that the option has."""
    forms = {
        "--set": [f"L={value}", f"d={value}", f"{value}=2"],
        "--input": [f"x={value}", f"x=3,{value}", f"{value}=3"],
        "--tokens": [f"x={value}", f"x=3,{value}", f"{value}=3"],
        "--width": [f"n={value}", f"{value}=4"],
        "--at": [f"{value},1", f"1,{value}", f"{value},{value}"],
        "--rows": [f"{value}:", f":{value}"],
        "--cov": [f"x[1],{value}"],
        "--sigma-w2": [f"0:{value}:3", f"1:2:{value}", f"1,{value}"],
        "--sigma-b2": [f"0:{value}:3", f"1:2:{value}"],
        "--widths": [f"4,{value}"],
        "--depths": [f"2,{value}", f"2:{value}"],
        "--inner": [f"{value},0"],
    }
    return [value, *forms.get(option, [])]


def _try(arguments: list[str]) -> None:
    begun = time.process_time()
    result = CliRunner().invoke(app, arguments)
    seconds = time.process_time() - begun
    told = f"{[part[:60] for part in arguments]}: {result.exception!r}"
    if isinstance(result.exception, tp.TPError):
        message = str(result.exception)
        assert message.isascii() or message.encode(), told
        assert len(message) < 4000, told
    else:
        assert result.exit_code in (0, 1, 2), told
        assert result.exception is None or isinstance(result.exception, SystemExit), told
    assert "tpgraph itself is at fault" not in result.output, told
    assert "encountered in" not in result.output, told  # what numpy says of its own accord
    assert seconds < SECONDS, f"{seconds:.0f} s: {told}"


def test_the_editor_refuses_before_it_serves(
    folder: Path, tmp_path: Path, served: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.tp").write_bytes(b"\xff\xfe")
    for name in (
        "missing.svg",
        ".",
        "bad.tp",
        "\ud800",
        "a" * 5000,
        f"{'a' * 5000}.tp",
        "/dev/zero",
        "/dev/full",
    ):
        result = CliRunner().invoke(app, ["edit", name, "--no-browser"])
        assert isinstance(result.exception, tp.TPError), name
    assert not served
    CliRunner().invoke(app, ["edit", str(folder / "one.tp"), "--no-browser"])
    assert served


def test_the_last_resort_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    """An exception that nothing was prepared for; the tests above forbid to rely on it."""

    def broken(*_: Any, **__: Any) -> None:
        raise KeyError("a\x1b[2Jb")

    monkeypatch.setattr("tpgraph_cli.main.app", broken)
    monkeypatch.delenv("TPGRAPH_DEBUG", raising=False)
    with pytest.raises(SystemExit) as left:
        main()
    said = capsys.readouterr().err
    assert left.value.code == 1
    assert "tpgraph itself is at fault: KeyError" in said
    assert "\x1b" not in said
    assert "Traceback" not in said
    monkeypatch.setenv("TPGRAPH_DEBUG", "1")
    with pytest.raises(SystemExit):
        main()
    assert "Traceback" in capsys.readouterr().err

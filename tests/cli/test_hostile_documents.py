"""Hostile texts in a program's document × every command: nothing runs, no traceback."""

from __future__ import annotations

import builtins
import copy
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from language.test_document_gate import HOSTILE, TEXT, documents, places, planted
from typer.testing import CliRunner

import tpgraph as tp
from tpgraph_cli.main import app

DRAWN = ("svg", "pdf", "png", "tex", "dot", "scene.json")
COMMANDS = (
    *(f"draw P -o o.{ending}" for ending in DRAWN[:5]),
    "draw P -f json",
    "draw P --show all --legend -o o.svg",
    "draw P --fold -o o.svg",
    "draw P --pass backward -o o.tex",
    "draw P --pass sgd --fold -o o.svg",
    "draw P --frames -o o.pdf",
    "edit P --no-browser",
    "check P",
    "check P --json",
    "check P --strict",
    "fmt P -o o.tp",
    "show P",
    "show P --latex",
    "show P --json",
    "show P --text",
    "compile P -o m.py",
    "compile P --backend torch -o m.py",
    "compile P --backend jax -o m.py",
    "run P --width n=4 --synthetic",
    "run P --width n=4 --synthetic --draw o.svg",
    "limit P --synthetic --samples 4096",
    "limit P --synthetic --samples 4096 --draw o.tex",
    "limit P --synthetic --samples 4096 --latex",
    "kernel P --synthetic 2 --samples 4096",
    "kernel P --synthetic 2 --width n=4",
    "coordcheck P --synthetic 4 --widths 4,8 --steps 1 --seeds 1 --batch 2",
    "train P --width n=4 --data d.csv --out R --overwrite --steps 1 --batch 2",
    "compare P --synthetic 4 --widths 4 --seeds 1 --steps 1 --test 2 --samples 4096 --out Q",
)
"""Every command that reads a program, and every format that draw writes."""
FORGED: tuple[dict[str, Any], ...] = (
    {"row": "sideways"},
    {"row": ""},
    {"context": -1},
    {"context": 99},
    {"context": "no pass"},
    {"partner": "nobody"},
    {"partner": "W[01]"},
    {"partner": "x"},
    {"row": "backward", "partner": "x", "context": None},
    {"row": "between", "context": 0},
    {"timed": {"of": "nobody", "time": 10**9}},
    {"timed": {"of": "x", "time": -5, "prefix": "δ", "mark": "__9"}},
    {"timed": {"of": "x", "time": 1, "accent": "\\input"}},
    {"row": None},
    {},
)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(builtins, "pwned", lambda *_: Path("canary").touch(), raising=False)
    monkeypatch.setattr("uvicorn.Server.run", lambda *_, **__: None)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    Path("d.csv").write_text("ξ_0,ξ_1,y\n" + "1,2,3\n" * 4, encoding="utf-8")
    return tmp_path


def tried(command: str, made: dict[str, Any]) -> None:
    """What a command does with a document: done, or refused by a TPError; nothing else."""
    Path("p.json").write_text(json.dumps(made), encoding="utf-8")
    arguments = [{"P": "p.json"}.get(part, part) for part in command.split()]
    shutil.rmtree("Q", ignore_errors=True)
    result = CliRunner().invoke(app, arguments)
    told = f"{command}: {result.exception!r}"
    assert result.exit_code in (0, 1), told
    assert isinstance(result.exception, tp.TPError | SystemExit | None), told
    assert "\x1b" not in result.output, told
    module = Path("m.py")
    if module.exists():
        exec(compile(module.read_text(encoding="utf-8"), "m.py", "exec"), {"__name__": "m"})
        module.unlink()
    for output in Path().glob("o.tex"):
        text = output.read_text(encoding="utf-8")
        shown = "\n".join(line for line in text.splitlines() if not line.startswith("%"))
        assert "\\input{/etc" not in shown, told
        assert "\\write18" not in shown, told
    assert not Path("canary").exists(), told


@pytest.mark.parametrize("first", range(len(COMMANDS)))
@pytest.mark.filterwarnings("ignore")
def test_hostile_texts_in_every_field(first: int) -> None:
    """Fields, texts and commands in rotation: each command meets every text."""
    whole, _ = documents()
    fields = list(places(whole))
    for number, path in enumerate(fields[first :: len(COMMANDS)]):
        for more in range(3):
            hostile = HOSTILE[(first + number + 5 * more) % len(HOSTILE)]
            tried(COMMANDS[(first + number + more) % len(COMMANDS)], planted(whole, path, hostile))


ALL = os.environ.get("TPGRAPH_TESTS") == "all"
TEXTS = HOSTILE if ALL else HOSTILE[:1]


@pytest.mark.parametrize("hostile", TEXTS, ids=range(len(TEXTS)))
@pytest.mark.parametrize("kind", ["network", "backward", "sgd"])
@pytest.mark.filterwarnings("ignore")
def test_all_fields_times_all_commands(kind: str, hostile: str) -> None:
    """What the gate lets through meets every command, what it refuses one of them: it is one.

    With TPGRAPH_TESTS=all, which takes half an hour; without it some fields meet one text.
    """
    plain = json.loads(tp.to_json(tp.parse(TEXT)))
    whole = dict(zip(("network", "backward", "sgd"), (plain, *documents()), strict=True))[kind]
    for number, path in enumerate(list(places(whole))[:: 1 if ALL else 40]):
        made = planted(whole, path, hostile)
        try:
            tp.from_json(json.dumps(made))
        except tp.TPError:
            tried(COMMANDS[number % len(COMMANDS)], made)
            continue
        for command in COMMANDS:
            tried(command, made)


@pytest.mark.parametrize("forged", FORGED, ids=range(len(FORGED)))
@pytest.mark.filterwarnings("ignore")
def test_forged_places_are_refused_or_drawn(forged: dict[str, Any]) -> None:
    whole, _ = documents()
    for number in range(0, len(whole["equations"]), 3):
        made = copy.deepcopy(whole)
        place = made["equations"][number].get("place") or {}
        made["equations"][number]["place"] = {**place, **forged}
        tried(COMMANDS[number % len(DRAWN)], made)


def test_a_command_that_LaTeX_lacks_is_refused_where_it_goes_to_LaTeX() -> None:
    text = 'width n\nvector u : n ~ N(0, 1)\nx = tanh(u)\nlabel x = "\\c"\n'
    Path("p.tp").write_text(text, encoding="utf-8")
    for command in ("show p.tp --latex", "limit p.tp --latex"):
        result = CliRunner().invoke(app, command.split())
        assert isinstance(result.exception, tp.TPError), command
        assert r"LaTeX has no \c" in str(result.exception)

"""What shells and manuals are told of the commands: all of it, from the commands themselves."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import commands, process, tpgraph
from typer.testing import CliRunner

import tpgraph as tp
from tpgraph_cli.examples import EXAMPLES
from tpgraph_cli.main import app

FOLDER = Path(sys.executable).parent


def completed(shell: str, line: str) -> list[str]:
    """What the shell's script is told for the last word of a line."""
    words = line.split(" ")
    asked = {
        "_TPGRAPH_COMPLETE": f"complete_{shell}",
        "_TYPER_COMPLETE_ARGS": line,
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
    }
    return CliRunner().invoke(app, [], env=asked, prog_name="tpgraph").stdout.split()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program, its picture and data beside it."""
    for name in ("rnn.tp", "rnn.svg", "rows.csv"):
        (tmp_path / name).write_text("", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("tpgraph dr", {"draw"}),
        ("tpgraph study dr", {"drift"}),
        ("tpgraph draw --the", {"--theme"}),
        ("tpgraph draw rnn --theme d", {"dark"}),
        ("tpgraph show rnn --pass ", {"forward", "backward", "sgd"}),
        ("tpgraph draw rnn", {"rnn", "rnn.tp", "rnn.svg", "rnn_path", "rnn_paths"}),
        ("tpgraph gallery transf", {"transformer"}),
        ("tpgraph guide lang", {"language"}),
        ("tpgraph draw -f sv", {"svg"}),
    ],
)
def test_commands_options_and_names_are_completed(
    folder: Path, line: str, expected: set[str]
) -> None:
    assert set(completed("bash", line)) == expected
    assert set(completed("fish", line)) >= expected


@pytest.mark.parametrize("line", ["tpgraph train rnn --data r", "tpgraph draw ./r"])
def test_what_else_is_a_file_is_left_to_the_shell(folder: Path, line: str) -> None:
    assert completed("bash", line) == []
    assert completed("zsh", line) == ["_files"]


def test_bash_takes_the_script(folder: Path) -> None:
    script = """
    eval "$(tpgraph --show-completion)"
    COMP_WORDS=(tpgraph draw rnn --theme te); COMP_CWORD=4
    _tpgraph_completion tpgraph
    echo "${COMPREPLY[@]}"
    complete -p tpgraph
    """
    done = subprocess.run(
        [str(shutil.which("bash")), "--norc", "-c", script],
        cwd=folder,
        env={**os.environ, "PATH": f"{FOLDER}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    said, registered = done.stdout.splitlines()
    assert said == "teaching"
    assert registered == "complete -o default -F _tpgraph_completion tpgraph"


def test_the_manual_page_has_every_command_option_and_example() -> None:
    page = tpgraph("man").stdout
    assert page.isascii()
    assert page.startswith(".TH TPGRAPH 1")
    plain = page.replace("\\-", "-").replace("\\(dq", '"')
    for name, command in commands():
        assert f'.SS "tpgraph {name} [OPTIONS]' in plain
        for parameter in command.params:
            assert all(option in plain for option in parameter.opts if option[0] == "-")
    for examples in EXAMPLES.values():
        assert all(f"  {example}\n" in plain for example in examples)


def test_lines_of_the_manual_page_are_what_troff_reads() -> None:
    for line in tpgraph("man").stdout.splitlines():
        request, _, _ = line.partition(" ")
        if line.startswith((".", "'")):
            assert request in {".TH", ".SH", ".SS", ".TP", ".PP", ".B", ".nf", ".fi"}, line


def test_the_grammar_is_written_to_files(tmp_path: Path) -> None:
    out = tmp_path / "tp.tmLanguage.json"
    done = process("grammar", "-o", str(out))
    assert (done.returncode, done.stdout) == (0, "")
    assert out.read_text(encoding="utf-8") == tp.language.textmate_grammar()
    assert json.loads(out.read_text(encoding="utf-8"))["scopeName"] == "source.tp"

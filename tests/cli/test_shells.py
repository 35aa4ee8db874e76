"""Completion in the shells themselves: their own script, and what a Tab makes of a line."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

_FOUND_IN = Path(sys.executable).parent
_SECONDS = 60
_ZSH = (
    "PS1='> '; autoload -Uz compinit; compinit -u -D;"
    " eval \"$(tpgraph --show-completion)\"; print rea''dy\n"
)
"""Its system of completion, the script, and a word that is not echoed with the line."""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A home of the shell's own, with tpgraph on PATH."""
    path = f"{_FOUND_IN}:{os.environ['PATH']}"
    own = {"PATH": path, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "TERM": "dumb"}
    return {**os.environ, **own}


@pytest.mark.needs("fish")
def test_fish_takes_the_script(tmp_path: Path, environment: dict[str, str]) -> None:
    script = "tpgraph --show-completion | source; complete -C 'tpgraph draw rnn --theme te'"
    done = subprocess.run(
        ["fish", "-c", script],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=True,
    )
    assert done.stdout.split() == ["teaching"]


@pytest.mark.needs("zsh")
def test_zsh_completes_a_typed_line(tmp_path: Path, environment: dict[str, str]) -> None:
    """In a terminal: the script is read, `--theme te` and a Tab are typed."""
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(tmp_path)
        os.execvpe("zsh", ["zsh", "-f", "-i"], environment)
    try:
        os.write(terminal, _ZSH.encode())
        assert b"ready" in _read_until(terminal, b"ready")
        os.write(terminal, b"tpgraph draw rnn --theme te\t")
        assert b"--theme teaching" in _read_until(terminal, b"teaching")
    finally:
        os.close(terminal)
        os.waitpid(process, 0)


def _read_until(terminal: int, word: bytes) -> bytes:
    """What a terminal shows until there is the word, or nothing came for long."""
    shown, end = b"", time.monotonic() + _SECONDS
    while word not in shown and time.monotonic() < end:
        if select.select([terminal], [], [], 1)[0]:
            shown += os.read(terminal, 4096)
    return shown


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--show-completion", "zsh"], "#compdef tpgraph"),
        (["--show-completion=fish"], "complete --command tpgraph"),
        (["--show-completion", "bash"], "complete -o default -F _tpgraph_completion"),
    ],
)
def test_a_named_shell_gets_its_own_script(
    words: list[str], said: str, environment: dict[str, str]
) -> None:
    done = subprocess.run(
        ["tpgraph", *words], env=environment, capture_output=True, text=True, check=True
    )
    assert said in done.stdout


@pytest.mark.parametrize("line", ["lesson", "limit wigner", "run wigner --width n=8", "man"])
def test_a_reader_that_goes_away_ends_a_command_quietly(
    line: str, environment: dict[str, str]
) -> None:
    """As `| head` does: nothing is complained of, and the exit code is 0."""
    told, telling = os.pipe()
    os.close(told)
    done = subprocess.run(
        ["tpgraph", *line.split()], env=environment, stdout=telling, stderr=subprocess.PIPE
    )
    os.close(telling)
    assert (done.returncode, done.stderr) == (0, b"")

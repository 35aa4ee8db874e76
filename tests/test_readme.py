"""The README's examples are run as they stand."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    fences = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    return [text for name, text in fences if name == language]


def run(command: list[str], folder: Path, **options: object) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, **options
    )  # type: ignore[call-overload,no-any-return]


def test_python_examples_run(tmp_path: Path) -> None:
    assert blocks("python")
    done = run([sys.executable, "-W", "error", "-c", "\n".join(blocks("python"))], tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "mlp.svg").exists()


def test_console_examples_run(tmp_path: Path) -> None:
    commands = [
        line.removeprefix("$ ").partition("#")[0].strip()
        for block in blocks("console")
        for line in block.splitlines()
        if line.startswith("$ ")
    ]
    assert len(commands) > 5
    for command in commands:
        done = run(["sh", "-ec", command], tmp_path)
        assert done.returncode == 0, f"{command}\n{done.stderr}"
    assert (tmp_path / "rnn.pdf").read_bytes().startswith(b"%PDF")


def test_the_program_shown_is_the_gallery_s() -> None:
    from tpgraph.gallery import entry
    from tpgraph.language import parse

    shown = next(block for block in blocks("") if block.startswith("program mlp"))
    assert parse(shown) == entry("mlp").program()


def test_the_error_shown_is_what_tpgraph_says(tmp_path: Path) -> None:
    shown = next(block for block in blocks("") if block.startswith("mlp.tp:"))
    text = next(block for block in blocks("") if block.startswith("program mlp"))
    (tmp_path / "mlp.tp").write_text(
        text.replace("x[1] = φ(W[1] ξ", "x[1] = φ(W[2] ξ"), encoding="utf-8"
    )
    done = run(["tpgraph", "check", "mlp.tp"], tmp_path)
    assert done.returncode == 1
    assert done.stderr.strip() == shown.strip()


@pytest.mark.parametrize("name", sorted(set(re.findall(r"\]\(([^)#]+)\)", README))))
def test_links_lead_somewhere(name: str) -> None:
    assert name.startswith("http") or (ROOT / name).exists()


def test_commands_exist() -> None:
    for block in blocks("sh"):
        script = shlex.split(block)[1]
        assert (ROOT / script).exists(), script

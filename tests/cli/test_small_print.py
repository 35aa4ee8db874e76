"""Ways out where a picture's labels are too small to print: those that work."""

from __future__ import annotations

from pathlib import Path

from command_line import tpgraph

from tpgraph.gallery import entry


def told(*arguments: str) -> str:
    """What a command that draws says of small print."""
    done = tpgraph("draw", *arguments)
    assert done.exit_code == 0
    assert "on a page of paper" in done.stderr
    return done.stderr


def test_fewer_layers_are_proposed(tmp_path: Path) -> None:
    said = told("mlp", "--pass", "sgd", "--steps", "2", "-o", str(tmp_path / "a.svg"))
    assert "(--set L=2)" in said


def test_no_value_that_leaves_no_program(tmp_path: Path) -> None:
    """Two tokens, of which the text has the second by name."""
    assert "const T = 2" in entry("transformer").text
    said = told("transformer", "--pass", "backward", "-o", str(tmp_path / "a.svg"))
    assert "--set" not in said

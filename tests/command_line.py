"""The command line, called inside of the tests or as a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from typer.testing import CliRunner, Result

import tpgraph as tp
from tpgraph_cli.main import app

MLP = tp.gallery.entry("mlp").text
WIGNER = tp.gallery.entry("wigner").text


def tpgraph(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(app, list(arguments), input=stdin)


def commands() -> Iterator[tuple[str, Any]]:
    """Every command by the words behind `tpgraph`, those of groups by both."""
    root: Any = typer.main.get_command(app)
    for name, command in root.commands.items():
        inner = getattr(command, "commands", None)
        if inner is None:
            yield name, command
        for below, one in (inner or {}).items():
            yield f"{name} {below}", one


def process(*arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(Path(sys.executable).with_name("tpgraph")), *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

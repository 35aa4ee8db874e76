"""The table and the figures of a study, written beside those of other settings in its folder."""

from __future__ import annotations

import os
from collections.abc import Mapping
from itertools import count
from pathlib import Path

import typer

from tpgraph_cli.files import write

__all__ = ["write_results"]


def write_results(out: Path, contents: Mapping[str, str | bytes], table: str, others: int) -> None:
    """Write the files of a study by their names, one of them its `table`.

    Where the folder has `others`, results of other settings, and another table, what is there gets
    a number: `drift.csv` is `drift-1.csv` then.
    """
    before = out / table
    if others and before.exists() and before.read_bytes() != _bytes(contents[table]):
        kept = _numbered(out, contents)
        for old, new in kept.items():
            old.rename(new)
        said = ", ".join(new.name for new in kept.values())
        typer.echo(f"{out} also keeps {others} results of other settings: {said}", err=True)
    elif others:
        typer.echo(
            f"{out} also keeps {others} results of other settings, which are not shown", err=True
        )
    for name, content in contents.items():
        write(content, str(out / name))


def _bytes(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content


def _numbered(out: Path, names: Mapping[str, object]) -> dict[Path, Path]:
    """The files that are there, and their names with the first number that none of them has."""
    there = [out / name for name in names if (out / name).exists()]
    for number in count(1):
        new = {path: path.with_stem(f"{path.stem}-{number}") for path in there}
        if not any(map(os.path.lexists, new.values())):
            return new
    raise AssertionError("there is a number for them")

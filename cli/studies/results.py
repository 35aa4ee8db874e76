"""The table and the figures of a study, written beside those of other settings in its folder."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import typer

import tpgraph as tp
from tpgraph_cli.files import write

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["write_results"]


def write_results(
    out: Path, figure: Figure, figures: Sequence[str], table: tuple[str, str], others: int
) -> None:
    """Write the figure of a study under these names, and its table, a name and what it holds.

    Where the folder has `others`, results of other settings, and another table, what is there gets
    a number: `drift.csv` is `drift-1.csv` then.
    """
    name, text = table
    before = out / name
    if others and before.exists() and before.read_bytes() != text.encode():
        kept = _numbered(out, [*figures, name])
        for old, new in kept.items():
            old.rename(new)
        said = ", ".join(new.name for new in kept.values())
        typer.echo(f"{out} also keeps {others} results of other settings: {said}", err=True)
    elif others:
        typer.echo(
            f"{out} also keeps {others} results of other settings, which are not shown", err=True
        )
    for shown in figures:
        write(tp.study.figure_bytes(figure, shown), str(out / shown))
    write(text, str(out / name))


def _numbered(out: Path, names: Sequence[str]) -> dict[Path, Path]:
    """The files that are there, and their names with the first number that none of them has."""
    there = [out / name for name in names if (out / name).exists()]
    for number in count(1):
        new = {path: path.with_stem(f"{path.stem}-{number}") for path in there}
        if not any(map(os.path.lexists, new.values())):
            return new
    raise AssertionError("there is a number for them")

"""What the commands of `tpgraph study` share: cluster options, progress, the folder of results."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["Out", "Scheduler", "Seed", "Workers", "sweep_progress"]

Workers = Annotated[
    int | None,
    typer.Option(help="Processes on this machine; one per core by default, 0 for none.", min=0),
]
Scheduler = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS", help="A Dask scheduler of yours, tcp://HOST:PORT."),
]
Out = Annotated[
    Path,
    typer.Option(help="Folder of results; a run that was stopped goes on from what is there."),
]
Seed = Annotated[int, typer.Option(help="Seed of everything random.", min=0)]


@contextmanager
def sweep_progress(name: str) -> Iterator[Callable[[int, int], None] | None]:
    """Bar, rate and time left of a sweep on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn(name), BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"),
        TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=None)
        begun: list[tuple[float, int]] = []

        def advance(done: int, total: int) -> None:
            begun.append((time.monotonic(), done))
            del begun[1:-1]
            (start, before), (now, _) = begun[0], begun[-1]
            rate = (done - before) / (now - start) if now > start else 0.0
            bar.update(task, completed=done, total=total, description=f"{rate:.3g}/s")

        yield advance

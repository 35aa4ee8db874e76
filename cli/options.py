"""Options that several commands share: workers, cluster, seed, the folder of results."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["Out", "Scheduler", "Seed", "Workers"]

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

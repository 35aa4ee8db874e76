"""Options that several commands share: workers, cluster, seed, engine, samples."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

import tpgraph as tp
from tpgraph_cli.numbers import whole

__all__ = ["LimitEngine", "Out", "Scheduler", "Seed", "Workers", "refuse"]


class LimitEngine(StrEnum):
    """How a limit is taken."""

    auto = "auto"
    exact = "exact"
    sampled = "sampled"


Workers = Annotated[
    int | None,
    typer.Option(
        help="Processes on this machine; one per core by default, 0 for none.",
        parser=whole(0, tp.bounds.WORKERS),
    ),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS", help="A Dask scheduler of yours, tls://HOST:PORT or tcp://HOST:PORT."
    ),
]
Out = Annotated[
    Path,
    typer.Option(
        "--out",
        "--output",
        "-o",
        help="Folder of results; a run that was stopped goes on from what is there.",
    ),
]
Seed = Annotated[
    int, typer.Option(help="Seed of everything random.", parser=whole(0, tp.bounds.SEED))
]


def refuse(context: typer.Context, names: Iterable[str], why: str) -> None:
    """A usage error where one of these options was given, which does nothing here."""
    options = {p.name: p.opts[0] for p in context.command.params}
    given = [
        options[name]
        for name in names
        if getattr(context.get_parameter_source(name), "name", "DEFAULT") != "DEFAULT"
    ]
    if given:
        raise typer.BadParameter(f"{' and '.join(given)}: without effect {why}")

"""Options that several commands share: workers, cluster, seed, engine, samples."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import tpgraph as tp
from tpgraph_cli.numbers import whole

if TYPE_CHECKING:
    from tpgraph import Program

__all__ = ["LimitEngine", "MadeUp", "Out", "Scheduler", "Seed", "Workers", "one_sample"]


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
    typer.Option(help="Folder of results; a run that was stopped goes on from what is there."),
]
Seed = Annotated[
    int, typer.Option(help="Seed of everything random.", parser=whole(0, tp.bounds.SEED))
]
MadeUp = Annotated[
    bool, typer.Option("--synthetic", help="Without data: made-up samples, standard Gaussian.")
]


def one_sample(
    program: Program, data: str | None, synthetic: bool, number: int
) -> dict[str, Any] | None:
    """Sample `number` of a data file, or of made-up ones; None where neither is asked for."""
    if number and data is None and not synthetic:
        raise typer.BadParameter("--sample chooses a sample of --data FILE or of --synthetic")
    if data is not None and synthetic:
        raise tp.TPDataError("--data and --synthetic are two ways to one sample", mend="give one")
    if synthetic:
        return tp.synthetic_data(program, number + 1).row(number)
    return tp.load_data(data, program).row(number) if data is not None else None

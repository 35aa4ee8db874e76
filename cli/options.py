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
MadeUp = Annotated[
    bool, typer.Option("--synthetic", help="Without data: made-up samples, standard Gaussian.")
]


def one_sample(
    network: Program, program: Program, data: str | None, synthetic: bool, number: int
) -> dict[str, Any] | None:
    """What a program reads, from sample `number` on of a data file, or of made-up ones.

    The program is the network or has passes of it, whose steps take sample after sample. None where
    neither is asked for.
    """
    if number and data is None and not synthetic:
        raise typer.BadParameter("--sample chooses a sample of --data FILE or of --synthetic")
    if data is not None and synthetic:
        raise tp.TPDataError("--data and --synthetic are two ways to one sample", mend="give one")
    if data is None and not synthetic:
        return None
    of = network if tp.training.is_of_samples(program, network) else program
    if synthetic:
        samples = tp.synthetic_data(of, number + tp.training.samples_taken(program))
    else:
        assert data is not None
        samples = tp.load_data(data, of)
    return tp.training.samples_of_passes(program, samples, number)

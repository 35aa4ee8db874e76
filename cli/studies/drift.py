"""`tpgraph study drift`: how far the NTK moves while a network trains."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import tpgraph as tp
from tpgraph_cli.choices import choice
from tpgraph_cli.execution import Dtype
from tpgraph_cli.files import Constants, program_of, read_text, study_constants
from tpgraph_cli.messages import interruption, warnings_on_stderr
from tpgraph_cli.numbers import OptionError, numbers, parse_names, real, whole, whole_numbers
from tpgraph_cli.options import Out, Scheduler, Workers, of_option, refuse
from tpgraph_cli.places import require_places
from tpgraph_cli.progress import sweep_progress
from tpgraph_cli.samples import AS_IT_IS, DataReading, takes_reading
from tpgraph_cli.studies.results import write_results

if TYPE_CHECKING:
    from tpgraph import DriftResult

__all__ = ["drift", "parse_names", "program_text", "whole_numbers"]

_AXES = ("depths", "sigma_w2", "sigma_b2")
_FIGURES = ("drift.pdf", "drift.png")
_OWN = "the network of the study"
_TABLE = "drift.csv"


class DriftFigure(StrEnum):
    """Figures whose grids are known."""

    fig3 = "fig3"
    fig4 = "fig4"
    fig8 = "fig8"
    fig9 = "fig9"
    fig10 = "fig10"
    fig11 = "fig11"


class FigureRows(StrEnum):
    """Rows of a figure."""

    summary = "summary"
    steps = "steps"
    widths = "widths"


@takes_reading
def drift(
    context: typer.Context,
    out: Out = Path("drift"),
    preset: Annotated[
        DriftFigure, choice(DriftFigure, help="Figure of the paper.")
    ] = DriftFigure.fig3,
    quick: Annotated[
        bool, typer.Option("--quick", help="A coarse grid of narrow networks, under a minute.")
    ] = False,
    faster: Annotated[
        int,
        typer.Option(
            help="Multiply the rate and divide steps, patience and snapshots.", parser=whole(1)
        ),
    ] = 1,
    program: Annotated[
        str | None, typer.Option(help="Another program to study, FILE; its loss is what falls.")
    ] = None,
    names: Annotated[
        str | None,
        typer.Option(help="The program's constants for depth, σ_w² and σ_b²; - for none."),
    ] = None,
    constants: Constants = None,
    activation: Annotated[
        str | None, typer.Option(help="The function φ, such as relu; also whose border is drawn.")
    ] = None,
    loss: Annotated[
        str | None, typer.Option(help="The loss, such as '(f - y)^2 / 2'; by default the mean.")
    ] = None,
    widths: Annotated[str | None, typer.Option(help="Widths M, such as 128,256.")] = None,
    depths: Annotated[str | None, typer.Option(help="Depths L, such as 3,10,20.")] = None,
    sigma_w2: Annotated[
        str | None, typer.Option("--sigma-w2", help="σ_w², FIRST:LAST:COUNT or a list.")
    ] = None,
    sigma_b2: Annotated[
        str | None, typer.Option("--sigma-b2", help="σ_b², FIRST:LAST:COUNT or a list.")
    ] = None,
    inits: Annotated[
        int | None, typer.Option(help="Initializations of each.", parser=whole(1))
    ] = None,
    data: Annotated[str | None, typer.Option(help="CSV or NPZ; by default the digits.")] = None,
    reading: DataReading = AS_IT_IS,
    limit: Annotated[
        int | None, typer.Option(help="Train on the first so many.", parser=whole(1))
    ] = None,
    normalize: Annotated[bool, typer.Option(help="Scale every input to ξ·ξ = d.")] = True,
    lr: Annotated[
        float | None,
        typer.Option(
            help="Learning rate; by default 1e-4 of the mean, the paper's 1e-5 of the sum over the "
            "components.",
            parser=real(above=0),
        ),
    ] = None,
    steps: Annotated[int | None, typer.Option(help="Steps at most.", parser=whole(1))] = None,
    tolerance: Annotated[
        float | None, typer.Option(help="Stop early where the loss falls by less …", parser=real(0))
    ] = None,
    patience: Annotated[
        int | None, typer.Option(help="… in so many steps; 0 never stops early.", parser=whole(0))
    ] = None,
    snapshots: Annotated[str | None, typer.Option(help="Steps to look after, as 10,100.")] = None,
    dtype: Annotated[Dtype | None, choice(Dtype, help="Precision; float32 by default.")] = None,
    seed: Annotated[
        int | None, typer.Option(help="Seed of everything random.", parser=whole(0, tp.bounds.SEED))
    ] = None,
    rows: Annotated[FigureRows | None, choice(FigureRows, help="Rows of the figure.")] = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
) -> None:
    """Train networks over (σ_w², σ_b²) and map the change of their NTK and the loss they reach.

    Writes drift.pdf, drift.png and drift.csv into the folder of results; a run that was stopped
    goes on where it was, inside of a training too.
    """
    if program is None:
        refuse(context, ("names",), "without --program")
    if patience == 0:
        refuse(context, ("tolerance",), "beside --patience 0, which never stops early")
    if scheduler is not None:
        refuse(context, ("workers",), "beside --scheduler")
    require_places(folder=out, names=("drift.sqlite", *_FIGURES, _TABLE), reads=(program, data))
    read = reading.of(data)
    figure = tp.study.drift_preset(preset.value)
    chosen = {
        "widths": whole_numbers(widths, "--widths"),
        "depths": whole_numbers(depths, "--depths"),
        "sigma_w2": numbers(sigma_w2, "--sigma-w2", 0),
        "sigma_b2": numbers(sigma_b2, "--sigma-b2", 0),
        "snapshots": whole_numbers(snapshots, "--snapshots"),
        "inits": inits,
        "lr": lr,
        "steps": steps,
        "tolerance": tolerance,
        "patience": patience,
        "dtype": None if dtype is None else dtype.value,
        "seed": seed,
        "names": parse_names(names),
    }
    options: dict[str, Any] = {key: value for key, value in chosen.items() if value is not None}
    for axis, name in zip(_AXES, options.get("names", ("L", "σ_w2", "σ_b2")), strict=True):
        if not name:
            options.setdefault(axis, (1,))
    text = program_text(program, constants, activation, loss, figure.function)
    with of_option():
        grid = figure.grid(
            quick, faster, program=text, constants=study_constants(constants), **options
        )
        tp.study.require_names(text, grid.names)
    count = limit if limit is not None else 32 if quick else 128
    X, y = tp.study.drift_samples(grid.program, grid.constants, data, count, normalize, **read)
    with warnings_on_stderr(), sweep_progress("drift") as progress:
        result = tp.study.drift_study(
            grid, X, y, out, workers=workers, scheduler=scheduler, progress=progress
        )
    border = activation or (figure.function if program is None else None)
    as_printed = program is None and data is None and not quick and loss is None
    drawn = figure.rows if rows is None else rows.value
    _report(result, out, drawn, border, figure.losses if as_printed else None)


def program_text(
    file: str | None,
    constants: list[str] | None,
    function: str | None,
    loss: str | None,
    preset_function: str,
) -> str:
    """The text to study, which has a place for these constants."""
    text, name = tp.study.drift_program(preset_function), _OWN
    if file is not None:
        text, name, _ = read_text(file)
        tp.parse(text, name)
    try:
        program_of(text, name, constants)
    except OptionError as error:
        if file is None:  # no line can be added to it
            raise OptionError(error.message, error.span, error.expected) from None
        raise
    if function is not None:
        with of_option("--activation", function):
            text = tp.study.with_function(text, function)
    if loss is not None:
        with of_option():
            text = tp.study.with_loss(text, loss, "--loss")
    return text


def _report(
    result: DriftResult,
    out: Path,
    rows: str,
    function: str | None,
    losses: tuple[float, float] | None,
) -> None:
    """Write figure and table, and say what there is."""
    figure = tp.study.drift_figure(result, rows, function, losses)
    found = result.outcome
    assert found is not None
    write_results(out, figure, _FIGURES, (_TABLE, result.csv()), found.others)
    state = "interrupted" if found.interrupted else "done"
    typer.echo(
        f"{state}: {found.done} of {found.total} trainings, {found.computed} now in "
        f"{found.seconds:.0f} s"
    )
    if found.interrupted:
        raise interruption("the same command goes on with it")

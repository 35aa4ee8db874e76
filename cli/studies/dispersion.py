"""`tpgraph study dispersion`: E[Θ²]/E[Θ]² of the NTK at initialization."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

import tpgraph as tp
from tpgraph_cli.choices import choice
from tpgraph_cli.execution import Dtype
from tpgraph_cli.files import program_of, read_text, study_constants
from tpgraph_cli.messages import interruption, warnings_on_stderr
from tpgraph_cli.numbers import (
    numbers,
    parse_depths,
    parse_point,
    real,
    whole,
    whole_numbers,
)
from tpgraph_cli.options import Out, Scheduler, Seed, Workers, checked, of_option, refuse
from tpgraph_cli.places import require_places
from tpgraph_cli.progress import sweep_progress
from tpgraph_cli.studies.results import write_results

__all__ = ["dispersion"]


class Preset(StrEnum):
    """Figures whose grids are known."""

    fig1 = "fig1"
    fig2 = "fig2"
    fig7 = "fig7"
    sequel = "sequel"


class FigureFormat(StrEnum):
    """Kinds of figure files."""

    png = "png"
    pdf = "pdf"
    svg = "svg"


def dispersion(
    context: typer.Context,
    out: Out,
    preset: Annotated[
        Preset,
        choice(Preset, help="Grid of a figure of the papers; the other options change it."),
    ] = Preset.fig1,
    quick: Annotated[
        bool, typer.Option("--quick", help="A smaller grid, done in under a minute.")
    ] = False,
    widths: Annotated[str | None, typer.Option(help="Widths M, such as 50,100.")] = None,
    depths: Annotated[
        str | None, typer.Option(help="Depths L in weight layers: 100 for 1 … 100, or 2:49, 3,10.")
    ] = None,
    activation: Annotated[
        list[str] | None,
        typer.Option(help="relu, tanh, erf, sigmoid, … or an expression in z; repeat for several."),
    ] = None,
    sigma_w2: Annotated[
        str | None, typer.Option("--sigma-w2", help="Weight variances, FIRST:LAST:COUNT or a list.")
    ] = None,
    sigma_b2: Annotated[
        str | None, typer.Option("--sigma-b2", help="Bias variances, FIRST:LAST:COUNT or a list.")
    ] = None,
    at: Annotated[
        list[str] | None,
        typer.Option(help="A point σ_w²,σ_b² instead of a grid; repeat for several."),
    ] = None,
    inits: Annotated[int | None, typer.Option(help="Initializations.", parser=whole(1))] = None,
    inner: Annotated[
        str | None,
        typer.Option(help="Inner products of a first input with others, over its own: 0.9,0."),
    ] = None,
    input_norm: Annotated[
        float, typer.Option(help="ξ·ξ over the input's dimension.", parser=real(0))
    ] = 1.0,
    input_dim: Annotated[
        int | None, typer.Option(help="Dimension of the input; M by default.", parser=whole(1))
    ] = None,
    program: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Study this .tp program: --depths, --sigma-w2, --sigma-b2 set its constants"
            " L, σ_w2, σ_b2, --activation its φ.",
        ),
    ] = None,
    constant: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Another constant of the program."),
    ] = None,
    dtype: Annotated[Dtype, choice(Dtype, help="Precision of the products.")] = Dtype.float32,
    seed: Seed = 0,
    workers: Workers = None,
    scheduler: Scheduler = None,
    colors: Annotated[
        str,
        typer.Option(
            help="matplotlib's colour map.",
            metavar="NAME",
            parser=checked(lambda name: tp.study.require_colors(name)),
        ),
    ] = "gist_stern",
    figure: Annotated[
        FigureFormat, choice(FigureFormat, help="Format of the figure.")
    ] = FigureFormat.png,
) -> None:
    """Dispersion of the NTK at initialization: E[Θ²]/E[Θ]², 1 where NTK theory holds.

    Writes results.sqlite, dispersion.csv and dispersion.png. What is there already is not computed
    again: run it again to go on, or with more --inits.
    """
    if program is not None:
        refuse(context, ("preset", "quick", "at", "input_dim"), "beside --program")
    else:
        refuse(context, ("constant",), "without --program")
    if at is not None:
        refuse(context, ("sigma_w2", "sigma_b2"), "beside --at")
    if scheduler is not None:
        refuse(context, ("workers",), "beside --scheduler")
    made = ("results.sqlite", "dispersion.csv", f"dispersion.{figure.value}")
    require_places(folder=out, names=made, reads=(program,))
    grid = {
        "sigma_w2": numbers(sigma_w2, "--sigma-w2", 0),
        "sigma_b2": numbers(sigma_b2, "--sigma-b2", 0),
        "widths": whole_numbers(widths, "--widths"),
        "depths": parse_depths(depths),
        "inits": inits,
        "inner": numbers(inner, "--inner"),
    }
    common: dict[str, Any] = {"seed": seed, "dtype": dtype.value, "input_norm": input_norm}
    chosen: dict[str, Any] = {name: value for name, value in grid.items() if value is not None}
    if program is not None:
        text, name, _ = read_text(program)
        tp.parse(text, name)
        program_of(text, name, constant)
        for function in activation or ():
            with of_option("--activation", function):
                tp.study.with_function(text, function)
        constants = study_constants(constant)
        with of_option():
            settings = tp.study.program_settings(
                text, activations=activation, constants=constants, **common, **chosen
            )
    else:
        for function in activation or ():
            with of_option("--activation", function):
                tp.study.dispersion_settings(preset.value, quick, activations=[function])
        points = None if at is None else [parse_point(value) for value in at]
        with of_option():
            settings = tp.study.dispersion_settings(
                preset.value,
                quick,
                activations=activation,
                at=points,
                input_dim=input_dim,
                **common,
                **chosen,
            )
    _study(settings, out, workers, scheduler, colors, figure.value)


def _study(
    settings: tp.study.DispersionSettings,
    out: Path,
    workers: int | None,
    scheduler: str | None,
    colors: str,
    ending: str,
) -> None:
    """Run it, write its files and say what they hold."""
    tp.shell.make_directory(out)
    with warnings_on_stderr(), sweep_progress("dispersion") as progress:
        found = tp.study.study_dispersion(
            settings,
            out,
            workers=workers,
            scheduler=scheduler,
            progress=progress,
        )
    table, figures = ("dispersion.csv", found.csv()), [f"dispersion.{ending}"]
    write_results(out, found.figure(colors), figures, table, found.others)
    done = min(part.inits for part in found.moments)
    typer.echo(f"{done} of {settings.inits} initializations of every width")
    if found.float64_difference >= 0:
        typer.echo(f"float32 differs from float64 by {found.float64_difference:.1g} on a sample")
    if found.interrupted:
        raise interruption("the same command goes on with it")

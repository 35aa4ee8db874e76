"""`tpgraph study function-variance`: trained networks over initializations, beside NTK theory."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import tpgraph as tp
from tpgraph_cli.choices import choice
from tpgraph_cli.execution import Dtype
from tpgraph_cli.files import Constants, study_constants, write
from tpgraph_cli.messages import interruption, warnings_on_stderr
from tpgraph_cli.numbers import (
    parse_names,
    parse_point,
    parse_range,
    real,
    whole,
    whole_numbers,
)
from tpgraph_cli.options import Out, Scheduler, Workers, of_option, refuse
from tpgraph_cli.places import require_places
from tpgraph_cli.progress import sweep_progress
from tpgraph_cli.samples import AS_IT_IS, DataReading, takes_reading
from tpgraph_cli.studies.drift import program_text
from tpgraph_cli.studies.results import write_results

if TYPE_CHECKING:
    from tpgraph import VariancePreset

__all__ = ["function_variance"]

_NAME, _FIGURES = "function-variance", (".pdf", ".png")
_OF_NETWORKS = (
    "quick", "program", "names", "constants", "widths", "inits", "data", "columns", "standardize",
    "missing", "limit", "tests", "normalize", "rate", "steps", "goal", "dtype", "seed", "workers",
    "scheduler",
)  # fmt: skip
"""Options of networks that are trained."""


class VarianceFigure(StrEnum):
    """What is known: networks that are trained, and figures of the paper."""

    trained = "trained"
    fig5 = "fig5"
    fig6 = "fig6"


@takes_reading
def function_variance(
    context: typer.Context,
    out: Out = Path("function-variance"),
    preset: Annotated[
        VarianceFigure,
        choice(
            VarianceFigure,
            help="trained, or fig5, fig6: κ₂, κ₁/κ₂ against depth, by theory alone.",
        ),
    ] = VarianceFigure.trained,
    quick: Annotated[
        bool, typer.Option("--quick", help="Small networks, few initializations, under a minute.")
    ] = False,
    activation: Annotated[
        list[str] | None,
        typer.Option(help="The function φ, such as tanh; for fig5 and fig6 repeat for several."),
    ] = None,
    at: Annotated[
        list[str] | None,
        typer.Option(help="A point σ_w²,σ_b² in place of the three phases; repeat for several."),
    ] = None,
    depths: Annotated[
        str | None, typer.Option(help="Depths L, such as 2,5; for fig5 and fig6 the largest.")
    ] = None,
    correlations: Annotated[
        str | None, typer.Option(help="Of inputs, for fig5 and fig6: FIRST:LAST:COUNT or a list.")
    ] = None,
    program: Annotated[
        str | None, typer.Option(help="Another program to study, FILE, with a squared loss.")
    ] = None,
    names: Annotated[
        str | None,
        typer.Option(help="The program's constants for depth, σ_w² and σ_b²; - for none."),
    ] = None,
    constants: Constants = None,
    widths: Annotated[str | None, typer.Option(help="Widths M, such as 64,256.")] = None,
    inits: Annotated[
        int | None, typer.Option(help="Initializations of each.", parser=whole(2))
    ] = None,
    data: Annotated[str | None, typer.Option(help="CSV or NPZ; by default the digits.")] = None,
    reading: DataReading = AS_IT_IS,
    limit: Annotated[int, typer.Option(help="Train on the first so many …", parser=whole(1))] = 16,
    tests: Annotated[
        int, typer.Option(help="… and look at so many after those.", parser=whole(1))
    ] = 16,
    normalize: Annotated[bool, typer.Option(help="Scale every input to ξ·ξ = d.")] = True,
    rate: Annotated[
        float | None,
        typer.Option(
            "--lr",
            help="Learning rate times the largest eigenvalue, under 2.",
            parser=real(above=0, below=2),
        ),
    ] = None,
    steps: Annotated[int | None, typer.Option(help="Steps at most.", parser=whole(1))] = None,
    goal: Annotated[
        float | None,
        typer.Option(help="Loss, as a part of the first, that ends training.", parser=real(0)),
    ] = None,
    dtype: Annotated[
        Dtype | None, choice(Dtype, help="Precision; float64, or float32 with --quick.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Seed of everything random.", parser=whole(0, tp.bounds.SEED))
    ] = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
) -> None:
    """Variance of trained outputs over initializations, against NTK theory and infinite width.

    Writes function-variance.pdf, .png and .csv into the folder of results (fig5, fig6: under those
    names); a run that was stopped goes on.
    """
    chosen = tp.study.variance_preset(preset.value)
    if chosen.curves is None:
        refuse(context, ("correlations",), "but for fig5 and fig6")
        if activation and len(activation) > 1:
            raise typer.BadParameter("several of --activation are for fig5 and fig6")
    else:
        refuse(context, _OF_NETWORKS, f"on {preset}, which is by theory alone")
    if program is None:
        refuse(context, ("names",), "without --program")
    if scheduler is not None:
        refuse(context, ("workers",), "beside --scheduler")
    name = "function-variance" if chosen.curves is None else preset
    made = [f"{name}{ending}" for ending in (*_FIGURES, ".csv", ".sqlite")]
    require_places(folder=out, names=made, reads=(program, data))
    read = reading.of(data)
    for function in activation or ():
        with of_option("--activation", function):
            tp.study.drift_program(function)
    if activation:
        chosen = replace(chosen, functions=tuple(activation))
    places = tuple(parse_point(text) for text in at) if at else None
    if chosen.curves is not None:
        _theory(chosen, preset, out, places, depths, correlations)
        return
    given = {
        "widths": whole_numbers(widths, "--widths"),
        "depths": whole_numbers(depths, "--depths"),
        "phases": places,
        "inits": inits,
        "rate": rate,
        "steps": steps,
        "goal": goal,
        "dtype": None if dtype is None else dtype.value,
        "seed": seed,
        "names": parse_names(names),
    }
    options: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    depth_name, *variance_names = options.get("names", ("L", "σ_w2", "σ_b2"))
    if not depth_name:
        options.setdefault("depths", (1,))
    if not any(variance_names):
        options.setdefault("phases", ((1.0, 1.0),))
    chosen_function = activation[0] if activation else None
    text = program_text(program, constants, chosen_function, "(f - y)^2 / 2", chosen.functions[0])
    options["constants"] = study_constants(constants)
    with of_option():
        grid = chosen.grid(quick, program=text, **options)
        tp.study.require_names(text, grid.names)
    X, y = tp.study.drift_samples(
        grid.program, grid.constants, data, limit + tests, normalize, **read
    )
    with warnings_on_stderr(), sweep_progress("function-variance") as progress:
        result = tp.study.function_variance(
            grid,
            X[:limit],
            y[:limit],
            X[limit:],
            out,
            workers=workers,
            scheduler=scheduler,
            progress=progress,
        )
    figure = tp.study.variance_figure(result)
    figures = [f"{_NAME}{ending}" for ending in _FIGURES]
    table = f"{_NAME}.csv", result.csv()
    write_results(out, figure, figures, table, result.outcome.others)
    for line in result.lines():
        typer.echo(line)
    if result.outcome.interrupted:
        raise interruption("the same command goes on with it")


def _theory(
    preset: VariancePreset,
    name: str,
    out: Path,
    phases: tuple[tuple[float, float], ...] | None,
    depths: str | None,
    correlations: str | None,
) -> None:
    """Draw κ₂ or κ₁/κ₂ by theory alone."""
    assert preset.curves is not None
    deepest = whole_numbers(depths, "--depths")
    chosen = (
        preset.correlations if correlations is None else parse_range(correlations, "--correlations")
    )
    with of_option():
        panels = tp.study.kappa_panels(
            preset.functions,
            preset.phases() if phases is None else [phases] * len(preset.functions),
            preset.depth if deepest is None else max(deepest),
            chosen,
        )
    tp.shell.make_directory(out)
    figure = tp.study.kappas_figure(panels, preset.curves)
    for ending in _FIGURES:
        write(tp.study.figure_bytes(figure, name + ending), str(out / f"{name}{ending}"))
    write(tp.study.kappas_csv(panels), str(out / f"{name}.csv"))

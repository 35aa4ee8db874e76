"""Commands that run programs at finite width: compile, run."""

from __future__ import annotations

import json
import warnings
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

import tpgraph as tp
from tpgraph_cli.annotated import AnnotatedPicture, DrawOption, NumbersOption, ThemeOption
from tpgraph_cli.choices import choice
from tpgraph_cli.endings import refuse_other_ending
from tpgraph_cli.files import Constants, File, load, parse_widths, write
from tpgraph_cli.messages import warnings_on_stderr
from tpgraph_cli.numbers import in_six, whole
from tpgraph_cli.options import Seed, refuse
from tpgraph_cli.passes import FORWARD, Passes, takes_passes
from tpgraph_cli.pictures import Theme
from tpgraph_cli.places import require_places
from tpgraph_cli.samples import AS_IT_IS, DataReading, MadeUp, one_sample, takes_reading
from tpgraph_cli.step_cost import cost_lines

if TYPE_CHECKING:
    from tpgraph import Limit, Program

__all__ = ["Dtype", "OptimizerName", "Precision", "Widths", "compile_", "run"]

EXPLAINED_WIDTH = 1024
"""Where --explain is given no width."""
LIMIT_SAMPLES = 2**14
"""Of the limit beside a run."""


class Dtype(StrEnum):
    """Precision of the arrays."""

    float32 = "float32"
    float64 = "float64"


class BackendName(StrEnum):
    """Libraries that code is written for."""

    numpy = "numpy"
    torch = "torch"
    jax = "jax"


class OptimizerName(StrEnum):
    """How a step moves what is trained."""

    sgd = "sgd"
    momentum = "momentum"
    nesterov = "nesterov"
    adam = "adam"
    adamw = "adamw"


Widths = Annotated[
    list[str] | None,
    typer.Option(
        "--width", metavar="NAME=SIZE", help="Size of a width, such as n=1000; repeat for several."
    ),
]
Precision = Annotated[Dtype, choice(Dtype, help="Precision of every array.")]


def compile_(
    context: typer.Context,
    file: File,
    constants: Constants = None,
    out: Annotated[
        str | None,
        typer.Option("--out", "--output", "-o", help="Python file; - is stdout."),
    ] = None,
    dtype: Precision = Dtype.float64,
    backend: Annotated[
        BackendName, choice(BackendName, help="The library that the code is written for.")
    ] = BackendName.numpy,
    optimize: Annotated[
        bool,
        typer.Option(help="A faster sgd_step: no new arrays, updates of weights at once; scipy."),
    ] = False,
    optimizer: Annotated[
        OptimizerName | None,
        choice(OptimizerName, help="With init_state and optimizer_step of this one; numpy alone."),
    ] = None,
    explain: Annotated[
        bool, typer.Option(help="Print what a training step costs, at --width and --batch.")
    ] = False,
    width: Widths = None,
    batch: Annotated[
        int | None, typer.Option(help="Samples in a step, for --explain.", parser=whole(1))
    ] = None,
) -> None:
    """Write a program as a standalone Python module that needs numpy alone, or torch, or JAX.

    One seed draws the same numbers in all three. For torch the module holds an nn.Module, for JAX
    pure functions. With --optimize the module needs scipy too, and its `flush(params)` makes the
    weights plain after training steps.
    """
    if explain:
        refuse(context, ("out", "backend", "optimize", "optimizer"), "beside --explain")
        _explain(file, constants, width, batch or 1, dtype)
        return
    if width or batch is not None:
        raise typer.BadParameter("--width and --batch are for --explain")
    if backend is not BackendName.numpy:
        own = "which has optimizers and compilers of its own (torch.compile, jax.jit)"
        refuse(context, ("optimize", "optimizer"), f"on --backend {backend.value}, {own}")
    if optimize:
        refuse(context, ("optimizer",), "beside --optimize, whose step is that of SGD")
    require_places(out, reads=(file,))
    refuse_other_ending(out, "Python code", ".py")
    made = tp.compile(
        load(file, constants),
        dtype.value,
        backend.value,
        optimize=optimize,
        optimizer=optimizer and optimizer.value,
    )
    write(made.source, out)


def _explain(
    file: str, constants: list[str] | None, width: list[str] | None, batch: int, dtype: Dtype
) -> None:
    """Print bytes, operations and least time of a training step."""
    program = load(file, constants)
    sizes = parse_widths(width, program)
    for missing in (w.name for w in program.base_widths if w.name not in sizes):
        sizes[missing] = EXPLAINED_WIDTH
    cost = tp.step_cost(program, sizes, batch, dtype.value)
    for name, size in sizes.items():
        typer.echo(f"{name} = {size}")
    for line in cost_lines(cost, tp.measured_machine(dtype.value), batch, dtype.value):
        typer.echo(line)


@takes_reading
@takes_passes
def run(
    context: typer.Context,
    file: File,
    constants: Constants = None,
    width: Widths = None,
    seed: Seed = 0,
    data: Annotated[
        str | None, typer.Option(help="CSV or NPZ; a network runs on one of its samples.")
    ] = None,
    synthetic: MadeUp = None,
    reading: DataReading = AS_IT_IS,
    sample: Annotated[
        int | None, typer.Option(help="Which sample, counted from 0; 0.", parser=whole(0))
    ] = None,
    dtype: Precision = Dtype.float64,
    passes: Passes = FORWARD,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    picture: DrawOption = None,
    theme: ThemeOption = Theme.paper,
    numbers: NumbersOption = None,
) -> None:
    """Run a program once: mean and variance of every vector, value of every scalar.

    With --draw also a picture: beside every vector a histogram of its coordinates, under the
    density of its limit where there is one; beside every scalar its value and its limit.
    """
    asked = AnnotatedPicture.of(context, picture, theme, numbers, "", file)
    source = load(file, constants)
    given = data is not None or synthetic is not None
    program = passes.of_program(source, with_data=given)
    widths = parse_widths(width, program)
    row = one_sample(source, program, data, synthetic, sample, reading)
    values = tp.run(program, widths, seed, row, dtype=dtype.value)
    if asked is not None:
        with warnings_on_stderr():
            found = _limit(program, row, seed)
            asked.draw(
                program, source, limit=found, widths=widths, data=row, seed=seed, dtype=dtype.value
            )
    if as_json:
        typer.echo(json.dumps(values, ensure_ascii=False, indent=2))
        return
    longest = max((len(name) for part in values.values() for name in part), default=0)
    for name, facts in values["vectors"].items():
        mean, variance = in_six(facts["mean"]), in_six(facts["var"]).lstrip()
        typer.echo(f"{name:{longest}}  mean {mean}  var {variance}")
    for name, value in values["scalars"].items():
        typer.echo(f"{name:{longest}}  {in_six(value)}")


def _limit(program: Program, row: dict[str, Any] | None, seed: int) -> Limit | None:
    """The limit beside a run, which may have none."""
    try:
        return tp.limit(program, data=row, samples=LIMIT_SAMPLES, seed=seed)
    except tp.TPError as error:
        warnings.warn(tp.TPWarning(f"no limit is drawn: {error.message}"), stacklevel=2)
        return None

"""The command that computes kernels: kernel."""

from __future__ import annotations

import warnings
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import tpgraph as tp
from tpgraph_cli.choices import choice
from tpgraph_cli.endings import FIGURES, refuse_other_ending, require_ending
from tpgraph_cli.execution import BackendName, Dtype, Precision, Widths
from tpgraph_cli.files import Constants, File, announce, load, parse_widths, write
from tpgraph_cli.latex import Standalone, latex_text, require_latex
from tpgraph_cli.messages import way_on
from tpgraph_cli.numbers import OptionError, parse_rows, shown, whole
from tpgraph_cli.options import LimitEngine, Seed, refuse, tell_unheeded
from tpgraph_cli.places import require_places
from tpgraph_cli.progress import stage_progress, sweep_progress
from tpgraph_cli.samples import (
    AS_IT_IS,
    DataReading,
    ReadOptions,
    Synthetic,
    require_samples,
    takes_reading,
)

if TYPE_CHECKING:
    from tpgraph import Kernel, Program

__all__ = ["kernel"]

_MEMORY = 2**31
"""Bytes of a kernel, its errors and its file that are held in memory without --memory."""
_PLOTTED = 1000
"""Inputs of a heat map of a kernel that went to a file."""


class Kind(StrEnum):
    """Which kernels."""

    ntk = "ntk"
    nngp = "nngp"
    both = "both"


@takes_reading
def kernel(
    context: typer.Context,
    file: File,
    data: Annotated[
        str | None, typer.Option(help="CSV with a header, or NPZ; targets are not needed.")
    ] = None,
    synthetic: Synthetic = None,
    out: Annotated[
        str | None,
        typer.Option("--out", "--output", "-o", help="NPZ file for the arrays nngp, ntk and x."),
    ] = None,
    reading: DataReading = AS_IT_IS,
    constants: Constants = None,
    kind: Annotated[Kind, choice(Kind, help="Which kernels.")] = Kind.both,
    rows: Annotated[
        str | None, typer.Option(metavar="I:J", help="Only these samples, counted from 0.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(help="At most so many samples.", parser=whole(1))
    ] = None,
    width: Widths = None,
    inits: Annotated[
        int, typer.Option(help="At finite width: the mean over so many networks.", parser=whole(1))
    ] = 1,
    engine: Annotated[
        LimitEngine, choice(LimitEngine, help="How the limit is taken.")
    ] = LimitEngine.auto,
    samples: Annotated[
        int,
        typer.Option(
            help="Sample values of every Z of the sampled engine: four times as many take"
            " four times as long and halve the errors.",
            parser=whole(4096),
        ),
    ] = 2**16,
    backend: Annotated[
        BackendName, choice(BackendName, help="At finite width: the library that computes.")
    ] = BackendName.numpy,
    seed: Seed = 0,
    dtype: Precision = Dtype.float64,
    memory: Annotated[
        int | None,
        typer.Option(
            help="At infinite width: megabytes to work in. What takes more goes to the file of -o"
            " tile by tile, and the same command goes on where it was stopped.",
            parser=whole(1),
        ),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS", help="At infinite width: a Dask scheduler of yours that gets tiles."
        ),
    ] = None,
    jit: Annotated[
        bool,
        typer.Option(
            "--jit",
            help="At infinite width: compile the recursion by numba first, which takes seconds;"
            " needs tpgraph[fast].",
        ),
    ] = False,
    explain: Annotated[
        bool,
        typer.Option("--explain", help="Print the kernel recursion, line by line; needs no data."),
    ] = False,
    latex: Annotated[bool, typer.Option("--latex", help="Print the recursion in LaTeX.")] = False,
    standalone: Standalone = False,
    plot: Annotated[
        Path | None, typer.Option(help="Heat maps of the kernels: .svg, .pdf or .png.")
    ] = None,
) -> None:
    """Compute a network's NNGP and NTK over the samples of a data file.

    At infinite width; with --width, of networks of that width. Arrays are (N, N), or (N, m, N, m)
    for m outputs; of a readout of k rows the kernel of one component is given, at finite width the
    mean over components. Beside them are x, the samples, errors where there are any, and
    ntk_exponent: the NTK is ntk · n^ntk_exponent where it grows with width. With --explain or
    --latex no kernel is computed: its recursion is printed, the same for all data.
    """
    _require_sense(
        context,
        is_explained=explain or latex,
        is_finite=bool(width),
        is_given=data is not None,
        engine=engine,
    )
    require_latex(standalone, latex)
    require_places(out, plot, reads=(file, data))
    refuse_other_ending(out, "kernels, which are written as NPZ", ".npz")
    require_ending(plot, "figure", FIGURES, "--plot")
    program = load(file, constants)
    if explain and latex:
        raise typer.BadParameter("choose one of --explain and --latex")
    if explain or latex:
        recursion = tp.kernels.explain_kernel(program, kind.value, latex)
        typer.echo(latex_text(recursion, standalone) if latex else recursion)
        return
    X = _samples(program, data, synthetic, rows, limit, reading.of(data), seed)
    if width:
        with sweep_progress("initializations") as advance:
            found = tp.mean_kernel(
                program,
                X,
                parse_widths(width, program),
                inits=inits,
                seed=seed,
                kind=kind.value,
                dtype=dtype.value,
                progress=advance,
                backend=backend.value,
            )
    else:
        resources = tp.kernels.Resources(
            dtype=dtype.value, memory=None if memory is None else memory * 2**20, jit=jit
        )
        if scheduler is not None or _is_to_be_streamed(program, X, kind, engine, out, memory):
            if out in (None, "-"):
                raise typer.BadParameter("--scheduler needs a file of -o, such as -o K.npz")
            _stream(program, X, str(out), kind, resources, scheduler, plot)
            return
        with stage_progress():
            found = tp.kernel(
                program,
                X,
                kind.value,
                engine=engine.value,
                samples=samples,
                seed=seed,
                resources=resources,
            )
            _tell_unheeded(context, found, data is not None)
    if plot is not None:
        _draw(found, plot)
    if out is not None:
        write(found.npz(), out)
    if out != "-":
        typer.echo(found.summary())


def _stream(
    program: Program,
    X: dict[str, Any],
    out: str,
    kind: Kind,
    resources: tp.kernels.Resources,
    scheduler: str | None,
    plot: Path | None,
) -> None:
    """Compute a kernel of infinite width into the file `out`, tile by tile."""
    with way_on("the same command goes on with it"), stage_progress():
        stored = tp.kernels.stream_kernel(
            program, X, out, kind.value, resources=resources, scheduler=scheduler
        )
    announce(out)
    if plot is not None:
        _draw(stored.kernel(_PLOTTED), plot)
    typer.echo(stored.summary())


def _draw(found: Kernel, plot: Path) -> None:
    write(tp.study.figure_bytes(tp.kernel_figure(found), plot), str(plot))


def _is_to_be_streamed(
    program: Program,
    X: dict[str, Any],
    kind: Kind,
    engine: LimitEngine,
    out: str | None,
    memory: int | None,
) -> bool:
    """Whether a kernel of infinite width takes more than the memory, and can go to a file."""
    if out in (None, "-") or engine is LimitEngine.sampled:
        return False
    needed = tp.kernels.bytes_in_memory(program, len(next(iter(X.values()))), kind.value)
    if needed <= (_MEMORY if memory is None else memory * 2**20):
        return False
    is_file = not Path(out).exists() or Path(out).is_file()
    return is_file and tp.kernels.is_planned(program, kind.value)


def _tell_unheeded(context: typer.Context, found: Kernel, is_given: bool) -> None:
    """A warning of options of samples where the kernel is exact, and none were drawn."""
    if found.engine == "exact":
        names = ("samples", "seed") if is_given else ("samples",)
        tell_unheeded(context, names, "the kernel is exact, and nothing was sampled")


def _require_sense(
    context: typer.Context,
    *,
    is_explained: bool,
    is_finite: bool,
    is_given: bool,
    engine: LimitEngine,
) -> None:
    """A usage error for an option without effect beside the others."""
    if is_explained:
        refuse(context, ("out",), "beside --explain and --latex, which print: > FILE writes that")
        refuse(context, (*_OF_VALUES, *_FINITE, *_INFINITE), "beside --explain and --latex")
    elif is_finite:
        refuse(context, _INFINITE, "at finite width, beside --width")
    else:
        refuse(context, _FINITE, "at infinite width, without --width")
        if engine is LimitEngine.exact:
            refuse(context, ("samples",), "beside --engine exact")
            if is_given:
                refuse(context, ("seed",), "beside --engine exact, on the samples of --data")
        if engine is LimitEngine.sampled:
            why = "beside --engine sampled, which holds a share of --samples for every input"
            refuse(context, ("memory",), f"{why}: with fewer of either it takes less")
            refuse(context, ("scheduler", "jit"), "beside --engine sampled")


_OF_VALUES = (
    "data",
    "synthetic",
    "out",
    "columns",
    "standardize",
    "missing",
    "rows",
    "limit",
    "seed",
    "dtype",
    "plot",
)
_FINITE = ("width", "inits", "backend")
_INFINITE = ("engine", "samples", "memory", "scheduler", "jit")


def _samples(
    program: Program,
    data: str | None,
    synthetic: int | None,
    rows: str | None,
    limit: int | None,
    reading: ReadOptions,
    seed: int,
) -> dict[str, Any]:
    """The chosen samples of a data file, or synthetic ones, by source name."""
    mend = None if program.data else f"{program.name} has none to take: declare data ξ : d"
    require_samples(data, synthetic, "the kernel", mend)
    found = (
        tp.load_data(data, program, targets=False, **reading)
        if data is not None
        else tp.synthetic_data(program, synthetic or 0, seed)
    )
    count = len(found)
    start, last = (0, None) if rows is None else parse_rows(rows)
    stop = count if last is None else min(last, count)
    if limit is not None:
        stop = min(stop, start + limit)
    if start >= stop:
        raise OptionError(
            f"--rows {shown(rows or '')}: there are {count} samples, and none of these",
            expected=f"rows from 0:{count}",
        )
    if last is not None and last > count:
        asked = f"--rows {shown(rows or '')}: there are {count} samples"
        warnings.warn(tp.TPWarning(f"{asked}, so these are rows {start}:{stop}"), stacklevel=2)
    return {name: array[start:stop] for name, array in found.arrays.items()}

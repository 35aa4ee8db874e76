"""Commands that train networks of many widths: compare, coordcheck."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

import tpgraph as tp
from tpgraph_cli.choices import choice
from tpgraph_cli.endings import FIGURES, refuse_other_ending, require_ending
from tpgraph_cli.execution import Dtype, OptimizerName
from tpgraph_cli.files import Constants, File, announce_folder, load, write
from tpgraph_cli.messages import interruption, warnings_on_stderr
from tpgraph_cli.numbers import OptionError, read_real, read_whole, real, shown, whole
from tpgraph_cli.options import Seed, Workers, of_option, refuse, require_number_or_file
from tpgraph_cli.places import require_places
from tpgraph_cli.progress import sweep_progress
from tpgraph_cli.samples import (
    AS_IT_IS,
    DataReading,
    Synthetic,
    require_samples,
    takes_reading,
)

__all__ = ["compare", "coordcheck", "parse_sizes", "parse_test"]


DataOption = Annotated[str | None, typer.Option(help="CSV with a header, or NPZ.")]
WidthsOption = Annotated[str, typer.Option(metavar="SIZES", help="Widths, such as 64,128,256,512.")]
Rate = Annotated[
    float, typer.Option(help="Learning rate η; width factors come on top.", parser=real(above=0))
]
StepsOption = Annotated[int, typer.Option(help="SGD steps.", parser=whole(1))]
SeedsOption = Annotated[int, typer.Option(help="Networks of each width.", parser=whole(1))]
FewerOption = Annotated[
    int | None,
    typer.Option(help="Samples a step; 16, or all where there are fewer.", parser=whole(1)),
]
BatchOption = Annotated[int, typer.Option(help="Samples a step.", parser=whole(1))]
NetworkPrecision = Annotated[Dtype, choice(Dtype, help="Precision of every network.")]


def parse_sizes(text: str, least: int = 1) -> list[int]:
    """`"64,128"` as `least` sizes or more in increasing order; an OptionError for other lists."""
    sizes = sorted({read_whole(part, "--widths") for part in text.split(",")})
    if len(sizes) < least:
        expected = f"{least} widths or more, such as 64,128,256"
        raise OptionError(f"--widths {shown(text)} is too short a list", expected=expected)
    return sizes


def parse_test(text: str) -> int | float | str:
    """`"8"` as a number of samples, `"0.1"` as a part of them, anything else as a file."""
    try:
        float(text)
    except ValueError:
        require_number_or_file(text, "--test", "so many samples, a part such as 0.1, or a file")
        return text
    return read_whole(text, "--test") if text.isdecimal() else read_real(text, "--test", 0)


@takes_reading
def compare(
    context: typer.Context,
    file: File,
    out: Annotated[
        Path,
        typer.Option("--out", "--output", "-o", help="Folder for results, table and figure."),
    ],
    data: DataOption = None,
    synthetic: Synthetic = None,
    reading: DataReading = AS_IT_IS,
    test: Annotated[
        str | None,
        typer.Option(
            help="Test points: so many samples, a part such as 0.1, or a CSV or NPZ; 8, or half of"
            " the samples."
        ),
    ] = None,
    loss: Annotated[
        str | None, typer.Option(help='Another loss than the program\'s, such as "(f - y)^4".')
    ] = None,
    constants: Constants = None,
    widths: WidthsOption = "64,128,256,512,1024,2048,4096",
    steps: StepsOption = 10,
    lr: Rate = 0.1,
    batch: BatchOption = 1,
    seeds: SeedsOption = 4,
    seed: Seed = 0,
    dtype: NetworkPrecision = Dtype.float64,
    samples: Annotated[
        int,
        typer.Option(
            help="Sample values of every Z, where the limit is sampled.", parser=whole(4096)
        ),
    ] = 2**16,
    members: Annotated[
        int,
        typer.Option(help="Networks of infinite width for the mean and its band.", parser=whole(2)),
    ] = 1000,
    workers: Workers = 0,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on in the folder; widths and seeds may be added.")
    ] = False,
) -> None:
    """Train networks of several widths alike and set them beside their infinite-width limit.

    In the kernel regime the limit of a network is kernel gradient descent from its own f₀ with the
    infinite-width NTK; in μP it is the limit of SGD itself. Prints how the error scales with width.
    Ctrl-C keeps what is done, with its figure; --resume goes on from there.
    """
    require_samples(data, synthetic, "the comparison")
    require_places(folder=out, names=tp.study.COMPARISON_FILES, reads=(file, data, test))
    options = reading.of(data)
    sizes, points = parse_sizes(widths), None if test is None else parse_test(test)
    program = load(file, constants)
    if loss is not None:
        with of_option():
            program = tp.parse(tp.study.with_loss(tp.to_text(program), loss, "--loss"), file)
    analysis = tp.report(program).analysis
    if analysis is not None and analysis.regime == "feature learning":
        refuse(context, ("members",), "with feature learning, whose limit is not random")
    with warnings_on_stderr(), sweep_progress("networks") as progress:
        found = tp.study.compare(
            program,
            data,
            widths=sizes,
            steps=steps,
            lr=lr,
            batch=batch,
            seeds=seeds,
            seed=seed,
            synthetic=synthetic,
            test=points,
            dtype=dtype.value,
            members=members,
            samples=samples,
            out=out,
            resume=resume,
            workers=workers,
            progress=progress,
            **options,
        )
    typer.echo(str(found))
    announce_folder(out, tp.study.COMPARISON_FILES)
    if found.interrupted:
        raise interruption("--resume goes on with it")


@takes_reading
def coordcheck(
    file: File,
    constants: Constants = None,
    data: DataOption = None,
    synthetic: Synthetic = None,
    reading: DataReading = AS_IT_IS,
    widths: WidthsOption = "64,128,256,512,1024",
    steps: StepsOption = 3,
    lr: Rate = 0.1,
    batch: FewerOption = None,
    seeds: SeedsOption = 4,
    seed: Seed = 0,
    dtype: NetworkPrecision = Dtype.float64,
    optimizer: Annotated[
        OptimizerName,
        choice(OptimizerName, help="adam, adamw: with the rates of each layer at every width."),
    ] = OptimizerName.sgd,
    out: Annotated[
        str | None, typer.Option("--out", "--output", "-o", help="Figure: .pdf, .png or .svg.")
    ] = None,
    csv: Annotated[str | None, typer.Option("--csv", help="Table to write; - is stdout.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check how the coordinates of every vector scale with width, before and after training.

    Prints, for each vector, the exponent e of its size n^e at initialization and of its change
    after some steps, measured and as Tensor Programs IV predicts it, of Adam IVb.
    """
    if as_json and csv == "-":
        raise typer.BadParameter("--json and --csv - both print: choose one, or name a file")
    require_samples(data, synthetic, "the check")
    require_places(out, csv, reads=(file, data))
    require_ending(out, "figure", FIGURES)
    refuse_other_ending(csv, "a table", ".csv", ".tsv", option="--csv")
    options = reading.of(data)
    sizes = parse_sizes(widths, 2)
    program = load(file, constants)
    with sweep_progress("training") as progress:
        found = tp.study.coordinate_check(
            program,
            data,
            widths=sizes,
            steps=steps,
            lr=lr,
            batch=batch,
            seeds=seeds,
            seed=seed,
            synthetic=synthetic,
            dtype=dtype.value,
            optimizer=optimizer.value,
            progress=progress,
            **options,
        )
    if out is not None:
        write(tp.study.figure_bytes(tp.study.coordinate_figure(found), out), out)
    if csv is not None:
        write(found.csv(), csv)
    if as_json:
        typer.echo(json.dumps(found.to_json(), ensure_ascii=False, indent=2))
    elif csv != "-":
        typer.echo(str(found))

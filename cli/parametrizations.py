"""The command that sets parametrizations side by side: compare-parametrizations."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated

import typer

import tpgraph as tp
from tpgraph_cli.choices import several
from tpgraph_cli.comparison import (
    DataOption,
    FewerOption,
    Rate,
    SeedsOption,
    StepsOption,
    WidthsOption,
    parse_sizes,
)
from tpgraph_cli.completion import among
from tpgraph_cli.endings import require_ending
from tpgraph_cli.files import Constants, File, load, write
from tpgraph_cli.messages import warnings_on_stderr
from tpgraph_cli.numbers import whole
from tpgraph_cli.options import Seed
from tpgraph_cli.places import require_places
from tpgraph_cli.progress import stage_progress
from tpgraph_cli.samples import (
    AS_IT_IS,
    DataReading,
    Synthetic,
    require_samples,
    takes_reading,
)

__all__ = ["compare_parametrizations"]


class ComparedName(StrEnum):
    """What parametrizations that are compared are called."""

    standard = "standard"
    ntk = "ntk"
    mup = "mup"
    own = "own"


_DEFAULT = "standard,ntk,mup"


@takes_reading
def compare_parametrizations(
    file: File,
    parametrizations: Annotated[
        str,
        typer.Option(
            "--in",
            metavar="NAMES",
            help="Of standard, ntk and mup; own is what the program declares.",
            parser=several(ComparedName),
            autocompletion=among(lambda: list(ComparedName)),
        ),
    ] = _DEFAULT,
    constants: Constants = None,
    data: DataOption = None,
    synthetic: Synthetic = None,
    reading: DataReading = AS_IT_IS,
    widths: WidthsOption = "64,128,256,512,1024",
    base: Annotated[
        int | None,
        typer.Option(
            help="The width at which you tune; by default the smallest width.", parser=whole(1)
        ),
    ] = None,
    steps: StepsOption = 3,
    lr: Rate = 0.1,
    batch: FewerOption = None,
    seeds: SeedsOption = 4,
    samples: Annotated[
        int,
        typer.Option(
            help="Sample values of every Z, where a limit is sampled.", parser=whole(4096)
        ),
    ] = 2**16,
    seed: Seed = 0,
    out: Annotated[
        str | None,
        typer.Option(
            "--out", "--output", "-o",
            help="Report with pictures: .html in one file, .md or .tex with files beside it.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:  # fmt: skip
    """Set a network in several parametrizations side by side.

    Of each: its regime, the exponents of width predicted and measured, NNGP and NTK of the first
    step and the change of features at infinite width, and by layer the multiplier, the initial
    standard deviation and the learning rates of SGD and Adam as they are tuned at a base width.
    """
    require_samples(data, synthetic, "the comparison")
    require_places(out, reads=(file, data))
    require_ending(out, "report", tp.study.REPORT_FORMATS)
    options = reading.of(data)
    sizes = parse_sizes(widths, 2)
    program = load(file, constants)
    names = parametrizations.split(",")
    with warnings_on_stderr(), stage_progress():
        found = tp.study.compare_parametrizations(
            program,
            names,
            data,
            synthetic=synthetic,
            widths=sizes,
            base=base,
            steps=steps,
            lr=lr,
            batch=batch,
            seeds=seeds,
            samples=samples,
            seed=seed,
            **options,
        )
        report = {} if out is None else tp.study.parametrization_report(found, out)
    for place, content in report.items():
        write(content, str(place))
    if as_json:
        typer.echo(json.dumps(found.to_json(), ensure_ascii=False, indent=2))
    else:
        typer.echo(str(found))

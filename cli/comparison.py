"""Commands that set networks of many widths beside their limit: coordcheck."""

from __future__ import annotations

import json
from typing import Annotated

import typer

import tpgraph as tp
from tpgraph_cli.execution import Dtype
from tpgraph_cli.files import File, load, write
from tpgraph_cli.study_options import Seed, sweep_progress

__all__ = ["coordcheck", "parse_sizes"]

Data = Annotated[str | None, typer.Option(help="CSV with a header, or NPZ.")]
Synthetic = Annotated[
    int | None, typer.Option(help="Without data: so many synthetic samples.", min=1)
]
Sizes = Annotated[str, typer.Option(metavar="SIZES", help="Widths, such as 64,128,256,512.")]
Rate = Annotated[float, typer.Option(help="Learning rate η; width factors come on top.")]
Batch = Annotated[int, typer.Option(help="Samples a step.", min=1)]
Precision = Annotated[Dtype, typer.Option(help="Precision of every network.")]


def parse_sizes(text: str) -> list[int]:
    """`"64,128"` as sizes in increasing order. Raises TPError for what is no list of sizes."""
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise tp.TPDataError(
            f"--widths {text} is not understood", expected="sizes such as 64,128,256"
        )
    return sorted({int(part) for part in parts})


def coordcheck(
    file: File,
    data: Data = None,
    synthetic: Synthetic = None,
    widths: Sizes = "64,128,256,512,1024",
    steps: Annotated[int, typer.Option(help="SGD steps.", min=1)] = 3,
    lr: Rate = 0.1,
    batch: Batch = 16,
    seeds: Annotated[int, typer.Option(help="Networks of each width.", min=1)] = 4,
    seed: Seed = 0,
    dtype: Precision = Dtype.float64,
    out: Annotated[
        str | None, typer.Option("--output", "-o", help="Figure: .pdf, .png or .svg.")
    ] = None,
    csv: Annotated[str | None, typer.Option("--csv", help="Table to write; - is stdout.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check how the coordinates of every vector scale with width, before and after training.

    Prints, for each vector, the exponent e of its size n^e at initialization and of its change
    after some steps, measured and as Tensor Programs IV predicts it.
    """
    program = load(file)
    sizes = parse_sizes(widths)
    with sweep_progress("training") as progress:
        found = tp.coordinate_check(
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
            progress=progress,
        )
    if out is not None:
        write(tp.figure_bytes(found.figure(), out), out)
    if csv is not None:
        write(found.csv(), csv)
    if as_json:
        typer.echo(json.dumps(found.to_json(), ensure_ascii=False, indent=2))
    elif csv != "-":
        typer.echo(str(found))

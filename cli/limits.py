"""The command that takes a program to infinite width: limit."""

from __future__ import annotations

import json
from typing import Annotated

import typer

import tpgraph as tp
from tpgraph_cli.files import Constants, File, load

__all__ = ["limit"]


def limit(
    file: File,
    constants: Constants = None,
    data: Annotated[
        str | None, typer.Option(help="CSV or NPZ; a network is evaluated on one of its samples.")
    ] = None,
    sample: Annotated[int, typer.Option(help="Which sample, counted from 0.", min=0)] = 0,
    samples: Annotated[
        int, typer.Option(help="Sample values of every Z; more make smaller errors.", min=4096)
    ] = 2**16,
    seed: Annotated[int, typer.Option(help="Seed of the samples.", min=0)] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    latex: Annotated[bool, typer.Option("--latex", help="Print the derivation in LaTeX.")] = False,
) -> None:
    """Take a program's infinite-width limit by the Master Theorem.

    Prints the derivation: one line per instruction with the rule it applies, Ẑ and Ż of every
    MatMul, mean and variance of every vector, the limit of every scalar with its error.
    """
    program = load(file, constants)
    row = tp.load_data(data, program).row(sample) if data is not None else None
    found = tp.limit(program, data=row, samples=samples, seed=seed)
    if as_json:
        typer.echo(json.dumps(found.to_json(), ensure_ascii=False, indent=2))
    else:
        typer.echo(found.derivation(latex=latex))

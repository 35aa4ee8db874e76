"""The command that takes a program to infinite width: limit."""

from __future__ import annotations

import json
import re
from contextlib import nullcontext
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

import tpgraph as tp
from tpgraph_cli.annotated import AnnotatedPicture, DrawOption, NumbersOption, ThemeOption
from tpgraph_cli.choices import choice
from tpgraph_cli.files import Constants, File, load
from tpgraph_cli.latex import Standalone, latex_text, require_latex
from tpgraph_cli.messages import warnings_on_stderr
from tpgraph_cli.numbers import OptionError, whole
from tpgraph_cli.options import LimitEngine, of_option, refuse, tell_unheeded
from tpgraph_cli.passes import FORWARD, Passes, PassName, takes_passes
from tpgraph_cli.pictures import Theme
from tpgraph_cli.samples import AS_IT_IS, DataReading, MadeUp, one_sample, takes_reading

if TYPE_CHECKING:
    from tpgraph import Limit

__all__ = ["limit"]


class Outputs(StrEnum):
    """How readouts come about."""

    random = "random"
    sampled = "sampled"


@takes_reading
@takes_passes
def limit(
    context: typer.Context,
    file: File,
    constants: Constants = None,
    data: Annotated[
        str | None, typer.Option(help="CSV or NPZ; a network is evaluated on one of its samples.")
    ] = None,
    synthetic: MadeUp = None,
    reading: DataReading = AS_IT_IS,
    sample: Annotated[
        int | None, typer.Option(help="Which sample, counted from 0; 0.", parser=whole(0))
    ] = None,
    engine: Annotated[
        LimitEngine,
        choice(
            LimitEngine,
            help="Closed forms and quadrature, or samples; auto is exact where it can be.",
        ),
    ] = LimitEngine.auto,
    samples: Annotated[
        int,
        typer.Option(
            help="Sample values of every Z; more make smaller errors.", parser=whole(4096)
        ),
    ] = 2**16,
    seed: Annotated[
        int, typer.Option(help="Seed of the samples.", parser=whole(0, tp.bounds.SEED))
    ] = 0,
    outputs: Annotated[
        Outputs | None,
        choice(
            Outputs,
            help="Readouts are random, or drawn once by the seed and known from then on. By default"
            " random, but drawn where a pass on data goes on from them.",
        ),
    ] = None,
    passes: Passes = FORWARD,
    gia: Annotated[
        bool,
        typer.Option(
            "--gia", help="Assume gradient independence: no Ż is sought in the backward pass."
        ),
    ] = False,
    cov: Annotated[
        list[str] | None,
        typer.Option("--cov", metavar="A,B", help="Covariance of two vectors; repeatable."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    latex: Annotated[bool, typer.Option("--latex", help="Print the derivation in LaTeX.")] = False,
    standalone: Standalone = False,
    picture: DrawOption = None,
    theme: ThemeOption = Theme.paper,
    numbers: NumbersOption = None,
) -> None:
    """Take a program's infinite-width limit by the Master Theorem.

    Prints the derivation: one line per instruction with the rule it applies, Ẑ and Ż of every
    MatMul, mean and variance of every vector, the limit of every scalar with its error; then a line
    on how sure the errors are. With --draw also a picture, beside every vector the density of its Z
    and its numbers.
    """
    if as_json and latex:
        raise typer.BadParameter("choose one of --json and --latex")
    require_latex(standalone, latex)
    if engine is LimitEngine.exact:
        refuse(context, ("samples",), "beside --engine exact")
        if outputs is not Outputs.sampled and passes.name is PassName.forward:
            refuse(context, ("seed",), "beside --engine exact, where nothing is drawn")
    asked = AnnotatedPicture.of(context, picture, theme, numbers, "mean,var", file)
    source = load(file, constants)
    given = data is not None or synthetic is not None
    program = passes.for_limit(source).of_program(source, with_data=given)
    if not program.outputs:
        refuse(context, ("outputs",), "where the program declares no output")
    pairs = [_pair(text) for text in cov or []]
    row = one_sample(source, program, data, synthetic, sample, reading)

    def taken(drawn: Outputs) -> Limit:
        return tp.limit(
            program,
            data=row,
            engine=engine.value,
            samples=samples,
            seed=seed,
            outputs="sampled" if drawn is Outputs.sampled else None,
            assume_gia=gia,
        )

    with warnings_on_stderr():
        try:
            found = taken(outputs or Outputs.random)
        except tp.TPRandomError:
            if outputs is not None or passes.name is PassName.forward or row is None:
                raise
            typer.echo("readouts steer the passes: drawn once, as by --outputs sampled", err=True)
            found = taken(Outputs.sampled)
        with of_option("--cov") if cov else nullcontext():
            told = _told(found, pairs, as_json, latex)
        if found.engine == "exact" and engine is LimitEngine.auto:
            unheeded = ("samples",) if outputs or asked else ("samples", "seed")
            tell_unheeded(context, unheeded, "the limit is exact, and nothing was sampled")
        if asked is not None:
            asked.draw(program, source, limit=found, data=row, seed=seed, assume_gia=gia)
    typer.echo(latex_text(told, standalone) if latex else told)
    if not (latex or as_json):
        typer.echo(f"{found.engine}: {found.certainty}")


def _told(found: Limit, pairs: list[tuple[str, str]], as_json: bool, latex: bool) -> str:
    """The derivation, or all that was found as JSON, with covariances of these pairs."""
    if as_json:
        return json.dumps(found.to_json(pairs), ensure_ascii=False, indent=2)
    return found.derivation(latex=latex, covariances=pairs)


def _pair(text: str) -> tuple[str, str]:
    """`h[1],x[2]` as two names; the commas of an index do not part them."""
    names = [name.strip() for name in re.split(r",(?![^\[]*\])", text)]
    if len(names) != 2 or not all(names):
        raise OptionError(
            f"--cov {text} is not understood", expected="two vectors A,B, such as h[1],h[2]"
        )
    return names[0], names[1]

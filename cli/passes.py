"""The options --pass, --steps and --form: a program with its backward pass or its training."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

import tpgraph as tp
from tpgraph_cli.numbers import whole

if TYPE_CHECKING:
    from tpgraph import Program

__all__ = ["FormOption", "PassName", "PassOption", "SgdForm", "StepsOption", "with_passes"]


class PassName(StrEnum):
    """Which passes a program has."""

    forward = "forward"
    backward = "backward"
    sgd = "sgd"


class SgdForm(StrEnum):
    """How SGD is written."""

    exact = "exact"
    fluctuation = "fluctuation"


PassOption = Annotated[
    PassName,
    typer.Option(
        "--pass",
        help="backward: with the backward pass; sgd: SGD on samples and then a test example.",
    ),
]
StepsOption = Annotated[
    int, typer.Option(help="How many SGD steps, with --pass sgd.", parser=whole(1))
]
FormOption = Annotated[
    SgdForm,
    typer.Option(help="exact: every pass of SGD in full; fluctuation: later passes as changes δ."),
]


def with_passes(program: Program, passes: PassName, steps: int, form: SgdForm) -> Program:
    """The program with the passes that are asked for.

    A program without a loss may be an SGD step itself, written out like Algorithm 1.
    """
    match passes:
        case PassName.backward:
            return tp.backward(program)
        case PassName.sgd if program.loss is None and not program.parameters:
            return tp.staged(program)
        case PassName.sgd:
            return tp.unroll_sgd(program, steps=steps, form=form.value)
        case _:
            return program

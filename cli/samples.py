"""Samples that commands take: of a data file, or made up, by the same options everywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, TypedDict

import typer
from typer.core import TyperCommand

import tpgraph as tp
from tpgraph_cli.choices import choice
from tpgraph_cli.named_values import named_values
from tpgraph_cli.numbers import OptionError, read_whole, shown
from tpgraph_cli.option_groups import OptionGroup, takes
from tpgraph_cli.options import of_option

if TYPE_CHECKING:
    from tpgraph import Program

__all__ = [
    "AS_IT_IS",
    "DataReading",
    "MadeUp",
    "ReadOptions",
    "SamplesCommand",
    "Synthetic",
    "one_sample",
    "require_samples",
    "takes_reading",
]

_MADE_UP = 64
"""Samples of --synthetic without a number, where they are all used."""
_SYNTHETIC = "--synthetic"


class SamplesCommand(TyperCommand):
    """A command whose --synthetic has a number behind it or none, which Typer has no word for."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """What remains of the arguments, of which each --synthetic got its value."""
        if not ctx.resilient_parsing:
            _refuse_empty(ctx, args)
        return super().parse_args(ctx, list(_with_values(args)))


def _refuse_empty(context: Any, args: list[str]) -> None:
    """A usage error for `-o ''`, `--data=` and an empty name of a file: none means anything."""
    for before, argument in pairwise(["", *args]):
        option, equals, value = argument.partition("=")
        if argument == "" or (option.startswith("--") and equals and not value):
            named = before if before.startswith("-") else option
            which = f"{named}: " if named else ""
            raise typer.BadParameter(f"{which}'' is empty; expected: a value", context)


def _with_values(args: list[str]) -> Iterator[str]:
    """`--synthetic -o k` as `--synthetic= -o k`, and `--synthetic 20` as `--synthetic=20`."""
    rest = iter(args)
    for argument in rest:
        if argument != _SYNTHETIC:
            yield argument
            if argument == "--":
                yield from rest
            continue
        value = next(rest, None)
        is_number = value is not None and re.match(r"[-+]?\d", value)
        yield f"{_SYNTHETIC}={value if is_number else ''}"
        if value is not None and not is_number:
            yield from _with_values([value, *rest])


def _count(text: str | int, otherwise: int) -> int:
    """The number behind --synthetic."""
    try:
        return read_whole(str(text), "") if str(text) else otherwise
    except tp.TPError as error:
        raise typer.BadParameter(
            f"{shown(str(text))} is not understood; expected: {error.expected}"
        ) from None


Synthetic = Annotated[
    int | None,
    typer.Option(
        metavar="[COUNT]",
        help=f"Without data: so many made-up samples, standard Gaussian; {_MADE_UP}.",
        parser=lambda text: _count(text, _MADE_UP),
    ),
]
MadeUp = Annotated[
    int | None,
    typer.Option(
        "--synthetic",
        metavar="[COUNT]",
        help="Without data: so many made-up samples, standard Gaussian, the same for every --seed;"
        " as many as are needed.",
        parser=lambda text: _count(text, 0),
    ),
]


class Standardized(StrEnum):
    """What is standardized."""

    none = "none"
    data = "data"
    all = "all"


class Missing(StrEnum):
    """What becomes of rows in which a value is missing."""

    refuse = "refuse"
    drop = "drop"


class ReadOptions(TypedDict):
    """How a data file is read: the keyword arguments of `tpgraph.load_data`."""

    columns: dict[str, list[str]] | None
    standardize: str
    missing: str


@dataclass(frozen=True)
class DataReading:
    """What is said of how a data file is read."""

    columns: list[str] | None = None
    standardize: Standardized = Standardized.none
    missing: Missing = Missing.refuse

    @property
    def is_said(self) -> bool:
        """Whether anything is."""
        others = self.standardize is not Standardized.none or self.missing is not Missing.refuse
        return bool(self.columns) or others

    def of(self, data: str | None) -> ReadOptions:
        """For this file; a usage error where there is none and anything is said."""
        if self.standardize is not Standardized.none and data is None:
            raise typer.BadParameter("--standardize is for the samples of --data FILE")
        if self.missing is not Missing.refuse and data is None:
            raise typer.BadParameter("--missing is for the samples of --data FILE")
        return {
            "columns": _parse_columns(self.columns, data),
            "standardize": self.standardize.value,
            "missing": self.missing.value,
        }


AS_IT_IS = DataReading()
"""All columns by their names, as they are."""

_OPTIONS: OptionGroup = {
    "columns": (
        Annotated[
            list[str] | None,
            typer.Option(
                metavar="NAME=COLUMNS",
                help="Columns of a variable, such as ξ=a,b,f..k or y=label; repeat for several.",
            ),
        ],
        None,
    ),
    "standardize": (
        Annotated[
            Standardized,
            choice(Standardized, help="Means 0 and variances 1 of data, or of number targets too."),
        ],
        Standardized.none,
    ),
    "missing": (
        Annotated[
            Missing,
            choice(Missing, help="Rows with an empty cell, NA, nan or inf: refused, or left out."),
        ],
        Missing.refuse,
    ),
}

takes_reading = takes("reading", _OPTIONS, DataReading)
"""The command with --columns, --standardize and --missing in the place of its `reading`."""


def _parse_columns(values: list[str] | None, data: str | None) -> dict[str, list[str]] | None:
    """`["ξ=a,b", "y=label"]` by name. Raises TPError for what is not NAME=COLUMNS.

    Columns are those of a data file: a usage error where `data` is none.
    """
    if values and data is None:
        raise typer.BadParameter("--columns chooses columns of --data FILE")
    return named_values("--columns", values, _COLUMNS, _names_of_columns) or None


_COLUMNS = "NAME=COLUMNS, such as ξ=a,b,f..k or y=label"


def _names_of_columns(text: str, option: str) -> list[str]:
    """`a, f..k` as ["a", "f..k"]."""
    if not text:
        raise OptionError(f"{option} is not understood", expected=_COLUMNS)
    return [part.strip() for part in text.split(",")]


def require_samples(
    data: str | None, synthetic: int | None, what: str, mend: str | None = None
) -> None:
    """A usage error unless one of --data and --synthetic was given, which `what` is made of."""
    if (data is None) == (synthetic is None):
        expected = "either --data FILE or --synthetic COUNT"
        raise OptionError(f"{what} is over samples", expected=expected, mend=mend)


def one_sample(
    network: Program,
    program: Program,
    data: str | None,
    synthetic: int | None,
    chosen: int | None,
    reading: DataReading,
) -> dict[str, Any] | None:
    """What a program reads, from the `chosen` sample on of a data file, or of made-up ones.

    The program is the network or has passes of it, whose steps take sample after sample. None where
    neither is asked for.
    """
    read_as = reading.of(data)
    if chosen is not None and data is None and synthetic is None:
        raise typer.BadParameter("--sample chooses a sample of --data FILE or of --synthetic")
    if data is not None and synthetic is not None:
        raise OptionError("--data and --synthetic are two ways to one sample", mend="give one")
    if data is None and synthetic is None:
        return None
    number = chosen or 0
    of = network if tp.training.is_of_samples(program, network) else program
    if synthetic is not None:
        needed = number + tp.training.samples_taken(program)
        if 0 < synthetic < needed:
            raise OptionError(
                f"--synthetic {synthetic} makes up too few samples, {needed} are needed",
                mend=f"--synthetic {needed}",
            )
        samples = tp.synthetic_data(of, synthetic or needed)
    else:
        assert data is not None
        samples = tp.load_data(data, of, **read_as)
    if chosen is None:
        return tp.training.samples_of_passes(program, samples, number)
    with of_option("--sample", str(chosen)):
        return tp.training.samples_of_passes(program, samples, number)

"""Options that several commands share: workers, cluster, seed, engine, samples."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

import tpgraph as tp
from tpgraph_cli.numbers import OptionError, in_option, shown, whole

__all__ = [
    "LimitEngine", "Out", "Scheduler", "Seed", "Workers", "checked", "of_option", "refuse",
    "require_number_or_file", "understood",
]  # fmt: skip

T = TypeVar("T")


class LimitEngine(StrEnum):
    """How a limit is taken."""

    auto = "auto"
    exact = "exact"
    sampled = "sampled"


Workers = Annotated[
    int | None,
    typer.Option(
        help="Processes on this machine, 0 for none; studies take one per core by default.",
        parser=whole(0, tp.bounds.WORKERS),
    ),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS", help="A Dask scheduler of yours, tls://HOST:PORT or tcp://HOST:PORT."
    ),
]
Out = Annotated[
    Path,
    typer.Option(
        "--out",
        "--output",
        "-o",
        help="Folder of results; a run that was stopped goes on from what is there.",
    ),
]
Seed = Annotated[
    int, typer.Option(help="Seed of everything random.", parser=whole(0, tp.bounds.SEED))
]


def refuse(context: typer.Context, names: Iterable[str], why: str) -> None:
    """A usage error where one of these options was given, which does nothing here."""
    if given := _given(context, names):
        raise typer.BadParameter(f"{' and '.join(given)}: without effect {why}")


def tell_unheeded(context: typer.Context, names: Iterable[str], why: str) -> None:
    """A TPWarning where one of these options was given, which turned out to do nothing."""
    if given := _given(context, names):
        text = f"{' and '.join(given)} had no effect: {why}"
        warnings.warn(tp.TPWarning(text), stacklevel=2)


def _given(context: typer.Context, names: Iterable[str]) -> list[str]:
    """Those of the options that were given, as they are written."""
    options = {p.name: p.opts[0] for p in context.command.params}
    return [
        options[name]
        for name in names
        if getattr(context.get_parameter_source(name), "name", "DEFAULT") != "DEFAULT"
    ]


@contextmanager
def of_option(option: str = "", text: str = "") -> Iterator[None]:
    """What the block refuses is the value of an option: a usage error, placed in its `text`.

    What is too large is none: another machine may take it.
    """
    try:
        yield
    except (OptionError, tp.TPLimitError):
        raise
    except tp.TPError as error:
        span = in_option(option, text, error.span) if text else error.span
        raise OptionError(error.message, span, error.expected, error.mend, error.edits) from None


def require_number_or_file(text: str, option: str, expected: str) -> None:
    """A usage error for a value that is no number where there is no such file either."""
    if not Path(text).exists():
        said = f"{option} {shown(text)} is neither a number nor a file that is there"
        raise OptionError(said, expected=expected)


def understood(read: Callable[[str], T]) -> Callable[[Any], T]:
    """A parser of an option by what reads its text; what that refuses is a usage error."""

    def parsed(value: Any) -> T:
        try:
            return read(str(value))
        except tp.TPError as error:
            mend = f". {error.mend[0].upper()}{error.mend[1:]}" if error.mend else ""
            expected = f"; expected {error.expected}" if error.expected else ""
            raise typer.BadParameter(f"{error.message}{expected}{mend}") from None

    return parsed


def checked(read: Callable[[str], object]) -> Callable[[Any], str]:
    """A parser that looks at words by what reads them, and hands them on as they are."""
    read_by = understood(read)

    def parsed(value: Any) -> str:
        read_by(value)
        return str(value)

    return parsed

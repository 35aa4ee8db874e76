"""What commands say beside their result, on standard error."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer

import tpgraph as tp

__all__ = [
    "INTERRUPTED",
    "LAST_RESORT",
    "interruption",
    "show_warning",
    "warnings_on_stderr",
    "way_on",
]

INTERRUPTED = 130
"""The exit code after Ctrl-C."""
LAST_RESORT = (
    "error: tpgraph itself is at fault: {}\n"
    "  mend: report it to tpgraph's issue tracker, with the command, its files, and the traceback"
    " that TPGRAPH_DEBUG=1 in the environment adds"
)
"""What is said of an exception that nothing was prepared for."""


def show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    """A warning of any library as one plain line, in the place of Python's own form."""
    if isinstance(message, tp.TPWarning):
        typer.echo(message.line, err=True)
    else:
        typer.echo(f"warning: {tp.shell.on_one_line(str(message))}", err=True)


def interruption(words: str) -> typer.Exit:
    """The end of a command after Ctrl-C, which says how what is done is gone on with."""
    typer.echo(f"what is done is kept: {words}", err=True)
    return typer.Exit(INTERRUPTED)


@contextmanager
def way_on(words: str, kept: Path | None = None) -> Iterator[None]:
    """After Ctrl-C in the block, how to go on; with `kept` only where there is such a file."""
    try:
        yield
    except KeyboardInterrupt:
        if kept is None or kept.exists():
            raise interruption(words) from None
        raise


@contextmanager
def warnings_on_stderr() -> Iterator[None]:
    """What tpgraph warns of, and each other warning once, as plain lines on standard error."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for text in dict.fromkeys(str(one.message) for one in caught):
        found = next(one for one in caught if str(one.message) == text)
        show_warning(found.message)

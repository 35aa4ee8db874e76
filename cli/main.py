"""`tpgraph`: the commands, and what they all share: errors, exit codes.

Exit codes: 0 done, 1 the user's input is wrong (a message on stderr), 2 usage.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import Annotated

import typer

import tpgraph as tp
from tpgraph_cli import comparison, execution, kernels, limits, pictures, studies, texts

__all__ = ["app", "main"]

INTERRUPTED = 130
"""What Typer exits with after Ctrl-C, as shells do."""

app = typer.Typer(
    name="tpgraph",
    help="Tensor Programs: write one as text, see it, run it, take its infinite-width limit.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("draw")(pictures.draw)
app.command("gallery")(pictures.gallery)
app.command("check")(texts.check)
app.command("fmt")(texts.fmt)
app.command("show")(texts.show)
app.command("compile")(execution.compile_)
app.command("run")(execution.run)
app.command("train")(execution.train)
app.command("limit")(limits.limit)
app.command("kernel")(kernels.kernel)
app.command("compare")(comparison.compare)
app.command("coordcheck")(comparison.coordcheck)
app.add_typer(studies.app, name="study")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tpgraph {tp.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line; a TPError becomes a message and exit code 1."""
    try:
        app()
    except SystemExit as leaving:
        if leaving.code == INTERRUPTED:
            typer.echo("interrupted", err=True)
        raise
    except BrokenPipeError:  # the reader of our output has gone, as in `tpgraph show p.tp | head`
        _drop_output()
        sys.exit(0)
    except OSError as error:
        typer.echo(f"error: {_what_failed(error)}", err=True)
        _drop_output()
        sys.exit(1)
    except MemoryError as error:
        typer.echo(f"error: not enough memory: {error}\n  mend: choose smaller widths", err=True)
        sys.exit(1)
    except Exception as error:
        if type(error).__module__ != "tpgraph.errors":
            raise
        typer.echo(str(error), err=True)
        sys.exit(1)


def _what_failed(error: OSError) -> str:
    """A file by its name; without one it was the output, as what is read has a name."""
    if error.filename is None:
        return f"standard output cannot be written: {error.strerror or error}"
    return f"{error.filename}: {error.strerror}"


def _drop_output() -> None:
    """Let what is still to be written out go nowhere, so that leaving does not fail on it."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

"""`tpgraph`: the commands, and what they all share: errors, exit codes.

Exit codes: 0 done; 1 what a file holds is wrong (a message on stderr); 2 usage: what no command
takes, values that are refused, files that are not there, places that cannot be written.
"""

from __future__ import annotations

import gc
import os
import sys
import traceback
import warnings
from contextlib import suppress
from typing import Annotated, Any

import typer

import tpgraph as tp
from tpgraph_cli.command_table import ShellsGroup
from tpgraph_cli.elapsed import elapsed
from tpgraph_cli.messages import INTERRUPTED, LAST_RESORT, show_warning
from tpgraph_cli.streams import make_ready
from tpgraph_cli.usage import complete

__all__ = ["app", "main"]

_Usage: Any = next(c for c in typer.BadParameter.__mro__ if c.__name__ == "ClickException")
"""Every usage error; Typer exports its heirs only."""

_USAGE = 2
"""The exit code of every usage error."""

app = typer.Typer(
    name="tpgraph",
    help="Tensor Programs: write one as text, see it, run it, take its infinite-width limit.",
    cls=ShellsGroup,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


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
    """Run the command line; a TPError becomes a message and exit code 1 or 2."""
    gc.set_threshold(10_000, 20, 20)  # a command makes many objects, and few cycles of them
    make_ready()
    warnings.showwarning = show_warning
    sys.exit(_run())


def _run() -> int:
    """The exit code of the command that the arguments name."""
    try:
        with elapsed():
            code = int(app(standalone_mode=False) or 0)
        if code == INTERRUPTED:
            typer.echo("interrupted", err=True)
        return code
    except _Usage as error:
        complete(error, sys.argv)
        error.show()
        return int(error.exit_code)
    except typer.Abort:
        typer.echo("aborted", err=True)
        return 1
    except BrokenPipeError:  # the reader of our output has gone, as in `tpgraph show p.tp | head`
        _drop_output()
        return 0
    except SystemExit as ended:  # which Typer makes of some of these
        if isinstance(ended.__context__, BrokenPipeError):
            _drop_output()
            return 0
        raise
    except Exception as error:
        typer.echo(_told(error), err=True)
        if isinstance(error, OSError):
            _drop_output()
        return _USAGE if isinstance(error, tp.TPArgumentError) else 1


def _told(error: Exception) -> str:
    """What is said of an exception: its own message, or that of the last resort."""
    if isinstance(error, tp.TPError):
        return str(error)
    if isinstance(error, MemoryError):
        return f"error: not enough memory: {error}\n  mend: choose smaller widths"
    if isinstance(error, OSError):
        return f"error: {tp.shell.on_one_line(_what_failed(error))}"
    if os.environ.get("TPGRAPH_DEBUG"):
        traceback.print_exception(error)
    return LAST_RESORT.format(tp.shell.on_one_line(f"{type(error).__name__}: {error}"))


def _what_failed(error: OSError) -> str:
    """A file by its name; without one it was the output, as what is read has a name."""
    if error.filename is None:
        return f"standard output cannot be written: {error.strerror or error}"
    return f"{error.filename}: {error.strerror}"


def _drop_output() -> None:
    """Let what is still to be written out go nowhere, so that leaving does not fail on it."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

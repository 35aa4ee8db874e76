"""The command that opens the graphical editor: edit."""

from __future__ import annotations

from typing import Annotated

import typer

import tpgraph as tp
from tpgraph_cli.numbers import whole

__all__ = ["edit"]


def edit(
    file: Annotated[
        str | None,
        typer.Argument(
            metavar="[FILE]",
            help="A .tp or .json program, or a .svg, .pdf or .tex with one; without it, cards.",
        ),
    ] = None,
    port: Annotated[
        int,
        typer.Option(
            "--port",
            metavar="NUMBER",
            help="The port; a free one without it.",
            parser=whole(0, 2**16 - 1),
        ),
    ] = 0,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Print the address and open nothing.")
    ] = False,
) -> None:
    """Edit a program as text and picture in the browser; Ctrl-C ends."""
    tp.edit(file, port=port, browser=not no_browser, say=typer.echo)

"""The command that shows the guide: guide."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

import tpgraph as tp
from tpgraph_cli.completion import among
from tpgraph_cli.files import write
from tpgraph_cli.options import of_option
from tpgraph_cli.places import STANDARD, require_places

__all__ = ["guide"]


def guide(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="PAGE",
            help="A page; without it they are listed.",
            autocompletion=among(lambda: [page.name for page in tp.guide.pages()]),
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "--output", "-o", help="Write all pages as HTML into this folder."),
    ] = None,
) -> None:
    """Show the guide: how to start, the language, the notation, what the numbers mean."""
    if out is not None:
        if name is not None:
            raise typer.BadParameter("-o writes all pages: give no PAGE with it")
        _write_pages(out)
        return
    if name is None:
        for page in tp.guide.pages():
            typer.echo(f"{page.name:16s}{page.title}")
        typer.echo("\ntpgraph guide PAGE shows one; -o FOLDER writes all as HTML", err=True)
        return
    with of_option():
        page = tp.guide.page(name)
    if sys.stdout is not None and sys.stdout.isatty():
        _print_page(page.text)
    else:
        write(page.text, STANDARD)


def _print_page(text: str) -> None:
    """A page set for the terminal; what sets it takes longer to load than `--help` may take."""
    from rich.console import Console
    from rich.markdown import Markdown

    Console().print(Markdown(text))


def _write_pages(folder: Path) -> None:
    """Every page with the pictures beside it."""
    contents = {f"{page.name}.html": page.html().encode() for page in tp.guide.pages()}
    contents |= {f"pictures/{name}": svg for name, svg in tp.guide.pictures().items()}
    require_places(folder=folder, names=list(contents))
    tp.shell.make_directory(folder / "pictures")
    for name, content in contents.items():
        tp.shell.write_bytes(folder / name, content)
    typer.echo(f"wrote {len(contents)} files; begin at {folder / 'start.html'}", err=True)

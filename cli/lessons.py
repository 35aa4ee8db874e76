"""The command that makes teaching pages: lesson."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import tpgraph as tp
from tpgraph_cli.completion import among
from tpgraph_cli.endings import require_ending
from tpgraph_cli.files import write
from tpgraph_cli.options import of_option
from tpgraph_cli.places import require_places
from tpgraph_cli.progress import stage_progress

__all__ = ["lesson"]

_ENDINGS = (".html", ".pdf")


def lesson(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="LESSON",
            help="A lesson; without it they are listed.",
            autocompletion=among(lambda: [one.name for one in tp.lessons.lessons()]),
        ),
    ] = None,
    out: Annotated[
        str | None,
        typer.Option("--out", "--output", "-o", help="The page: .html or .pdf, by its ending."),
    ] = None,
    every: Annotated[
        Path | None,
        typer.Option("--all", metavar="FOLDER", help="Write every lesson, as HTML and as PDF."),
    ] = None,
) -> None:
    """Make a lesson for a class: steps, pictures, computed numbers, questions and answers.

    A page of HTML is one file without a script, with answers that open on a click; in a PDF they
    stand on a page of their own at the end.
    """
    if every is not None:
        if name is not None or out is not None:
            raise typer.BadParameter("--all FOLDER makes every lesson: give no LESSON and no -o")
        _write_all(every)
        return
    if name is None:
        if out is not None:
            raise typer.BadParameter("-o writes one lesson: name it, or give --all FOLDER")
        for one in tp.lessons.lessons():
            typer.echo(f"{one.name:12s}{one.title}")
        typer.echo("\ntpgraph lesson NAME -o NAME.html makes one; --all FOLDER all", err=True)
        return
    with of_option():
        chosen = tp.lessons.lesson(name)
    place = out if out is not None else f"{chosen.name}.html"
    require_ending(place, "page", _ENDINGS)
    require_places(place)
    with stage_progress():
        content = _content(tp.lessons.sheet_of(chosen), Path(place).suffix.lower())
    write(content, place)


def _content(sheet: tp.lessons.Sheet, ending: str) -> bytes:
    if ending == ".pdf":
        return tp.lessons.lesson_pdf(sheet)
    return tp.lessons.lesson_html(sheet).encode()


def _write_all(folder: Path) -> None:
    """Every lesson in both forms, each computed once."""
    found = tp.lessons.lessons()
    names = [f"{one.name}{ending}" for one in found for ending in _ENDINGS]
    require_places(folder=folder, names=names)
    tp.shell.make_directory(folder)
    for one in found:
        with stage_progress():
            sheet = tp.lessons.sheet_of(one)
            contents = {ending: _content(sheet, ending) for ending in _ENDINGS}
        for ending, content in contents.items():
            write(content, str(folder / f"{one.name}{ending}"))

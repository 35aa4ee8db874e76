"""The command that makes teaching pages, of ready lessons or of any program: lesson."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

import tpgraph as tp
from tpgraph_cli.completion import among
from tpgraph_cli.endings import require_ending
from tpgraph_cli.files import Constants, load, write
from tpgraph_cli.numbers import OptionError
from tpgraph_cli.places import STANDARD, require_places
from tpgraph_cli.progress import stage_progress

__all__ = ["lesson"]

_ENDINGS = (".html", ".pdf")
_TEXTS = ".toml"


def lesson(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="LESSON|FILE",
            help="A ready lesson, or a program: a .tp or .json file, a picture with one, a name of"
            " the gallery, - for stdin. Without it the ready ones are listed.",
            autocompletion=among(lambda: [one.name for one in tp.lessons.lessons()]),
        ),
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(
            "--out",
            "--output",
            "-o",
            help="The page: .html or .pdf, by its ending; .toml: the texts, to be changed by hand.",
        ),
    ] = None,
    constants: Constants = None,
    every: Annotated[
        Path | None,
        typer.Option(
            "--all", metavar="FOLDER", help="Write every ready lesson, as HTML and as PDF."
        ),
    ] = None,
) -> None:
    """Make a lesson for a class: steps, pictures, computed numbers, questions and answers.

    A page of HTML is one file without a script, with answers that open on a click; in a PDF they
    stand on a page of their own at the end.

    Of a program of yours, net.tp, the steps of its forward pass are told, with pictures of it and
    of its backward pass, the numbers of its limit on a made-up example, its kernels and how it
    trains, and questions on all of that. To say it in words of your own: -o net.toml writes what
    is said, change it, and leave it beside net.tp, where it is found; rnn.toml, of the gallery's
    rnn, or ntk.toml, of a ready lesson, in the folder that you are in. It is as the ready lessons
    are: title, summary, [data], [numbers], [[steps]], [[questions]].
    """
    if every is not None:
        if name is not None or out is not None or constants:
            raise typer.BadParameter(
                "--all FOLDER makes every ready lesson: give no LESSON, no --set and no -o"
            )
        _write_all(every)
        return
    if name is None:
        if out is not None:
            raise typer.BadParameter("-o writes one lesson: name it, or give --all FOLDER")
        for one in tp.lessons.lessons():
            typer.echo(f"{one.name:12s}{one.title}")
        typer.echo("\ntpgraph lesson NAME -o NAME.html makes one; --all FOLDER all", err=True)
        return
    _require_program(name)
    if out is not None:
        require_ending(out, "page", (*_ENDINGS, _TEXTS))
    is_text = out is not None and Path(out).suffix.lower() == _TEXTS
    if is_text:
        _require_no_words(str(out))
    words = None if name == STANDARD or is_text else _words(name)
    chosen = _ready(name, constants, words) or _own(name, constants, words)
    place = out if out is not None else f"{chosen.name}.html"
    require_places(place)
    with stage_progress():
        content = _content(chosen, Path(place).suffix.lower())
    write(content, place)


def _require_no_words(place: str) -> None:
    """Raise a usage error where a file has words already."""
    if os.path.exists(place):
        raise typer.BadParameter(
            f"{place} holds words already, which stay: write to another name, or take it away"
        )


def _require_program(name: str) -> None:
    """Raise a usage error for the words of a lesson in place of its program."""
    if Path(name).suffix.lower() == _TEXTS:
        of = Path(name).with_suffix("")
        own = of.with_suffix(".tp")
        program = own if own.exists() else of.name
        raise typer.BadParameter(
            f"{name} holds the words of a lesson. Name its program: tpgraph lesson {program}"
        )


def _words(name: str) -> str | None:
    """The text of the file of words beside a program, or here for one of the package."""
    beside = Path(name).with_suffix(_TEXTS)
    if not beside.exists():
        return None
    typer.echo(f"in the words of {beside}", err=True)
    return tp.text_of(tp.read_program(str(beside)), str(beside))


def _ready(name: str, constants: list[str] | None, words: str | None) -> tp.lessons.Lesson | None:
    """The ready lesson of a name, unless a program goes by it."""
    if name not in [one.name for one in tp.lessons.lessons()]:
        if Path(name).name == name and not Path(name).suffix and not os.path.exists(name):
            _refuse_near(name)
        return None
    if constants:
        raise typer.BadParameter(f"--set is of programs: {name} is a ready lesson")
    found = tp.lessons.lesson(name)
    return found if words is None else tp.lessons.lesson_of(found.program(), words, name)


def _refuse_near(name: str) -> None:
    """A usage error for what is nearly the name of a ready lesson, and of no program."""
    if name in [one.name for one in tp.gallery.entries()]:
        return
    try:
        tp.lessons.lesson(name)
    except tp.TPError as error:
        if error.mend:
            raise OptionError(error.message, expected=error.expected, mend=error.mend) from None


def _own(name: str, constants: list[str] | None, words: str | None) -> tp.lessons.Lesson:
    """The lesson of a program, in words of somebody's if there are any."""
    program = load(name, constants)
    titled = "lesson" if name == STANDARD else Path(name).stem
    with stage_progress():
        return tp.lessons.lesson_of(program, words, titled)


def _content(chosen: tp.lessons.Lesson, ending: str) -> bytes:
    if ending == _TEXTS:
        return tp.lessons.lesson_text(chosen).encode()
    sheet = tp.lessons.sheet_of(chosen)
    return _page(sheet, ending)


def _page(sheet: tp.lessons.Sheet, ending: str) -> bytes:
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
            contents = {ending: _page(sheet, ending) for ending in _ENDINGS}
        for ending, content in contents.items():
            write(content, str(folder / f"{one.name}{ending}"))

"""A program as one page for students, without server and network: pictures, steps, distributions.

Everything is computed here. The page holds the program, its picture and those of its passes with
every step, folded pictures where something repeats, histograms at five widths under the density of
the limit, and the modules that show them. Its own policy lets it load nothing, and run nothing but
these modules; what comes from the program is data.
"""

from __future__ import annotations

import base64
import hashlib
import warnings
from collections.abc import Iterator
from html import escape
from typing import Any

from tpgraph.editor.answers import token_data
from tpgraph.editor.derived import What, plain_picture, program_of
from tpgraph.editor.joined import WEB, joined
from tpgraph.editor.looks import look_of
from tpgraph.editor.numbers import numbers_at
from tpgraph.editor.partners import with_partners
from tpgraph.editor.pictures import picture_data, shown, spans_of
from tpgraph.editor.requests import PictureOptions
from tpgraph.editor.stepping import walk
from tpgraph.embedded import html_data, html_program
from tpgraph.errors import TPError, TPWarning, warn
from tpgraph.language.readings import Reading, read
from tpgraph.notation.draw_options import Options
from tpgraph.notation.painters.fragments import fragments_of
from tpgraph.notation.pipeline import compose
from tpgraph.program import Program, initial_entries
from tpgraph.progress import counted

__all__ = ["WIDTHS", "lesson_page"]

WIDTHS = (16, 64, 256, 1024, 4096)
"""The widths at which a network is run for the page."""

_PASSES: tuple[tuple[What, str], ...] = (
    ("forward", "Program"),
    ("backward", "Backward pass"),
    ("sgd", "An SGD step"),
)


_LARGE = 8_000_000
"""Letters of a page from which it is said how large it is."""


def lesson_page(program: Program, text: str, name: str, look: PictureOptions) -> str:
    """The page of a program as HTML; its pictures in a look. Raises TPError as `draw`."""
    reading = read(text, name)
    found, said = _widths(program, reading, look)
    data = {
        "name": name,
        "text": text,
        "tokens": token_data(reading),
        "dark": look.theme == "dark",
        "passes": [*_passes(program, look)],
        "widths": found,
        "warnings": said,
    }
    sheets = ("page.css", "style.css")
    style = "\n".join((WEB / sheet).read_text(encoding="utf-8") for sheet in sheets)
    script = joined(WEB, "lesson.js")
    page = _PAGE.format(
        title=escape(name),
        policy=f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}",
        style=style,
        data=html_data("lesson", data),
        program=html_program(text),
        script=script,
    )
    if len(page) > _LARGE:
        warn(TPWarning(f"the page has {len(page) / 1e6:.0f} MB, which browsers are slow to show"))
    return page


def _passes(program: Program, look: PictureOptions) -> Iterator[dict[str, Any]]:
    """The program and the passes that it has, each with its steps and a folded picture."""
    for what, title in counted("pictures", _PASSES):
        try:
            found = walk(program, what, 1, look)
        except TPError:
            if what != "forward":
                continue  # no network, or more instructions than a class would follow
            picture, born, steps = _without_steps(program, look), dict[str, int](), []
        else:
            picture, born, steps = found.picture, dict(found.born), found.steps
        yield {
            "id": what,
            "title": title,
            "picture": picture,
            "folded": _folded(program, what, look),
            "born": born,
            "steps": steps,
        }


def _without_steps(program: Program, look: PictureOptions) -> dict[str, Any]:
    scene = compose(program, Options(look.direction, style=look_of(look), view=look.view))
    return plain_picture(fragments_of(scene, look_of(look)), program)


def _folded(program: Program, what: What, look: PictureOptions) -> dict[str, Any] | None:
    """The picture with plates; None where nothing repeats. A pass is shown as in the paper."""
    view = look.view if what == "forward" else "paper"
    options = Options(look.direction, style=look_of(look), fold=True, view=view)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TPWarning)
        try:
            made = program_of(program, what)
            scene = compose(made, options)
        except TPError:
            return None
    if not scene.plates:
        return None
    return plain_picture(with_partners(fragments_of(scene, look_of(look)), made, program), made)


def _widths(
    program: Program, reading: Reading, look: PictureOptions
) -> tuple[list[dict[str, Any]], list[str]]:
    """The picture at every width that can be run, each after the first as what becomes of it."""
    try:
        numbers = numbers_at(program, _affordable(program), 0, True)
    except TPError as error:
        return [], [f"not run: {error.message}"]
    each = [shown(program, look, annotations=found.annotations) for found in numbers]
    rows: list[dict[str, Any]] = []
    for width, found, picture in zip(WIDTHS, numbers, each, strict=False):
        before = each[0] if rows else None
        rows.append(
            {
                "width": width,
                "picture": picture_data(picture, before),
                "spans": spans_of(picture, reading),
                "scalars": found.scalars,
            }
        )
    return rows, list(numbers[0].warnings) if numbers else []


def _affordable(program: Program) -> tuple[int, ...]:
    """The widths up to the last at which a run stays within the bounds of memory."""
    bases = [width.name for width in program.base_widths]
    return tuple(
        n for n in WIDTHS if 8 * initial_entries(program, dict.fromkeys(bases, n)) <= _MEMORY
    )


_MEMORY = 2**30
"""Bytes of the matrices of a network that is run for a page."""


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
{program}
{data}
<script type="module">{script}</script>
</body>
</html>
"""

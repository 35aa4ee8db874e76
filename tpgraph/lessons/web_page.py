"""A lesson as a page: one file without a script, which asks for no other. Answers open on a click.

Formulas are the same outlines as in pictures, their LaTeX what a screen reader says.
"""

from __future__ import annotations

import base64
from html import escape

from tpgraph.lessons.sheet import Sheet, SheetPart, pieces
from tpgraph.notation import Drawing
from tpgraph.notation.labels.mathtext import outline
from tpgraph.notation.scene.painting import picture
from tpgraph.static_page import static_page

__all__ = ["lesson_html"]

_SIZE = 17.0
"""Of formulas, in the px of the text around them."""

_ENLARGED = 1.8
"""Pixels of a pt of a picture, whose letters are then as large as those of the text."""


def lesson_html(sheet: Sheet) -> str:
    """The page. What comes from the lesson is data: it is escaped."""
    body = [
        f"<h1>{escape(sheet.title)}</h1>",
        f'<p class="summary">{_text(sheet.summary)}</p>',
        *map(_step, sheet.steps),
        "<h2>Questions</h2>",
        *map(_question, sheet.questions),
        "<h2>The program</h2>",
        f"<pre>{escape(sheet.source)}</pre>",
    ]
    return static_page(sheet.title, _STYLE, "\n".join(body))


def _step(part: SheetPart) -> str:
    shown = "".join(_picture(one, part.heading) for one in part.pictures)
    return f"<section><h2>{_text(part.heading)}</h2><p>{_text(part.text)}</p>{shown}</section>"


def _question(part: SheetPart) -> str:
    answer = f"<details><summary>Answer</summary><p>{_text(part.text)}</p></details>"
    return f'<div class="question"><p>{_text(part.heading)}</p>{answer}</div>'


def _picture(shown: Drawing, says: str) -> str:
    data = base64.b64encode(shown.svg.encode()).decode()
    alt = escape(shown.description or says)
    width = picture(shown.scene, shown.style).width * _ENLARGED
    place = f'src="data:image/svg+xml;base64,{data}" width="{width:.0f}"'
    return f'<figure><img alt="{alt}" {place}></figure>'


def _text(text: str) -> str:
    return "".join(_formula(p) if is_formula else escape(p) for p, is_formula in pieces(text))


def _formula(latex: str) -> str:
    """An outline on the baseline of its line."""
    shape = outline(latex, _SIZE)
    width, height, depth = shape.width, shape.height + 1, shape.depth + 1
    path = " ".join(
        f"{letter}{' '.join(f'{x:.2f}' for x in numbers)}" for letter, numbers in shape.commands()
    )
    box = f"0 {-height:.2f} {width:.2f} {height + depth:.2f}"
    return (
        f'<svg role="img" aria-label="{escape(latex)}" viewBox="{box}" width="{width:.2f}"'
        f' height="{height + depth:.2f}" style="vertical-align:{-depth:.2f}px">'
        f'<path transform="scale(1 -1)" d="{path}"></path></svg>'
    )


_STYLE = """
body { max-width: 44em; margin: 2em auto; padding: 0 1em; font: 17px/1.6 Georgia, serif; }
h1, h2 { font-family: sans-serif; line-height: 1.25; } h2 { font-size: 1.15em; margin-top: 2em; }
.summary { font-size: 1.05em; } svg path { fill: currentColor; }
figure { margin: 1em 0; } img { max-width: 100%; height: auto; background: white; }
.question { border-left: 3px solid #6b8fb5; padding-left: 1em; margin: 1.2em 0; }
summary { cursor: pointer; color: #2b5d8c; }
pre { background: #f4f4f2; padding: .7em 1em; overflow-x: auto; font-size: 14px; line-height: 1.4; }
@media (prefers-color-scheme: dark) {
  body { background: #1b1b1b; color: #ddd; } pre { background: #2a2a2a; }
  summary { color: #8ab4f8; }
}
"""

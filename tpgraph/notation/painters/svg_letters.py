"""Labels of an SVG document as <text>, with the fonts that they are set in."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator
from html import escape

from tpgraph.notation.labels.letters import LetterRun, font_of_letters, is_slanted, letters_of
from tpgraph.notation.scene.display import DisplayMark, letterings

__all__ = ["font_faces", "letters_of", "run_elements"]

_FAMILIES = "'Latin Modern Math','CMU Serif','Cambria Math','STIX Two Math','Times New Roman',serif"
"""Where a program does not take fonts from the document itself."""


def run_elements(runs: Iterable[LetterRun], number: Callable[[float], str]) -> Iterator[str]:
    """A <tspan> for each run, y downwards."""
    for run in runs:
        slant = ' font-style="italic"' if is_slanted(run.font) else ""
        yield (
            f'<tspan x="{number(run.x)}" y="{number(-run.y)}" font-size="{number(run.size)}" '
            f'font-family="tpgraph-{run.font},{_FAMILIES}"{slant}>'
            f"{escape(run.text, quote=False)}</tspan>"
        )


def font_faces(marks: Iterable[DisplayMark]) -> Iterator[str]:
    """The <style> with the letters of every font that marks use."""
    used: dict[str, set[str]] = {}
    for text in letterings(marks):
        for run in letters_of(text.outline).runs:
            used.setdefault(run.font, set()).update(run.text)
    if not used:
        return
    yield "  <style>"
    for font in sorted(used):
        data = base64.b64encode(font_of_letters(font, used[font])).decode("ascii")
        slant = "italic" if is_slanted(font) else "normal"
        yield (
            f"    @font-face{{font-family:tpgraph-{font};font-style:{slant};"
            f"src:url(data:font/ttf;base64,{data})}}"
        )
    yield "  </style>"

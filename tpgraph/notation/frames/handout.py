"""A handout: all frames on sheets of A4, several on each, numbered, to be printed."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

from tpgraph.errors import TPDataError
from tpgraph.notation.scene.display import Picture
from tpgraph.notation.scene.painting import picture
from tpgraph.notation.scene.scaling import scaled
from tpgraph.notation.scene.scene import Label, Scene
from tpgraph.notation.scene.style import Style

__all__ = ["MOST_A_SIDE", "grid_of", "to_handout"]

MOST_A_SIDE = 8
"""Frames beside or below each other on a sheet, at most."""

_SHEET = 595.28, 841.89  # A4, in pt
_MARGIN = 36.0
_GAP = 18.0
_NUMBER = 12.0  # room for the number under a frame
_PADDING = 3.0
_BARE = Style(background=None, margin=0.0)
_GRID = re.compile(r"(\d)\s*[x×]\s*(\d)")


def grid_of(text: str) -> tuple[int, int]:
    """How many frames stand beside and below each other: `2x4` is two columns of four.

    Raises TPDataError for what says no such numbers.
    """
    found = _GRID.fullmatch(text.strip())
    columns, rows = (int(found[1]), int(found[2])) if found else (0, 0)
    if not (1 <= columns <= MOST_A_SIDE and 1 <= rows <= MOST_A_SIDE):
        raise TPDataError(
            f"{text[:20]!r} is no number of frames on a sheet",
            expected=f"columns x rows, each from 1 to {MOST_A_SIDE}, such as 2x4",
        )
    return columns, rows


def to_handout(
    scenes: Sequence[Scene],
    style: Style,
    grid: tuple[int, int],
    *,
    source: str | None = None,
) -> bytes:
    """A PDF with the scenes of frames, all of one size, in rows on sheets that lie as fits them."""
    page = picture(scenes[0], style)
    sheet = max(_SHEET, _SHEET[::-1], key=lambda size: _factor(page, grid, size))
    factor = min(1.0, _factor(page, grid, sheet))
    cells = list(_cells(page, grid, sheet, factor))
    numbered = list(enumerate(scenes, start=1))
    canvas: Any = importlib.import_module("tpgraph.notation.painters.canvas")
    small = scaled(style, factor)
    sheets = []
    for first in range(0, len(scenes), len(cells)):
        pasted = []
        for (number, scene), (left, down) in zip(numbered[first:], cells, strict=False):
            pasted.append(canvas.Pasted(scaled(scene, factor), small, left, down))
            below = Scene(labels=(Label(rf"\text{{{number} / {len(scenes)}}}", 0.0, 0.0, "nw"),))
            place = left + _PADDING, down + factor * page.height + _PADDING
            pasted.append(canvas.Pasted(below, _BARE, *place))
        sheets.append(pasted)
    content: bytes = canvas.to_pdf_sheets(sheets, *sheet, title=scenes[0].title, source=source)
    return content


def _room(grid: tuple[int, int], sheet: tuple[float, float]) -> tuple[float, float]:
    """The room of a frame on a sheet, without its number."""
    (columns, rows), (width, height) = grid, sheet
    wide = (width - 2 * _MARGIN - (columns - 1) * _GAP) / columns
    high = (height - 2 * _MARGIN - (rows - 1) * _GAP) / rows
    return wide, high - _NUMBER


def _factor(page: Picture, grid: tuple[int, int], sheet: tuple[float, float]) -> float:
    wide, high = _room(grid, sheet)
    return min(wide / page.width, high / page.height)


def _cells(
    page: Picture, grid: tuple[int, int], sheet: tuple[float, float], factor: float
) -> Iterator[tuple[float, float]]:
    """The upper left corners of the frames of a sheet, row by row, each in the middle."""
    wide, high = _room(grid, sheet)
    for row, column in product(range(grid[1]), range(grid[0])):
        aside = (wide - factor * page.width) / 2
        yield _MARGIN + column * (wide + _GAP) + aside, _MARGIN + row * (high + _NUMBER + _GAP)

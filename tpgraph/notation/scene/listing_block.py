"""The listing under a picture or beside it, where it is larger on a page: in columns, a rule and
formula a line.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from tpgraph.notation.labels.mathtext import outline
from tpgraph.notation.scene.painting import picture
from tpgraph.notation.scene.scaling import on_page
from tpgraph.notation.scene.scene import Definition, Label, ListingLine, Scene
from tpgraph.notation.scene.style import Style
from tpgraph.notation.scene.symbol_list import broken

__all__ = ["with_listing"]

_GAP = 14.0  # pt between a picture and its listing
_BETWEEN = 22.0  # between columns
_INDENT = 10.0  # of what stands in a plate
_PITCH = 1.35  # of a line, by the size of its letters, where nothing is higher
_LEADING = 3.0  # between lines that are
_TALL = re.compile(r"\\(left|right)(?![a-zA-Z])")
_LEAST_ROWS = 4  # of a column beside another
_LEAST_ROOM = 200.0  # for formulas

Row = tuple[list[tuple[float, str]], float]
"""What stands in a row from where on, and its height above the baseline of the next."""


def with_listing(scene: Scene, style: Style) -> Scene:
    """The scene with the lines of its listing, in as many columns as stand under it, or beside it:
    where all is larger on a page; of two that are equal beside it if it is higher than wide.
    """
    if not scene.listing:
        return scene
    left, bottom, right, top = picture(scene, style).bounds
    beside = top - bottom > right - left
    ways = [_listed(scene, style, place) for place in (beside, not beside)]
    return max(ways, key=lambda way: on_page(picture(way, style).bounds))


def _listed(scene: Scene, style: Style, beside: bool) -> Scene:
    """The scene with its listing beside it, or under it."""
    left, bottom, right, top = picture(scene, style).bounds
    wide, high = right - left - 2 * style.margin, top - bottom - 2 * style.margin
    rows = list(_rows(scene.listing, max(wide, _LEAST_ROOM), style))
    width = max(start + _width(text, style) for parts, _ in rows for start, text in parts)
    if beside:
        count = math.ceil(sum(height for _, height in rows) / high)
        x, y = right + _GAP, top - style.margin
    else:
        most = int((wide + _BETWEEN) / (width + _BETWEEN))
        count = max(1, min(math.ceil(len(rows) / _LEAST_ROWS), most))
        used = count * (width + _BETWEEN) - _BETWEEN
        x, y = (left + right - used) / 2, bottom + style.margin - _GAP
    labels: list[Label] = []
    for number, column in enumerate(_balanced(rows, count)):
        labels += _set(column, x + number * (width + _BETWEEN), y, style)
    return replace(scene, lists=(*scene.lists, *labels))


def _rows(lines: Sequence[ListingLine], room: float, style: Style) -> Iterator[Row]:
    """The rows of lines: the rule in a column of its own, a long formula in several."""
    size = style.caption_size
    start = max(_width(_words(line.rule), style) for line in lines) + size
    for line in lines:
        shift = line.depth * _INDENT
        words = [(shift, _words(line.rule))]
        inner = room - start - shift
        low = _TALL.sub("", line.formula)
        for begun, text in broken(Definition("", line.formula, low), inner, size):
            parts = [*words, (shift + start + (begun or (size if not words else 0.0)), text)]
            inks = [outline(part, size).ink for _, part in parts]
            tall = max(ink.top for ink in inks) - min(ink.bottom for ink in inks)
            yield parts, max(_PITCH * size, tall + _LEADING)
            words = []


def _words(rule: str) -> str:
    return rf"\text{{{rule}}}"


def _width(text: str, style: Style) -> float:
    ink = outline(text, style.caption_size).ink
    return ink.right - ink.left


def _balanced(rows: Sequence[Row], count: int) -> list[list[Row]]:
    """The rows in so many columns, or fewer, that are as low as they can be."""
    height = sum(height for _, height in rows) / count
    while len(columns := list(_columns(rows, height))) > count:
        height += 1.0
    return columns


def _columns(rows: Sequence[Row], height: float) -> Iterator[list[Row]]:
    """The rows in columns of about this height."""
    column: list[Row] = []
    reached = 0.0
    for row in rows:
        if column and reached + row[1] > height + 0.01:
            yield column
            column, reached = [], 0.0
        column.append(row)
        reached += row[1]
    yield column


def _set(rows: Sequence[Row], x: float, y: float, style: Style) -> Iterator[Label]:
    """The labels of a column from its upper left corner on; a row shares its baseline."""
    size = style.caption_size
    for parts, height in rows:
        rise = max(outline(text, size).ink.top for _, text in parts)
        fall = min(outline(text, size).ink.bottom for _, text in parts)
        base = y - (height - (rise - fall)) / 2 - rise
        for start, text in parts:
            below = outline(text, size).ink.bottom
            yield Label(text, x + start, base + below, "sw", size)
        y -= height

"""A picture in rows under each other, or in columns beside each other, to fit a width.

A picture that runs sideways goes into rows if its text would be too small at that width; one that
runs up or down into columns if it would be higher than a page. The fewest that do are taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tpgraph.notation.layout.frame import Frame
from tpgraph.notation.layout.wrapping.cut_rows import rows_of
from tpgraph.notation.layout.wrapping.cuts import best_cuts, cut_sources, cuts_of
from tpgraph.notation.layout.wrapping.mark_numbers import numbered
from tpgraph.notation.scene.displaced import displaced
from tpgraph.notation.scene.geometry import Box
from tpgraph.notation.scene.painting import picture
from tpgraph.notation.scene.scaling import LEAST_TEXT, PAGE
from tpgraph.notation.scene.scene import Direction, Scene
from tpgraph.notation.scene.style import Style

__all__ = ["wrapped"]

_BETWEEN = 24.0  # pt between rows, and between columns
_MOST = 40  # rows or columns


def wrapped(scene: Scene, style: Style, direction: Direction, width: float) -> Scene:
    """The scene, cut if that makes it readable at this width in pt; as it is where it does not, and
    with paths, which go through the whole of it.
    """
    if not scene.nodes or scene.paths or _fits([scene], style, direction, width):
        return scene
    frame = Frame(direction)
    cuts = cuts_of(scene, frame)
    start, _, end, _ = frame.box_back(_bounds(scene, style))
    for count in range(2, min(len(cuts) + 1, _MOST) + 1):
        chosen = best_cuts(cuts, (start, end), count)
        whole = numbered(scene, frame, style, cut_sources(scene, frame, chosen))
        rows = rows_of(whole, frame, chosen)
        if _fits(rows, style, direction, width):
            return _stacked(scene, rows, style, frame)
    return scene


def _bounds(scene: Scene, style: Style) -> Box:
    return picture(scene, style).bounds


def _size(rows: Sequence[Scene], style: Style, direction: Direction) -> tuple[float, float]:
    """Width and height of the rows under each other, or of the columns beside each other."""
    boxes = [_bounds(row, style) for row in rows]
    widths = [right - left for left, _, right, _ in boxes]
    heights = [top - bottom for _, bottom, _, top in boxes]
    gaps = _BETWEEN * (len(rows) - 1)
    if direction in ("LR", "RL"):
        return max(widths), sum(heights) + gaps
    return sum(widths) + gaps, max(heights)


def _fits(rows: Sequence[Scene], style: Style, direction: Direction, width: float) -> bool:
    """Whether it is readable at the width; of columns, whether they fit a page."""
    wide, high = _size(rows, style, direction)
    scale = width / wide
    is_read = scale * style.text_size >= LEAST_TEXT
    if direction in ("LR", "RL"):
        return is_read
    return scale * high <= PAGE[1] and (is_read or len(rows) == 1)


def _stacked(whole: Scene, rows: Sequence[Scene], style: Style, frame: Frame) -> Scene:
    """The rows from the top, or the columns from the left, which begin at one line."""
    placed = []
    place = 0.0
    for row in rows:
        left, bottom, right, top = _bounds(row, style)
        start, _, _, _ = frame.box_back((left, bottom, right, top))
        dx, dy = frame.point(-start, 0.0)
        if frame.sideways:
            dy = place - top
            place -= top - bottom + _BETWEEN
        else:
            dx = place - left
            place += right - left + _BETWEEN
        placed.append(displaced(row, dx, dy))
    return replace(
        whole,
        nodes=tuple(node for row in placed for node in row.nodes),
        edges=tuple(edge for row in placed for edge in row.edges),
        contexts=tuple(box for row in placed for box in row.contexts),
        plates=tuple(plate for row in placed for plate in row.plates),
        arrows=tuple(arrow for row in placed for arrow in row.arrows),
        labels=tuple(label for row in placed for label in row.labels),
    )

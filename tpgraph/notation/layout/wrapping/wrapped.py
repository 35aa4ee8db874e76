"""A picture in rows under each other, or in columns beside each other, to fit a width.

A picture that runs sideways goes into rows if its text would be too small at that width; one that
runs up or down into columns if it would be higher than a page. The fewest that do are taken. Where
these are too wide, or higher than a page, the picture goes into `cut_pieces` that are neither,
under each other; those that run up or down stand beside each other as far as the width reaches.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from tpgraph.notation.layout.frame import Frame
from tpgraph.notation.layout.wrapping.cut_pieces import (
    PieceRoom,
    excess,
    pieces_of,
    twice_without_name,
)
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
_ATTEMPTS = 6


def wrapped(scene: Scene, style: Style, direction: Direction, width: float) -> Scene:
    """The scene, cut if that makes it readable at this width in pt; as it is where it does not, and
    with paths, which go through the whole of it.
    """
    if not scene.nodes or scene.paths:
        return scene
    frame = Frame(direction)
    rows = _rows(scene, style, direction, width)
    room = _room(style, width)
    if excess(rows, style, room) > 1 and not _is_read_on_a_page(scene, style, width):
        lines = _pieces_in_lines(scene, style, direction, room)
        pieces = [piece for line in lines for piece in line]
        if excess(pieces, style, room) < excess(rows, style, room):
            stacked = _stacked(scene, lines, style, frame)
            return numbered(stacked, frame, style, twice_without_name(pieces))
    if len(rows) == 1:
        return scene
    return _stacked(scene, [[row] for row in rows] if frame.sideways else [rows], style, frame)


def _rows(scene: Scene, style: Style, direction: Direction, width: float) -> list[Scene]:
    """The fewest rows or columns that fit; the whole where none do."""
    if _fits([scene], style, direction, width):
        return [scene]
    frame = Frame(direction)
    cuts = cuts_of(scene, frame)
    start, _, end, _ = frame.box_back(_bounds(scene, style))
    for count in range(2, min(len(cuts) + 1, _MOST) + 1):
        chosen = best_cuts(cuts, (start, end), count)
        whole = numbered(scene, frame, style, cut_sources(scene, frame, chosen))
        rows = rows_of(whole, frame, chosen)
        if _fits(rows, style, direction, width):
            return rows
    return [scene]


def _room(style: Style, width: float) -> PieceRoom:
    """What fits a page whose text is so wide where its text is as small as it may be."""
    scale = LEAST_TEXT / style.text_size
    return PieceRoom(width / scale, PAGE[1] / scale)


def _is_read_on_a_page(scene: Scene, style: Style, width: float) -> bool:
    """Whether it can be read where all of it is on one page."""
    return excess([scene], style, _room(style, width)) <= 1


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


def _pieces_in_lines(
    scene: Scene, style: Style, direction: Direction, room: PieceRoom
) -> list[list[Scene]]:
    """The pieces line by line; lower ones where these, once as wide as they may be, are higher than
    a page.
    """
    frame = Frame(direction)
    lines: list[list[Scene]] = []
    within = room
    for _ in range(_ATTEMPTS):
        lines = list(_lines(pieces_of(scene, style, direction, within), style, frame, room))
        widest = max(_size(line, style, "TB")[0] for line in lines)
        highest = max(_size(line, style, "TB")[1] for line in lines)
        over = highest / room.height * room.width / widest
        if over <= 1 or highest > within.height:
            break
        within = PieceRoom(room.width, within.height / over)
    return lines


def _lines(
    pieces: Iterable[Scene], style: Style, frame: Frame, room: PieceRoom
) -> Iterator[list[Scene]]:
    """The pieces line by line: one in each, or as many that run up or down as there is room for."""
    line: list[Scene] = []
    reached = 0.0
    for piece in pieces:
        left, _, right, _ = _bounds(piece, style)
        if line and (frame.sideways or reached + right - left > room.width):
            yield line
            line, reached = [], 0.0
        line.append(piece)
        reached += right - left + _BETWEEN
    yield line


def _stacked(whole: Scene, lines: Sequence[Sequence[Scene]], style: Style, frame: Frame) -> Scene:
    """The lines from the top, what stands in one from the left; all begin at one place."""
    placed: list[Scene] = []
    place = 0.0
    for line in lines:
        boxes = [_bounds(row, style) for row in line]
        high = max(top - bottom for _, bottom, _, top in boxes)
        beside = 0.0
        for row, (left, bottom, right, top) in zip(line, boxes, strict=True):
            dx = (-right if frame.direction == "RL" else -left) + beside
            dy = place - high - bottom if frame.direction == "BT" else place - top
            placed.append(displaced(row, dx, dy))
            beside += right - left + _BETWEEN
        place -= high + _BETWEEN
    return replace(
        whole,
        nodes=tuple(node for row in placed for node in row.nodes),
        edges=tuple(edge for row in placed for edge in row.edges),
        contexts=tuple(box for row in placed for box in row.contexts),
        plates=tuple(plate for row in placed for plate in row.plates),
        arrows=tuple(arrow for row in placed for arrow in row.arrows),
        labels=tuple(label for row in placed for label in row.labels),
    )

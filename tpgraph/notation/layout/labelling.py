"""Where labels stand: beside vectors on a common baseline, beside dashed edges where room is."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tpgraph.notation.diagram.diagram import Side
from tpgraph.notation.labels.mathtext import outline
from tpgraph.notation.layout.frame import Frame
from tpgraph.notation.layout.free_places import first_free
from tpgraph.notation.layout.obstacles import Obstacles, Strokes
from tpgraph.notation.scene.geometry import Box
from tpgraph.notation.scene.painting import label_bounds
from tpgraph.notation.scene.scene import Anchor, Label, Point
from tpgraph.notation.scene.style import Style

__all__ = ["around_mark", "beside_line", "beside_mark", "frame_box"]

_PLACES = (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.2, 0.8, 0.88, 0.12)
_GAPS = (1.0, 1.6, 2.4)
_CORNERS: tuple[tuple[int, int, Anchor], ...] = (
    (-1, 1, "se"),
    (1, 1, "sw"),
    (-1, -1, "ne"),
    (1, -1, "nw"),
)


def beside_mark(
    text: str, at: Point, radius: float, side: Side, frame: Frame, style: Style
) -> Label:
    """The label of a vector or scalar on one side of it; in a row they share their baseline."""
    x, y = frame.point(*at)
    dx, dy = frame.shift(side, radius + style.label_gap)
    anchor = frame.anchor(side)
    if anchor in ("e", "w"):
        return Label(text, x + dx, y, anchor, style.label_size)
    ink = outline(text, style.label_size).ink
    if anchor == "s":
        return Label(text, x, y + dy + max(-ink.bottom, 0.0), "base", style.label_size)
    ascent = max(ink.top, 0.62 * style.label_size)
    return Label(text, x, y + dy - ascent, "base", style.label_size)


def around_mark(
    label: Label,
    at: Point,
    radius: float,
    around: Sequence[Obstacles | Strokes],
    frame: Frame,
    style: Style,
) -> tuple[Label, bool]:
    """The label elsewhere around its mark, and whether it is free of everything else there."""
    places = _around(label.text, at, radius, frame, style)
    moved = first_free(((place, frame_box(place, frame)) for place in places), around, 0.6)
    return moved or label, moved is not None


def _around(text: str, at: Point, radius: float, frame: Frame, style: Style) -> Iterator[Label]:
    sides: tuple[Side, ...] = ("above", "below", "before", "after")
    for side in sides:
        yield beside_mark(text, at, radius, side, frame, style)
    x, y = frame.point(*at)
    reach = 0.75 * radius + 0.5 * style.label_gap
    for dx, dy, anchor in _CORNERS:
        yield Label(text, x + dx * reach, y + dy * reach, anchor, style.label_size)


def frame_box(label: Label, frame: Frame) -> Box:
    """The box of a label's ink, along and across."""
    return frame.box_back(label_bounds(label))


def beside_line(
    text: str,
    line: Sequence[Point],
    color: str | None,
    obstacles: Sequence[Obstacles | Strokes],
    frame: Frame,
    style: Style,
) -> tuple[Label, bool]:
    """A label beside a line, and whether it is free of everything else."""
    line_there = _Stretch.of(line, frame)
    places = _beside(text, line_there, color, style)
    free = first_free(((label, frame_box(label, frame)) for label in places), obstacles, 1.0)
    return free or next(_beside(text, line_there, color, style)), free is not None


def _beside(text: str, line: _Stretch, color: str | None, style: Style) -> Iterator[Label]:
    ink = outline(text, style.label_size).ink
    width, height = ink.right - ink.left, ink.top - ink.bottom
    for gap in _GAPS:
        for place in _PLACES:
            (x, y), (tx, ty) = line.at(place)
            nx, ny = (-ty, tx) if (-ty, tx) > (ty, -tx) or tx else (ty, -tx)
            if ny < 0 or (abs(ny) < 0.3 and nx > 0):
                nx, ny = -nx, -ny
            for sign in (1.0, -1.0):
                reach = gap * style.label_gap + abs(nx) * width / 2 + abs(ny) * height / 2
                cx, cy = x + sign * reach * nx, y + sign * reach * ny
                yield Label(text, cx, cy, "center", style.label_size, color=color)


@dataclass(frozen=True, slots=True)
class _Stretch:
    """The points of a polyline in the picture, and the lengths of its pieces."""

    points: Sequence[Point]
    lengths: Sequence[float]

    @classmethod
    def of(cls, line: Sequence[Point], frame: Frame) -> _Stretch:
        points = [frame.point(*p) for p in line]
        return cls(points, [math.dist(a, b) for a, b in pairwise(points)])

    def at(self, place: float) -> tuple[Point, Point]:
        """The point at this part of the polyline's length, and the direction there."""
        rest = place * sum(self.lengths)
        for (a, b), length in zip(pairwise(self.points), self.lengths, strict=True):
            if rest <= length and length > 0:
                t = rest / length
                direction = (b[0] - a[0]) / length, (b[1] - a[1]) / length
                return (a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])), direction
            rest -= length
        return self.points[-1], (1.0, 0.0)

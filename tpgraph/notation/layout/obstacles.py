"""What lines and labels must keep clear of: convex shapes in a grid."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tpgraph.notation.scene import Point

__all__ = ["Box", "Obstacles", "Shape", "box_shape", "flatten", "hairline", "meets", "overlap"]

Box = tuple[float, float, float, float]
"""left, bottom, right, top."""

Shape = tuple[Point, ...]
"""The corners of a convex polygon, counter-clockwise."""

_CELL = 48.0
_INTO, _BESIDE = -0.6, 0.4  # how near a line comes to its own marks, and to their labels


def box_shape(box: Box) -> Shape:
    """The corners of a box."""
    left, bottom, right, top = box
    return (left, bottom), (right, bottom), (right, top), (left, top)


def hairline(a: Point, b: Point) -> Shape:
    """A segment as a very thin shape."""
    length = math.dist(a, b) or 1.0
    nx, ny = 0.005 * (a[1] - b[1]) / length, 0.005 * (b[0] - a[0]) / length
    if a == b:
        nx = ny = 0.005
    return (
        (a[0] - nx, a[1] - ny), (b[0] - nx, b[1] - ny),
        (b[0] + nx, b[1] + ny), (a[0] + nx, a[1] + ny),
    )  # fmt: skip


def overlap(a: Box, b: Box, gap: float = 0.0) -> bool:
    """Whether two boxes come nearer than `gap`."""
    return a[0] < b[2] + gap and b[0] < a[2] + gap and a[1] < b[3] + gap and b[1] < a[3] + gap


def flatten(points: Sequence[Point], curve: bool, steps: int = 16) -> tuple[Point, ...]:
    """A line as a polyline: Bezier pieces p0 c1 c2 p1 ... in `steps` parts each."""
    if not curve:
        return tuple(points)
    flat = [points[0]]
    for i in range(0, len(points) - 1, 3):
        a, b, c, d = points[i : i + 4]
        for step in range(1, steps + 1):
            t = step / steps
            s = 1 - t
            w = s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t
            flat.append(
                (
                    w[0] * a[0] + w[1] * b[0] + w[2] * c[0] + w[3] * d[0],
                    w[0] * a[1] + w[1] * b[1] + w[2] * c[1] + w[3] * d[1],
                )
            )
    return tuple(flat)


def meets(a: Point, b: Point, shape: Shape, gap: float) -> bool:
    """Whether the segment ab enters a convex shape grown by `gap` on every side.

    Each side, moved outwards by the gap, cuts off the part of the segment that lies beyond it.
    """
    low, high = 0.0, 1.0
    for (px, py), (qx, qy) in zip(shape, (*shape[1:], shape[0]), strict=True):
        ex, ey = qx - px, qy - py
        length = math.hypot(ex, ey)
        if length == 0.0:
            continue
        nx, ny = ey / length, -ex / length
        start = (a[0] - px) * nx + (a[1] - py) * ny - gap
        end = (b[0] - px) * nx + (b[1] - py) * ny - gap
        if start >= 0 and end >= 0:
            return False
        if start > 0 > end or start < 0 < end:
            t = start / (start - end)
            low, high = (max(low, t), high) if start > 0 else (low, min(high, t))
            if low >= high:
                return False
    return True


@dataclass(frozen=True, slots=True)
class _Item:
    shape: Shape
    box: Box
    owner: str
    solid: bool


class Obstacles:
    """Shapes by the place where they are, each with the name of its owner."""

    def __init__(self) -> None:
        self._cells: dict[tuple[int, int], list[_Item]] = defaultdict(list)
        self._where: dict[str, set[tuple[int, int]]] = defaultdict(set)

    def add(self, shape: Shape, owner: str, *, solid: bool = False) -> None:
        """Add a shape; `solid` is one that its owner's own lines may touch but not enter."""
        xs, ys = [x for x, _ in shape], [y for _, y in shape]
        box = min(xs), min(ys), max(xs), max(ys)
        item = _Item(shape, box, owner, solid)
        for cell in _cells(box):
            self._cells[cell].append(item)
            self._where[owner].add(cell)

    def remove(self, owner: str) -> None:
        """Take away the shapes of an owner."""
        for cell in self._where.pop(owner, ()):
            self._cells[cell] = [item for item in self._cells[cell] if item.owner != owner]

    def hits(self, line: Sequence[Point], owners: Iterable[str], gap: float) -> int:
        """How many shapes a polyline comes nearer to than `gap`.

        To the solid shapes of its own marks it may come as near as it likes.
        """
        own = frozenset(owners)
        found: set[int] = set()
        for a, b in pairwise(line):
            box = min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1])
            for item in self._near(box, gap):
                if id(item) in found or not overlap(item.box, box, gap):
                    continue
                room = gap if item.owner not in own else _INTO if item.solid else _BESIDE
                if meets(a, b, item.shape, room):
                    found.add(id(item))
        return len(found)

    def covers(self, box: Box, gap: float) -> bool:
        """Whether any shape comes nearer to a box than `gap`."""
        sides = box_shape(box)
        for item in self._near(box, gap):
            if overlap(item.box, box, gap):
                edges = zip(sides, (*sides[1:], sides[0]), strict=True)
                middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
                inside = meets(middle, (middle[0] + 1e-6, middle[1]), item.shape, gap)
                if inside or any(meets(a, b, item.shape, gap) for a, b in edges):
                    return True
        return False

    def _near(self, box: Box, gap: float) -> Iterator[_Item]:
        grown = box[0] - gap, box[1] - gap, box[2] + gap, box[3] + gap
        for cell in _cells(grown):
            yield from self._cells.get(cell, ())


def _cells(box: Box) -> Iterator[tuple[int, int]]:
    left, bottom, right, top = (math.floor(value / _CELL) for value in box)
    for x in range(left, right + 1):
        for y in range(bottom, top + 1):
            yield x, y

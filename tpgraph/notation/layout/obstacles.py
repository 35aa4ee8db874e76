"""What lines and labels must keep clear of: convex shapes with their boxes, found by place."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np

from tpgraph.notation.scene.geometry import (
    Box,
    PointArray,
    Shape,
    Sides,
    box_around,
    box_shape,
    hairline,
    meets,
    sides_of,
)
from tpgraph.notation.scene.scene import Point

__all__ = ["BESIDE", "INTO", "NO_BOXES", "Boxes", "Obstacle", "Obstacles", "Strokes", "enters"]

_WIDTH = 256.0  # pt along of a strip that keeps what it holds in a table of its own
INTO, BESIDE = -0.6, 0.4  # how near a line comes to its own marks, and to their labels
_THIN = 0.01  # pt that a thin line is wide at most
_AROUND = -_THIN, -_THIN, _THIN, _THIN
_NOWHERE = math.inf, math.inf, -math.inf, -math.inf

Boxes: TypeAlias = "np.ndarray[Any, np.dtype[np.float64]]"
"""One box a row: left, bottom, right, top."""

NO_BOXES: Boxes = np.empty((0, 4))


class Obstacle:
    """A shape in the way of lines, the box around it, and the name of its owner."""

    __slots__ = "_sides", "box", "owner", "shape", "solid"

    def __init__(self, shape: Shape, owner: str, solid: bool) -> None:
        self.shape, self.owner, self.solid = shape, owner, solid
        self.box = box_around(shape)
        self._sides: Sides | None = None

    @property
    def sides(self) -> Sides:
        """The sides of the shape; most shapes are never asked for them."""
        if self._sides is None:
            self._sides = sides_of(self.shape)
        return self._sides

    def room(self, own: frozenset[str], gap: float) -> float:
        """How near a line between the marks in `own` may come."""
        return gap if self.owner not in own else INTO if self.solid else BESIDE


class _Table:
    """Boxes, or ends of pieces of lines, that grow in number; for boxes the question which of them
    are near another.
    """

    def __init__(self) -> None:
        self.count = 0
        self.rows: Boxes = np.empty((16, 4))

    def extend(self, boxes: Boxes) -> None:
        """Add some boxes."""
        first, self.count = self.count, self.count + len(boxes)
        if self.count > len(self.rows):
            more = np.empty((2 * self.count, 4))
            more[:first] = self.rows[:first]
            self.rows = more
        self.rows[first : self.count] = boxes

    def near(self, box: Box, gap: float) -> list[int]:
        """The numbers of the boxes that come nearer to a box than `gap`."""
        left, bottom, right, top = self.rows[: self.count].T
        found = (left < box[2] + gap) & (right > box[0] - gap)
        found &= (bottom < box[3] + gap) & (top > box[1] - gap)
        numbers: list[int] = np.flatnonzero(found).tolist()
        return numbers


class Obstacles:
    """Shapes by the place where they are, each with the name of its owner."""

    def __init__(self) -> None:
        self._new: dict[int, list[Box]] = defaultdict(list)
        self._items: dict[int, list[Obstacle]] = defaultdict(list)
        self._tables: dict[int, _Table] = defaultdict(_Table)
        self._where: dict[str, list[tuple[int, int]]] = defaultdict(list)

    def add(self, shape: Shape, owner: str, *, solid: bool = False) -> None:
        """Add a shape; `solid` is one that its owner's own lines may touch but not enter."""
        item = Obstacle(shape, owner, solid)
        for strip in _strips(item.box[0], item.box[2]):
            self._where[owner].append((strip, len(self._items[strip])))
            self._items[strip].append(item)
            self._new[strip].append(item.box)

    def _enter(self) -> None:
        """Put what was added since the last question into the tables."""
        for strip, boxes in self._new.items():
            self._tables[strip].extend(np.array(boxes))
        self._new.clear()

    def remove(self, owner: str) -> None:
        """Take away the shapes of an owner."""
        self._enter()
        for strip, number in self._where.pop(owner, ()):
            self._tables[strip].rows[number] = _NOWHERE

    def hits(self, line: Sequence[Point], owners: Iterable[str], gap: float) -> int:
        """How many shapes a polyline comes nearer to than `gap`.

        To the solid shapes of its own marks it may come as near as it likes.
        """
        found: set[int] = set()
        own = frozenset(owners)
        for a, b in pairwise(line):
            for item in self.near(box_around((a, b)), gap):
                if id(item) not in found and meets(a, b, item.sides, item.room(own, gap)):
                    found.add(id(item))
        return len(found)

    def met(self, a: Point, b: Point, gap: float) -> tuple[Obstacle, ...]:
        """The shapes that the segment ab comes nearer to than `gap`, each once."""
        near = {id(item): item for item in self.near(box_around((a, b)), gap)}
        return tuple(item for item in near.values() if meets(a, b, item.sides, gap))

    def covers(self, box: Box, gap: float) -> bool:
        """Whether any shape comes nearer to a box than `gap`."""
        return any(enters(box, item, gap) for item in self.near(box, gap))

    def near(self, box: Box, gap: float) -> Iterator[Obstacle]:
        """What comes nearer to a box than `gap` with its own; some of it twice."""
        self._enter()
        for strip in _strips(box[0] - gap, box[2] + gap):
            if strip in self._tables:
                items = self._items[strip]
                for number in self._tables[strip].near(box, gap):
                    yield items[number]

    def close(self, box: Box, gap: float) -> tuple[Boxes, list[Obstacle]]:
        """What `near` finds, and its boxes."""
        items = [*self.near(box, gap)]
        return np.array([item.box for item in items]).reshape(-1, 4), items

    def standing(self) -> list[Obstacle]:
        """All shapes, each once."""
        self._enter()
        found: dict[int, Obstacle] = {}
        for strip, items in self._items.items():
            rows = self._tables[strip].rows[: len(items)]
            numbers = np.flatnonzero(np.isfinite(rows[:, 0])).tolist()
            found |= {id(items[number]): items[number] for number in numbers}
        return [*found.values()]


class Strokes:
    """Thin lines by the place where they are."""

    def __init__(self) -> None:
        self._new: list[PointArray] = []
        self._lines: dict[int, _Table] = defaultdict(_Table)
        self._tables: dict[int, _Table] = defaultdict(_Table)

    def add(self, line: PointArray) -> None:
        """Add a polyline."""
        self._new.append(line)

    def covers(self, box: Box, gap: float) -> bool:
        """Whether any line comes nearer to a box than `gap`."""
        return any(enters(box, line, gap) for _, lines in self._near(box, gap) for line in lines)

    def close(self, box: Box, gap: float) -> tuple[Boxes, list[PointArray]]:
        """The pieces of lines that come nearer to a box than `gap` with their own boxes, and those
        boxes, as wide as lines are; some of them twice.
        """
        found = [(NO_BOXES, NO_BOXES), *self._near(box, gap)]
        boxes = np.concatenate([own for own, _ in found])
        return boxes + _AROUND, [line for _, lines in found for line in lines]

    def _near(self, box: Box, gap: float) -> Iterator[tuple[Boxes, PointArray]]:
        """Of each strip the boxes, without width, and the ends of the pieces that may be near."""
        if self._new:
            self._enter()
        for strip in _strips(box[0] - gap, box[2] + gap):
            if strip in self._tables:
                numbers = self._tables[strip].near(box, gap + _THIN)
                yield self._tables[strip].rows[numbers], self._lines[strip].rows[numbers]

    def _enter(self) -> None:
        """Put what was added since the last question where it belongs."""
        ends = np.concatenate([np.hstack((x[:-1], x[1:])) for x in self._new])
        self._new.clear()
        starts, stops = ends[:, :2], ends[:, 2:]
        boxes = np.hstack((np.minimum(starts, stops), np.maximum(starts, stops)))
        first, last = (np.floor(boxes[:, side] / _WIDTH).astype(int) for side in (0, 2))
        for strip in range(first.min(), last.max() + 1):
            here = np.flatnonzero((first <= strip) & (strip <= last))
            if len(here):
                self._lines[strip].extend(ends[here])
                self._tables[strip].extend(boxes[here])


def _hairline(ends: PointArray) -> Sides:
    ax, ay, bx, by = ends.tolist()
    return sides_of(hairline((ax, ay), (bx, by)))


def enters(box: Box, thing: Obstacle | PointArray, gap: float) -> bool:
    """Whether a shape or a piece of a line comes nearer to a box than `gap`."""
    sides = thing.sides if isinstance(thing, Obstacle) else _hairline(thing)
    corners = box_shape(box)
    middle = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    if meets(middle, (middle[0] + 1e-6, middle[1]), sides, gap):
        return True
    turned = *corners[1:], corners[0]
    return any(meets(a, b, sides, gap) for a, b in zip(corners, turned, strict=True))


def _strip(along: float) -> int:
    return math.floor(along / _WIDTH)


def _strips(left: float, right: float) -> range:
    return range(_strip(left), _strip(right) + 1)

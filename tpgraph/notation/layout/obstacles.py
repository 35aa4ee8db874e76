"""What lines and labels must keep clear of: convex shapes in a grid."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tpgraph.notation.scene.geometry import Box, Shape, box_around, box_shape, grown, meets, overlap
from tpgraph.notation.scene.scene import Point

__all__ = ["Obstacles"]


_CELL = 48.0
_INTO, _BESIDE = -0.6, 0.4  # how near a line comes to its own marks, and to their labels


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
        box = box_around(shape)
        item = _Item(shape, box, owner, solid)
        for cell in _cells(box):
            self._cells[cell].append(item)
            self._where[owner].add(cell)

    def remove(self, owner: str) -> None:
        """Take away the shapes of an owner."""
        for cell in self._where.pop(owner, ()):
            self._cells[cell] = [item for item in self._cells[cell] if item.owner != owner]

    def hits(
        self, line: Sequence[Point], owners: Iterable[str], gap: float, most: float = math.inf
    ) -> int:
        """How many shapes a polyline comes nearer to than `gap`; it stops counting at `most`.

        To the solid shapes of its own marks it may come as near as it likes.
        """
        own = frozenset(owners)
        found: set[int] = set()
        for a, b in pairwise(line):
            box = box_around((a, b))
            for item in self._near(box, gap):
                if id(item) in found or not overlap(item.box, box, gap):
                    continue
                room = gap if item.owner not in own else _INTO if item.solid else _BESIDE
                if meets(a, b, item.shape, room):
                    found.add(id(item))
                    if len(found) >= most:
                        return len(found)
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
        for cell in _cells(grown(box, gap)):
            yield from self._cells.get(cell, ())


def _cells(box: Box) -> Iterator[tuple[int, int]]:
    left, bottom, right, top = (math.floor(value / _CELL) for value in box)
    for x in range(left, right + 1):
        for y in range(bottom, top + 1):
            yield x, y

"""The first of many places for a label that nothing covers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TypeVar

import numpy as np

from tpgraph.notation.layout.obstacles import NO_BOXES, Obstacle, Obstacles, Strokes, enters
from tpgraph.notation.scene.geometry import Box, PointArray, union

__all__ = ["first_free"]

_AT_ONCE = 8  # places around which is looked for what is there

T = TypeVar("T")


def first_free(
    places: Iterable[tuple[T, Box]], around: Sequence[Obstacles | Strokes], gap: float
) -> T | None:
    """The first whose box nothing comes nearer to than `gap`."""
    left = iter(places)
    while group := [*islice(left, _AT_ONCE)]:
        clutter = _Clutter(around, union(box for _, box in group), gap)
        for one, box in group:
            if not clutter.covers(box):
                return one
    return None


class _Clutter:
    """What comes nearer to a box than `gap`, with the boxes around it."""

    def __init__(self, around: Sequence[Obstacles | Strokes], box: Box, gap: float) -> None:
        self.gap = gap
        boxes = [NO_BOXES]
        self.found: list[Obstacle | PointArray] = []
        for group in around:
            rows, things = group.close(box, gap)
            boxes.append(rows)
            self.found += things
        self.left, self.bottom, self.right, self.top = np.concatenate(boxes).T

    def covers(self, box: Box) -> bool:
        """Whether anything comes nearer to a box inside of it."""
        near = (self.left < box[2] + self.gap) & (self.right > box[0] - self.gap)
        near &= (self.bottom < box[3] + self.gap) & (self.top > box[1] - self.gap)
        (numbers,) = near.nonzero()
        return any(enters(box, self.found[k], self.gap) for k in numbers.tolist())

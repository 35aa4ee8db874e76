"""What many lines come too near to, found at once in arrays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from tpgraph.notation.layout.obstacles import BESIDE, INTO, Obstacle, Obstacles
from tpgraph.notation.scene.geometry import PointArray, Shape

__all__ = ["AT_ONCE", "Hindrances", "TriedLine"]

AT_ONCE = 256  # lines that are tested together, against what lies along them

_Reals: TypeAlias = "np.ndarray[Any, np.dtype[np.float64]]"
_Numbers: TypeAlias = "np.ndarray[Any, np.dtype[np.intp]]"
_Truths: TypeAlias = "np.ndarray[Any, np.dtype[np.bool_]]"


@dataclass(frozen=True, slots=True)
class TriedLine:
    """A polyline that runs along throughout, and the marks that it joins."""

    line: PointArray
    marks: tuple[str, str]


class Hindrances:
    """Convex shapes in the way of lines, `weights` telling how grave it is to hit one of each kind
    of obstacles.
    """

    def __init__(self, around: Sequence[Obstacles], weights: Sequence[int]) -> None:
        found = [
            (item, weight)
            for obstacles, weight in zip(around, weights, strict=True)
            for item in obstacles.standing()
        ]
        items = [item for item, _ in found]
        self._number = {name: at for at, name in enumerate({item.owner: None for item in items})}
        self._owner = np.array([self._number[item.owner] for item in items], dtype=np.intp)
        self._near_own = np.array([INTO if item.solid else BESIDE for item in items])
        self._weight = np.array([weight for _, weight in found])
        self._boxes = np.array([item.box for item in items]).reshape(-1, 4)
        self._sides = _all_sides(items)

    def hits(self, tested: Sequence[TriedLine], gap: float) -> list[int]:
        """For every line the weight of all shapes that it comes nearer to than `gap`. To the solid
        shapes of its own marks it may come as near as it likes.
        """
        found: list[int] = []
        for first in range(0, len(tested), AT_ONCE):
            found += self._some_hits(tested[first : first + AT_ONCE], gap).tolist()
        return found

    def _some_hits(self, tested: Sequence[TriedLine], gap: float) -> _Numbers:
        bundle = _Bundle([one.line for one in tested])
        lines, shapes = self._close(bundle, gap)
        room = self._room(tested, lines, shapes, gap)
        hit = np.zeros(len(lines), dtype=np.bool_)
        pairs, pieces = bundle.pieces_near(lines, self._boxes[shapes], gap)
        hit[pairs[self._met(bundle, pieces, shapes[pairs], room[pairs])]] = True
        weights = self._weight[shapes[hit]]
        return np.bincount(lines[hit], weights, len(tested)).astype(np.intp)

    def _close(self, bundle: _Bundle, gap: float) -> tuple[_Numbers, _Numbers]:
        """The pairs of lines and shapes whose boxes come nearer to each other than `gap`."""
        low, high = bundle.low - gap, bundle.high + gap
        (here,) = (
            (self._boxes[:, 0] < high[:, 0].max()) & (self._boxes[:, 2] > low[:, 0].min())
        ).nonzero()
        left, bottom, right, top = self._boxes[here].T
        near = (left < high[:, :1]) & (right > low[:, :1])
        near &= (bottom < high[:, 1:]) & (top > low[:, 1:])
        lines, shapes = near.nonzero()
        return lines, here[shapes]

    def _room(
        self, tested: Sequence[TriedLine], lines: _Numbers, shapes: _Numbers, gap: float
    ) -> _Reals:
        """How near the lines may come to the shapes."""
        own = np.array([[self._number.get(mark, -1) for mark in one.marks] for one in tested])
        is_own = (own[lines] == self._owner[shapes, None]).any(axis=1)
        return np.where(is_own, self._near_own[shapes], gap)

    def _met(self, bundle: _Bundle, pieces: _Numbers, shapes: _Numbers, room: _Reals) -> _Truths:
        """Which pieces of lines enter which shapes, grown by their room on every side.

        Each side, moved outwards by the room, cuts off the part of the piece that lies beyond it.
        """
        px, py, nx, ny = self._sides[shapes].T
        (ax, ay), (bx, by) = bundle.points[pieces].T, bundle.points[pieces + 1].T
        start = (ax - px) * nx + (ay - py) * ny - room
        end = (bx - px) * nx + (by - py) * ny - room
        beyond = ((start >= 0) & (end >= 0)).any(axis=0)
        enters, leaves = (start > 0) & (end < 0), (start < 0) & (end > 0)
        cut = start / np.where(enters | leaves, start - end, 1.0)
        low = np.where(enters, cut, 0.0).max(axis=0)
        high = np.where(leaves, cut, 1.0).min(axis=0)
        met: _Truths = ~beyond & (low < high)
        return met


class _Bundle:
    """The points of many polylines one after the other, with the boxes around the lines."""

    def __init__(self, lines: Sequence[PointArray]) -> None:
        self.points = np.concatenate(lines)
        sizes = np.array([len(line) for line in lines])
        self._last = np.cumsum(sizes) - 1
        self._first = self._last + 1 - sizes
        self.low = np.minimum.reduceat(self.points, self._first)
        self.high = np.maximum.reduceat(self.points, self._first)
        self._from = self.low[:, 0].min()
        self._apart = self.high[:, 0].max() - self._from + 1.0
        """The lines one behind the other, so that they run along together."""
        self._along = self._moved(self.points[:, 0], np.repeat(np.arange(len(lines)), sizes))

    def _moved(self, along: _Reals, lines: _Numbers) -> _Reals:
        moved: _Reals = np.clip(along - self._from, 0.0, self._apart - 1.0) + lines * self._apart
        return moved

    def pieces_near(self, lines: _Numbers, boxes: _Reals, gap: float) -> tuple[_Numbers, _Numbers]:
        """The pieces of lines whose own boxes come nearer than `gap` to a box each: the numbers of
        pairs of line and box, and of points at which such pieces begin.
        """
        left, right = self._moved(boxes[:, 0] - gap, lines), self._moved(boxes[:, 2] + gap, lines)
        first = np.maximum(self._along.searchsorted(left, "right") - 1, self._first[lines])
        last = np.minimum(self._along.searchsorted(right, "left"), self._last[lines])
        count = np.maximum(last - first, 0)
        pairs = np.repeat(np.arange(len(lines)), count)
        pieces = np.arange(len(pairs)) + np.repeat(first - np.cumsum(count) + count, count)
        start, end = self.points[pieces, 1], self.points[pieces + 1, 1]
        near = np.minimum(start, end) < boxes[pairs, 3] + gap
        near &= np.maximum(start, end) > boxes[pairs, 1] - gap
        return pairs[near], pieces[near]


def _all_sides(items: Iterable[Obstacle]) -> _Reals:
    """The sides of all shapes, as many for each: a point and its normal of length 1, which leads
    out; where a shape has fewer, its first once more.
    """
    shapes = [item.shape for item in items]
    most = max(map(len, shapes), default=1)
    corners = np.array([_filled(shape, most) for shape in shapes]).reshape(-1, most, 2)
    along = np.roll(corners, -1, axis=1) - corners
    length = np.hypot(along[..., 0], along[..., 1])
    normal = np.stack((along[..., 1], -along[..., 0]), axis=-1)
    normal /= np.where(length > 0, length, 1.0)[..., None]
    sides = np.concatenate((corners, normal), axis=-1)
    return np.where(length[..., None] > 0, sides, sides[:, :1])


def _filled(shape: Shape, most: int) -> Shape:
    return shape + (shape[-1],) * (most - len(shape))

"""What stands and runs where while a placement is made: free heights for marks, ways for lines.

Columns hold marks at their heights with the room that each takes; gaps between a column and the
next hold the lines that cross them, from the height where each leaves to that where it arrives.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, repeat
from typing import Any, TypeAlias

import numpy as np

__all__ = ["CROSSING", "KeptEnd", "Room", "SettledGround", "Way"]

CROSSING = 300.0
"""How many pt farther off a mark may stand for each crossing that it saves."""

_GAP = 4.0  # pt between marks of a column
_LINE = 1.5  # pt on each side of a line that passes a column
_LANE = 4.0  # pt between lines that pass a column
_ASIDE = 0.15  # pt of a line's rise that it costs to be one pt beside the straight way
_FAR = 24  # columns from which the straight way must do to tell what a line costs

_Numbers: TypeAlias = "np.ndarray[Any, np.dtype[np.float64]]"


@dataclass(frozen=True, slots=True)
class Room:
    """The room of a mark in its column, from below to above its centre, in pt."""

    below: float
    above: float


@dataclass(frozen=True, slots=True)
class KeptEnd:
    """Where a line starts or ends: a column and a height."""

    column: int
    height: float


@dataclass(frozen=True, slots=True)
class Way:
    """A line from a column to a later one, and the heights at which it passes those between."""

    start: KeptEnd
    heights: tuple[float, ...]
    end: KeptEnd

    def pieces(self) -> Iterator[tuple[int, tuple[float, float]]]:
        """For each gap that it crosses where it leaves and where it arrives."""
        heights = self.start.height, *self.heights, self.end.height
        return enumerate(pairwise(heights), self.start.column)

    @property
    def passed(self) -> Iterator[tuple[int, float]]:
        """The columns between its ends, and its heights there."""
        return enumerate(self.heights, self.start.column + 1)


@dataclass(frozen=True, slots=True)
class _Lanes:
    """Heights in a column, what it costs to come there, and from which of the lanes before."""

    heights: _Numbers
    costs: _Numbers
    back: Sequence[int]


class SettledGround:
    """Marks by column and lines by gap, as far as they are settled; `vectors` are the heights from
    which lines may leave some day, `steps` counts the columns that were looked at for lines.
    """

    def __init__(self) -> None:
        self.marks: dict[int, list[tuple[float, Room]]] = defaultdict(list)
        self.lines: dict[int, list[tuple[float, float]]] = defaultdict(list)
        self.vectors: dict[int, list[float]] = defaultdict(list)
        self.steps = 0
        self._arrays: dict[int, tuple[_Numbers, _Numbers]] = {}

    def add_mark(self, column: int, height: float, room: Room) -> None:
        """Settle a mark."""
        self.marks[column].append((height, room))

    def remove_mark(self, column: int, height: float, room: Room) -> None:
        """Take back what was settled."""
        self.marks[column].remove((height, room))

    def add_way(self, way: Way) -> None:
        """Settle a line."""
        for gap, piece in way.pieces():
            self.lines[gap].append(piece)
            self._arrays.pop(gap, None)

    def remove_way(self, way: Way) -> None:
        """Take back what was settled."""
        for gap, piece in way.pieces():
            self.lines[gap].remove(piece)
            self._arrays.pop(gap, None)

    def is_free(self, column: int, height: float) -> bool:
        """Whether a line may pass a column at this height."""
        return not any(y - r.below < height < y + r.above for y, r in self.marks[column])

    def free_heights(self, column: int, wanted: float, room: Room) -> list[float]:
        """Heights at which a mark touches no other: the wanted one, or next to others."""
        shut = [
            (y - other.below - _GAP - room.above, y + other.above + _GAP + room.below)
            for y, other in self.marks[column]
        ]
        ends = dict.fromkeys([wanted, *(end for interval in shut for end in interval)])
        return [y for y in ends if not any(low < y < high for low, high in shut)]

    def crossings(self, way: Way) -> int:
        """How many settled lines a line crosses."""
        return sum(self._crossed(gap, *piece) for gap, piece in way.pieces())

    def enclosed(self, columns: Iterable[int]) -> int:
        """Over the vectors of these columns, how many lines each of them has above or below it,
        whichever are less: what a new line from there to the border would cross.
        """
        return sum(self._enclosed(column) for column in columns if self.vectors[column])

    def _enclosed(self, column: int) -> int:
        heights, (leaving, _) = np.array(self.vectors[column])[:, None], self._gap(column)
        above, below = (leaving > heights).sum(axis=1), (leaving < heights).sum(axis=1)
        return int(np.minimum(above, below).sum())

    def prices(
        self, heights: Mapping[int, Sequence[float]], wanted: float, ends: Iterable[KeptEnd]
    ) -> Iterator[tuple[float, int, float]]:
        """For heights of some columns what it costs to stand there: pt from the wanted height, and
        the rise, fall and crossings of the lines that lead to the ends; (price, column, height).
        """
        own = {column: np.array(found) for column, found in heights.items() if found}
        prices = {column: np.abs(found - wanted) for column, found in own.items()}
        for end in ends:
            for side in (1, -1):
                beside = {c: y for c, y in own.items() if side * (c - end.column) > 0}
                for column, price in self._priced(end, side, wanted, beside):
                    prices[column] += price
        for column, found in prices.items():
            yield from zip(found.tolist(), repeat(column), own[column].tolist(), strict=False)

    def _priced(
        self, end: KeptEnd, side: int, wanted: float, own: Mapping[int, _Numbers]
    ) -> Iterator[tuple[int, _Numbers]]:
        """What lines from an end to heights of columns on one side of it cost, by column."""
        near = [column for column in own if abs(column - end.column) <= _FAR]
        if near:
            last = max(near, key=lambda column: side * column)
            for at, lanes in enumerate(self._spread(end, KeptEnd(last, wanted))):
                column = end.column + side * (at + 1)
                if column in own:
                    cost = self._steps(column - side, lanes.heights, side, own[column])
                    yield column, (lanes.costs[:, None] + cost).min(axis=0)
        for column in own.keys() - near:
            ways = [KeptEnd(column, y) for y in own[column].tolist()]
            yield column, np.array([self._straight_price(end, way) for way in ways])

    def _straight_price(self, a: KeptEnd, b: KeptEnd) -> float:
        start, end = (a, b) if a.column < b.column else (b, a)
        count = end.column - start.column
        rise = (end.height - start.height) / count
        between = tuple(start.height + rise * k for k in range(1, count))
        return CROSSING * self.crossings(Way(start, between, end))

    def way(self, start: KeptEnd, end: KeptEnd) -> Way:
        """Where a line passes the columns between its ends: with few crossings, and as little rise
        and fall as the marks permit, near the straight way.
        """
        if end.column == start.column + 1:
            return Way(start, (), end)
        lanes = list(self._spread(start, end))
        cost = self._steps(end.column - 1, lanes[-1].heights, 1, np.array([end.height]))
        at = int((lanes[-1].costs + cost[:, 0]).argmin())
        heights: list[float] = []
        for found in reversed(lanes[1:]):
            heights.append(float(found.heights[at]))
            at = found.back[at]
        return Way(start, tuple(reversed(heights)), end)

    def _spread(self, start: KeptEnd, end: KeptEnd) -> Iterator[_Lanes]:
        """The best ways from one end to every lane of the columns before the other."""
        side = 1 if end.column > start.column else -1
        count = abs(end.column - start.column)
        last = _Lanes(np.array([start.height]), np.zeros(1), (0,))
        yield last
        for k in range(1, count):
            column = start.column + side * k
            straight = start.height + (end.height - start.height) * k / count
            heights = np.array(self._lanes(column, straight))
            cost = last.costs[:, None] + self._steps(column - side, last.heights, side, heights)
            back = cost.argmin(axis=0)
            own = cost[back, np.arange(len(heights))] + _ASIDE * np.abs(heights - straight)
            last = _Lanes(heights, own, back.tolist())
            yield last

    def _steps(self, column: int, here: _Numbers, side: int, there: _Numbers) -> _Numbers:
        """What each piece of a line from a column to the next on this side costs: its rise or fall,
        and its crossings.
        """
        near, far = self._gap(column) if side > 0 else self._gap(column - 1)[::-1]
        above, beyond = np.sign(here[:, None] - near), np.sign(there[:, None] - far)
        crossed = (np.abs(above) @ np.abs(beyond).T - above @ beyond.T) / 2
        self.steps += 1
        steps: _Numbers = np.abs(here[:, None] - there) + CROSSING * crossed
        return steps

    def _gap(self, gap: int) -> tuple[_Numbers, _Numbers]:
        """Where the lines of a gap leave and arrive."""
        if gap not in self._arrays:
            pieces = np.array(self.lines[gap], dtype=float).reshape(-1, 2)
            self._arrays[gap] = pieces[:, 0], pieces[:, 1]
        return self._arrays[gap]

    def _crossed(self, gap: int, before: float, after: float) -> int:
        return sum((before - a) * (after - b) < 0 for a, b in self.lines[gap])

    def _lanes(self, column: int, wanted: float) -> list[float]:
        """Free heights for a line, also beside others; not in another if there is a choice."""
        arriving, leaving = self.lines[column - 1], self.lines[column]
        taken = dict.fromkeys([*(y for _, y in arriving), *(y for y, _ in leaving)])
        beside = (y + side for y in taken for side in (_LANE, -_LANE))
        free = self.free_heights(column, wanted, Room(_LINE, _LINE))
        free += [y for y in beside if self.is_free(column, y)]
        return list(dict.fromkeys(_apart(free, taken) or free))


def _apart(heights: Iterable[float], taken: Iterable[float]) -> list[float]:
    """Those that are a lane away from all that are taken."""
    other = [*taken]
    return [y for y in heights if all(abs(y - o) >= _LANE - 0.01 for o in other)]

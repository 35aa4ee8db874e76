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

from tpgraph.notation.layout.shut_heights import ShutHeights, is_apart

__all__ = ["CROSSING", "KeptEnd", "Room", "SettledGround", "Way"]

CROSSING = 300.0
"""How many pt farther off a mark may stand for each crossing that it saves."""

_GAP = 4.0  # pt between a mark of a column and a line that passes
_LINE = 1.5  # pt on each side of a line that passes a column
_LANE = 4.0  # pt between lines that pass a column
_ROOM = 2 * (_GAP + _LINE) + _LANE + 0.1  # pt between marks of a column: two lines may pass
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


_THREAD = Room(_LINE, _LINE)


@dataclass(frozen=True, slots=True)
class _Beside:
    """Free heights for a line in a column; those `apart` from all that lines have `taken`."""

    free: list[float]
    apart: list[float]
    taken: list[float]


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
        self._shut: dict[int, dict[Room | None, ShutHeights]] = defaultdict(dict)
        self._beside: dict[int, _Beside] = {}

    def add_mark(self, column: int, height: float, room: Room) -> None:
        """Settle a mark."""
        self.marks[column].append((height, room))
        self._forget_marks(column)

    def remove_mark(self, column: int, height: float, room: Room) -> None:
        """Take back what was settled."""
        self.marks[column].remove((height, room))
        self._forget_marks(column)

    def add_way(self, way: Way) -> None:
        """Settle a line."""
        for gap, piece in way.pieces():
            self.lines[gap].append(piece)
            self._forget_lines(gap)

    def remove_way(self, way: Way) -> None:
        """Take back what was settled."""
        for gap, piece in way.pieces():
            self.lines[gap].remove(piece)
            self._forget_lines(gap)

    def _forget_marks(self, column: int) -> None:
        self._shut.pop(column, None)
        self._beside.pop(column, None)

    def _forget_lines(self, gap: int) -> None:
        self._arrays.pop(gap, None)
        self._beside.pop(gap, None)
        self._beside.pop(gap + 1, None)

    def is_free(self, column: int, height: float) -> bool:
        """Whether a line may pass a column at this height."""
        return self._taken(column, None).is_free(height)

    def free_heights(self, column: int, wanted: float, room: Room) -> list[float]:
        """Heights at which two lines may pass between a mark and any other: the wanted one, or next
        to others.
        """
        shut = self._taken(column, room)
        return [*dict.fromkeys([wanted, *shut.ends] if shut.is_free(wanted) else shut.ends)]

    def _taken(self, column: int, room: Room | None) -> ShutHeights:
        """The heights of a column that marks take, from what has this room; from a line, without a
        gap, if it is None.
        """
        known, gap = self._shut[column], _GAP if room is _THREAD else _ROOM
        if room not in known:
            known[room] = ShutHeights(
                [(y - other.below, y + other.above) for y, other in self.marks[column]]
                if room is None
                else [
                    (y - other.below - gap - room.above, y + other.above + gap + room.below)
                    for y, other in self.marks[column]
                ]
            )
        return known[room]

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
            own = cost.min(axis=0) + _ASIDE * np.abs(heights - straight)
            last = _Lanes(heights, own, cost.argmin(axis=0).tolist())
            yield last

    def _steps(self, column: int, here: _Numbers, side: int, there: _Numbers) -> _Numbers:
        """What each piece of a line from a column to the next on this side costs: its rise or fall,
        and its crossings.
        """
        near, far = self._gap(column) if side > 0 else self._gap(column - 1)[::-1]
        self.steps += 1
        steps: _Numbers = np.abs(here[:, None] - there)
        if len(near):
            above, beyond = np.sign(here[:, None] - near), np.sign(there[:, None] - far)
            steps += CROSSING / 2 * (np.abs(above) @ np.abs(beyond).T - above @ beyond.T)
        return steps

    def _gap(self, gap: int) -> tuple[_Numbers, _Numbers]:
        """Where the lines of a gap leave and arrive."""
        if gap not in self._arrays:
            pieces = np.array(self.lines[gap], dtype=float).reshape(-1, 2)
            self._arrays[gap] = pieces[:, 0], pieces[:, 1]
        return self._arrays[gap]

    def _crossed(self, gap: int, before: float, after: float) -> int:
        return len([None for a, b in self.lines[gap] if (before - a) * (after - b) < 0])

    def _lanes(self, column: int, wanted: float) -> list[float]:
        """Free heights for a line, also beside others; not in another if there is a choice."""
        if column not in self._beside:
            self._beside[column] = self._found_beside(column)
        beside = self._beside[column]
        if not self._taken(column, _THREAD).is_free(wanted):
            return beside.apart or beside.free
        if is_apart(wanted, beside.taken, _LANE - 0.01):
            return [wanted, *(y for y in beside.apart if y != wanted)]
        return beside.apart or [wanted, *(y for y in beside.free if y != wanted)]

    def _found_beside(self, column: int) -> _Beside:
        """The heights for lines in a column, whatever height is wanted."""
        arriving, leaving = self.lines[column - 1], self.lines[column]
        taken = dict.fromkeys([*(y for _, y in arriving), *(y for y, _ in leaving)])
        free = dict.fromkeys(self._taken(column, _THREAD).ends)
        shut = self._taken(column, None)
        beside = (y + side for y in taken for side in (_LANE, -_LANE))
        free |= dict.fromkeys(y for y in beside if shut.is_free(y))
        rising = sorted(taken)
        apart = [y for y in free if is_apart(y, rising, _LANE - 0.01)]
        return _Beside([*free], apart, rising)

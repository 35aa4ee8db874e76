"""What stands and runs where while a placement is made: free heights for marks, ways for lines.

Columns hold marks at their heights with the room that each takes; gaps between a column and the
next hold the lines that cross them, from the height where each leaves to that where it arrives.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

__all__ = ["KeptEnd", "Room", "SettledGround"]

_GAP = 4.0  # pt between marks of a column
_LINE = 1.5  # pt on each side of a line that passes a column
_LANE = 4.0  # pt between lines that pass a column
_CROSSING = 300.0  # pt that a mark may stand farther off for each crossing that it saves
_ASIDE = 0.15  # pt of a line's rise that it costs to be one pt beside the straight way
_FAR = 10  # columns from which the straight way must do to tell what a line costs


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


class SettledGround:
    """Marks by column and lines by gap, as far as they are settled."""

    def __init__(self) -> None:
        self.marks: dict[int, list[tuple[float, Room]]] = defaultdict(list)
        self.lines: dict[int, list[tuple[float, float]]] = defaultdict(list)

    def add_mark(self, column: int, height: float, room: Room) -> None:
        """Settle a mark."""
        self.marks[column].append((height, room))

    def add_line(self, start: KeptEnd, heights: Sequence[float], end: KeptEnd) -> None:
        """Settle a line that passes the columns between its ends at these heights."""
        pieces = pairwise((start.height, *heights, end.height))
        for gap, piece in enumerate(pieces, start.column):
            self.lines[gap].append(piece)

    def is_free(self, column: int, height: float) -> bool:
        """Whether a line may pass a column at this height."""
        return not any(y - r.below < height < y + r.above for y, r in self.marks[column])

    def best_height(
        self, column: int, wanted: float, room: Room, near: Sequence[tuple[int, float]]
    ) -> float:
        """The height for a new mark: free, near the wanted one, with few crossings.

        `near` are columns and heights that its lines lead to.
        """

        def cost(y: float) -> tuple[float, float]:
            own = KeptEnd(column, y)
            return abs(y - wanted) + sum(self._price(own, KeptEnd(*other)) for other in near), y

        return min(self._free(column, wanted, room), key=cost)

    def _free(self, column: int, wanted: float, room: Room) -> list[float]:
        """Heights at which a mark touches no other: the wanted one, or next to others."""
        shut = [
            (y - other.below - _GAP - room.above, y + other.above + _GAP + room.below)
            for y, other in self.marks[column]
        ]
        ends = [wanted, *(end for interval in shut for end in interval)]
        return [y for y in ends if not any(low < y < high for low, high in shut)]

    def _price(self, a: KeptEnd, b: KeptEnd) -> float:
        """What the crossings of a line between two places cost."""
        start, end = (a, b) if a.column < b.column else (b, a)
        count = end.column - start.column
        if count > _FAR:
            rise = (end.height - start.height) / max(count, 1)
            heights = [start.height + rise * k for k in range(count + 1)]
        else:
            heights = [start.height, *self.way(start, end), end.height]
        return _CROSSING * sum(
            self._crossed(gap, *piece) for gap, piece in enumerate(pairwise(heights), start.column)
        )

    def _crossed(self, gap: int, before: float, after: float) -> int:
        return sum((before - a) * (after - b) < 0 for a, b in self.lines[gap])

    def way(self, start: KeptEnd, end: KeptEnd) -> tuple[float, ...]:
        """Where a line passes the columns between its ends: with few crossings, and as little rise
        and fall as the marks permit, near the straight way.
        """
        count = end.column - start.column
        best: dict[float, tuple[float, tuple[float, ...]]] = {start.height: (0.0, ())}
        for k in range(1, count):
            column = start.column + k
            straight = start.height + (end.height - start.height) * k / count
            best = {
                y: min(
                    (cost + _ASIDE * abs(y - straight) + self._rise(column - 1, before, y), (*w, y))
                    for before, (cost, w) in best.items()
                )
                for y in self._lanes(column, straight)
            }
        gap = end.column - 1
        return min((c + self._rise(gap, y, end.height), w) for y, (c, w) in best.items())[1]

    def _rise(self, gap: int, before: float, after: float) -> float:
        """What a piece of a line costs: its rise or fall, and its crossings."""
        return abs(after - before) + _CROSSING * self._crossed(gap, before, after)

    def _lanes(self, column: int, wanted: float) -> list[float]:
        """Free heights for a line, also beside others; not in another if there is a choice."""
        taken = {y for _, y in self.lines[column - 1]} | {y for y, _ in self.lines[column]}
        beside = (y + side for y in taken for side in (_LANE, -_LANE))
        free = self._free(column, wanted, Room(_LINE, _LINE))
        free += [y for y in beside if self.is_free(column, y)]
        return list(dict.fromkeys(_apart(free, taken) or free))


def _apart(heights: Iterable[float], taken: Iterable[float]) -> list[float]:
    """Those that are a lane away from all that are taken."""
    other = [*taken]
    return [y for y in heights if all(abs(y - o) >= _LANE - 0.01 for o in other)]

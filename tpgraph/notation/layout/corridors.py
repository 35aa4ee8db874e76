"""Free heights between the marks of a column, for lines that pass it."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import partial
from math import inf
from typing import TypeAlias

from tpgraph.notation.diagram.links import Link
from tpgraph.notation.layout.places import Places
from tpgraph.notation.layout.routing import Columns
from tpgraph.notation.layout.taut import Door

__all__ = ["Corridors"]

_ROOM = 3.0  # pt between a line and a mark across, and along
_MARGIN = 2.4
_APART = 1.6  # pt between a line and the middle to its neighbour
_LANE = 3.2  # pt between lines around a mark
_FAR = 12.0  # pt beyond the outermost mark


_Entry: TypeAlias = tuple[float, float, bool, str]
"""From where to where something takes a column, whether it is a mark, and which."""


class Corridors:
    """For every column the boxes of its marks and the heights at which lines pass, sorted."""

    def __init__(self, places: Places) -> None:
        self.places, self.placement = places, places.placement
        placement = places.placement
        count = len(places.along)
        before, after = [0.0] * count, [0.0] * count
        found: dict[int, list[_Entry]] = defaultdict(list)
        for mark, column in placement.column.items():
            near, far = places.room(mark)
            before[column] = max(before[column], near + _MARGIN)
            after[column] = max(after[column], far + _MARGIN)
            below, above = places.extent(mark)
            middle = placement.across[mark]
            found[column].append((middle - below, middle + above, True, mark))
        for link, heights in placement.crossed.items():
            first = placement.column[link.source] + 1
            for column, height in enumerate(heights, first):
                found[column].append((height, height, False, ""))
        self.spans = [
            (x - near, x + far) for x, near, far in zip(places.along, before, after, strict=True)
        ]
        self.columns = {column: sorted(entries) for column, entries in found.items()}
        self._ends: dict[str, tuple[float, float]] = {}

    def of(self, link: Link) -> Columns:
        """Where a line may pass the columns between its ends."""
        first = self.placement.column[link.source] + 1
        last = self.placement.column[link.target]
        heights = self.placement.crossed[link]
        return Columns(
            tuple(self.spans[first:last]),
            heights,
            tuple(
                self._free(column, y) for column, y in zip(range(first, last), heights, strict=True)
            ),
            leave=self.spans[first - 1][1],
            arrive=self.spans[last][0],
            doors=partial(self.doors, link),
        )

    def _free(self, column: int, height: float) -> tuple[float, float]:
        entries = self.columns[column]
        index = bisect_left(entries, (height, height, False))
        low, high = height - _FAR, height + _FAR
        if index > 0:
            _, top, solid, _ = entries[index - 1]
            low = top + _ROOM if solid else (top + height) / 2 + _APART
        if index + 1 < len(entries):
            bottom, _, solid, _ = entries[index + 1]
            high = bottom - _ROOM if solid else (bottom + height) / 2 - _APART
        return (low, high) if low <= high else ((low + high) / 2, (low + high) / 2)

    def doors(self, link: Link) -> tuple[Door, ...]:
        """The marks that a line passes, above and below it in each column, as long as they are, and
        those beside its ends. Lines between it and a mark keep room for themselves; what it does to
        lines elsewhere is not said.
        """
        column = self.placement.column
        start, end = column[link.source], column[link.target]
        found = [*self._beside(start, link.source, 1), *self._beside(end, link.target, 0)]
        for passed, height in enumerate(self.placement.crossed[link], start + 1):
            at = bisect_left(self.columns[passed], (height, height, False))
            found += self._doors(passed, at, height)
        return tuple(sorted(found))

    def _beside(self, column: int, mark: str, side: int) -> Iterator[Door]:
        """Where marks beside an end of a line begin (0) or end (1)."""
        names = [entry[-1] for entry in self.columns[column]]
        doors = [*self._doors(column, names.index(mark), self.placement.across[mark])]
        yield from doors[side::2]

    def _doors(self, column: int, at: int, height: float) -> Iterator[Door]:
        """Where the marks around an entry of a column begin and end."""
        entries = self.columns[column]
        below = _nearest(entries, range(at - 1, -1, -1))
        above = _nearest(entries, range(at + 1, len(entries)))
        low = -inf if below is None else entries[below][1] + _ROOM + _LANE * (at - below - 1)
        high = inf if above is None else entries[above][0] - _ROOM - _LANE * (above - at - 1)
        if low > high:
            low = high = height
        if below is not None:
            yield from ((x, low, inf) for x in self._sides(column, entries[below][-1]))
        if above is not None:
            yield from ((x, -inf, high) for x in self._sides(column, entries[above][-1]))

    def _sides(self, column: int, mark: str) -> tuple[float, float]:
        """Where a mark begins and ends."""
        found = self._ends.get(mark)
        if found is None:
            x, (near, far) = self.places.along[column], self.places.room(mark)
            found = self._ends[mark] = x - near - _ROOM, x + far + _ROOM
        return found


def _nearest(entries: Sequence[_Entry], numbers: range) -> int | None:
    """The number of the first entry that is a mark."""
    return next((number for number in numbers if entries[number][2]), None)

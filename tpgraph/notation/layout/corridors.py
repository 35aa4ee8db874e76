"""Free heights between the marks of a column, for lines that pass it."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from math import inf

from tpgraph.notation.diagram.links import Link
from tpgraph.notation.layout.places import Places
from tpgraph.notation.layout.routing import Columns
from tpgraph.notation.layout.taut import Door

__all__ = ["Corridors"]

_ROOM = 3.0  # pt between a line and a mark across, and along
_MARGIN = 2.4
_APART = 1.6  # pt between a line and the middle to its neighbour
_FAR = 12.0  # pt beyond the outermost mark


class Corridors:
    """For every column the boxes of its marks and the heights at which lines pass, sorted."""

    def __init__(self, places: Places) -> None:
        self.places, self.placement = places, places.placement
        placement = places.placement
        count = len(places.along)
        before, after = [0.0] * count, [0.0] * count
        found: dict[int, list[tuple[float, float, bool, str]]] = defaultdict(list)
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

    def of(self, link: Link, strung: bool = False) -> Columns:
        """Where a line may pass the columns between its ends, with doors if it is to be strung."""
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
            doors=self.doors(link) if strung else (),
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
        """What a line passes between its ends: its neighbours in each column, marks as long as they
        are.
        """
        first = self.placement.column[link.source] + 1
        return tuple(
            door
            for column, height in enumerate(self.placement.crossed[link], first)
            for door in sorted(self._doors(column, height))
        )

    def _doors(self, column: int, height: float) -> Iterator[Door]:
        entries = self.columns[column]
        index = bisect_left(entries, (height, height, False))
        low, high = self._free(column, height)
        if index > 0:
            yield from ((x, low, inf) for x in self._sides(column, entries[index - 1][-1]))
        if index + 1 < len(entries):
            yield from ((x, -inf, high) for x in self._sides(column, entries[index + 1][-1]))

    def _sides(self, column: int, mark: str) -> tuple[float, ...]:
        """Where what stands in a column begins and ends; a line is only in its middle."""
        x = self.places.along[column]
        near, far = self.places.room(mark) if mark else (0.0, 0.0)
        return (x - near - _ROOM, x + far + _ROOM) if mark else (x,)

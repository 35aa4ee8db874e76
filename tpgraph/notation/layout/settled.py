"""Marks and lines that are settled, and how that is taken back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping

from tpgraph.notation.diagram.links import Link
from tpgraph.notation.layout.ground import SettledGround, Way
from tpgraph.notation.layout.kept_sizes import KeptSizes

__all__ = ["SettledPicture"]


class SettledPicture:
    """What stands where, and a journal of it: `column` has every mark, `across` the heights of
    those that are settled, `ways` their lines, `passing` the heights of lines by column.
    """

    def __init__(self, sizes: KeptSizes, column: Mapping[str, int]) -> None:
        self.sizes = sizes
        self.column = dict(column)
        self.across: dict[str, float] = {}
        self.last = max(column.values(), default=0)
        self.ground = SettledGround()
        self.ways: dict[Link, Way] = {}
        self.journal: list[Callable[[], object]] = []  # takes back what was settled, from its end
        self.passing: dict[int, dict[Link, float]] = defaultdict(dict)

    def crossings(self) -> int:
        """How many pairs of lines cross."""
        return sum(map(self.ground.crossings, self.ways.values())) // 2

    def take_back(self, begun: int) -> None:
        """Take back what was settled since the journal was so long."""
        while len(self.journal) > begun:
            self.journal.pop()()

    def lift_mark(self, mark: str) -> None:
        """Take a mark away."""
        column, height = self.column[mark], self.across[mark]
        self._leave(mark)
        self.journal.append(lambda: self._put(mark, column, height))

    def stand(self, mark: str, column: int) -> None:
        """Say in which column a mark stands that has no height."""
        was = self.column[mark]
        self.column[mark] = column
        self.journal.append(lambda: self.column.update({mark: was}))

    def enter(self, mark: str, column: int, height: float) -> None:
        """Settle a mark."""
        if self.column[mark] != column:
            self.stand(mark, column)
        self._put(mark, column, height)
        self.journal.append(lambda: self._leave(mark))

    def _put(self, mark: str, column: int, height: float) -> None:
        room = self.sizes.room(mark)
        self.column[mark], self.across[mark] = column, height
        self.ground.add_mark(column, height, room)
        if mark in self.sizes.vertices:
            self.ground.vectors[column].append(height)

    def _leave(self, mark: str) -> None:
        column, height = self.column[mark], self.across.pop(mark)
        self.ground.remove_mark(column, height, self.sizes.room(mark))
        if mark in self.sizes.vertices:
            self.ground.vectors[column].remove(height)

    def lay(self, link: Link, way: Way) -> None:
        """Settle a line."""
        self._add(link, way)
        self.journal.append(lambda: self._drop(link))

    def lift(self, link: Link) -> Way:
        """Take a line away; the way that it had."""
        way = self.ways[link]
        self._drop(link)
        self.journal.append(lambda: self._add(link, way))
        return way

    def _add(self, link: Link, way: Way) -> None:
        self.ways[link] = way
        self.ground.add_way(way)
        for column, height in way.passed:
            self.passing[column][link] = height

    def _drop(self, link: Link) -> None:
        way = self.ways.pop(link)
        self.ground.remove_way(way)
        for column, _ in way.passed:
            del self.passing[column][link]

"""Columns and heights of marks that are new, between those that stay.

A mark goes to the free place that costs least: the crossings of its lines, and of those that it
drives from their way; a share of a crossing for every vector that its lines shut in, from which
later lines will leave; less than that for its distance from the middle of its neighbours. A gate
whose outputs nobody reads may stand some columns farther on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping

from tpgraph.notation.diagram.diagram import Diagram
from tpgraph.notation.diagram.links import Link
from tpgraph.notation.layout.ground import CROSSING, KeptEnd, SettledGround, Way
from tpgraph.notation.layout.kept_sizes import KeptSizes
from tpgraph.notation.layout.kept_ways import KeptWays

__all__ = ["KeptHeights"]

_SHUT = 0.1  # crossings that one more line around a vector is worth
_FARTHER = 2  # columns that a gate without readers may stand behind its first one
_TRIED = 8  # places of which it is tried what they do to other lines
_COLUMN = 8.0  # pt of crossings that standing a column farther on costs
_NEAR = 0.02  # the same for a pt away from the middle of the neighbours


class KeptHeights:
    """Columns and heights while what is new is settled; `column` has every mark."""

    def __init__(
        self, diagram: Diagram, sizes: KeptSizes, ways: KeptWays, column: Mapping[str, int]
    ) -> None:
        self.sizes = sizes
        self.column = dict(column)
        self.across: dict[str, float] = {}
        self.last = max(column.values(), default=0)
        self.ground = SettledGround()
        self.ways: dict[Link, Way] = {}
        self.journal: list[Callable[[], object]] = []  # takes back what was settled, from its end
        self.passing: dict[int, dict[Link, float]] = defaultdict(dict)
        self.beside: dict[str, list[Link]] = defaultdict(list)
        for link in ways.links:
            self.beside[link.source].append(link)
            self.beside[link.target].append(link)
        read = {link.source for link in ways.links if link.outlet is None}
        self.ends = {g.id: g.outputs for g in diagram.gates if read.isdisjoint(g.outputs)}
        old = sizes.previous.placement.across
        for mark, before in sizes.before.items():
            self._enter(mark, self.column[mark], old[before])
        for link in ways.links:
            way = ways.kept(link, self.column, self.across, self.ground)
            if way is not None:
                self._lay(link, way)

    def settle(self) -> None:
        """Find a place for every mark that is new, those first whose neighbours have one."""
        waiting = [mark for mark in self.column if mark not in self.across]
        while waiting:
            ready = [m for m in waiting if self._near(m)] or waiting[:1]
            for mark in ready:
                if mark not in self.across:
                    self._settle(mark)
            waiting = [m for m in waiting if m not in self.across]

    def _settle(self, mark: str) -> None:
        near = self._near(mark)
        self.sizes.arrive({n: self.across[n.source] for n in near if n.port and n.target == mark})
        ends = [self._seen(mark, link) for link in near]
        wanted = sum(e.height for e in ends) / len(ends) if ends else self._lowest()
        places = self._places(mark, wanted, ends)
        if len(places) > 1 and near:
            asides = [
                _COLUMN * (c - self.column[mark]) + _NEAR * abs(y - wanted) for c, y in places
            ]
            costs = [self._trial(mark, *p) + aside for p, aside in zip(places, asides, strict=True)]
            places = [places[costs.index(min(costs))]]
        self._take(mark, *places[0])

    def _near(self, mark: str) -> list[Link]:
        """The lines of a mark whose other end is settled."""
        return [
            link
            for link in self.beside[mark]
            if (link.target if link.source == mark else link.source) in self.across
        ]

    def _seen(self, mark: str, link: Link) -> KeptEnd:
        """The other end of a line, as high as the mark must stand for the line to be straight."""
        if link.source == mark:
            height = self.across[link.target] + self.sizes.offset(link)
            return KeptEnd(self.column[link.target], height)
        return KeptEnd(self.column[link.source], self.across[link.source] - self.sizes.offset(link))

    def _places(self, mark: str, wanted: float, ends: list[KeptEnd]) -> list[tuple[int, float]]:
        """Columns and free heights, those that promise most, the best first."""
        room = self.sizes.room(mark)
        found: list[tuple[float, int, float]] = []
        for column in self._columns(mark):
            heights = self.ground.free_heights(column, wanted, room)
            prices = self.ground.prices(column, heights, wanted, ends)
            found += [(price, column, y) for price, y in zip(prices, heights, strict=True)]
        return [(column, y) for _, column, y in sorted(found)[:_TRIED]]

    def _columns(self, mark: str) -> range:
        """The columns in which a mark may stand."""
        first = self.column[mark]
        last = min(first + _FARTHER, self.last - 1) if mark in self.ends else first
        return range(first, max(first, last) + 1)

    def _lowest(self) -> float:
        """Below everything, for what belongs to nothing yet."""
        return min((y - self.sizes.room(m).below for m, y in self.across.items()), default=0.0)

    # ---- what a place does to the lines

    def _trial(self, mark: str, column: int, height: float) -> float:
        """The crossings that come if a mark stands there, in pt; all is as before then."""
        marks, columns = (mark, *self._results(mark)), self._touched(mark, column, height)
        was, shut = {m: self.column[m] for m in marks}, self.ground.enclosed(columns)
        begun = len(self.journal)
        crossings = self._take(mark, column, height)
        shut = self.ground.enclosed(columns) - shut
        while len(self.journal) > begun:
            self.journal.pop()()
        self.column |= was
        return CROSSING * (crossings + _SHUT * shut)

    def _take(self, mark: str, column: int, height: float) -> int:
        """Settle a mark with its lines, and what it gives; how many crossings more there are."""
        own, crossings = self._near(mark), 0
        blocked = self._blocked(mark, column, height)
        for link in blocked:
            crossings -= self.ground.crossings(self._lift(link))
        self._enter(mark, column, height)
        for link in (*own, *blocked):
            way = self.ground.way(*self.sizes.line_ends(link, self.column, self.across))
            crossings += self.ground.crossings(way)
            self._lay(link, way)
        for out in self._results(mark):
            self.column[out] = column + 1
            ends = [self._seen(out, link) for link in self._near(out)]
            crossings += self._take(out, *self._places(out, ends[0].height, ends)[0])
        return crossings

    def _results(self, mark: str) -> list[str]:
        """What a gate without readers gives, where it has no place yet."""
        return [out for out in self.ends.get(mark, ()) if out not in self.across]

    def _touched(self, mark: str, column: int, height: float) -> range:
        """The columns over which lines run that may come or go."""
        found = [column + 1]
        for link in self._near(mark):
            found.append(self.column[link.target if link.source == mark else link.source])
        for link in self._blocked(mark, column, height):
            found += [self.column[link.source], self.column[link.target]]
        return range(min(found), max(found) + 1)

    def _blocked(self, mark: str, column: int, height: float) -> list[Link]:
        """The lines in whose way a mark would stand."""
        room = self.sizes.room(mark)
        low, high = height - room.below, height + room.above
        return [link for link, y in self.passing[column].items() if low < y < high]

    # ---- what is settled, and how it is taken back

    def _enter(self, mark: str, column: int, height: float) -> None:
        room = self.sizes.room(mark)
        self.column[mark], self.across[mark] = column, height
        self.ground.add_mark(column, height, room)
        if mark in self.sizes.vertices:
            self.ground.vectors[column].append(height)
        self.journal.append(lambda: self._leave(mark))

    def _leave(self, mark: str) -> None:
        column, height = self.column[mark], self.across.pop(mark)
        self.ground.remove_mark(column, height, self.sizes.room(mark))
        if mark in self.sizes.vertices:
            self.ground.vectors[column].remove(height)

    def _lay(self, link: Link, way: Way) -> None:
        self._add(link, way)
        self.journal.append(lambda: self._drop(link))

    def _lift(self, link: Link) -> Way:
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

"""Columns and heights of marks that are new, between those that stay.

A mark goes to the free place that costs least: the crossings of its lines, and of those that it
drives from their way; a share of a crossing for every vector that its lines shut in, from which
later lines will leave; less than that for its distance from the middle of its neighbours. A gate
whose outputs nobody reads may stand some columns farther on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import inf

from tpgraph.notation.diagram.diagram import Diagram
from tpgraph.notation.diagram.links import Link
from tpgraph.notation.layout.ground import CROSSING, KeptEnd, SettledGround, Way
from tpgraph.notation.layout.kept_sizes import KeptSizes
from tpgraph.notation.layout.kept_ways import KeptWays
from tpgraph.notation.layout.settled import SettledPicture

__all__ = ["KeptHeights", "NoPlace"]

_SHUT = 0.1  # crossings that one more line around a vector is worth
_FARTHER = 2  # columns that a gate without readers may stand behind its first one
_TRIED = 8  # places of which it is tried what they do to other lines
_COLUMN = 8.0  # pt of crossings that standing a column farther on costs
_NEAR = 0.02  # the same for a pt away from the middle of the neighbours


class NoPlace(Exception):
    """A mark has no free place."""


class KeptHeights(SettledPicture):
    """Columns and heights while what is new is settled; `column` has every mark."""

    def __init__(
        self, diagram: Diagram, sizes: KeptSizes, ways: KeptWays, column: Mapping[str, int]
    ) -> None:
        super().__init__(sizes, column)
        self.beside: dict[str, list[Link]] = defaultdict(list)
        for link in ways.links:
            self.beside[link.source].append(link)
            self.beside[link.target].append(link)
        self.gate_of = {gate.id: gate for gate in diagram.gates}
        read = {link.source for link in ways.links if link.outlet is None}
        self.ends = {g.id: g.outputs for g in diagram.gates if read.isdisjoint(g.outputs)}
        old = sizes.previous.placement
        self.fellows: dict[int, list[tuple[str, str]]] = defaultdict(list)
        for mark, before in sizes.before.items():
            self.fellows[old.column[before]].append((mark, before))
            self.enter(mark, self.column[mark], old.across[before])
        for link in ways.links:
            way = ways.kept(link, self.column, self.across, self.ground)
            if way is not None:
                self.lay(link, way)
        for link in ways.links:
            known = link in self.ways or link.source not in self.across
            if not known and link.target in self.across:
                ends = sizes.line_ends(link, self.column, self.across)
                self.lay(link, self.ground.way(*ends))

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
        self.take(mark, *self.best(mark, self._columns(mark)))

    def best(
        self, mark: str, columns: range, tried: int = _TRIED, most: float = inf
    ) -> tuple[int, float]:
        """The place that costs least, of so many that promise most; `most`, and what is raised, as
        of `promising`.
        """
        places = self.promising(mark, columns, most)[:tried]
        costs = [0.0]
        if len(places) > 1 and self._near(mark):
            costs = [aside + self._trial(mark, column, y) for aside, column, y in places]
        _, column, height = places[costs.index(min(costs))]
        return column, height

    def promising(
        self, mark: str, columns: range, most: float = inf
    ) -> list[tuple[float, int, float]]:
        """Columns and free heights, those that promise most, the best first, each behind what it
        costs besides crossings. Raises NoPlace where there are none, or none where the lines of the
        mark cross less than `most` lines by the shortest ways.
        """
        ends = [self._seen(mark, link) for link in self._near(mark)]
        wanted = sum(e.height for e in ends) / len(ends) if ends else self._lowest()
        room, found = self.sizes.room(mark), []
        free = {
            column: [
                y
                for y in self.ground.free_heights(column, wanted, room)
                if self._in_order(mark, column, y)
            ]
            for column in columns
        }
        for price, column, y in self.ground.prices(free, wanted, ends):
            plain = abs(y - wanted) + sum(abs(end.height - y) for end in ends)
            if price - plain < CROSSING * most:
                aside = _COLUMN * (column - self.column[mark]) + _NEAR * abs(y - wanted)
                found.append((price, column, y, aside))
        if not found:
            raise NoPlace
        return [(aside, column, y) for _, column, y, aside in sorted(found)[:_TRIED]]

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

    def _in_order(self, mark: str, column: int, height: float) -> bool:
        """Whether a mark keeps its order with those that were in its column and are in this one."""
        before = self.sizes.before.get(mark)
        if before is None:
            return True
        old = self.sizes.previous.placement
        return all(
            (self.across[other] < height) == (old.across[was] < old.across[before])
            for other, was in self.fellows[old.column[before]]
            if other != mark and other in self.across and self.column[other] == column
        )

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
        columns, begun = self._touched(mark, column, height), len(self.journal)
        shut = self.ground.enclosed(columns)
        crossings = self.take(mark, column, height)
        shut = self.ground.enclosed(columns) - shut
        self.take_back(begun)
        return CROSSING * (crossings + _SHUT * shut)

    def take(self, mark: str, column: int, height: float) -> int:
        """Settle a mark with its lines, and what it gives; how many crossings more there are."""
        own, crossings = self._near(mark), 0
        blocked = self._blocked(mark, column, height)
        for link in blocked:
            crossings -= self.ground.crossings(self.lift(link))
        self.enter(mark, column, height)
        for link in (*own, *blocked):
            way = self.ground.way(*self.sizes.line_ends(link, self.column, self.across))
            crossings += self.ground.crossings(way)
            self.lay(link, way)
        if mark in self.sizes.before:
            crossings += sum(self._turned(link.target) for link in own if link.port is not None)
        for out in self._results(mark):
            self.stand(out, column + 1)
            _, behind, height = self.promising(out, range(column + 1, column + 2))[0]
            crossings += self.take(out, behind, height)
        return crossings

    def _turned(self, target: str) -> int:
        """Turn the inputs of a gate as their lines come; how many crossings more there are."""
        gate = self.gate_of[target]
        lines = {link.source: link for link in self.beside[target] if link.port is not None}
        if target not in self.across or any(lines[name] not in self.ways for name in gate.inputs):
            return 0
        heights = {
            name: (self.across[name], *self.ways[lines[name]].heights)[-1] for name in gate.inputs
        }
        size, was = self.sizes.turned(gate, heights), self.sizes.gates[target]
        if size is None or size.box != was.box:
            return 0
        crossings, known = 0, {link: self.ways[link].heights for link in lines.values()}
        for link in known:
            crossings -= self.ground.crossings(self.lift(link))
        self.sizes.gates[target] = size
        self.journal.append(lambda: self.sizes.gates.update({target: was}))
        for link, passed in known.items():
            start, end = self.sizes.line_ends(link, self.column, self.across)
            way = Way(start, passed, end)
            crossings += self.ground.crossings(way)
            self.lay(link, way)
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

    # ---- what moves

    def tangled(self, marks: Sequence[str]) -> int:
        """How many lines the lines of some marks cross."""
        found = dict.fromkeys(link for mark in marks for link in self.beside[mark])
        return sum(self.ground.crossings(self.ways[link]) for link in found)

    def crossed_by(self, marks: Sequence[str]) -> list[Link]:
        """The lines that the lines of some marks cross."""
        own = dict.fromkeys(link for mark in marks for link in self.beside[mark])
        found = SettledGround()
        for link in own:
            found.add_way(self.ways[link])
        return [k for k, way in self.ways.items() if k not in own and found.crossings(way)]

    def lifted(self, marks: Sequence[str]) -> int:
        """Take marks with their lines away; how many crossings fewer there are."""
        crossings = 0
        for link in dict.fromkeys(link for mark in marks for link in self.beside[mark]):
            crossings += self.ground.crossings(self.lift(link))
        for mark in marks:
            self.lift_mark(mark)
        return crossings

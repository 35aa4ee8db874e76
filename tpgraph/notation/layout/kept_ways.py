"""Ways of lines past the columns between their ends, where marks stand already."""

from __future__ import annotations

from collections.abc import Container, Mapping

from tpgraph.notation.diagram.diagram import Diagram
from tpgraph.notation.diagram.links import Link, links
from tpgraph.notation.layout.ground import KeptEnd, SettledGround, Way
from tpgraph.notation.layout.kept_sizes import KeptSizes
from tpgraph.notation.layout.places import Places

__all__ = ["KeptWays", "crossings_per_line"]

_ROUNDS = 3  # in which lines that cross others look for a better way

_Key = tuple[str | None, str | None, str | None, str | None]
"""A line by its source, target, port and outlet; None for what was not there."""


def crossings_per_line(places: Places) -> float:
    """How many lines cross for each line of a picture."""
    ground, placement = SettledGround(), places.placement
    ways = []
    for link in places.links:
        rise, fall = places.offsets(link)
        start = KeptEnd(placement.column[link.source], placement.across[link.source] + rise)
        end = KeptEnd(placement.column[link.target], placement.across[link.target] + fall)
        ways.append(Way(start, tuple(placement.crossed[link]), end))
        ground.add_way(ways[-1])
    return sum(map(ground.crossings, ways)) / 2 / max(len(ways), 1)


class KeptWays:
    """The ways of the lines of a diagram: those of before where nothing stands in them."""

    def __init__(self, diagram: Diagram, sizes: KeptSizes) -> None:
        self.sizes = sizes
        self.links = tuple(links(diagram))
        self.known: dict[_Key, tuple[float, ...]] = {
            (link.source, link.target, link.port, link.outlet): heights
            for link, heights in sizes.previous.placement.crossed.items()
        }

    def are_those_of_before(self) -> bool:
        """Whether no line came or went."""
        before = [self._before(link) for link in self.links]
        return len(before) == len(self.known) and all(key in self.known for key in before)

    def forget(self, marks: Container[str]) -> None:
        """Marks have moved: their lines find other ways."""
        for link in self.links:
            if link.source in marks or link.target in marks:
                self.known.pop(self._before(link), None)

    def kept(
        self,
        link: Link,
        column: Mapping[str, int],
        across: Mapping[str, float],
        ground: SettledGround,
    ) -> Way | None:
        """The way of a line of before; None where it is new or marks stand in it."""
        if link.source not in across or link.target not in across:
            return None
        known = self.known.get(self._before(link))
        if known is None or len(known) != column[link.target] - column[link.source] - 1:
            return None
        start, end = self.sizes.line_ends(link, column, across)
        way = Way(start, known, end)
        return way if all(ground.is_free(c, y) for c, y in way.passed) else None

    def all(self, column: Mapping[str, int], across: Mapping[str, float]) -> dict[Link, Way]:
        """Every line of the diagram, new ones with few crossings; those that new ones cross give
        way where that saves crossings.
        """
        ground = SettledGround()
        for mark, number in column.items():
            ground.add_mark(number, across[mark], self.sizes.room(mark))
        found: dict[Link, Way] = {}
        for link in self.links:
            way = self.kept(link, column, across, ground)
            if way is not None:
                found[link] = way
                ground.add_way(way)
        new = {link: self.sizes.line_ends(link, column, across) for link in self.links}
        for link in found:
            del new[link]
        for link in sorted(new, key=lambda link: new[link][1].column - new[link][0].column):
            found[link] = ground.way(*new[link])
            ground.add_way(found[link])
        _improve(found, [link for link in self.links if link in new], ground)
        return {link: found[link] for link in self.links}

    def _before(self, link: Link) -> _Key:
        find = self.sizes.before.get
        port = None if link.port is None else find(link.port)
        outlet = None if link.outlet is None else find(link.outlet)
        return find(link.source), find(link.target), port, outlet


def _improve(ways: dict[Link, Way], new: list[Link], ground: SettledGround) -> None:
    """New lines and those that they cross take another way where that crosses fewer lines."""
    movable = dict.fromkeys(new)
    came = SettledGround()
    for link in new:
        came.add_way(ways[link])
    for link, way in ways.items():
        if way.heights and came.crossings(way):
            movable[link] = None
    for _ in range(_ROUNDS):
        better = False
        for link in movable:
            way = ways[link]
            ground.remove_way(way)
            count = ground.crossings(way) if way.heights else 0
            if count:
                other = ground.way(way.start, way.end)
                if ground.crossings(other) < count:
                    ways[link], better = other, True
            ground.add_way(ways[link])
        if not better:
            break

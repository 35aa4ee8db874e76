"""Lines and their labels that stay: those whose ends, and all between them, stand as they stood."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from tpgraph.notation.diagram.links import Link
from tpgraph.notation.layout.measure import GateSize
from tpgraph.notation.layout.places import Places
from tpgraph.notation.layout.routing import Route
from tpgraph.notation.scene.scene import Label

__all__ = ["KeptLines"]

_STILL = 1e-6  # pt by which what stands still may have moved


class KeptLines:
    """The routes of a picture before, for the same marks in another one: `lines`, and the `labels`
    of their products.

    `before` gives for marks that were there their id then. A route is kept where every column from
    its source to its target holds the same marks at the same heights, as far apart as before.
    """

    def __init__(
        self,
        places: Places,
        before: Mapping[str, str],
        old: Places,
        routes: Mapping[Link, Route],
        labels: Mapping[int, Label],
    ) -> None:
        self.places, self.old, self.before = places, old, before
        self.routes = {_key(link): (link, route) for link, route in routes.items()}
        self.old_labels = labels
        self.labels: dict[int, Label] = {}
        self.same = dict(self._same_columns())
        found = ((link, self._route(link)) for link in places.links)
        self.lines = {link: route for link, route in found if route is not None}

    def _same_columns(self) -> dict[int, int]:
        """For columns that hold what they held, which one it was."""
        then, now = _columns(self.old), _columns(self.places)
        found = {}
        for column, marks in now.items():
            ids = {self.before.get(mark) for mark in marks}
            first = self.before.get(marks[0])
            if first is None:
                continue
            was = self.old.placement.column[first]
            if ids == set(then[was]) and all(self._stands(mark) for mark in marks):
                found[column] = was
        return found

    def _stands(self, mark: str) -> bool:
        """Whether a mark has its height and its room of before."""
        before = self.before[mark]
        moved = self.places.placement.across[mark] - self.old.placement.across[before]
        if abs(moved) > _STILL:
            return False
        if mark in self.places.vertices:
            return self.places.vertices[mark] == self.old.vertices[before]
        return _shape(self.places.gates[mark]) == _shape(self.old.gates[before])

    def _route(self, link: Link) -> Route | None:
        """The way of a line before, moved along with its marks; None where it must be found."""
        known = self.routes.get(self._key_before(link))
        if known is None:
            return None
        was, route = known
        first, last = self._ends(self.places, link)
        start, end = self._ends(self.old, was)
        columns = range(first, last + 1)
        if [self.same.get(column) for column in columns] != [*range(start, end + 1)]:
            return None
        by = self.places.along[first] - self.old.along[start]
        moved = [self.places.along[c] - self.old.along[self.same[c]] - by for c in columns]
        if any(abs(distance) > _STILL for distance in moved):
            return None
        if self.places.placement.crossed[link] != self.old.placement.crossed[was]:
            return None
        self._label(link, was, by)
        return route.moved(by)

    def _label(self, link: Link, was: Link, by: float) -> None:
        """Keep the label of a product whose line is kept."""
        label = None if was.product is None else self.old_labels.get(was.product)
        if link.product is None or label is None:
            return
        product = self.places.diagram.products[link.product]
        if (product.label, product.color) == (label.text, label.color):
            x, y = self.places.frame.point(by, 0.0)
            self.labels[link.product] = replace(label, x=label.x + x, y=label.y + y)

    def _ends(self, places: Places, link: Link) -> tuple[int, int]:
        column = places.placement.column
        return column[link.source], column[link.target]

    def _key_before(self, link: Link) -> tuple[str | None, ...]:
        return tuple(
            None if name is None else self.before.get(name, "")
            for name in (link.source, link.target, link.port, link.outlet)
        )


def _key(link: Link) -> tuple[str | None, ...]:
    return link.source, link.target, link.port, link.outlet


def _columns(places: Places) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    for mark, column in places.placement.column.items():
        found[column].append(mark)
    return found


def _shape(gate: GateSize) -> tuple[object, ...]:
    """What of a gate is in the way of lines, and where its own lines end."""
    ports, outlets = tuple(gate.ports.values()), tuple(gate.outlets.values())
    return gate.depth, gate.length, gate.narrow, gate.bar, ports, outlets

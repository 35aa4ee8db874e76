"""Like marks of several columns at one height: what the engine leaves nearly level is level.

The engine puts a port into fields of 2 pt, so that b[1], b[2], b[3], each beside the gate of its
layer, come out a point apart from one another. They are set level where each stays between what
stands above and below it in its column, marks and lines that pass, and where no line bends that is
straight.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median_low

from tpgraph.notation.diagram.diagram import Diagram
from tpgraph.notation.diagram.links import Link, links
from tpgraph.notation.layout.family_members import family_members
from tpgraph.notation.layout.placement import MarkSizes, Placement

__all__ = ["likes_level"]

_NEARLY = 2.5  # pt between the heights of like marks that should be level
_STRAIGHT = 1e-6
_GAP = 3.0  # pt that stay free between a mark and the next


def likes_level(diagram: Diagram, sizes: MarkSizes, placement: Placement) -> Placement:
    """The placement with marks that differ by their indices alone level where they nearly are."""
    heights = _Heights(diagram, sizes, placement)
    for marks in _families(diagram, placement):
        heights.level(marks)
    return replace(placement, across=heights.across)


def _families(diagram: Diagram, placement: Placement) -> Iterator[list[str]]:
    """Marks of one family, no two in one column, whose heights follow each other closely."""
    found: dict[Hashable, list[str]] = defaultdict(list)
    for mark, member in family_members(diagram).items():
        found[member.family].append(mark)
    for marks in found.values():
        marks.sort(key=lambda mark: placement.across[mark])
        group = marks[:1]
        for last, mark in pairwise(marks):
            if placement.across[mark] - placement.across[last] > _NEARLY:
                yield from _apart(group, placement)
                group = []
            group.append(mark)
        yield from _apart(group, placement)


def _apart(marks: list[str], placement: Placement) -> Iterator[list[str]]:
    if len({placement.column[mark] for mark in marks}) == len(marks) > 1:
        yield marks


class _Heights:
    """Heights while like marks are set level."""

    def __init__(self, diagram: Diagram, sizes: MarkSizes, placement: Placement) -> None:
        self.sizes = sizes
        self.column = placement.column
        self.across = dict(placement.across)
        self.lines: dict[str, list[Link]] = defaultdict(list)
        self.passing: dict[int, list[float]] = defaultdict(list)
        self.beside: dict[int, list[str]] = defaultdict(list)
        for link in links(diagram):
            self.lines[link.source].append(link)
            self.lines[link.target].append(link)
        for link, heights in placement.crossed.items():
            for column, height in enumerate(heights, self.column[link.source] + 1):
                self.passing[column].append(height)
        for mark, column in self.column.items():
            self.beside[column].append(mark)

    def level(self, marks: Sequence[str]) -> None:
        """Move the marks to one height, those that can be."""
        height = self._height(marks)
        for mark in marks:
            if not self._is_held(mark) and self._is_free(mark, height):
                self.across[mark] = height

    def _height(self, marks: Sequence[str]) -> float:
        """That of most of those that straight lines hold; else the middle one."""
        held = Counter(self.across[mark] for mark in marks if self._is_held(mark))
        if held:
            return max(held, key=lambda height: (held[height], height))
        return median_low([self.across[mark] for mark in marks])

    def _is_held(self, mark: str) -> bool:
        """Whether a line is straight that would bend."""
        return any(abs(self._rise(link)) < _STRAIGHT for link in self.lines[mark])

    def _rise(self, link: Link) -> float:
        gates = self.sizes.gates
        start = gates[link.source].outlets[link.outlet] if link.outlet is not None else 0.0
        end = gates[link.target].ports[link.port] if link.port is not None else 0.0
        return self.across[link.target] + end - self.across[link.source] - start

    def _is_free(self, mark: str, height: float) -> bool:
        """Whether a mark at a height has the same above and below it, with room between."""
        column, old = self.column[mark], self.across[mark]
        below, above = self._extent(mark)
        for other in self.beside[column]:
            place = self.across[other]
            under, over = self._extent(other)
            if other == mark:
                continue
            if (place > old) != (place > height):
                return False
            if place > old and height > old and place - under < height + above + _GAP:
                return False
            if place < old and height < old and place + over > height - below - _GAP:
                return False
        return all((line > old) == (line > height) for line in self.passing[column])

    def _extent(self, mark: str) -> tuple[float, float]:
        if mark in self.sizes.gates:
            return (self.sizes.gates[mark].box / 2,) * 2
        return self.sizes.vertices[mark].below, self.sizes.vertices[mark].above

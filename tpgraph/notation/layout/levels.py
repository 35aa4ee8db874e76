"""Heights of marks in lanes: equal structure at equal distances, and rows straight to the point.

A mark of lanes (see `family_lanes`) stands at

    y = base(kind) − Σ over shared indices of (number of the lane) · pitch(index)

so that all that differ by their lanes alone stand at one distance, whichever lane they are in.
Bases and pitches make the lines as level as they can be, those of rows most,

    minimize Σ over lines of weight · (rise)²

while marks of a column keep their order and their distance. Rows and like marks of other columns
that all but are level then are so exactly.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from tpgraph.notation.diagram.diagram import Diagram
from tpgraph.notation.diagram.links import Link, links
from tpgraph.notation.layout.family_lanes import FamilyLanes
from tpgraph.notation.layout.lane_order import in_lanes
from tpgraph.notation.layout.measure import end_offsets, extent_across
from tpgraph.notation.layout.passing import passing
from tpgraph.notation.layout.placement import MarkSizes, Placement
from tpgraph.notation.layout.quadratic import Array, QuadraticProblem, independent
from tpgraph.notation.layout.spine import Arrangement
from tpgraph.shared_work import one_blas_thread

__all__ = ["levelled"]

_GAP = 4.0  # pt between marks of a column, and between a mark and a line that passes
_MOST_LINES = 5  # for which room is kept between two marks
_ROW, _STEM, _FAN, _HUB = 60.0, 10.0, 1.0, 20.0  # weights of lines
_STAY = 1e-3  # weight of a base's height in the first placement
_SHORT = 1e-2  # weight of a pitch
_NEARLY = 4.0  # pt by which rows and like marks that should be level may miss it
_MOST_UNKNOWNS = 260
_MOST_TRIALS = 12  # of equations that contradict the order of columns


def levelled(
    diagram: Diagram,
    arrangement: Arrangement,
    sizes: MarkSizes,
    placement: Placement,
    lanes: FamilyLanes,
) -> Placement | None:
    """The placement with marks of lanes at equal distances; None where none is better than it."""
    levels = _Levels(diagram, arrangement, sizes, placement, lanes)
    with one_blas_thread():  # for thousands of small systems
        across = levels.found()
    if across is None:
        return None
    ordered = replace(placement, across=levels.ordered)
    extents = {mark: levels.extent(mark) for mark in across}
    return replace(placement, across=across, crossed=passing(ordered, across, extents))


@dataclass(frozen=True, slots=True)
class _Height:
    """Of a mark: the number of its base, and the numbers of its pitches with their factors."""

    base: int
    pitches: tuple[tuple[int, float], ...]


class _Levels:
    """Bases and pitches while they are found."""

    def __init__(
        self,
        diagram: Diagram,
        arrangement: Arrangement,
        sizes: MarkSizes,
        placement: Placement,
        lanes: FamilyLanes,
    ) -> None:
        self.arrangement = arrangement
        self.sizes = sizes
        self.placement = placement
        self.lanes = lanes
        self.links = tuple(links(diagram))
        self.uses: dict[str, int] = defaultdict(int)
        for link in self.links:
            self.uses[link.source] += 1
        kinds: dict[Hashable, int] = {}
        self.height: dict[str, _Height] = {}
        for mark in placement.across:
            lane = lanes.of.get(mark)
            kind = ("mark", mark) if lane is None else lane.kind
            at = () if lane is None else tuple(lane.at.items())
            self.height[mark] = _Height(kinds.setdefault(kind, len(kinds)), at)
        self.kinds = len(kinds)
        self.marks = in_lanes(lanes, placement)
        self.ordered = {
            mark: height
            for marks in self.marks.values()
            for mark, height in zip(
                marks, sorted((placement.across[mark] for mark in marks), reverse=True), strict=True
            )
        }
        self.count = len(kinds) + len(lanes.nesting)

    def found(self) -> dict[str, float] | None:
        """The heights of all marks; None where the marks leave no room, or are too many."""
        if self.count > _MOST_UNKNOWNS:
            return None
        problem = self._problem()
        values = problem.solved(np.zeros((0, self.count)), np.zeros(0))
        if values is None:
            return None
        values = _exact(problem, values, *self._level(values))
        return {mark: float(self._row(mark) @ values) for mark in self.height}

    def _row(self, mark: str) -> Array:
        """A mark's height as a linear form of the unknowns."""
        row = np.zeros(self.count)
        height = self.height[mark]
        row[height.base] = 1.0
        for index, number in height.pitches:
            row[self.kinds + index] = -number
        return row

    def _problem(self) -> QuadraticProblem:
        form = np.diag(np.full(self.count, _SHORT))
        pull = np.zeros(self.count)
        seen: dict[int, list[float]] = defaultdict(list)
        for mark, height in self.height.items():
            seen[height.base].append(self.placement.across[mark])
        for base, heights in seen.items():
            form[base, base] = _STAY
            pull[base] = _STAY * sum(heights) / len(heights)
        for row, offset, weight in self._lines():
            form += weight * np.outer(row, row)
            pull += weight * offset * row
        conditions, least = self._conditions()
        return QuadraticProblem(form, pull, conditions, least)

    def _lines(self) -> Iterator[tuple[Array, float, float]]:
        """For each line its rise as a linear form, which should be so much, and its weight."""
        for link in self.links:
            yield self._rise(link.source, link.target), self._offset(link), self._weight(link)
        for gate, hub in self.arrangement.hubs.items():
            yield self._rise(hub, gate), 0.0, _HUB

    def _rise(self, source: str, target: str) -> Array:
        return self._row(target) - self._row(source)

    def _offset(self, link: Link) -> float:
        start, end = end_offsets(link, self.sizes.gates)
        return start - end

    def _weight(self, link: Link) -> float:
        if self._in_row(link):
            return _ROW
        return _STEM if self.uses[link.source] == 1 else _FAN

    def _in_row(self, link: Link) -> bool:
        if self.arrangement.follows.get(link.source) == link.target:
            return True
        return link.outlet is not None and len(self.sizes.gates[link.source].outlets) == 1

    def _conditions(self) -> tuple[Array, Array]:
        """That marks of a column keep their order and their distance; equal conditions once."""
        found: dict[tuple[float, ...], float] = {}
        for marks in self.marks.values():
            for upper, lower in pairwise(marks):
                row = self._row(upper) - self._row(lower)
                key = tuple(row.tolist())
                found[key] = max(found.get(key, 0.0), self._apart(upper, lower))
        rows = np.array(list(found)).reshape(len(found), self.count)
        return rows, np.array(list(found.values()))

    def _apart(self, upper: str, lower: str) -> float:
        last, first = self.ordered[upper], self.ordered[lower]
        column = self.placement.column[upper]
        between = sum(first < y < last for y in self._passing(column))
        room = _GAP * (1 + min(between, _MOST_LINES))
        return self.extent(upper)[0] + self.extent(lower)[1] + room

    def _passing(self, column: int) -> list[float]:
        """The heights at which lines pass a column."""
        first = self.placement.column
        return [
            heights[column - first[link.source] - 1]
            for link, heights in self.placement.crossed.items()
            if first[link.source] < column < first[link.target]
        ]

    def extent(self, mark: str) -> tuple[float, float]:
        """Room below and above a mark's centre."""
        return extent_across(mark, self.sizes.vertices, self.sizes.gates)

    def _level(self, values: Array) -> tuple[Array, Array]:
        """Equations of what all but is level: rows, middles, then like marks of other columns."""
        wanted = [*self._stems()]
        wanted += [(self._row(mark) - self._middle(marks), 0.0) for mark, marks in self._served()]
        wanted += [(self._row(one) - self._row(other), 0.0) for one, other in self._like()]
        near = [(row, offset) for row, offset in wanted if abs(row @ values - offset) < _NEARLY]
        rows = np.array([row for row, _ in near]).reshape(len(near), self.count)
        return rows, np.array([offset for _, offset in near])

    def _stems(self) -> Iterator[tuple[Array, float]]:
        """The rises of lines that should be level, those of rows first."""
        for link in sorted(self.links, key=lambda link: not self._in_row(link)):
            if self._in_row(link) or self.uses[link.source] == 1:
                yield self._rise(link.source, link.target), self._offset(link)

    def _served(self) -> Iterator[tuple[str, list[str]]]:
        """Marks of no lane, and those of one kind that they serve or are made of."""
        found: dict[tuple[str, Hashable], list[str]] = defaultdict(list)
        for link in self.links:
            for one, other in ((link.source, link.target), (link.target, link.source)):
                lane = self.lanes.of.get(other)
                if one not in self.lanes.of and lane is not None:
                    found[one, lane.kind].append(other)
        yield from ((mark, marks) for (mark, _), marks in found.items() if len(marks) > 1)

    def _middle(self, marks: Sequence[str]) -> Array:
        """The mean height of marks as a linear form."""
        middle: Array = np.mean([self._row(mark) for mark in marks], axis=0)
        return middle

    def _like(self) -> Iterator[tuple[str, str]]:
        """Marks of one family and one lane in columns one after the other."""
        groups: dict[Hashable, list[str]] = defaultdict(list)
        for mark, lane in self.lanes.of.items():
            groups[lane.family, tuple(sorted(lane.at.items()))].append(mark)
        column = self.placement.column
        for marks in groups.values():
            yield from pairwise(sorted(marks, key=lambda mark: column[mark]))


def _exact(problem: QuadraticProblem, values: Array, rows: Array, offsets: Array) -> Array:
    """The values where as many of the equations hold as can, the earlier ones rather."""
    kept: list[int] = []
    waiting = [independent(rows, offsets)]
    for _ in range(_MOST_TRIALS):
        if not waiting:
            break
        block = waiting.pop()
        wanted = [*kept, *block]
        found = problem.solved(rows[wanted], offsets[wanted]) if block else None
        if found is not None:
            kept, values = wanted, found
        elif len(block) > 1:
            half = len(block) // 2
            waiting += [block[half:], block[:half]]
    return values

"""Where every mark of a picture stands, in the frame's coordinates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise

from tpgraph.notation.diagram.diagram import Diagram
from tpgraph.notation.diagram.links import Link, links
from tpgraph.notation.layout.frame import Frame
from tpgraph.notation.layout.labelling import frame_box
from tpgraph.notation.layout.measure import (
    GateSize,
    VertexSize,
    end_offsets,
    extent_across,
)
from tpgraph.notation.layout.placement import Placement
from tpgraph.notation.scene.scene import Label, Point
from tpgraph.notation.scene.style import Style

__all__ = ["Places", "moved_ports"]

_INPUT_GAP = 13.0  # from a vector's outline to the gate
_OUTPUT_GAP = 6.5  # from the gate to its output's outline
_PRODUCT_GAP = 24.0  # between the outlines of a product's vectors
_COLUMN_GAP = 6.0  # between what stands in neighbouring columns
_LABEL_ROOM = 8.0  # along a dashed edge beyond its label
_SLOPE = 0.45  # along per across of a line between neighbouring columns
_WIDEST_GAP = 70.0
_NEARLY = 2.6  # pt by which a straight line may miss its port
_LEAST_GAP = 5.0  # pt between ports
_CROWDED = 0.01  # pt that neighbours may lack of their room


@dataclass(frozen=True)
class Places:
    """Sizes and places of all marks; `wider` adds pt to the gap behind a column.

    `pinned` says where the columns lie, if that is not for this part of a picture to decide;
    `credit` is how many marks the next picture that keeps these places may move besides its share,
    `usual` how many crossings for each line the picture from scratch had from which it comes.
    """

    diagram: Diagram
    frame: Frame
    style: Style
    vertices: Mapping[str, VertexSize]
    gates: Mapping[str, GateSize]
    placement: Placement
    wider: Mapping[int, float] = field(default_factory=dict)
    pinned: tuple[float, ...] | None = None
    credit: float = 0.0
    usual: float | None = None

    @cached_property
    def links(self) -> tuple[Link, ...]:
        """The edges of the picture."""
        return tuple(links(self.diagram))

    @cached_property
    def at(self) -> dict[str, Point]:
        """The centre of every mark, along and across."""
        column, across = self.placement.column, self.placement.across
        return {mark: (self.along[column[mark]], across[mark]) for mark in across}

    @cached_property
    def along(self) -> list[float]:
        """Where each column lies: as near to the one before as its lines and labels permit."""
        if self.pinned is not None:
            return list(self.pinned)
        along = [0.0]
        for step in self.steps:
            along.append(along[-1] + step)
        return along[: self.columns]

    @property
    def columns(self) -> int:
        """How many columns there are."""
        return max(self.placement.column.values(), default=-1) + 1

    @cached_property
    def steps(self) -> list[float]:
        """The least distance from each column to the next."""
        count = self.columns
        before, after = [0.0] * count, [0.0] * count
        for mark, column in self.placement.column.items():
            near, far = self.room(mark)
            before[column] = max(before[column], near)
            after[column] = max(after[column], far)
        step = [after[i] + _COLUMN_GAP + before[i + 1] for i in range(count - 1)]
        for link in self.links:
            column = self.placement.column[link.source]
            if self.placement.column[link.target] == column + 1:
                step[column] = max(step[column], self._step(link))
        return [distance + self.wider.get(column, 0.0) for column, distance in enumerate(step)]

    @cached_property
    def alike(self) -> dict[int, frozenset[str]]:
        """For each gap between columns what kinds of lines it holds: like gaps are equally wide."""
        kinds: dict[int, set[str]] = defaultdict(set)
        column = self.placement.column
        for link in self.links:
            if column[link.target] == column[link.source] + 1:
                product, wire = link.product is not None, link.outlet is not None
                kinds[column[link.source]].add("product" if product else "out" if wire else "in")
        return {place: frozenset(found) for place, found in kinds.items()}

    def room(self, mark: str) -> tuple[float, float]:
        """What a mark takes along, before and after its centre."""
        if mark in self.gates:
            return self.gates[mark].depth / 2, self.gates[mark].depth / 2
        return self.vertices[mark].before, self.vertices[mark].after

    def extent(self, mark: str) -> tuple[float, float]:
        """What a mark takes across, below and above its centre."""
        return extent_across(mark, self.vertices, self.gates)

    @cached_property
    def crowded(self) -> frozenset[tuple[str, str]]:
        """Neighbours in a column that take some of each other's room across."""
        columns: dict[int, list[str]] = defaultdict(list)
        for mark in sorted(self.placement.across, key=self.placement.across.__getitem__):
            columns[self.placement.column[mark]].append(mark)
        pairs = (pair for marks in columns.values() for pair in pairwise(marks))
        return frozenset((a, b) for a, b in pairs if self._room_between(a, b) < -_CROWDED)

    def _room_between(self, a: str, b: str) -> float:
        below, above = self.placement.across[a], self.placement.across[b]
        return above - self.extent(b)[0] - below - self.extent(a)[1]

    def offsets(self, link: Link) -> tuple[float, float]:
        """How far above the centres of its marks a line starts and ends."""
        return end_offsets(link, self.gates)

    def _reach(self, mark: str) -> float:
        return self.gates[mark].depth / 2 if mark in self.gates else self.vertices[mark].radius

    def _step(self, link: Link) -> float:
        """The distance of the columns of a line between neighbours."""
        gap = _OUTPUT_GAP if link.outlet is not None else _INPUT_GAP
        if link.product is not None:
            text = self.diagram.products[link.product].label
            left, _, right, _ = frame_box(Label(text, 0, 0, size=self.style.label_size), self.frame)
            gap = max(_PRODUCT_GAP, right - left + _LABEL_ROOM)
        start, end = self.offsets(link)
        across = self.placement.across
        rise = across[link.source] + start - across[link.target] - end
        gap = max(gap, min(_SLOPE * abs(rise), _WIDEST_GAP))
        return self._reach(link.source) + gap + self._reach(link.target)


def moved_ports(places: Places) -> Iterator[tuple[str, GateSize]]:
    """Ports moved to the lines from neighbouring columns that all but meet them straight."""
    for gate in places.diagram.gates:
        size, placement = places.gates[gate.id], places.placement
        ports, outlets = _met(size.ports, gate.id, placement), size.outlets
        if len(outlets) > 1:
            outlets = _met(size.outlets, gate.id, placement)
        reach = max((abs(offset) for offset in (*ports.values(), *outlets.values())), default=0.0)
        longer = max(0.0, 2 * (reach + _NEARLY) - size.length)
        yield (
            gate.id,
            replace(
                size,
                ports=ports,
                outlets=outlets,
                length=size.length + longer,
                narrow=size.narrow + longer,
                bar=size.bar + longer if gate.bar else 0.0,
            ),
        )


def _met(offsets: Mapping[str, float], gate: str, placement: Placement) -> dict[str, float]:
    """Offsets of ports, those near a neighbour's height at that height, the order kept."""
    gaps = [abs(a - b) for a, b in pairwise(offsets.values())]
    nearly = max(_NEARLY, min(gaps, default=0.0) / 4)
    column = placement.column
    met: dict[str, float] = {}
    for name, offset in offsets.items():
        actual = placement.across[name] - placement.across[gate]
        near = abs(column[name] - column[gate]) == 1 and abs(actual - offset) <= nearly
        met[name] = actual if near else offset
    apart = min((a - b for a, b in pairwise(met.values())), default=_LEAST_GAP)
    return met if apart >= _LEAST_GAP else dict(offsets)

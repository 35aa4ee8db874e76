"""Where every mark of a picture stands, in the frame's coordinates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import Generic, TypeVar

from tpgraph.notation.diagram.diagram import Diagram, GateMark
from tpgraph.notation.diagram.links import Link, links
from tpgraph.notation.engines.engine import LayoutEngine
from tpgraph.notation.layout.arrivals import Arrivals, first_arrivals, second_arrivals, twisted
from tpgraph.notation.layout.drift import undrifted
from tpgraph.notation.layout.family_lanes import find_lanes
from tpgraph.notation.layout.family_members import alike
from tpgraph.notation.layout.frame import Frame
from tpgraph.notation.layout.labelling import frame_box
from tpgraph.notation.layout.lane_order import Disorder, disordered, merged, torn
from tpgraph.notation.layout.levels import levelled
from tpgraph.notation.layout.measure import (
    GateSize,
    VertexSize,
    end_offsets,
    extent_across,
    gate_size,
    vertex_size,
)
from tpgraph.notation.layout.placement import MarkSizes, Placement, place
from tpgraph.notation.layout.rows import straightened
from tpgraph.notation.layout.spine import Arrangement, arrange, ports
from tpgraph.notation.layout.standing import (
    in_order,
    lanes_in_order,
    standing_marks,
    whole_columns,
)
from tpgraph.notation.scene.scene import Label, Point
from tpgraph.notation.scene.style import Style

__all__ = ["LARGE", "Places", "Tangle", "find_places", "moved_ports"]

_INPUT_GAP = 13.0  # from a vector's outline to the gate
_OUTPUT_GAP = 6.5  # from the gate to its output's outline
_PRODUCT_GAP = 24.0  # between the outlines of a product's vectors
_COLUMN_GAP = 6.0  # between what stands in neighbouring columns
_LABEL_ROOM = 8.0  # along a dashed edge beyond its label
_SLOPE = 0.45  # along per across of a line between neighbouring columns
_WIDEST_GAP = 70.0
_NEARLY = 2.6  # pt by which a straight line may miss its port
_LEAST_GAP = 5.0  # pt between ports
_MOST_TURNED = 6  # gates of which each is tried with its inputs in another order
_MOST_UNTWISTED = 4  # times that lines which cross before their gate change places
_MOST_FOUND, _MOST_FOUND_AGAIN = 300, 500  # lines that are found for such trials
_CROWDED = 0.01  # pt that neighbours may lack of their room
_TANGLED = 100  # crossings from which another order of inputs does not help
Drawn = TypeVar("Drawn")
Drawn_co = TypeVar("Drawn_co", covariant=True)
LARGE = 800
"""Marks from which one layout and one attempt must do."""


@dataclass(frozen=True, slots=True)
class Tangle(Generic[Drawn_co]):
    """How many pairs of lines cross as they are `drawn`, and by gates the pairs of inputs of which
    they do before it.
    """

    crossings: int
    twisted: Mapping[str, Sequence[tuple[str, str]]]
    drawn: Drawn_co


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


def find_places(
    diagram: Diagram,
    frame: Frame,
    style: Style,
    engine: LayoutEngine,
    tangle_of: Callable[[Places], Tangle[Drawn]],
    roomy: frozenset[str] = frozenset(),
    columns: Mapping[str, int] | None = None,
) -> tuple[Places, Drawn | None]:
    """Places by some layouts, each of which makes use of the one before; by one if it is large.
    Where gates can have their inputs in other orders, the lines decide by their crossings; they are
    given too where they were found.

    The vertices in `roomy` get room for the label of the product that makes them; `columns` are
    those of all marks, if they are given.
    """
    arrangement = arrange(diagram)

    def laid_out(arrivals: Arrivals, placed: Placement | None = None) -> tuple[Places, Disorder]:
        return _laid_out(
            diagram, arrangement, frame, style, arrivals, engine, roomy, columns, placed
        )

    def improved(arrivals: Arrivals, places: Places, rewritten: bool = False) -> Arrivals:
        placement = places.placement
        return second_arrivals(
            diagram, arrangement, frame, style, arrivals, placement, rewritten=rewritten
        )

    arrivals = first_arrivals(diagram, arrangement, frame, style)
    places, disorder = laid_out(arrivals)
    if len(diagram.vertices) + len(diagram.gates) <= LARGE or diagram.standing:
        arrivals = replace(improved(arrivals, places), disorder=disorder)
        places, more = laid_out(arrivals)
        if more or diagram.standing:
            disorder = merged(disorder, more)
            ordered, _ = laid_out(replace(arrivals, disorder=disorder))
            if diagram.standing:
                arrangement = arrange(diagram, ordered.placement.across)
            arrivals = replace(improved(arrivals, ordered), disorder=disorder)
            places, _ = laid_out(arrivals)
        wrong = twisted(diagram, arrangement, places.placement, places.gates)
        trials, turns = (
            most // max(1, len(places.links)) - 1 for most in (_MOST_FOUND, _MOST_FOUND_AGAIN)
        )
        if wrong and trials > 0:  # then other ports, and nothing else that would need other places
            better = improved(arrivals, places, rewritten=True).slots
            placed, least = places.placement, tangle_of(places).crossings
            for turned in [wrong, *([gate] for gate in wrong)][: min(trials, 1 + _MOST_TURNED)]:
                slots = {**arrivals.slots, **{gate: better[gate] for gate in turned}}
                others, _ = laid_out(replace(arrivals, slots=slots), placed)
                count = tangle_of(others).crossings
                if count < least and others.crowded <= places.crowded:
                    arrivals, places, least = replace(arrivals, slots=slots), others, count
                    if turned == wrong:
                        break
        if turns > 0:

            def turned_to(orders: Mapping[str, Sequence[str]]) -> Places:
                slots = dict(arrivals.slots)
                for gate in diagram.gates:
                    if gate.id in orders:
                        slots[gate.id] = ports(gate, orders[gate.id], arrangement)
                return laid_out(replace(arrivals, slots=slots), places.placement)[0]

            return _untwisted(places, turned_to, tangle_of, min(turns, _MOST_UNTWISTED))
    return replace(places, gates=dict(moved_ports(places))), None


def _untwisted(
    places: Places,
    turned_to: Callable[[Mapping[str, Sequence[str]]], Places],
    tangle_of: Callable[[Places], Tangle[Drawn]],
    trials: int,
) -> tuple[Places, Drawn]:
    """The places, or those with inputs of gates in other orders in which fewer lines cross: of all
    gates that are reached crosswise, or of those alone that are not any more then.
    """
    places = replace(places, gates=dict(moved_ports(places)))
    best, kept = tangle_of(places), dict[str, Sequence[str]]()
    orders = dict(_wanted(places, best.twisted)) if best.crossings <= _TANGLED else {}
    for _ in range(trials):
        if not orders:
            break
        others = turned_to(kept | orders)
        others = replace(others, gates=dict(moved_ports(others)))
        found = tangle_of(others)
        if found.crossings < best.crossings and others.crowded <= places.crowded:
            places, best, kept = others, found, kept | orders
            orders = dict(_wanted(places, best.twisted))
        else:
            better = {gate for gate in orders if _twists(found, gate) < _twists(best, gate)}
            orders = {gate: orders[gate] for gate in better} if len(better) < len(orders) else {}
    return places, best.drawn


def _twists(tangle: Tangle[Drawn], gate: str) -> int:
    return len(tangle.twisted.get(gate, ()))


def _wanted(
    places: Places, twisted: Mapping[str, Sequence[tuple[str, str]]]
) -> Iterator[tuple[str, Sequence[str]]]:
    """The orders of inputs from the top in which lines that cross before their gate would not, as
    far as its text can be read so.
    """
    for gate in places.diagram.gates:
        if gate.id in twisted and gate.rearranges:
            down = [*places.gates[gate.id].ports]
            rank = {name: float(-place) for place, name in enumerate(down)}
            height = dict(rank)
            for pair in twisted[gate.id]:
                upper, lower = sorted(pair, key=lambda name: -rank[name])
                height[upper] -= 1.0
                height[lower] += 1.0
            order = gate.by_height(height, down)
            if list(order) != down:
                yield gate.id, order


def _laid_out(
    diagram: Diagram,
    arrangement: Arrangement,
    frame: Frame,
    style: Style,
    arrivals: Arrivals,
    engine: LayoutEngine,
    roomy: frozenset[str],
    columns: Mapping[str, int] | None,
    placed: Placement | None,
) -> tuple[Places, Disorder]:
    """Places, and like marks that the engine had in another order, or in several columns; about as
    they are `placed`, or else as the engine finds.
    """
    gates = _gate_sizes(diagram, arrangement, arrivals, style)
    said = {product.target: product.label for product in diagram.products}
    vertices = {
        v.id: vertex_size(
            v, arrivals.sides[v.id], frame, style, beside=said[v.id] if v.id in roomy else ""
        )
        for v in diagram.vertices
    }
    sizes = MarkSizes(vertices, gates, arrivals.disorder, columns or {})
    if placed is None:
        placed = place(diagram, arrangement, sizes, engine)
        placed = undrifted(diagram, arrangement, gates, placed)
    wanted = standing_marks(diagram, arrangement, placed.column, columns is not None)
    lanes = lanes_in_order(find_lanes(diagram, placed.column), wanted)
    found = levelled(diagram, arrangement, sizes, placed, lanes) if lanes.of else None
    placement = found or straightened(diagram, arrangement, sizes, placed)
    places = Places(diagram, frame, style, vertices, gates, placement)
    split = torn(alike(diagram), placed.column) if columns is None else ()
    groups = merged(split, disordered(lanes, placed))
    asked = set(wanted) <= set(arrivals.disorder)
    new = whole_columns(wanted, placed) if asked else wanted
    return places, (*(in_order(group, wanted) for group in groups), *new)


def _gate_sizes(
    diagram: Diagram, arrangement: Arrangement, arrivals: Arrivals, style: Style
) -> dict[str, GateSize]:
    """Every gate as small as it can be, but those that lack a row as long as their likes."""

    def size(gate: GateMark, least: float = 0.0) -> GateSize:
        return gate_size(gate, arrivals.slots[gate.id], arrivals.pitch[gate.id], style, least)

    sizes = {gate.id: size(gate) for gate in diagram.gates}
    for gate in diagram.gates:
        if gate.id in arrangement.open:
            likes = (g for g in diagram.gates if not set(g.inputs).isdisjoint(gate.inputs))
            sizes[gate.id] = size(gate, max(sizes[like.id].length for like in likes))
    return sizes


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

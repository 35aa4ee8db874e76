"""How all marks of a picture get their places: by some layouts that make use of each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from tpgraph.notation.diagram.diagram import Diagram, GateMark
from tpgraph.notation.engines.engine import LayoutEngine
from tpgraph.notation.layout.arrivals import Arrivals, first_arrivals, second_arrivals, twisted
from tpgraph.notation.layout.drift import undrifted
from tpgraph.notation.layout.family_lanes import find_lanes
from tpgraph.notation.layout.family_members import alike
from tpgraph.notation.layout.frame import Frame
from tpgraph.notation.layout.input_orders import Tangle, untwisted
from tpgraph.notation.layout.lane_order import Disorder, disordered, merged, torn
from tpgraph.notation.layout.levels import levelled
from tpgraph.notation.layout.measure import GateSize, gate_size, vertex_size
from tpgraph.notation.layout.placement import MarkSizes, Placement, place
from tpgraph.notation.layout.places import Places, moved_ports
from tpgraph.notation.layout.rows import straightened
from tpgraph.notation.layout.spine import Arrangement, arrange, ports
from tpgraph.notation.layout.standing import (
    in_order,
    lanes_in_order,
    standing_marks,
    whole_columns,
)
from tpgraph.notation.scene.style import Style

__all__ = ["LARGE", "find_places"]

LARGE = 800
"""Marks from which one layout and one attempt must do."""
_MOST_TURNED = 6  # gates of which each is tried with its inputs in another order
_MOST_FOUND, _MOST_FOUND_AGAIN = 300, 500  # lines that are found for such trials

Drawn = TypeVar("Drawn")


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

            return untwisted(places, turned_to, tangle_of, turns)
    return replace(places, gates=dict(moved_ports(places))), None


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

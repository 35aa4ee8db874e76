"""How inputs arrive at gates: their order, the gaps between ports, and the sides of labels.

At first they follow the program's text; after a first layout they are chosen anew with fewer
crossings: inputs in the order in which they come, ports as far apart as their vectors, labels where
no line leaves.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

from tpgraph.notation.diagram.diagram import Diagram, GateMark, Side
from tpgraph.notation.diagram.links import Link, links
from tpgraph.notation.layout.frame import Frame
from tpgraph.notation.layout.measure import GateSize
from tpgraph.notation.layout.placement import Placement
from tpgraph.notation.layout.spine import Arrangement, ports
from tpgraph.notation.scene.style import Style

__all__ = ["Arrivals", "first_arrivals", "second_arrivals", "twisted"]

_WIDEST_PITCH = 64.0
_CURVES_NEARER = 5 / 7  # of the usual gap, where at most one input comes straight
_MANY = 4  # inputs from which a gate's labels all stand on one side
_BESIDE = 6.0  # pt from a row to what does not belong to it
_STEEP = 5.0  # pt of rise to the next column from which a line is in a label's way


@dataclass(frozen=True, slots=True)
class Arrivals:
    """`slots` gives each gate's inputs from the first to the last, in port gaps above its middle;
    `pitch` the port gaps in pt; `sides` where the vertices' labels stand; `disorder` are marks of
    lanes in one column that do not stand in their order yet.
    """

    slots: Mapping[str, Mapping[str, float]]
    pitch: Mapping[str, float]
    sides: Mapping[str, Side]
    disorder: tuple[tuple[str, ...], ...] = ()


def first_arrivals(
    diagram: Diagram, arrangement: Arrangement, frame: Frame, style: Style
) -> Arrivals:
    """Inputs in the order written, but balanced about a straight row."""
    slots = {
        gate.id: ports(gate, _balanced(gate, arrangement), arrangement) for gate in diagram.gates
    }
    pitch = {gate.id: style.gate_port_gap for gate in diagram.gates}
    return Arrivals(slots, pitch, _sides(diagram, slots, frame))


def second_arrivals(
    diagram: Diagram,
    arrangement: Arrangement,
    frame: Frame,
    style: Style,
    first: Arrivals,
    placement: Placement,
    rewritten: bool = False,
) -> Arrivals:
    """What a first layout teaches; formulas that need an order may be `rewritten` in another."""
    arrival = {
        (link.target, link.source): _arrival(link, arrangement, placement)
        for link in links(diagram)
        if link.port is not None
    }
    slots: dict[str, Mapping[str, float]] = {}
    pitch: dict[str, float] = {}
    uses = _uses(diagram)
    made = frozenset(product.target for product in diagram.products)
    for gate in diagram.gates:
        inputs: Sequence[str] = tuple(first.slots[gate.id])
        if rewritten or not gate.text.ordered:
            height = {name: arrival[gate.id, name] for name in gate.inputs}
            inputs = gate.by_height(height, tuple(inputs))
        slots[gate.id] = ports(gate, inputs, arrangement)
        branches = () if gate.id in arrangement.hubs else made
        even = not sum(slots[gate.id].values())
        pitch[gate.id] = _pitch(
            inputs,
            uses,
            branches if even else inputs,
            placement,
            style,
            gate.id in arrangement.open,
        )
        if len(gate.outputs) == len(inputs) > 1 and pitch[gate.id] > style.gate_port_gap:
            pitch[gate.id] = max(pitch[gate.id], _distance(gate.outputs, placement))
    default = _sides(diagram, slots, frame)
    sides = _clear_sides(diagram, default, placement)
    return Arrivals(slots, pitch, sides)


def twisted(
    diagram: Diagram,
    arrangement: Arrangement,
    placement: Placement,
    gates: Mapping[str, GateSize],
) -> list[str]:
    """The gates that can have their inputs in several orders, and that some reach crosswise."""
    arrival = {
        (link.target, link.source): _arrival(link, arrangement, placement)
        for link in links(diagram)
        if link.port is not None
    }
    found = []
    for gate in diagram.gates:
        if gate.rearranges:
            down = sorted(gates[gate.id].ports.items(), key=lambda port: -port[1])
            heights = [arrival[gate.id, name] for name, _ in down]
            if any(lower > upper + _BESIDE for upper, lower in combinations(heights, 2)):
                found.append(gate.id)
    return found


def _arrival(link: Link, arrangement: Arrangement, placement: Placement) -> float:
    """The height from which an input comes: its own, or that of its line where it is in the row."""
    own = placement.across[link.source]
    main = arrangement.main.get(link.target)
    beside = main is None or abs(own - placement.across[main]) > _BESIDE
    return own if beside or not placement.crossed[link] else placement.crossed[link][-1]


def _balanced(gate: GateMark, arrangement: Arrangement) -> tuple[str, ...]:
    main = arrangement.main.get(gate.id)
    if main is None or gate.text.ordered:
        return gate.inputs
    before = gate.inputs.index(main)
    if abs(len(gate.inputs) - 1 - 2 * before) < 2:
        return gate.inputs
    others = [name for name in gate.inputs if name != main]
    half = len(others) // 2
    return (*others[:half], main, *others[half:])


def _uses(diagram: Diagram) -> dict[str, int]:
    uses: dict[str, int] = defaultdict(int)
    for link in links(diagram):
        uses[link.source] += 1
    return uses


def _pitch(
    inputs: Sequence[str],
    uses: Mapping[str, int],
    branches: Collection[str],
    placement: Placement,
    style: Style,
    is_open: bool,
) -> float:
    """As far apart as the inputs are, if they serve this gate alone and stand near each other.

    `branches` are vectors whose places other marks decide.
    """
    usual = style.gate_port_gap
    alone = [name for name in inputs if uses[name] == 1]
    if len(alone) < 2 <= len(inputs) and not is_open:
        return usual * _CURVES_NEARER
    apart = len(alone) < len(inputs) or any(name in branches for name in inputs)
    if len(inputs) < 2 or apart or len({placement.column[name] for name in inputs}) > 1:
        return usual
    return max(usual, _distance(inputs, placement))


def _distance(names: Sequence[str], placement: Placement) -> float:
    """The least distance of neighbours; nothing where they stand far apart."""
    down = sorted((placement.across[name] for name in names), reverse=True)
    gap = min(a - b for a, b in pairwise(down))
    return gap if gap <= _WIDEST_PITCH else 0.0


def _sides(
    diagram: Diagram, slots: Mapping[str, Mapping[str, float]], frame: Frame
) -> dict[str, Side]:
    """On which side of its mark each label stands: away from the row that the mark feeds.

    Where a gate has many inputs, all stand above, and so at equal distances. Where the picture
    goes up or down, labels of what is given stand before it, those of results after it.
    """
    side: dict[str, Side] = {}
    arriving = {link.target for link in links(diagram)}
    leaving = {link.source for link in links(diagram)}
    for gate in diagram.gates:
        offsets = slots[gate.id]
        lowest = min(offsets.values(), default=0.0)
        for name, offset in offsets.items():
            above = offset > 0 or (offset == 0 and lowest < 0) or len(offsets) > _MANY
            side.setdefault(name, "above" if above else "below")
    for vertex in diagram.vertices:
        side.setdefault(vertex.id, "below")
        if not frame.sideways and vertex.id not in arriving:
            side[vertex.id] = "before"
        elif not frame.sideways and vertex.id not in leaving:
            side[vertex.id] = "after"
    return side | _fixed_sides(diagram)


def _fixed_sides(diagram: Diagram) -> dict[str, Side]:
    return {vertex.id: vertex.side for vertex in diagram.vertices if vertex.side is not None}


def _clear_sides(
    diagram: Diagram, default: Mapping[str, Side], placement: Placement
) -> dict[str, Side]:
    """The default side, or the other one if fewer lines rise or fall there."""
    rising: dict[str, int] = defaultdict(int)
    falling: dict[str, int] = defaultdict(int)
    far: dict[str, set[bool]] = defaultdict(set)
    even = {name for gate in diagram.gates for name in gate.inputs if len(gate.inputs) > _MANY}
    arriving: set[str] = set()
    for link in links(diagram):
        arriving.add(link.target)
        start, end = placement.across[link.source], placement.across[link.target]
        if placement.crossed[link]:
            far[link.source].add(placement.crossed[link][0] > start)
            continue
        for mark, rise in ((link.source, end - start), (link.target, start - end)):
            rising[mark] += rise > _STEEP
            falling[mark] += rise < -_STEEP
            far[mark] |= {rise > 0} if abs(rise) > _STEEP else set()
    sides: dict[str, Side] = {}
    for vertex in diagram.vertices:
        name, side = vertex.id, default[vertex.id]
        here, there = rising[name], falling[name]
        if side == "below":
            here, there = there, here
        if name not in arriving and len(far[name]) == 2:
            sides[name] = "before"
        elif side in _OTHER and here > there and name not in even:
            sides[name] = _OTHER[side]
        else:
            sides[name] = side
    return sides | _fixed_sides(diagram)


_OTHER: dict[Side, Side] = {"above": "below", "below": "above"}

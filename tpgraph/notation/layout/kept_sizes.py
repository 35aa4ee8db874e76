"""Sizes of marks that stay: those of before where nothing of them has changed but names."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import replace

from tpgraph.notation.diagram.diagram import Diagram, GateMark, Vertex
from tpgraph.notation.diagram.links import Link
from tpgraph.notation.layout.arrivals import first_arrivals
from tpgraph.notation.layout.ground import KeptEnd, Room
from tpgraph.notation.layout.measure import GateSize, VertexSize, gate_size, vertex_size
from tpgraph.notation.layout.places import Places
from tpgraph.notation.layout.spine import arrange, ports

__all__ = ["KeptSizes", "marks_before"]


def marks_before(diagram: Diagram, previous: Diagram, names: Mapping[str, str]) -> dict[str, str]:
    """For every mark that was there before its id then; `names` are new → old."""
    vertices = {vertex.id for vertex in previous.vertices}
    gates = {gate.outputs: gate.id for gate in previous.gates}
    found = {}
    for vertex in diagram.vertices:
        before = names.get(vertex.id, vertex.id)
        if before in vertices:
            found[vertex.id] = before
    for gate in diagram.gates:
        made = tuple(names.get(out, out) for out in gate.outputs)
        if made in gates:
            found[gate.id] = gates[made]
    return found


class KeptSizes:
    """The sizes of all marks of a diagram; `changed` are the marks that are not as they were.

    `before` gives for the marks that were there their ids then. Gates that changed have their
    inputs where `arrive` puts them.
    """

    def __init__(self, diagram: Diagram, previous: Places, names: Mapping[str, str]) -> None:
        self.diagram, self.previous = diagram, previous
        self.frame, self.style = previous.frame, previous.style
        self.before = marks_before(diagram, previous.diagram, names)
        self.arrangement = arrange(diagram)
        self.arrivals = first_arrivals(diagram, self.arrangement, self.frame, self.style)
        self.old_vertices = {v.id: v for v in previous.diagram.vertices}
        self.old_gates = {g.id: g for g in previous.diagram.gates}
        self.changed: set[str] = set()
        self.vertices = {v.id: self._vertex(v) for v in diagram.vertices}
        self.gates = {g.id: self._gate(g) for g in diagram.gates}

    def room(self, mark: str) -> Room:
        """What a mark takes of its column."""
        if mark in self.gates:
            half = self.gates[mark].box / 2
            return Room(half, half)
        size = self.vertices[mark]
        return Room(size.below, size.above)

    def line_ends(
        self, link: Link, column: Mapping[str, int], across: Mapping[str, float]
    ) -> tuple[KeptEnd, KeptEnd]:
        """Where a line starts and ends."""
        start = KeptEnd(column[link.source], across[link.source])
        return start, KeptEnd(column[link.target], across[link.target] + self.offset(link))

    def offset(self, link: Link) -> float:
        """How much higher a line ends at its target than it starts at its source."""
        end = start = 0.0
        if link.port is not None:
            end = self.gates[link.target].ports.get(link.port, 0.0)
        if link.outlet is not None:
            start = self.gates[link.source].outlets.get(link.outlet, 0.0)
        return end - start

    def arrive(self, heights: Mapping[Link, float]) -> bool:
        """Gates that changed take their inputs in the order of the heights from which they come;
        whether that is another order than before.
        """
        height = {(link.target, link.source): y for link, y in heights.items()}
        turned = False
        for gate in self.diagram.gates:
            if gate.id not in self.changed or gate.text.ordered:
                continue
            if all((gate.id, name) in height for name in gate.inputs):
                found = sorted(gate.inputs, key=lambda name: -height[gate.id, name])
                size = self._sized(gate, ports(gate, found, self.arrangement))
                turned = turned or size != self.gates[gate.id]
                self.gates[gate.id] = size
        return turned

    def turned(self, gate: GateMark, heights: Mapping[str, float]) -> GateSize | None:
        """A gate with its inputs in the order of the heights from which they come; None where that
        is how it is, or must be.
        """
        if gate.text.ordered or len(gate.inputs) < 2:
            return None
        found = sorted(gate.inputs, key=lambda name: -heights[name])
        own = self.gates[gate.id].ports
        if found == sorted(gate.inputs, key=lambda name: -own[name]):
            return None
        return self._sized(gate, ports(gate, found, self.arrangement))

    def turn(self, moved: Container[str]) -> None:
        """Gates that read marks which have moved may take their inputs in another order."""
        self.changed |= {g.id for g in self.diagram.gates if any(n in moved for n in g.inputs)}
        self.changed |= {mark for mark in self.gates if mark in moved}

    def _vertex(self, vertex: Vertex) -> VertexSize:
        """The room of a vector, with its label on the side where it was."""
        before = self.before.get(vertex.id)
        if before is None:
            self.changed.add(vertex.id)
            return vertex_size(vertex, self.arrivals.sides[vertex.id], self.frame, self.style)
        was, size = self.old_vertices[before], self.previous.vertices[before]
        same = was.kind, was.label, was.side, was.annotation
        if same == (vertex.kind, vertex.label, vertex.side, vertex.annotation):
            return size
        found = vertex_size(vertex, vertex.side or size.side, self.frame, self.style)
        if (found.below, found.above) != (size.below, size.above):
            self.changed.add(vertex.id)
        return found

    def _gate(self, gate: GateMark) -> GateSize:
        """The size of a gate; that of before where nothing of it has changed but names."""
        before = self.before.get(gate.id)
        if before is not None:
            was = self.old_gates[before]
            inputs = tuple(self.before.get(name) for name in gate.inputs)
            same = (was.bar, was.text.text, was.inputs, was.foreign)
            if same == (gate.bar, gate.text.text, inputs, gate.foreign):
                return self._renamed(gate, self.previous.gates[before])
        self.changed.add(gate.id)
        return self._sized(gate, self.arrivals.slots[gate.id])

    def _renamed(self, gate: GateMark, size: GateSize) -> GateSize:
        name = {self.before[v]: v for v in (*gate.inputs, *gate.outputs)}
        return replace(
            size,
            ports={name[port]: offset for port, offset in size.ports.items()},
            outlets={name[outlet]: offset for outlet, offset in size.outlets.items()},
        )

    def _sized(self, gate: GateMark, slots: Mapping[str, float]) -> GateSize:
        return gate_size(gate, slots, self.arrivals.pitch[gate.id], self.style)

"""A placement made from the one before, so that a picture stays while its program is edited.

What did not change keeps its column and its height. A gap opens where something new needs columns,
and what is new goes to the free place nearest the middle of its neighbours. No layout engine is
asked; a layout from scratch is what `find_places` gives.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from tpgraph.notation.diagram.diagram import Diagram, GateMark, Vertex
from tpgraph.notation.diagram.links import Link, links
from tpgraph.notation.layout.arrivals import first_arrivals
from tpgraph.notation.layout.columns import kept_columns
from tpgraph.notation.layout.ground import KeptEnd, Room, SettledGround
from tpgraph.notation.layout.measure import GateSize, VertexSize, gate_size, vertex_size
from tpgraph.notation.layout.placement import Placement
from tpgraph.notation.layout.places import Places, moved_ports
from tpgraph.notation.layout.spine import arrange, ports

__all__ = ["kept_places", "marks_before"]

_GAP = 4.0  # pt between marks of a column


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


def kept_places(
    diagram: Diagram, previous: Places, names: Mapping[str, str] | None = None
) -> Places:
    """The places of a diagram that keep those before; `names` has renamed variables, new → old.

    Two marks that were in one column and still are keep their order.
    """
    return _Kept(diagram, previous, names or {}).places()


_Key = tuple[str | None, str | None, str | None, str | None]
"""A line by its source, target, port and outlet; None for what was not there."""


class _Kept:
    """One placement while it is made."""

    def __init__(self, diagram: Diagram, previous: Places, names: Mapping[str, str]) -> None:
        self.diagram = diagram
        self.previous = previous
        self.frame, self.style = previous.frame, previous.style
        self.before = marks_before(diagram, previous.diagram, names)
        self.links = tuple(links(diagram))
        self.crossed: dict[_Key, tuple[float, ...]] = {
            (link.source, link.target, link.port, link.outlet): heights
            for link, heights in previous.placement.crossed.items()
        }
        self.arrangement = arrange(diagram)
        self.arrivals = first_arrivals(diagram, self.arrangement, self.frame, self.style)
        self.old_vertices = {v.id: v for v in previous.diagram.vertices}
        self.old_gates = {g.id: g for g in previous.diagram.gates}
        self.changed: set[str] = set()
        self.vertices = {v.id: self._vertex(v) for v in diagram.vertices}
        self.gates = {g.id: self._gate(g) for g in diagram.gates}

    def places(self) -> Places:
        """The work in its order: columns, heights, ports of what changed, lines past columns."""
        old = self.previous.placement
        kept = {mark: old.column[before] for mark, before in self.before.items()}
        column = kept_columns(self.diagram, kept)
        across = self._heights(column)
        self._arrive(across, {})
        self._push_apart(column, across)
        self._arrive(across, dict(self._passes(column, across)))
        placement = Placement(across, column, dict(self._passes(column, across)))
        found = Places(
            self.diagram,
            self.frame,
            self.style,
            self.vertices,
            self.gates,
            placement,
            self._wider(column),
        )
        moved = dict(moved_ports(found))
        gates = {g: moved[g] if g in self.changed else size for g, size in self.gates.items()}
        return replace(found, gates=gates)

    # ---- sizes

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

    def _arrive(
        self, across: Mapping[str, float], passes: Mapping[Link, tuple[float, ...]]
    ) -> None:
        """Gates that changed take their inputs in the order of the heights from which they come."""
        height = {
            (link.target, link.source): passes[link][-1]
            if passes.get(link)
            else across[link.source]
            for link in self.links
        }
        for gate in self.diagram.gates:
            if gate.id in self.changed and not gate.text.ordered:
                found = sorted(gate.inputs, key=lambda name: -height[gate.id, name])
                self.gates[gate.id] = self._sized(gate, ports(gate, found, self.arrangement))

    def _room(self, mark: str) -> Room:
        if mark in self.gates:
            half = self.gates[mark].box / 2
            return Room(half, half)
        size = self.vertices[mark]
        return Room(size.below, size.above)

    # ---- heights

    def _heights(self, column: Mapping[str, int]) -> dict[str, float]:
        """Heights of before, and for what is new the free one nearest its neighbours' middle."""
        old = self.previous.placement.across
        across = {mark: old[before] for mark, before in self.before.items()}
        ground = SettledGround()
        for mark, y in across.items():
            ground.add_mark(column[mark], y, self._room(mark))
        for link in self.links:
            self._keep(link, column, across, ground)
        beside: dict[str, list[tuple[str, float]]] = defaultdict(list)
        for link in self.links:
            offset = self._offset(link)
            beside[link.source].append((link.target, offset))
            beside[link.target].append((link.source, -offset))
        waiting = [mark for mark in column if mark not in across]
        while waiting:
            ready = [m for m in waiting if any(n in across for n, _ in beside[m])] or waiting[:1]
            for mark in ready:
                near = [(column[n], across[n] + by) for n, by in beside[mark] if n in across]
                middle = sum(y for _, y in near) / len(near) if near else self._lowest(across)
                room = self._room(mark)
                across[mark] = ground.best_height(column[mark], middle, room, near)
                ground.add_mark(column[mark], across[mark], room)
            waiting = [m for m in waiting if m not in across]
        return {mark: across[mark] for mark in column}

    def _keep(
        self,
        link: Link,
        column: Mapping[str, int],
        across: Mapping[str, float],
        ground: SettledGround,
    ) -> tuple[float, ...] | None:
        """The way of a line of before, settled; None where it is new or marks stand in it."""
        if link.source not in across or link.target not in across:
            return None
        known = self.crossed.get(self._before(link))
        first, last = column[link.source], column[link.target]
        if known is None or len(known) != last - first - 1:
            return None
        if not all(ground.is_free(c, y) for c, y in enumerate(known, first + 1)):
            return None
        start, end = self._line_ends(link, column, across)
        ground.add_line(start, known, end)
        return known

    def _line_ends(
        self, link: Link, column: Mapping[str, int], across: Mapping[str, float]
    ) -> tuple[KeptEnd, KeptEnd]:
        start = KeptEnd(column[link.source], across[link.source])
        return start, KeptEnd(column[link.target], across[link.target] + self._offset(link))

    def _lowest(self, across: Mapping[str, float]) -> float:
        """Below everything, for what belongs to nothing yet."""
        return min((y - self._room(m).below for m, y in across.items()), default=0.0)

    def _offset(self, link: Link) -> float:
        """How much higher a line ends at its target than it starts at its source."""
        end = start = 0.0
        if link.port is not None:
            end = self.gates[link.target].ports.get(link.port, 0.0)
        if link.outlet is not None:
            start = self.gates[link.source].outlets.get(link.outlet, 0.0)
        return end - start

    def _push_apart(self, column: Mapping[str, int], across: dict[str, float]) -> None:
        """Marks beside one that came or grew give way, the nearest first; no order changes."""
        members: dict[int, list[str]] = defaultdict(list)
        for mark in column:
            members[column[mark]].append(mark)
        for found in members.values():
            found.sort(key=lambda mark: across[mark])
            for mark in found:
                if mark in self.changed:
                    self._push(found, found.index(mark), across)

    def _push(self, members: Sequence[str], at: int, across: dict[str, float]) -> None:
        for step in (1, -1):
            for i in range(at + step, len(members) if step > 0 else -1, step):
                near, mark = members[i - step], members[i]
                low, high = (near, mark) if step > 0 else (mark, near)
                least = self._room(low).above + _GAP + self._room(high).below
                lack = least - (across[high] - across[low])
                if lack <= 0:
                    break
                across[mark] += step * lack

    # ---- lines and gaps

    def _passes(
        self, column: Mapping[str, int], across: Mapping[str, float]
    ) -> Iterator[tuple[Link, tuple[float, ...]]]:
        """Where lines pass the columns between their ends."""
        ground = SettledGround()
        for mark, number in column.items():
            ground.add_mark(number, across[mark], self._room(mark))
        waiting = []
        for link in self.links:
            known = self._keep(link, column, across, ground)
            if known is None:
                waiting.append((*self._line_ends(link, column, across), link))
            else:
                yield link, known
        for start, end, link in sorted(
            waiting, key=lambda found: found[1].column - found[0].column
        ):
            heights = ground.way(start, end)
            ground.add_line(start, heights, end)
            yield link, heights

    def _before(self, link: Link) -> _Key:
        find = self.before.get
        port = None if link.port is None else find(link.port)
        outlet = None if link.outlet is None else find(link.outlet)
        return find(link.source), find(link.target), port, outlet

    def _wider(self, column: Mapping[str, int]) -> dict[int, float]:
        """The room that gaps had been given, behind the columns of the same marks."""
        old = self.previous
        found: dict[int, float] = {}
        for mark, before in self.before.items():
            room = old.wider.get(old.placement.column[before], 0.0)
            if room:
                found[column[mark]] = max(found.get(column[mark], 0.0), room)
        return found

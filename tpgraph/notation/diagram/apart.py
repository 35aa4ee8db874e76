"""Marks of earlier steps beside every gate that reads them, so that no long lines lead there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace

from tpgraph.notation.diagram.diagram import GateMark, Vertex, copy_id
from tpgraph.notation.diagram.folded import Folded

__all__ = ["apart"]


def apart(folded: Folded, names: Collection[str]) -> Folded:
    """The folded diagram with a mark of its own for every gate that reads one of these.

    The copy number k of x is x@k. A copy lies in the plate of its gate.
    """
    diagram = folded.diagram
    taken = {vertex.id for vertex in diagram.vertices}
    copies: dict[str, list[str]] = defaultdict(list)
    inside: dict[str, str] = {}
    gates: list[GateMark] = []
    for gate in diagram.gates:
        inputs = list(gate.inputs)
        for i, name in enumerate(inputs):
            if name in names:
                found = copies[name]
                found.append(name if not found else copy_id(name, len(found), taken))
                inputs[i] = found[-1]
                inside[found[-1]] = gate.id
        gates.append(replace(gate, inputs=tuple(inputs)))
    vertices: list[Vertex] = []
    for vertex in diagram.vertices:
        own = [vertex.id] if vertex.id not in names else copies[vertex.id]
        vertices += [replace(vertex, of=vertex.variable) for _ in own[:1]]
        vertices += [vertex.copied(name, number) for number, name in enumerate(own[1:], 1)]
    plates = []
    for plate in folded.plates:
        members = {name for name in plate.members if name not in names}
        members |= {name for name, gate in inside.items() if gate in plate.members}
        plates.append(replace(plate, members=frozenset(members)))
    marks = {
        copy: copy_id(folded.names[name], number) if number else folded.names[name]
        for name, found in copies.items()
        if name in folded.names
        for number, copy in enumerate(found)
    }
    return replace(
        folded,
        diagram=replace(diagram, vertices=tuple(vertices), gates=tuple(gates)),
        plates=tuple(plates),
        names={**folded.names, **marks},
    )

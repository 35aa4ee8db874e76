"""Marks of earlier steps beside every gate that reads them, so that no long lines lead there; and
what all blocks of a plate share beside the gates in the plate.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace

from tpgraph.notation.diagram.diagram import GateMark, Vertex, copy_id
from tpgraph.notation.diagram.folded import Folded
from tpgraph.notation.diagram.terminals import terminal

__all__ = ["apart"]


def apart(folded: Folded, names: Collection[str], shared: bool = True) -> Folded:
    """The folded diagram with a mark of its own for every gate that reads one of these.

    If what blocks have in common is to be `shared`, so has a vector that a gate in a plate reads
    from outside of it, beside its own mark. The copy number k of x is x@k. A copy lies in the plate
    and the pass of its gate.
    """
    names = {*names, *folded.given}
    diagram = folded.diagram
    taken = {vertex.id for vertex in diagram.vertices}
    labelled = {v.id for v in diagram.vertices if v.label and v.kind in ("G", "X")}
    copies: dict[str, list[str]] = defaultdict(list)
    inside: dict[str, str] = {}
    gates: list[GateMark] = []
    for gate in diagram.gates:
        inputs = list(gate.inputs)
        for i, name in enumerate(inputs):
            far = shared and name not in names and name in labelled and _is_far(folded, name, gate)
            if name in names or far:
                found = copies[name]
                if far and not found:
                    found.append(name)
                found.append(name if not found else copy_id(name, len(found), taken))
                inputs[i] = found[-1]
                inside[found[-1]] = gate.id
        gates.append(replace(gate, inputs=tuple(inputs)))
    read = {name for gate in gates for name in (*gate.inputs, *gate.outputs)}
    read |= {end for product in diagram.products for end in (product.source, product.target)}
    vertices: list[Vertex] = []
    for vertex in diagram.vertices:
        own = copies.get(vertex.id, [] if vertex.id in names else [vertex.id])
        stays = vertex.id in names or vertex.id not in copies or vertex.id in read
        given = replace(vertex, place=None, embeds=None)  # as in the pass that reads it
        if vertex.id in folded.given:
            given = terminal(vertex)
        first = given if vertex.id in names else vertex
        vertices += [replace(first, of=vertex.variable) for _ in own[:1] if stays]
        vertices += [given.copied(name, number) for number, name in enumerate(own[1:], 1)]
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


def _is_far(folded: Folded, name: str, gate: GateMark) -> bool:
    """Whether a gate in a plate reads this from outside of it."""
    return any(gate.id in p.members and name not in p.members for p in folded.plates)

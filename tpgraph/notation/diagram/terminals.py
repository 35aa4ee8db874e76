"""Terminals: small named marks beside a gate, instead of long lines to it.

A terminal of x beside a gate is another mark of x that this gate alone reads. Inputs of one kind,
which differ by indices alone, become terminals together, so that equal structure is drawn equally.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace

from tpgraph.notation.diagram.diagram import Diagram, GateMark, Vertex, copy_id
from tpgraph.notation.diagram.folded import Folded

__all__ = ["InputKind", "input_kinds", "named", "terminal", "terminals_in_plates", "with_terminals"]

InputKind = tuple[str, int | None, str, int | None]
"""Bases and temporary numbers of what is read, and of what the gate makes of it."""


def input_kinds(diagram: Diagram) -> dict[tuple[str, str], InputKind]:
    """The kind of every input of a gate that has a label, by (vertex, gate)."""
    vertices = {vertex.id: vertex for vertex in diagram.vertices}
    return {
        (name, gate.id): (*_stem(vertices[name]), *_stem(vertices[gate.outputs[0]]))
        for gate in diagram.gates
        for name in gate.inputs
        if name in vertices and vertices[name].label and gate.outputs[0] in vertices
    }


def named(diagram: Diagram, labels: Mapping[str, str]) -> Diagram:
    """The diagram with these labels beside vertices that gates read and that have none."""
    read = {name for gate in diagram.gates for name in gate.inputs}
    vertices = tuple(
        replace(v, label=labels.get(v.id, "")) if v.id in read and not v.label else v
        for v in diagram.vertices
    )
    return replace(diagram, vertices=vertices)


def with_terminals(
    diagram: Diagram, kinds: Collection[InputKind], labels: Mapping[str, str]
) -> Diagram:
    """The diagram with a mark of its own for every input of these kinds.

    `labels` are for vertices that have none, which they get if they have terminals.
    """
    whole = named(diagram, labels)
    of = input_kinds(whole)
    called = {vertex.id: vertex for vertex in whole.vertices}
    count: Counter[str] = Counter()
    terminals: dict[str, Vertex] = {}

    def input_of(gate: GateMark, name: str) -> str:
        if of.get((name, gate.id)) not in kinds:
            return name
        count[name] += 1
        copy = copy_id(name, count[name], called)
        terminals[copy] = terminal(called[name].copied(copy, count[name]))
        return copy

    gates = [replace(g, inputs=tuple(input_of(g, n) for n in g.inputs)) for g in diagram.gates]
    vertices = (called[v.id] if count[v.id] else v for v in diagram.vertices)
    return replace(diagram, vertices=(*terminals.values(), *vertices), gates=tuple(gates))


def terminals_in_plates(folded: Folded, diagram: Diagram) -> Folded:
    """What was folded with terminals in its diagram, which stand in the plates of their gates."""
    before = {gate.id: gate.inputs for gate in folded.diagram.gates}
    made = {
        new: (old, gate.id)
        for gate in diagram.gates
        for old, new in zip(before[gate.id], gate.inputs, strict=True)
        if old != new
    }
    plates = tuple(
        replace(
            p, members=p.members.union(new for new, (_, gate) in made.items() if gate in p.members)
        )
        for p in folded.plates
    )
    copies = {vertex.id: vertex.copy for vertex in diagram.vertices}
    names = {
        new: copy_id(folded.names[old], copies[new][-1])
        for new, (old, _) in made.items()
        if old in folded.names
    }
    return replace(folded, diagram=diagram, plates=plates, names={**folded.names, **names})


def _stem(vertex: Vertex) -> tuple[str, int | None]:
    return vertex.parts.base, vertex.parts.temporary


def terminal(copy: Vertex) -> Vertex:
    """A mark as a terminal: before its gate, wherever its variable is made."""
    return replace(copy, place=None, embeds=None, annotation=None, side="before")

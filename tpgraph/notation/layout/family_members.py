"""Which marks of a diagram are members of one family, and by which indices they differ.

Families are those of the program's variables, x of x[l,i]; a gate has that of its outputs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

from tpgraph.notation.diagram.diagram import Diagram, Vertex
from tpgraph.notation.diagram.links import links

__all__ = ["FamilyMember", "alike", "family_members"]


@dataclass(frozen=True, slots=True)
class FamilyMember:
    """One mark of a family: `index` tells it from the others."""

    family: Hashable
    index: tuple[int, ...]


def family_members(diagram: Diagram) -> dict[str, FamilyMember]:
    """The family and the indices of every mark that has some; of a gate those of its outputs.

    A mark of a variable that stands beside its only reader is in the lane of that.
    """
    readers: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for gate in diagram.gates:
        for port, name in enumerate(gate.inputs):
            readers[name].append((gate.id, port))
    vertices = {vertex.id: vertex for vertex in diagram.vertices}
    gates = {
        gate.id: _common([vertices[name] for name in gate.outputs if name in vertices])
        for gate in diagram.gates
    }
    found = {}
    for vertex in diagram.vertices:
        member, own = _member(vertex), readers[vertex.id]
        reader = gates[own[0][0]] if vertex.of is not None and len(own) == 1 else None
        if reader is not None:
            member = FamilyMember(("at", reader.family, own[0][1]), reader.index)
        if member.index:
            found[vertex.id] = member
    for name, common in gates.items():
        if common is not None and common.index:
            found[name] = FamilyMember(("gate", common.family), common.index)
    return found


def _member(vertex: Vertex) -> FamilyMember:
    base, index, temporary = vertex.parts
    return FamilyMember((base, temporary, len(index), vertex.copy), index)


def _common(outputs: Sequence[Vertex]) -> FamilyMember | None:
    """What outputs of one gate have in common: the indices in which they agree."""
    found = [_member(vertex) for vertex in outputs]
    if not found or len({member.family for member in found}) > 1:
        return None
    same = [set(values) for values in zip(*(member.index for member in found), strict=True)]
    kept = tuple(place for place, values in enumerate(same) if len(values) == 1)
    return FamilyMember((found[0].family, kept), tuple(found[0].index[place] for place in kept))


def alike(diagram: Diagram) -> tuple[tuple[str, ...], ...]:
    """Marks of one family before and after which the longest ways are equally long, by their index.

    A line leads from fewer to more marks before, so that each group can stand in one column.
    """
    before = _longest((link.source, link.target) for link in links(diagram))
    after = _longest((link.target, link.source) for link in links(diagram))
    groups: dict[Hashable, list[tuple[tuple[int, ...], str]]] = defaultdict(list)
    for mark, member in family_members(diagram).items():
        length = before.get(mark, 0), after.get(mark, 0)
        groups[member.family, length].append((member.index, mark))
    return tuple(
        tuple(mark for _, mark in sorted(group)) for group in groups.values() if len(group) > 1
    )


def _longest(ends: Iterable[tuple[str, str]]) -> dict[str, int]:
    """The greatest number of lines on a way to each mark."""
    targets: dict[str, list[str]] = defaultdict(list)
    waits: dict[str, int] = defaultdict(int)
    for source, target in ends:
        targets[source].append(target)
        waits[source] += 0
        waits[target] += 1
    order = [mark for mark, count in waits.items() if not count]
    length = dict.fromkeys(order, 0)
    for mark in order:
        for target in targets[mark]:
            length[target] = max(length.get(target, 0), length[mark] + 1)
            waits[target] -= 1
            if not waits[target]:
                order.append(target)
    return length

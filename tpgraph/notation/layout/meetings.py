"""Members of families that have to do with each other in a diagram: by lines, or side by side."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import combinations
from typing import TypeAlias

from tpgraph.notation.diagram.diagram import Diagram
from tpgraph.notation.diagram.links import links
from tpgraph.notation.layout.family_members import FamilyMember

__all__ = ["Meetings", "meetings"]

Meetings: TypeAlias = Mapping[
    tuple[Hashable, Hashable], Sequence[tuple[FamilyMember, FamilyMember]]
]
"""Pairs of members, by their families."""

_Ends: TypeAlias = tuple[str, str]


def meetings(diagram: Diagram, members: Mapping[str, FamilyMember]) -> tuple[Meetings, ...]:
    """All meetings of one kind after the other, those first that say most."""
    return tuple(
        _met(ends, members)
        for ends in (_stems(diagram), _linked(diagram), _siblings(diagram, members))
    )


def _stems(diagram: Diagram) -> list[_Ends]:
    """What a gate alone reads, and what it gives: these stand with their gate, whatever else they
    are made of.
    """
    found = tuple(links(diagram))
    uses = Counter(link.source for link in found if link.outlet is None)
    return [
        (link.source, link.target)
        for link in found
        if link.outlet is not None or (link.port is not None and uses[link.source] == 1)
    ]


def _linked(diagram: Diagram) -> list[_Ends]:
    """The lines between any two families, the families in the order of the diagram's lines.

    A gate with as many outputs as inputs gives each for one of them.
    """
    ends = [(link.source, link.target) for link in links(diagram)]
    for gate in diagram.gates:
        if len(gate.inputs) == len(gate.outputs) > 1:
            ends += zip(gate.inputs, gate.outputs, strict=True)
    return ends


def _siblings(diagram: Diagram, members: Mapping[str, FamilyMember]) -> list[_Ends]:
    """What one mark is made of, or is used for, in pairs: the k-th of each family with each other,
    where there are as many of either.
    """
    into: dict[str, list[str]] = defaultdict(list)
    out: dict[str, list[str]] = defaultdict(list)
    for link in links(diagram):
        into[link.target].append(link.source)
        out[link.source].append(link.target)
    ends: list[_Ends] = []
    for beside in (*into.values(), *out.values()):
        families: dict[Hashable, list[str]] = defaultdict(list)
        for mark in beside:
            if mark in members:
                families[members[mark].family].append(mark)
        for one, other in combinations(families.values(), 2):
            ends += zip(one, other, strict=True) if len(one) == len(other) else ()
    return ends


def _met(ends: Iterable[_Ends], members: Mapping[str, FamilyMember]) -> Meetings:
    """Pairs of members by their families."""
    found: dict[tuple[Hashable, Hashable], list[tuple[FamilyMember, FamilyMember]]]
    found = defaultdict(list)
    for source, target in ends:
        if source in members and target in members:
            a, b = members[source], members[target]
            if a.family != b.family:
                found[a.family, b.family].append((a, b))
    return found

"""Plates in a picture of passes: one for each context, around both of its rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from tpgraph.notation.diagram.diagram import copy_id
from tpgraph.notation.diagram.folded import Folded, PlateOf
from tpgraph.notation.diagram.links import links
from tpgraph.notation.layout.passes.staging import Staging
from tpgraph.program import Pass

__all__ = ["LocalPlates", "local_plates"]


@dataclass(frozen=True)
class LocalPlates:
    """The folded diagram with plates that each lie in one context, or between contexts.

    `contexts` gives the context of each plate, None for what lies between.
    """

    folded: Folded
    contexts: tuple[Pass | None, ...]


def local_plates(staging: Staging, folded: Folded) -> LocalPlates:
    """The plates by their contexts; what stands between passes has plates for what is connected."""
    plates: list[PlateOf] = []
    contexts: list[Pass | None] = []
    for plate in folded.plates:
        for context, members in _rooms(staging, folded, plate):
            plates.append(replace(plate, members=frozenset(members)))
            contexts.append(context)
    names = dict(folded.names)
    for mark, (first, number) in staging.copies.items():
        if first in names:
            names.setdefault(mark, copy_id(names[first], number))
    return LocalPlates(replace(folded, plates=tuple(plates), names=names), tuple(contexts))


def _rooms(
    staging: Staging, folded: Folded, plate: PlateOf
) -> Iterator[tuple[Pass | None, list[str]]]:
    """The members of a plate by context; only where something of the plate is made."""
    made = {name for gate in folded.diagram.gates for name in (gate.id, *gate.outputs)}
    made |= {product.target for product in folded.diagram.products}
    inside: dict[Pass | None, list[str]] = defaultdict(list)
    between: list[str] = []
    for mark, home in staging.home.items():
        if not plate.members.isdisjoint((mark, staging.variable.get(mark, mark))):
            (between if home.row == "between" else inside[home.context]).append(mark)
    for context, members in inside.items():
        if any(mark in made for mark in members):
            yield context, members
    for members in _connected(staging, between):
        if any(mark in made for mark in members):
            yield None, members


def _connected(staging: Staging, marks: list[str]) -> Iterator[list[str]]:
    """The marks in groups that lines connect."""
    group = {mark: [mark] for mark in marks}
    for part in staging.parts:
        for link in links(part.diagram):
            a, b = group.get(link.source), group.get(link.target)
            if a is not None and b is not None and a is not b:
                a += b
                group.update(dict.fromkeys(b, a))
    seen: Mapping[int, list[str]] = {id(found): found for found in group.values()}
    yield from seen.values()

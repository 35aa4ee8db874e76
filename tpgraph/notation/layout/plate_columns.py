"""Columns in which plates have room: what leads to a plate before it, what it gives behind it.

A column is as late as what reads the mark permits, so that lines are short inside of plates, and
the dots on the way there are long.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from tpgraph.notation.diagram.folded import Folded
from tpgraph.notation.diagram.links import links
from tpgraph.notation.layout.places import Places

__all__ = ["columns_around_plates", "gaps_before_plates", "gaps_behind_plates"]

_DOTS = 22.0  # pt before a plate, for dots
_CLOSE = 18.0  # pt at least between the marks of a plate and what stands behind it, with dots

MarkOrEnd = str | tuple[str, int]
"""A mark, or an end of the plate with this number."""


def columns_around_plates(folded: Folded, beside: bool = False) -> dict[str, int] | None:
    """The column of every mark; None where a mark leads to a plate and is given by it too.

    With `beside` what is made beside a plate, neither leading to it nor given by it, stands behind
    it as well.
    """
    ahead = _ahead(folded)
    made = [mark for mark, before in _turned(ahead).items() if before and isinstance(mark, str)]
    for number, plate in enumerate(folded.plates):
        before = _leading(ahead, plate.members)
        behind = _leading(_turned(ahead), plate.members)
        if beside:
            known = plate.members.union(before, behind)
            behind += [mark for mark in made if mark not in known]
        start, end = ("start", number), ("end", number)
        for mark in before:
            ahead[mark][start] = 0
        for mark in plate.members:
            ahead[start][mark] = 1
            ahead[mark][end] = 0
        for mark in behind:
            ahead[end][mark] = 1
    try:
        order = list(TopologicalSorter(_turned(ahead)).static_order())
    except CycleError:
        return None
    column = _late(order, ahead, _early(order, ahead))
    marks = [*(v.id for v in folded.diagram.vertices), *(g.id for g in folded.diagram.gates)]
    found = [column[mark] for mark in marks]
    return {mark: place - min(found) for mark, place in zip(marks, found, strict=True)}


def gaps_before_plates(folded: Folded, columns: Mapping[str, int]) -> dict[int, float]:
    """The room for dots before plates, in pt by the column behind which it is left."""
    first = {min(columns[mark] for mark in plate.members) for plate in folded.plates}
    return {column - 1: _DOTS for column in sorted(first) if column}


Ahead = dict[MarkOrEnd, dict[MarkOrEnd, int]]
"""By mark, what stands behind it by how many columns at least."""


def _ahead(folded: Folded) -> Ahead:
    ahead: Ahead = defaultdict(dict)
    for vertex in folded.diagram.vertices:
        ahead[vertex.id] = {}
    for link in links(folded.diagram):
        ahead[link.source][link.target] = 1
    return ahead


def gaps_behind_plates(folded: Folded, places: Places) -> dict[int, float]:
    """Behind which columns how many pt are missing for the dots that lead out of a plate."""
    gaps: dict[int, float] = {}
    for plate in folded.plates:
        own = [mark for mark in plate.members if mark in places.at]
        end = max(places.at[mark][0] + places.room(mark)[1] for mark in own)
        for source, target in folded.dots:
            if source in plate.members and target not in plate.members:
                before = places.placement.column[target] - 1
                free = places.at[target][0] - places.room(target)[0] - end
                if 0 < free < _CLOSE:
                    gaps[before] = max(gaps.get(before, 0.0), _DOTS - free)
    return gaps


def _turned(ahead: Mapping[MarkOrEnd, Mapping[MarkOrEnd, int]]) -> Ahead:
    turned: Ahead = defaultdict(dict)
    for mark, others in ahead.items():
        turned[mark] |= {}
        for other, distance in others.items():
            turned[other][mark] = distance
    return turned


def _leading(
    ahead: Mapping[MarkOrEnd, Mapping[MarkOrEnd, int]], members: Collection[str]
) -> list[str]:
    """The marks outside of a plate from which lines lead into it."""
    behind = _turned(ahead)
    seen: dict[MarkOrEnd, None] = dict.fromkeys(sorted(members))
    waiting: list[MarkOrEnd] = list(seen)
    while waiting:
        for mark in behind.get(waiting.pop(), ()):
            if mark not in seen:
                seen[mark] = None
                waiting.append(mark)
    return [mark for mark in seen if isinstance(mark, str) and mark not in members]


def _early(
    order: Sequence[MarkOrEnd], ahead: Mapping[MarkOrEnd, Mapping[MarkOrEnd, int]]
) -> dict[MarkOrEnd, int]:
    """The first column that every mark can have."""
    column = dict.fromkeys(order, 0)
    for mark in order:
        for other, distance in ahead.get(mark, {}).items():
            column[other] = max(column[other], column[mark] + distance)
    return column


def _late(
    order: Sequence[MarkOrEnd],
    ahead: Mapping[MarkOrEnd, Mapping[MarkOrEnd, int]],
    early: Mapping[MarkOrEnd, int],
) -> dict[MarkOrEnd, int]:
    """The last column that every mark can have if what nothing is made of stays where it is."""
    column = dict(early)
    for mark in reversed(order):
        others = ahead.get(mark, {})
        if others:
            column[mark] = min(column[other] - distance for other, distance in others.items())
    return column

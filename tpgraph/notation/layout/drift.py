"""Rows that run downhill set back: what the engine loses by rounding at every gate of a row.

It rounds where lines start and end to whole pt, so that a row may fall by one at each gate, and by
thirty in thirty layers. A column that a row enters off its port by so little is moved back whole,
with all that follows it, if like marks stand at more like heights then.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping
from dataclasses import replace
from statistics import median_low

from tpgraph.notation.diagram.diagram import Diagram
from tpgraph.notation.diagram.links import Link, links
from tpgraph.notation.layout.family_members import family_members
from tpgraph.notation.layout.measure import GateSize, end_offsets
from tpgraph.notation.layout.placement import Placement
from tpgraph.notation.layout.spine import Arrangement

__all__ = ["rise_of", "undrifted"]

_DRIFT = 2.0  # pt by which a row is off its port where it should not be


def undrifted(
    diagram: Diagram,
    arrangement: Arrangement,
    gates: Mapping[str, GateSize],
    placement: Placement,
) -> Placement:
    """The placement with columns at the heights that rows have in those before them."""
    drift = _drift(diagram, arrangement, gates, placement)
    if not any(drift):
        return placement
    column = placement.column
    found = replace(
        placement,
        across={mark: y - drift[column[mark]] for mark, y in placement.across.items()},
        crossed={
            link: tuple(y - drift[i] for i, y in enumerate(ys, column[link.source] + 1))
            for link, ys in placement.crossed.items()
        },
    )
    return min(placement, found, key=lambda one: _unlikeness(diagram, one))


def rise_of(link: Link, across: Mapping[str, float], gates: Mapping[str, GateSize]) -> float:
    """How far a line's end is above its start, in pt."""
    start, end = end_offsets(link, gates)
    return across[link.target] + end - (across[link.source] + start)


def _drift(
    diagram: Diagram,
    arrangement: Arrangement,
    gates: Mapping[str, GateSize],
    placement: Placement,
) -> list[float]:
    """By how much rows have risen at each column: what most of them rise by, column by column."""
    row, column = arrangement.rows(diagram), placement.column
    rises: dict[int, Counter[float]] = defaultdict(Counter)
    for link in links(diagram):
        mine = row.get(link.source)
        if mine is None or mine != row.get(link.target):
            continue
        if column[link.target] == column[link.source] + 1:
            rises[column[link.source]][round(rise_of(link, placement.across, gates), 3)] += 1
    drift = [0.0]
    for place in range(max(column.values(), default=0)):
        count = rises[place]
        rise = max(count, key=lambda y: (count[y], -abs(y)), default=0.0)
        drift.append(drift[-1] + (rise if abs(rise) <= _DRIFT else 0.0))
    return drift


def _unlikeness(diagram: Diagram, placement: Placement) -> float:
    """How far marks of one family are from their middle one, in pt, all in all."""
    families: dict[Hashable, list[float]] = defaultdict(list)
    for mark, member in family_members(diagram).items():
        families[member.family].append(placement.across[mark])
    middles = {family: median_low(heights) for family, heights in families.items()}
    return sum(abs(y - middles[family]) for family, ys in families.items() for y in ys)

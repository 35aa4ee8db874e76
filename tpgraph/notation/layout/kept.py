"""A placement made from the one before, so that a picture stays while its program is edited.

What did not change keeps its column and its height. A gap opens where something new needs columns,
and what is new goes to a free place near its neighbours where few lines cross. No layout engine is
asked; a layout from scratch is what `find_places` gives.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from tpgraph.notation.diagram.diagram import Diagram
from tpgraph.notation.layout.columns import kept_columns
from tpgraph.notation.layout.kept_heights import KeptHeights
from tpgraph.notation.layout.kept_moves import moved_marks
from tpgraph.notation.layout.kept_openings import with_columns_opened
from tpgraph.notation.layout.kept_sizes import KeptSizes
from tpgraph.notation.layout.kept_ways import KeptWays, crossings_per_line
from tpgraph.notation.layout.placement import Placement
from tpgraph.notation.layout.places import Places, moved_ports

__all__ = ["kept_places"]

_GAP = 4.0  # pt between marks of a column
_FEW = 1  # crossings that nobody minds


def kept_places(
    diagram: Diagram, previous: Places, names: Mapping[str, str] | None = None
) -> Places:
    """The places of a diagram that keep those before; `names` has renamed variables, new → old.

    Two marks that were in one column and still are keep their order.
    """
    sizes = KeptSizes(diagram, previous, names or {})
    ways = KeptWays(diagram, sizes)
    old = previous.placement.column
    first = kept_columns(diagram, {mark: old[before] for mark, before in sizes.before.items()})
    heights = KeptHeights(diagram, sizes, ways, first)
    heights.settle()
    usual = crossings_per_line(previous) if previous.usual is None else previous.usual
    aim = usual * len(ways.links) + _FEW
    heights = with_columns_opened(diagram, sizes, ways, heights, aim)
    credit, moved = previous.credit, set[str]()
    if not ways.are_those_of_before():  # annotations, and texts that changed, move nothing
        moved, credit = moved_marks(heights, credit, aim)
    sizes.turn(moved)
    ways.forget(moved)
    number = {c: i for i, c in enumerate(sorted({*heights.column.values()}))}
    column = {mark: number[heights.column[mark]] for mark in first}
    across = {mark: heights.across[mark] for mark in first}
    sizes.arrive({link: across[link.source] for link in ways.links})
    _push_apart(sizes, column, across)
    found = ways.all(column, across)
    if sizes.arrive({link: (across[link.source], *w.heights)[-1] for link, w in found.items()}):
        found = ways.all(column, across)
    crossed = {link: way.heights for link, way in found.items()}
    places = Places(
        diagram,
        previous.frame,
        previous.style,
        sizes.vertices,
        sizes.gates,
        Placement(across, column, crossed),
        _wider(sizes, column),
        credit=credit,
        usual=usual,
    )
    ported = dict(moved_ports(places))
    gates = {g: ported[g] if g in sizes.changed else size for g, size in sizes.gates.items()}
    return replace(places, gates=gates)


def _push_apart(sizes: KeptSizes, column: Mapping[str, int], across: dict[str, float]) -> None:
    """Marks beside one that came or grew give way, the nearest first; no order changes."""
    members: dict[int, list[str]] = defaultdict(list)
    for mark in column:
        members[column[mark]].append(mark)
    for found in members.values():
        found.sort(key=lambda mark: across[mark])
        for mark in found:
            if mark in sizes.changed:
                _push(sizes, found, found.index(mark), across)


def _push(sizes: KeptSizes, members: Sequence[str], at: int, across: dict[str, float]) -> None:
    for step in (1, -1):
        for i in range(at + step, len(members) if step > 0 else -1, step):
            near, mark = members[i - step], members[i]
            low, high = (near, mark) if step > 0 else (mark, near)
            least = sizes.room(low).above + _GAP + sizes.room(high).below
            lack = least - (across[high] - across[low])
            if lack <= 0:
                break
            across[mark] += step * lack


def _wider(sizes: KeptSizes, column: Mapping[str, int]) -> dict[int, float]:
    """The room that gaps had been given, behind the columns of the same marks."""
    old = sizes.previous
    found: dict[int, float] = {}
    for mark, before in sizes.before.items():
        room = old.wider.get(old.placement.column[before], 0.0)
        if room:
            found[column[mark]] = max(found.get(column[mark], 0.0), room)
    return found

"""What an author says stands above what, as an order of marks in columns.

Of two marks of one column this is their order there. Of marks in different columns it is that of
the one mark and of what stands in its column in the other's row, which is as high as that. Where
there is no such row, they go to one column; if one is computed from the other, the order is that of
the one and of what else the gate reads at which the other's row begins.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import TypeVar

from tpgraph.notation.diagram.diagram import Diagram
from tpgraph.notation.diagram.links import links
from tpgraph.notation.layout.family_lanes import FamilyLanes, Lane
from tpgraph.notation.layout.placement import Placement
from tpgraph.notation.layout.spine import Arrangement
from tpgraph.program.closure import reached

__all__ = ["in_order", "lanes_in_order", "standing_marks", "whole_columns"]

Pairs = Sequence[tuple[str, str]]
"""Marks of which the first stands above the second."""

_Cell = tuple[int, int]
"""A row and a column."""

_Mark = TypeVar("_Mark", bound=Hashable)


def standing_marks(
    diagram: Diagram, arrangement: Arrangement, column: Mapping[str, int], stays: bool
) -> tuple[tuple[str, str], ...]:
    """Pairs of marks of which the first is to stand above the second in one column; every mark
    `stays` in its column, or some have to move there.
    """
    if not diagram.standing:
        return ()
    row = arrangement.rows(diagram)
    beside = _marks_at(row, column)
    begins = _read_at_beginnings(diagram, arrangement, row, column)
    follows: dict[str, list[str]] = defaultdict(list)
    for link in links(diagram):
        follows[link.source].append(link.target)

    @cache
    def after(mark: str) -> set[str]:
        return reached(mark, follows)

    found: dict[tuple[str, str], None] = {}
    for upper, lower in diagram.standing:
        if column[upper] == column[lower]:
            found[upper, lower] = None
            continue
        related = lower in after(upper) or upper in after(lower)
        if row[upper] == row[lower] and related:
            continue
        below, above = (row[lower], column[upper]), (row[upper], column[lower])
        if row[upper] != row[lower] and (below in beside or above in beside):
            level = beside
        elif related:
            level = begins
        else:
            found.update({} if stays else {(upper, lower): None})
            continue
        found.update({(upper, mark): None for mark in level.get(below, ()) if mark != upper})
        found.update({(mark, lower): None for mark in level.get(above, ()) if mark != lower})
    return tuple(found)


def _marks_at(row: Mapping[str, int], column: Mapping[str, int]) -> dict[_Cell, list[str]]:
    """The marks of every row in every column."""
    found: dict[_Cell, list[str]] = defaultdict(list)
    for mark, number in row.items():
        found[number, column[mark]].append(mark)
    return found


def _read_at_beginnings(
    diagram: Diagram, arrangement: Arrangement, row: Mapping[str, int], column: Mapping[str, int]
) -> dict[_Cell, list[str]]:
    """What the gates at which rows begin read, by the row and the column in which it stands."""
    found: dict[_Cell, list[str]] = defaultdict(list)
    for gate in diagram.gates:
        if arrangement.main.get(gate.id) is None:
            for name in gate.inputs:
                found[row[gate.id], column[name]].append(name)
    return found


def in_order(marks: Sequence[_Mark], pairs: Sequence[tuple[_Mark, _Mark]]) -> tuple[_Mark, ...]:
    """The marks as they stand, but the first of each pair before the second."""
    if not pairs:
        return tuple(marks)
    waits: dict[_Mark, set[_Mark]] = {mark: set() for mark in marks}
    for upper, lower in pairs:
        if upper in waits and lower in waits:
            waits[lower].add(upper)
    found: list[_Mark] = []
    while waits:
        ready = next((m for m in marks if m in waits and not waits[m]), None)
        if ready is None:  # rows and columns contradict each other
            return (*found, *(mark for mark in marks if mark in waits))
        del waits[ready]
        found.append(ready)
        for before in waits.values():
            before.discard(ready)
    return tuple(found)


def whole_columns(pairs: Pairs, placement: Placement) -> tuple[tuple[str, ...], ...]:
    """The columns in which a pair does not stand in its order, all of their marks from the top.

    The engine may overlook an order of some marks where it balances others, but not that of all.
    """
    column, across = placement.column, placement.across
    wrong = {column[a] for a, b in pairs if column[a] == column[b] and across[a] <= across[b]}
    down = sorted(column, key=lambda mark: -across[mark])
    columns = ([mark for mark in down if column[mark] == place] for place in sorted(wrong))
    return tuple(in_order(marks, pairs) for marks in columns)


def lanes_in_order(lanes: FamilyLanes, pairs: Pairs) -> FamilyLanes:
    """The lanes of an index in the order that is said of any of its members; where the order is
    none of lanes, the families that it names have none.
    """
    asked: dict[int, list[tuple[float, float]]] = defaultdict(list)
    without: set[object] = set()
    for upper, lower in pairs:
        one, other = lanes.of.get(upper), lanes.of.get(lower)
        if one is None or other is None:
            continue
        shared = [i for i in one.at if i in other.at]
        apart = [i for i in shared if one.at[i] != other.at[i]]
        if len(apart) == 1 and len(one.at) == len(other.at) == len(shared):
            asked[apart[0]].append((one.at[apart[0]], other.at[apart[0]]))
        elif apart or not shared:
            without |= {one.family, other.family}
    turned = {}
    for index, wanted in asked.items():
        places = _turned(sorted({lane.at[index] for lane in _with(lanes, index)}), wanted)
        if places is None:
            without |= {lane.family for lane in _with(lanes, index)}
        else:
            turned[index] = places
    kept = {mark: lane for mark, lane in lanes.of.items() if lane.family not in without}
    return replace(lanes, of={mark: _moved(lane, turned) for mark, lane in kept.items()})


def _with(lanes: FamilyLanes, index: int) -> Iterator[Lane]:
    return (lane for lane in lanes.of.values() if index in lane.at)


def _turned(
    places: Sequence[float], wanted: Sequence[tuple[float, float]]
) -> dict[float, float] | None:
    """Where each lane goes, of places that rise; None where lanes stand between lanes, or the order
    is none.
    """
    order = in_order(places, wanted)
    moved = dict(zip(order, places, strict=True))
    if any(moved[upper] > moved[lower] for upper, lower in wanted):
        return None
    if list(order) != list(places) and len({place % 1 for place in places}) > 1:
        return None
    return moved


def _moved(lane: Lane, turned: Mapping[int, Mapping[float, float]]) -> Lane:
    at = {i: turned[i][place] if i in turned else place for i, place in lane.at.items()}
    return replace(lane, at=at)

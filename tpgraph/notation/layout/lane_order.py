"""The order of lanes in columns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping
from typing import TypeAlias

from tpgraph.notation.layout.family_lanes import FamilyLanes
from tpgraph.notation.layout.placement import Placement

__all__ = ["Disorder", "disordered", "in_lanes", "merged", "torn"]

Disorder: TypeAlias = tuple[tuple[str, ...], ...]
"""Marks of one column in the order in which they should stand, for some columns."""


def in_lanes(lanes: FamilyLanes, placement: Placement) -> dict[int, list[str]]:
    """The marks of every column from the top: those of lanes in order, in the places that they have
    among the others.
    """
    columns: dict[int, list[str]] = defaultdict(list)
    across = placement.across
    for mark, column in placement.column.items():
        columns[column].append(mark)
    above = _above_lanes(lanes, placement)
    found = {}
    for column, marks in columns.items():
        down = sorted(marks, key=lambda mark: -across[mark])
        own = (mark for mark in down if mark in lanes.of)
        turn = iter(sorted(own, key=lambda mark: (*lanes.key(mark), -above[mark])))
        found[column] = [next(turn) if mark in lanes.of else mark for mark in down]
    return found


def disordered(lanes: FamilyLanes, placement: Placement) -> Disorder:
    """The marks of lanes in columns where they do not stand in their order."""
    across, found = placement.across, []
    for marks in in_lanes(lanes, placement).values():
        own = tuple(mark for mark in marks if mark in lanes.of)
        if list(own) != sorted(own, key=lambda mark: -across[mark]):
            found.append(own)
    return tuple(found)


def torn(groups: Disorder, column: Mapping[str, int]) -> Disorder:
    """The groups that do not stand in one column."""
    return tuple(group for group in groups if len({column[mark] for mark in group}) > 1)


def merged(before: Disorder, now: Disorder) -> Disorder:
    """All orders, but those of before that are part of one that came later."""
    later = [frozenset(marks) for marks in now]
    return (*(marks for marks in before if not any(map(frozenset(marks).issubset, later))), *now)


def _above_lanes(lanes: FamilyLanes, placement: Placement) -> dict[str, float]:
    """For every mark of lanes how high its kind stands above the middle of a lane, on average.

    By this, those of one lane are in the same order in every lane.
    """
    groups: dict[Hashable, list[str]] = defaultdict(list)
    for mark in lanes.of:
        groups[lanes.key(mark), placement.column[mark]].append(mark)
    above: dict[Hashable, list[float]] = defaultdict(list)
    for marks in groups.values():
        middle = sum(placement.across[mark] for mark in marks) / len(marks)
        for mark in marks:
            above[lanes.of[mark].kind].append(placement.across[mark] - middle)
    mean = {kind: sum(found) / len(found) for kind, found in above.items()}
    return {mark: mean[lane.kind] for mark, lane in lanes.of.items()}

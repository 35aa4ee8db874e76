"""Lanes: the members of one index that stand in one column, in their declared order.

An index is one place in the names of a family, `i` of x[l,i]. Where members that differ there alone
stand in one column, it makes *lanes*; where they stand behind each other (layers, time), it does
not. Families whose members pass each other their values share their lanes: x[l,i] and the gates,
products and biases of its layer. Several indices nest, in the order in which names have them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from tpgraph.notation.diagram.diagram import Diagram
from tpgraph.notation.layout.family_members import FamilyMember, family_members
from tpgraph.notation.layout.meetings import meetings
from tpgraph.notation.layout.shared_indices import Axis, SharedIndices

__all__ = ["FamilyLanes", "Lane", "find_lanes"]


@dataclass(frozen=True, slots=True)
class Lane:
    """Where a mark stands among its kind.

    `kind` is the same for all marks that differ by their lanes alone, `family` also for those in
    other columns; `at` gives for each shared index the number of the lane, 0 in the middle.
    """

    kind: Hashable
    family: Hashable
    at: Mapping[int, float]


@dataclass(frozen=True, slots=True)
class FamilyLanes:
    """The lanes of marks, and the shared indices from the outermost inwards."""

    of: Mapping[str, Lane]
    nesting: tuple[int, ...]

    def key(self, mark: str) -> tuple[float, ...]:
        """What marks of a column are sorted by, from the top; without a lane it is the middle."""
        lane = self.of.get(mark)
        return tuple(0.0 if lane is None else lane.at.get(i, 0.0) for i in self.nesting)


def find_lanes(diagram: Diagram, column: Mapping[str, int]) -> FamilyLanes:
    """The lanes of a diagram whose marks stand in these columns."""
    members = family_members(diagram)
    rank = _ranks(members, column)
    shared = SharedIndices(rank)
    shared.join(meetings(diagram, members))
    placed = shared.placed()
    lanes = {}
    for mark, member in members.items():
        at, rest = {}, []
        for place, value in enumerate(member.index):
            axis = member.family, place
            if axis in rank:
                number, shift = placed[axis]
                at[number] = rank[axis][value] + shift
            else:
                rest.append(value)
        if at:
            lanes[mark] = Lane((member.family, tuple(rest), column[mark]), member.family, at)
    return FamilyLanes(lanes, _nesting(placed))


def _ranks(
    members: Mapping[str, FamilyMember], column: Mapping[str, int]
) -> dict[Axis, dict[int, int]]:
    """The indices that make lanes, and for each the numbers of its values, in their order."""
    by_family: dict[Hashable, list[str]] = defaultdict(list)
    for mark, member in members.items():
        by_family[member.family].append(mark)
    found = {}
    for family, marks in by_family.items():
        for place in range(len(members[marks[0]].index)):
            if _beside(marks, place, members, column):
                values = sorted({members[mark].index[place] for mark in marks})
                found[family, place] = {value: number for number, value in enumerate(values)}
    return found


def _beside(
    marks: Sequence[str], place: int, members: Mapping[str, FamilyMember], column: Mapping[str, int]
) -> bool:
    """Whether those that differ in one place of their index mostly stand in one column."""
    groups: dict[tuple[int, ...], list[str]] = defaultdict(list)
    for mark in marks:
        index = members[mark].index
        groups[*index[:place], *index[place + 1 :]].append(mark)
    several = [group for group in groups.values() if len(group) > 1]
    level = sum(len({column[mark] for mark in group}) == 1 for group in several)
    return 2 * level > len(several)


def _nesting(placed: Mapping[Axis, tuple[int, float]]) -> tuple[int, ...]:
    """All shared indices, each inside of those that stand before it in a name."""
    own: dict[Hashable, list[int]] = defaultdict(list)
    for (family, _), (number, _) in placed.items():
        own[family].append(number)
    order: list[int] = []
    for numbers in sorted(own.values(), key=lambda found: -len(found)):
        at = 0
        for number in numbers:
            if number in order:
                at = order.index(number) + 1
            else:
                order.insert(at, number)
                at += 1
    return tuple(order)

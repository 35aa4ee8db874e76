"""Which indices of families are one, because their members meet each other in step."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from itertools import pairwise, product
from typing import TypeAlias

from tpgraph.notation.layout.family_members import FamilyMember
from tpgraph.notation.layout.meetings import Meetings

__all__ = ["Axis", "SharedIndices"]

Axis: TypeAlias = tuple[Hashable, int]
"""A family, and a place in the indices of its members."""

_EXACT = 1e-9


class SharedIndices:
    """Indices that are one, in classes: each index has a shift against the root of its class.

    `rank` gives for every index the number of each of its values.
    """

    def __init__(self, rank: Mapping[Axis, Mapping[int, int]]) -> None:
        self.rank = rank
        self.root: dict[Axis, tuple[Axis, float]] = {axis: (axis, 0.0) for axis in rank}
        self.members: dict[Axis, list[Axis]] = {axis: [axis] for axis in rank}
        self.axes: dict[Hashable, list[Axis]] = defaultdict(list)
        for axis in rank:
            self.axes[axis[0]].append(axis)

    def join(self, kinds: Sequence[Meetings]) -> None:
        """Join what advances alike in meetings of any kind, then what all meets all."""
        for shift_of in (_parallel, _complete):
            for met in kinds:
                judged: set[Hashable] = set()
                for one, other in met:
                    self._join_families(one, other, met, shift_of, judged)

    def _join_families(
        self,
        one: Hashable,
        other: Hashable,
        met: Meetings,
        shift_of: Callable[[Sequence[tuple[float, float]]], float | None],
        judged: set[Hashable],
    ) -> None:
        """Join the indices of two families that a rule says to be one, judged by all that meets of
        what is one with them, or else by what meets of these two.

        `judged` are classes, with their sizes, of which all that meets has been found not to do.
        """
        alone = {(one, other): met[one, other]}
        for a, b in product(self.axes[one], self.axes[other]):
            first, second = self.root[a][0], self.root[b][0]
            if not self._may_join(first, second):
                continue
            pair = first, second, len(self.members[first]), len(self.members[second])
            for among in (alone,) if pair in judged else (met, alone):
                shift = shift_of([*self._ends(first, second, among)])
                if shift is not None:
                    self._join(second, first, shift)
                    break
                if among is met:
                    judged.add(pair)

    def _ends(self, first: Axis, second: Axis, met: Meetings) -> Iterator[tuple[float, float]]:
        """The lanes of pairs that meet, of what is one with the first and with the second."""
        for a, b in product(self.members[first], self.members[second]):
            for x, y in met.get((a[0], b[0]), ()):
                yield self._lane(a, x), self._lane(b, y)
            for y, x in met.get((b[0], a[0]), ()):
                yield self._lane(a, x), self._lane(b, y)

    def _lane(self, axis: Axis, member: FamilyMember) -> float:
        return self.rank[axis][member.index[axis[1]]] + self.root[axis][1]

    def _may_join(self, root: Axis, other: Axis) -> bool:
        """Whether two classes are two, and no family would have one index twice."""
        own = {axis[0] for axis in self.members[root]}
        return root != other and own.isdisjoint(axis[0] for axis in self.members[other])

    def _join(self, root: Axis, other: Axis, shift: float) -> None:
        """Make lane k of one class lane k + shift of the other."""
        for axis in self.members.pop(root):
            self.root[axis] = other, self.root[axis][1] + shift
            self.members[other].append(axis)

    def placed(self) -> dict[Axis, tuple[int, float]]:
        """For each index the number of what it is one with, and where its first lane is there."""
        spans: dict[Axis, list[float]] = {}
        for axis in self.rank:
            root, shift = self.root[axis]
            spans.setdefault(root, []).extend((shift, shift + len(self.rank[axis]) - 1))
        number = {root: i for i, root in enumerate(spans)}
        middle = {root: (min(ends) + max(ends)) / 2 for root, ends in spans.items()}
        found = {}
        for axis in self.rank:
            root, shift = self.root[axis]
            found[axis] = number[root], shift - middle[root]
        return found


def _parallel(ends: Sequence[tuple[float, float]]) -> float | None:
    """The shift of the first ends against the second where they advance alike; else None.

    On the average over the lines at each end, so that a window that moves along counts too.
    """
    for turned, pairs in ((False, ends), (True, [(b, a) for a, b in ends])):
        met: dict[float, list[float]] = defaultdict(list)
        for a, b in pairs:
            met[b].append(a)
        means = [(b, sum(found) / len(found)) for b, found in sorted(met.items())]
        shifts = [a - b for b, a in means]
        if len(means) > 1 and all(abs(x - y) < _EXACT for x, y in pairwise(shifts)):
            return -shifts[0] if turned else shifts[0]
    return None


def _complete(ends: Sequence[tuple[float, float]]) -> float | None:
    """No shift where each of so many first ends meets each of as many second ends."""
    ones, others = {a for a, _ in ends}, {b for _, b in ends}
    return 0.0 if len(ones) == len(others) and len(set(ends)) == len(ones) ** 2 else None

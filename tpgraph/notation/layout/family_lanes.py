"""Lanes: the members of one index that stand in one column, in their declared order.

An index is one place in the names of a family, `i` of x[l,i]. Where members that differ there alone
stand in one column, it makes *lanes*; where they stand behind each other (layers, time), it does
not. Families whose members pass each other their values share their lanes: x[l,i] and the gates,
products and biases of its layer. Several indices nest, in the order in which names have them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import TypeAlias

from tpgraph.notation.diagram.diagram import Diagram, Vertex
from tpgraph.notation.diagram.links import links
from tpgraph.program import split_name

__all__ = ["FamilyLanes", "Lane", "alike", "find_lanes"]

Axis = tuple[Hashable, int]
"""A family, and a place in the indices of its members."""

_EXACT = 1e-9


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


@dataclass(frozen=True, slots=True)
class _Member:
    family: Hashable
    index: tuple[int, ...]


_Met: TypeAlias = dict[tuple[Hashable, Hashable], list[tuple[_Member, _Member]]]
"""Pairs of members that have to do with each other, by their families."""


def find_lanes(diagram: Diagram, column: Mapping[str, int]) -> FamilyLanes:
    """The lanes of a diagram whose marks stand in these columns."""
    members = dict(_members(diagram))
    by_family: dict[Hashable, list[str]] = defaultdict(list)
    for mark, member in members.items():
        by_family[member.family].append(mark)
    axes = [
        (family, place)
        for family, marks in by_family.items()
        for place in range(len(members[marks[0]].index))
        if _beside(marks, place, members, column)
    ]
    rank = {axis: _ranks({members[m].index[axis[1]] for m in by_family[axis[0]]}) for axis in axes}
    shared = _Shared(axes)
    for rule in (_parallel, _complete):
        for met in (
            _stems(diagram, members),
            _linked(diagram, members),
            _siblings(diagram, members),
        ):
            for one, other in met:
                shared.join_linked(one, other, met, rank, rule)
    placed = shared.placed(rank)
    lanes = {}
    for mark, member in members.items():
        own = [place for place in range(len(member.index)) if (member.family, place) in rank]
        at = {}
        for place in own:
            axis = member.family, place
            number, shift = placed[axis]
            at[number] = rank[axis][member.index[place]] + shift
        rest = tuple(v for place, v in enumerate(member.index) if place not in own)
        if at:
            lanes[mark] = Lane((member.family, rest, column[mark]), member.family, at)
    return FamilyLanes(lanes, _nesting(axes, placed))


def alike(diagram: Diagram) -> tuple[tuple[str, ...], ...]:
    """Marks of one family before and after which the longest ways are equally long, by their index.

    A line leads from fewer to more marks before, so that each group can stand in one column.
    """
    before = _longest((link.source, link.target) for link in links(diagram))
    after = _longest((link.target, link.source) for link in links(diagram))
    groups: dict[Hashable, list[tuple[tuple[int, ...], str]]] = defaultdict(list)
    for mark, member in _members(diagram):
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


def _members(diagram: Diagram) -> Iterator[tuple[str, _Member]]:
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
    for vertex in diagram.vertices:
        member, own = _member(vertex), readers[vertex.id]
        reader = gates[own[0][0]] if vertex.of is not None and len(own) == 1 else None
        if reader is not None:
            member = _Member(("at", reader.family, own[0][1]), reader.index)
        if member.index:
            yield vertex.id, member
    for name, common in gates.items():
        if common is not None and common.index:
            yield name, _Member(("gate", common.family), common.index)


def _member(vertex: Vertex) -> _Member:
    base, index, temporary = split_name(vertex.variable)
    copy = vertex.id.removeprefix(vertex.variable)
    return _Member((base, temporary, len(index), copy), index)


def _common(outputs: Sequence[Vertex]) -> _Member | None:
    """What outputs of one gate have in common: the indices in which they agree."""
    found = [_member(vertex) for vertex in outputs]
    if not found or len({member.family for member in found}) > 1:
        return None
    same = [set(values) for values in zip(*(member.index for member in found), strict=True)]
    kept = tuple(place for place, values in enumerate(same) if len(values) == 1)
    return _Member((found[0].family, kept), tuple(found[0].index[place] for place in kept))


def _beside(
    marks: Sequence[str], place: int, members: Mapping[str, _Member], column: Mapping[str, int]
) -> bool:
    """Whether those that differ in one place of their index mostly stand in one column."""
    groups: dict[tuple[int, ...], list[str]] = defaultdict(list)
    for mark in marks:
        index = members[mark].index
        groups[*index[:place], *index[place + 1 :]].append(mark)
    several = [group for group in groups.values() if len(group) > 1]
    level = sum(len({column[mark] for mark in group}) == 1 for group in several)
    return 2 * level > len(several)


def _ranks(values: Iterable[int]) -> dict[int, int]:
    return {value: number for number, value in enumerate(sorted(values))}


def _stems(diagram: Diagram, members: Mapping[str, _Member]) -> _Met:
    """What a gate alone reads, and what it gives: these stand with their gate, whatever else they
    are made of.
    """
    found = tuple(links(diagram))
    uses = Counter(link.source for link in found if link.outlet is None)
    ends = [
        (link.source, link.target)
        for link in found
        if link.outlet is not None or (link.port is not None and uses[link.source] == 1)
    ]
    return _met(ends, members)


def _linked(diagram: Diagram, members: Mapping[str, _Member]) -> _Met:
    """The lines between any two families, the families in the order of the diagram's lines.

    A gate with as many outputs as inputs gives each for one of them.
    """
    ends = [(link.source, link.target) for link in links(diagram)]
    for gate in diagram.gates:
        if len(gate.inputs) == len(gate.outputs) > 1:
            ends += zip(gate.inputs, gate.outputs, strict=True)
    return _met(ends, members)


def _siblings(diagram: Diagram, members: Mapping[str, _Member]) -> _Met:
    """What one mark is made of, or is used for, in pairs: the k-th of each family with each other,
    where there are as many of either.
    """
    into: dict[str, list[str]] = defaultdict(list)
    out: dict[str, list[str]] = defaultdict(list)
    for link in links(diagram):
        into[link.target].append(link.source)
        out[link.source].append(link.target)
    ends: list[tuple[str, str]] = []
    for beside in (*into.values(), *out.values()):
        families: dict[Hashable, list[str]] = defaultdict(list)
        for mark in beside:
            if mark in members:
                families[members[mark].family].append(mark)
        for one, other in combinations(families.values(), 2):
            ends += zip(one, other, strict=True) if len(one) == len(other) else ()
    return _met(ends, members)


def _met(ends: Iterable[tuple[str, str]], members: Mapping[str, _Member]) -> _Met:
    """Pairs of members by their families."""
    found: _Met = defaultdict(list)
    for source, target in ends:
        if source in members and target in members:
            a, b = members[source], members[target]
            if a.family != b.family:
                found[a.family, b.family].append((a, b))
    return found


class _Shared:
    """Indices that are one: a forest in which each has a shift against the one above it."""

    def __init__(self, axes: Sequence[Axis]) -> None:
        self.axes = axes
        self.above: dict[Axis, tuple[Axis, float]] = {axis: (axis, 0.0) for axis in axes}

    def root(self, axis: Axis) -> tuple[Axis, float]:
        """What an index is one with, and its shift."""
        shift = 0.0
        while self.above[axis][0] != axis:
            axis, more = self.above[axis]
            shift += more
        return axis, shift

    def join_linked(
        self,
        one: Hashable,
        other: Hashable,
        met: _Met,
        rank: Mapping[Axis, Mapping[int, int]],
        shift_of: Callable[[Sequence[tuple[float, float]]], float | None],
    ) -> None:
        """Join the indices of two families that a rule says to be one, judged by all that meets of
        what is one with them, or else by what meets of these two.
        """
        alone = {(one, other): met[one, other]}
        for a in (axis for axis in self.axes if axis[0] == one):
            for b in (axis for axis in self.axes if axis[0] == other):
                first, second = self.root(a)[0], self.root(b)[0]
                for among in (met, alone):
                    shift = shift_of([*self._ends(first, second, among, rank)])
                    if shift is not None:
                        self._join(second, first, shift)
                        break

    def _ends(
        self, first: Axis, second: Axis, met: _Met, rank: Mapping[Axis, Mapping[int, int]]
    ) -> Iterator[tuple[float, float]]:
        """The lanes of pairs that meet, of what is one with the first and with the second."""
        at = {axis: self.root(axis) for axis in self.axes}
        for (one, other), pairs in met.items():
            for a in (axis for axis in self.axes if axis[0] == one):
                for b in (axis for axis in self.axes if axis[0] == other):
                    turned = (at[b][0], at[a][0]) == (first, second)
                    if not turned and (at[a][0], at[b][0]) != (first, second):
                        continue
                    for x, y in pairs:
                        ends = rank[a][x.index[a[1]]] + at[a][1], rank[b][y.index[b[1]]] + at[b][1]
                        yield (ends[1], ends[0]) if turned else ends

    def _join(self, root: Axis, other: Axis, shift: float) -> None:
        """Make lane k of one lane k + shift of the other, if no family then has one twice."""
        if root == other or not self._families(root).isdisjoint(self._families(other)):
            return
        self.above[root] = other, shift

    def _families(self, root: Axis) -> set[Hashable]:
        return {axis[0] for axis in self.axes if self.root(axis)[0] == root}

    def placed(self, rank: Mapping[Axis, Mapping[int, int]]) -> dict[Axis, tuple[int, float]]:
        """For each index the number of what it is one with, and where its first lane is there."""
        spans: dict[Axis, list[float]] = {}
        for axis in self.axes:
            root, shift = self.root(axis)
            spans.setdefault(root, []).extend((shift, shift + len(rank[axis]) - 1))
        number = {root: i for i, root in enumerate(spans)}
        middle = {root: (min(ends) + max(ends)) / 2 for root, ends in spans.items()}
        found = {}
        for axis in self.axes:
            root, shift = self.root(axis)
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


def _nesting(axes: Sequence[Axis], placed: Mapping[Axis, tuple[int, float]]) -> tuple[int, ...]:
    """All shared indices, each inside of those that stand before it in a name."""
    own: dict[Hashable, list[int]] = defaultdict(list)
    for axis in axes:
        own[axis[0]].append(placed[axis][0])
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

"""The columns of a picture of many parts: partners under each other, contexts one after the other.

Every column is as far to the left as the computation permits, then what nothing holds back moves
right to what reads it. Wishes that would make a circle are left unfulfilled.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import pairwise

from tpgraph.notation.diagram.links import links
from tpgraph.notation.layout.family_members import alike
from tpgraph.notation.layout.passes.staging import Staging
from tpgraph.program import Pass

__all__ = ["columns_of"]


def columns_of(
    staging: Staging, folded: bool = False, apart: Iterable[Collection[str]] = ()
) -> dict[str, int]:
    """The column of every mark; a forward row counts up, and so does a backward row under it.

    Like marks stand in one column, unless the picture is folded and one mark stands for many.
    Marks that are to stand `apart`, as those of a plate, share no column with what is before them
    or behind them in their pass.
    """
    return _Ranks(staging).columns(folded, apart)


class _Ranks:
    """A graph of classes of marks; an edge of length k leads to what stands k columns after.

    `along` has the lines of rows from left to right, `flow` all of them as the computation runs.
    """

    def __init__(self, staging: Staging) -> None:
        self.staging = staging
        self.home = staging.home
        self.kin: dict[str, str] = {mark: mark for mark in self.home}
        self.graph: _Graph = _Graph()
        self.graph.add(self.home)
        self.along: _Graph = _Graph()
        self.along.add(self.home)
        for before, after in self._in_parts():
            self.along.join(before, after)
        self.flow: _Graph = _Graph()
        self.flow.add(self.home)
        for part in staging.parts:
            for link in links(part.diagram):
                self.flow.join(link.source, link.target)
        for wire in staging.wires:
            self.flow.join(wire.source, wire.gate)

    def columns(self, folded: bool, apart: Iterable[Collection[str]]) -> dict[str, int]:
        """The whole work."""
        for before, after in self._steps():
            self.graph.join(before, after, 1)
        for one, other in () if folded else self._alike():
            self._unite(one, other)
        for lower, upper in (*self.staging.partner.items(), *self.staging.above.items()):
            self._unite(lower, upper)
        for members in apart:
            self._set_apart(members)
        for context, members in self._sequence():
            self._order(context, members)
        self._follow()
        column = self._leftmost()
        self._tighten(column)
        found = {mark: column[self.kin[mark]] for mark in self.home}
        return found | dict(self._terminals(found))

    def _terminals(self, column: Mapping[str, int]) -> Iterator[tuple[str, int]]:
        """The column of every terminal: that before its gate."""
        for part in self.staging.parts:
            step = 1 if part.row == "backward" else -1
            for gate in part.diagram.gates:
                own = (name for name in gate.inputs if name in self.staging.terminals)
                yield from ((name, column[gate.id] + step) for name in own)

    def _steps(self) -> Iterator[tuple[str, str]]:
        """Pairs of marks of which the first stands before the second."""
        yield from self._in_parts()
        for wire in self.staging.wires:
            if not self.home[wire.gate].mirrored:
                yield wire.source, wire.gate

    def _in_parts(self) -> Iterator[tuple[str, str]]:
        """Such pairs of one part; a backward row counts its columns down."""
        for part in self.staging.parts:
            for link in links(part.diagram):
                pair = link.source, link.target
                yield pair if part.row != "backward" else (pair[1], pair[0])

    def _alike(self) -> Iterator[tuple[str, str]]:
        """Marks of one family that could stand in one column of their part."""
        for part in self.staging.parts:
            for group in alike(part.diagram):
                same = [mark for mark in group if self.home[mark] == self.home[group[0]]]
                yield from pairwise(same)

    def _wish(self, before: str, after: str, length: int) -> None:
        """Have one mark before another, if nothing speaks against it."""
        a, b = self.kin.get(before, before), self.kin.get(after, after)
        if a != b and a not in self.graph.after(b):
            self.graph.join(a, b, length)

    def _unite(self, lower: str, upper: str) -> None:
        """Give two marks one column, if neither must stand before the other."""
        a, b = self.kin[lower], self.kin[upper]
        if a == b or a in self.graph.after(b) or b in self.graph.after(a):
            return
        self.graph.merge(a, b)
        self.kin = {mark: b if kin == a else kin for mark, kin in self.kin.items()}

    def _sequence(self) -> Iterator[tuple[Pass | None, list[str]]]:
        yield from self.staging.contexts.items()

    def _order(self, context: Pass | None, members: list[str]) -> None:
        """Put a context after the earlier ones that it depends on or shares its strip with."""
        own = {self.home[mark].key for mark in members}
        for other, others in self.staging.contexts.items():
            if other == context:
                break
            beside = bool(own & {self.home[mark].key for mark in others})
            after = self.staging.returns(other) and self._reaches(others, members)
            if (beside or after) and not self._reaches(members, others):
                self._after(others, members)

    def _set_apart(self, members: Collection[str]) -> None:
        """Put marks after what stands before them in a row of their pass, and before what stands
        behind them.
        """
        rows = dict.fromkeys((self.home[m].context, self.home[m].key) for m in members)
        for row in rows:
            near = [m for m, home in self.home.items() if (home.context, home.key) == row]
            own = [mark for mark in near if mark in members]
            before = _closure(own, self.along.back.__getitem__)
            behind = _closure(own, self.along.next.__getitem__)
            others = [mark for mark in near if mark not in members]
            self._after((m for m in others if m in before - behind), members)
            self._after(members, (m for m in others if m in behind - before))

    def _follow(self) -> None:
        """What happens after a pass stands after it, from left to right."""
        between = [mark for mark, home in self.home.items() if home.row == "between"]
        for context, members in self.staging.contexts.items():
            if self.staging.returns(context):
                ends = _closure(members, self.flow.next.__getitem__)
                starts = _closure(members, self.flow.back.__getitem__)
                later = [m for m in between if m not in starts and self._follows(m, ends)]
                self._after(members, later)

    def _follows(self, mark: str, ends: set[str]) -> bool:
        """Whether a mark comes of a pass, or meets what does."""
        return mark in ends or bool(self.flow.after(mark) & ends)

    def _after(self, first: Iterable[str], second: Iterable[str]) -> None:
        firsts, seconds = list(dict.fromkeys(first)), list(dict.fromkeys(second))
        if self._reaches(seconds, firsts):
            return
        name = f"after {len(self.graph.next)}"
        while name in self.graph.next:
            name += "'"
        for mark in firsts:
            self._wish(mark, name, 1)
        for mark in seconds:
            self._wish(name, mark, 0)

    def _reaches(self, first: Iterable[str], second: Iterable[str]) -> bool:
        return bool(self._descendants(first) & set(second))

    def _descendants(self, marks: Iterable[str]) -> set[str]:
        seen = _closure({self.kin[mark] for mark in marks}, self.graph.next.__getitem__)
        return {mark for mark, kin in self.kin.items() if kin in seen}

    def _leftmost(self) -> dict[str, int]:
        column = dict.fromkeys(self.graph.next, 0)
        for node in self.graph.sorted():
            for after, length in self.graph.next[node].items():
                column[after] = max(column[after], column[node] + length)
        return column

    def _free(self) -> set[str]:
        """The marks that come of initial vectors by a way that nothing else leaves."""
        free: set[str] = set()
        for node in self.graph.sorted():
            before = [other for other in self.graph.back[node] if other in self.kin]
            after = sum(other in self.kin for other in self.graph.next[node])
            if node in self.kin and after == 1 and free.issuperset(before):
                free.add(node)
        return free

    def _tighten(self, column: dict[str, int]) -> None:
        """Move right what has more after it than before it, not counting what it takes along."""
        free = self._free()
        for node in reversed(self.graph.sorted()):
            after = self.graph.next[node]
            before = sum(name in self.kin and name not in free for name in self.graph.back[node])
            if node in self.kin and len(after) > before:
                column[node] = min(column[n] - length for n, length in after.items())


class _Graph:
    """Nodes with the lengths of the edges from them and to them."""

    def __init__(self) -> None:
        self.next: dict[str, dict[str, int]] = {}
        self.back: dict[str, dict[str, int]] = {}

    def add(self, nodes: Iterable[str]) -> None:
        """Add nodes that it does not have yet."""
        for node in nodes:
            self.next.setdefault(node, {})
            self.back.setdefault(node, {})

    def join(self, a: str, b: str, length: int = 1) -> None:
        """An edge; of two between the same nodes the longer one stays."""
        self.add((a, b))
        longest = max(length, self.next[a].get(b, 0))
        self.next[a][b] = self.back[b][a] = longest

    def merge(self, a: str, b: str) -> None:
        """Give all edges of a to b."""
        for c, length in self.next.pop(a).items():
            del self.back[c][a]
            self.join(b, c, length)
        for c, length in self.back.pop(a).items():
            del self.next[c][a]
            self.join(c, b, length)

    def after(self, node: str) -> set[str]:
        """All that an edge or more lead to, and the node."""
        return _closure([node], lambda name: self.next.get(name, ()))

    def sorted(self) -> list[str]:
        """Every node after those before it."""
        waits = {node: len(before) for node, before in self.back.items()}
        order = [node for node, count in waits.items() if not count]
        for node in order:
            for after in self.next[node]:
                waits[after] -= 1
                if not waits[after]:
                    order.append(after)
        assert len(order) == len(waits), "wishes make no circle"
        return order


def _closure(marks: Iterable[str], step: Callable[[str], Iterable[str]]) -> set[str]:
    """The marks and all that leads on from them."""
    seen = set(marks)
    stack = list(seen)
    while stack:
        new = [found for found in step(stack.pop()) if found not in seen]
        seen.update(new)
        stack += new
    return seen

"""Columns that stay: where marks of before stand, and where what is new opens a gap."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from tpgraph.notation.diagram.diagram import Diagram
from tpgraph.notation.diagram.links import links
from tpgraph.program.closure import reached

__all__ = ["kept_columns"]


def kept_columns(diagram: Diagram, kept: Mapping[str, int]) -> dict[str, int]:
    """A column for every mark, each line going to a later one; `kept` has those of before.

    Marks keep their columns but where a gap opens: then everything behind it moves by as much, and
    what is given from outside stays as far from what reads it first as it was.
    """
    return _Columns(diagram, kept).found()


class _Columns:
    """Columns while they are found, in the order of computation."""

    def __init__(self, diagram: Diagram, kept: Mapping[str, int]) -> None:
        self.order = tuple(_computed(diagram))
        self.sources: dict[str, list[str]] = defaultdict(list)
        self.targets: dict[str, list[str]] = defaultdict(list)
        for link in links(diagram):
            self.sources[link.target].append(link.source)
            self.targets[link.source].append(link.target)
        self.column = dict(kept)
        self.distance = {
            mark: self._distance(mark)
            for mark in self.order
            if mark in kept and not self.sources[mark]
        }

    def found(self) -> dict[str, int]:
        """The columns, numbered from 0 without gaps."""
        for mark in self.order:
            before = [self.column[s] for s in self.sources[mark] if s in self.column]
            least = max(before, default=None)
            if least is None:
                if self.sources[mark]:  # all of which are new and given, and come before it
                    self.column.setdefault(mark, min(self.column.values(), default=0) + 1)
                continue
            if mark not in self.column:
                self.column[mark] = least + 1
            elif self.column[mark] <= least:
                self._open(mark, least + 1 - self.column[mark])
        self._place_given()
        used = sorted({self.column[mark] for mark in self.order})
        number = {column: i for i, column in enumerate(used)}
        return {mark: number[self.column[mark]] for mark in self.order}

    def _open(self, mark: str, count: int) -> None:
        """Move a mark and everything behind it, but not what it is made of.

        No line turns back: where its source moves, its target does, as what is not behind the mark
        is before it or was in its own column.
        """
        at = self.column[mark]
        ahead, behind = reached(mark, self.sources), reached(mark, self.targets)
        for other, column in list(self.column.items()):
            if other in behind or (column > at and other not in ahead):
                self.column[other] = column + count

    def _place_given(self) -> None:
        """What is given from outside stands before what reads it first."""
        for mark in self.order:
            if self.sources[mark]:
                continue
            readers = [self.column[t] for t in self.targets[mark] if t in self.column]
            if readers:
                self.column[mark] = min(readers) - self.distance.get(mark, 1)
            elif mark not in self.column:
                self.column[mark] = min(self.column.values(), default=0)

    def _distance(self, mark: str) -> int:
        """From a mark of before to its nearest reader of before."""
        readers = [self.column[t] for t in self.targets[mark] if t in self.column]
        return max(1, min(readers, default=self.column[mark] + 1) - self.column[mark])


def _computed(diagram: Diagram) -> Iterator[str]:
    """All marks, each behind what it is made of: in program order, gates before outputs."""
    maker = {gate.outputs[0]: gate.id for gate in diagram.gates}
    for vertex in diagram.vertices:
        if vertex.id in maker:
            yield maker[vertex.id]
        yield vertex.id

"""Marks that stand settled elsewhere, some at a time, where that saves crossings.

A group is a mark with what only it brings: a gate with outputs that nobody reads. A mark that is
read is held where it stands by all that is made of it: with its tail it may go to the other side of
a row, or some columns on, which none of them gains by alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeAlias

from tpgraph.notation.layout.kept_heights import KeptHeights, NoPlace
from tpgraph.program.closure import reached

__all__ = ["Anew", "Group"]

Group: TypeAlias = tuple[str, ...]

_TRIED = 4  # places of a mark of which it is tried what they do to other lines
_ASIDE = 4  # columns on each side to which a mark may move
_TURNS = 1  # crossings more than can be gained that a place may promise, as gates may turn


class Anew:
    """Groups of marks settled anew; each way to do so says how many crossings it saves, and leaves
    everything where it was if that is none.
    """

    def __init__(self, heights: KeptHeights) -> None:
        self.heights = heights
        inside = {out for outputs in heights.ends.values() for out in outputs}
        first = [mark for mark in heights.column if mark not in inside]
        self.groups: list[Group] = [(mark, *heights.ends.get(mark, ())) for mark in first]
        self.group_of = {mark: group for group in self.groups for mark in group}
        self.readers = {
            mark: [link.target for link in links if link.source == mark]
            for mark, links in heights.beside.items()
        }

    def saved(self, group: Group) -> int:
        """What a group alone would save; everything stays."""
        begun = len(self.heights.journal)
        found = self.together(group)
        self.heights.take_back(begun)
        return found

    def together(self, *groups: Group) -> int:
        """Settle groups one after the other, each where it is best."""
        begun, gain = self._lifted(groups)
        saved = self._rest(groups, gain, self._between)
        if not saved:
            self.heights.take_back(begun)
        return saved

    def with_tail(self, group: Group) -> int:
        """Settle a group with its tail, from the first of some places that saves crossings."""
        heights, groups = self.heights, self.tail(group)
        begun, gain = self._lifted(groups)
        lifted, (head, *rest) = len(heights.journal), groups
        with suppress(NoPlace):
            places = heights.promising(head[0], self._behind(head[0]), gain)
            for _, column, height in places[:_TRIED]:
                with suppress(NoPlace):
                    left = gain - heights.take(head[0], column, height)
                    saved = self._rest(rest, left, self._behind)
                    if saved:
                        return saved
                heights.take_back(lifted)
        heights.take_back(begun)
        return 0

    def tail(self, group: Group) -> list[Group]:
        """A group and all that is made of it, in the order of computation."""
        found = {self.group_of[end] for mark in group for end in reached(mark, self.readers)}
        return sorted(found, key=lambda one: (self.heights.column[one[0]], one))

    def _lifted(self, groups: Sequence[Group]) -> tuple[int, int]:
        """How long the journal was, and how many crossings fewer there are without groups."""
        begun = len(self.heights.journal)
        return begun, self.heights.lifted([mark for group in groups for mark in group])

    def _rest(self, groups: Sequence[Group], gain: int, columns: Callable[[str], range]) -> int:
        """Settle groups while something is left of the gain, and what is; 0 where nothing is."""
        heights = self.heights
        with suppress(NoPlace):
            for mark, *_ in groups:
                if gain <= 0:
                    break
                place = heights.best(mark, columns(mark), _TRIED, gain + _TURNS)
                gain -= heights.take(mark, *place)
            return max(gain, 0)
        return 0

    def _between(self, mark: str) -> range:
        """The columns between what a mark is made of and what reads it, some on each side of its
        own.
        """
        heights, own = self.heights, self.heights.column[mark]
        last = min(own + _ASIDE, heights.last)
        for link in heights.beside[mark]:
            if link.source == mark and mark not in heights.ends:
                last = min(last, heights.column[link.target] - 1)
        return range(max(self._first(mark), own - _ASIDE), last + 1)

    def _behind(self, mark: str) -> range:
        """The columns behind what a mark is made of, some on each side of its own."""
        first, own = self._first(mark), self.heights.column[mark]
        return range(max(first, own - _ASIDE), max(first, own) + _ASIDE + 1)

    def _first(self, mark: str) -> int:
        """The first column behind what a mark is made of."""
        heights = self.heights
        made = (heights.column[k.source] for k in heights.beside[mark] if k.target == mark)
        return 1 + max(made, default=-1)

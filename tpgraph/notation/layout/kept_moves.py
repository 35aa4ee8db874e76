"""Few marks that stood already go elsewhere, where a picture that only grows has tangled lines.

What was settled early may be in the way of all that comes later. One mark in twenty may move with
every edit: those whose lines cross most, if they have a place from which fewer cross. Two marks
that were in one column and still are keep their order.
"""

from __future__ import annotations

import random

from tpgraph.notation.layout.kept_heights import KeptHeights

__all__ = ["moved_marks"]

_SHARE = 20  # of so many marks one may move
_MOST = 6.0  # marks that may move at once, if few have moved before
_ROUNDS = 1
_DRAWN = 30  # groups drawn at random to be moved together, in pictures of _SMALL marks
_SMALL = 30
_LARGE = 100
_TRIED = 6  # groups of marks for which it is tried


def moved_marks(heights: KeptHeights, credit: float) -> tuple[set[str], float]:
    """Move marks while that saves crossings and the credit lasts; which ones, and what is left.

    In large pictures nothing moves: to search them takes longer than an edit may.
    """
    if len(heights.column) > _LARGE:
        return set(), credit
    return _Moves(heights, credit).made()


_Group = tuple[str, ...]


class _Moves:
    """Moves while they are tried; a group are marks that move together."""

    def __init__(self, heights: KeptHeights, credit: float) -> None:
        self.heights, self.before = heights, heights.sizes.before
        self.left = credit + len(self.before) / _SHARE
        self.moved: set[str] = set()
        inside = {out for outputs in heights.ends.values() for out in outputs}
        first = (mark for mark in heights.column if mark not in inside)
        groups = [(mark, *heights.ends.get(mark, ())) for mark in first]
        self.group_of = {mark: group for group in groups for mark in group}

    def made(self) -> tuple[set[str], float]:
        """What moved, and the credit that is left."""
        for _ in range(_ROUNDS):
            moves = [self._try(group) for group in self._worst()]
            if not any(moves):
                break
        chance, tangled = random.Random(len(self.heights.ways)), self._worst()
        for _ in range(_DRAWN * _SMALL // max(len(self.heights.column), _SMALL)):
            if len(tangled) < 2:
                break
            if self._try(*self._drawn(chance, chance.choice(tangled))):
                tangled = self._worst()
        return self.moved, min(self.left, _MOST)

    def _worst(self) -> list[_Group]:
        """The groups whose lines cross most lines, those first."""
        groups = dict.fromkeys(self.group_of.values())
        counts = {group: self.heights.tangled(group) for group in groups}
        return sorted((g for g in counts if counts[g]), key=lambda g: -counts[g])[:_TRIED]

    def _try(self, *groups: _Group) -> bool:
        """Move groups if they may and crossings become fewer."""
        marks = [mark for group in groups for mark in group]
        price = sum(mark in self.before and mark not in self.moved for mark in marks)
        if price > self.left or not self.heights.settled_anew(*groups):
            return False
        self.moved.update(marks)
        self.left -= price
        return True

    def _drawn(self, chance: random.Random, group: _Group) -> list[_Group]:
        """A group and one or two of those whose lines it crosses, in some order."""
        lines = self.heights.crossed_by(group)
        ends = dict.fromkeys(self.group_of[m] for k in lines for m in (k.source, k.target))
        others = [end for end in ends if end != group]
        drawn = [group, *chance.sample(others, min(len(others), chance.randint(1, 3)))]
        chance.shuffle(drawn)
        return drawn

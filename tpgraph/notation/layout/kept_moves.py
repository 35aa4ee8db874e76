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
_STEPS = 300  # columns that are looked at for lines, all moves of an edit, for each crossing beyond
_MOST_STEPS = 1500  # the same for all together
_OTHERS = 0, 1, 2, 3  # how many move with a group, drawn at random
_ROUNDS = 20  # for each tangled group, at most


def moved_marks(heights: KeptHeights, credit: float, aim: float) -> tuple[set[str], float]:
    """Move marks while that saves crossings and the credit lasts; which ones, and what is left.

    Crossings beyond `aim` are what there is to gain, and the work is in proportion to them. What
    one edit does not find, the next may.
    """
    return _Moves(heights, credit, aim).made()


_Group = tuple[str, ...]


class _Moves:
    """Moves while they are tried; a group are marks that move together."""

    def __init__(self, heights: KeptHeights, credit: float, aim: float) -> None:
        self.heights, self.before = heights, heights.sizes.before
        self.left = credit + len(self.before) / _SHARE
        self.moved: set[str] = set()
        self.aim = aim
        beyond = max(heights.crossings() - aim, 0.0)
        self.last = heights.ground.steps + min(_STEPS * beyond, _MOST_STEPS)
        inside = {out for outputs in heights.ends.values() for out in outputs}
        first = (mark for mark in heights.column if mark not in inside)
        groups = [(mark, *heights.ends.get(mark, ())) for mark in first]
        self.group_of = {mark: group for group in groups for mark in group}

    def made(self) -> tuple[set[str], float]:
        """What moved, and the credit that is left."""
        chance, tangled = random.Random(len(self.heights.ways)), self._tangled()
        tried: list[list[_Group]] = []
        for _ in range(_ROUNDS * len(tangled)):
            if self.heights.ground.steps >= self.last:
                break
            (group,) = chance.choices([*tangled], [*tangled.values()])
            groups = self._drawn(chance, group)
            if groups not in tried and self._try(*groups):
                if self.heights.crossings() <= self.aim:
                    break
                tangled, tried = self._tangled(), []
            tried.append(groups)
        return self.moved, min(self.left, _MOST)

    def _tangled(self) -> dict[_Group, int]:
        """The groups whose lines cross lines, and how many."""
        groups = dict.fromkeys(self.group_of.values())
        counts = {group: self.heights.tangled(group) for group in groups}
        return {group: count for group, count in counts.items() if count}

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
        drawn = [group, *chance.sample(others, min(len(others), chance.choice(_OTHERS)))]
        chance.shuffle(drawn)
        return drawn

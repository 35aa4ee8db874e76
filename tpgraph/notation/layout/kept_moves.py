"""Few marks that stood already go elsewhere, where a picture that only grows has tangled lines.

What was settled early may be in the way of all that comes later. One mark in twenty may move with
every edit: those whose lines cross most, if they have a place from which fewer cross. Two marks
that were in one column and still are keep their order.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from tpgraph.notation.layout.kept_heights import KeptHeights

__all__ = ["moved_marks"]

_SHARE = 20  # of so many marks one may move
_MOST = 6.0  # marks that may move at once, if few have moved before
_STEPS = 100  # columns that are looked at for lines: so many times b (b + 1) for b crossings beyond
_MOST_STEPS = 2500  # the same for all moves of an edit at most
_OTHERS = 0, 1, 2, 3  # how many move with a group, drawn at random
_ROUNDS = 20  # for each tangled group, at most


def moved_marks(heights: KeptHeights, credit: float, aim: float) -> tuple[set[str], float]:
    """Move marks while that saves crossings and the credit lasts; which ones, and what is left.

    Crossings beyond `aim` are what there is to gain: little work for one of them, which the next
    edit may find, and the more for each the more there are.
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
        self.last = heights.ground.steps + min(_STEPS * beyond * (beyond + 1), _MOST_STEPS)
        inside = {out for outputs in heights.ends.values() for out in outputs}
        first = (mark for mark in heights.column if mark not in inside)
        groups = [(mark, *heights.ends.get(mark, ())) for mark in first]
        self.others: dict[_Group, list[_Group]] = {}  # those whose lines it crosses
        self.group_of = {mark: group for group in groups for mark in group}

    def made(self) -> tuple[set[str], float]:
        """What moved, and the credit that is left."""
        chance = random.Random(len(self.heights.ways))
        better = True
        while better and self.heights.crossings() > self.aim:
            better = any(self._try(*groups) for groups in self._proposals(chance))
        return self.moved, min(self.left, _MOST)

    def _proposals(self, chance: random.Random) -> Iterator[list[_Group]]:
        """What may move together, as long as there is time: each tangled group alone, those first
        whose lines cross most; then with others, drawn at random.
        """
        tangled = self._tangled()
        tried: list[list[_Group]] = []
        alone = sorted(tangled, key=lambda group: -tangled[group])
        for k in range(_ROUNDS * len(tangled)):
            if self.heights.ground.steps >= self.last:
                break
            if k < len(alone):
                groups = [alone[k]]
            else:
                (group,) = chance.choices([*tangled], [*tangled.values()])
                groups = self._drawn(chance, group)
            if groups not in tried:
                tried.append(groups)
                yield groups

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
        self.others.clear()
        self.moved.update(marks)
        self.left -= price
        return True

    def _drawn(self, chance: random.Random, group: _Group) -> list[_Group]:
        """A group and up to three of those whose lines it crosses, in some order."""
        if group not in self.others:
            lines = self.heights.crossed_by(group)
            ends = dict.fromkeys(self.group_of[m] for k in lines for m in (k.source, k.target))
            self.others[group] = [end for end in ends if end != group]
        others = self.others[group]
        drawn = [group, *chance.sample(others, min(len(others), chance.choice(_OTHERS)))]
        chance.shuffle(drawn)
        return drawn

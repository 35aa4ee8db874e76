"""Few marks that stood already go elsewhere, where a picture that only grows has tangled lines.

What was settled early may be in the way of all that comes later. One mark in twenty may move with
every edit: the one of those whose lines cross that gains most, one with all that is made of it, or
some together. Two marks that were in one column and still are keep their order.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence

from tpgraph.notation.layout.kept_anew import Anew, Group
from tpgraph.notation.layout.kept_heights import KeptHeights

__all__ = ["moved_marks"]

_SHARE = 20  # of so many marks one may move
_MOST = 6.0  # marks that may move at once, if few have moved before
_STEPS = 100  # columns that are looked at for lines: so many times b (b + 1) for b crossings beyond
_MOST_STEPS = 2500  # the same for all moves of an edit at most
_FREE = 0.5  # marks that one counts as which has moved already, or is new
_OTHERS = 1, 2, 3  # how many move with a group, drawn at random
_ROUNDS = 20  # draws for each tangled group, at most


def moved_marks(heights: KeptHeights, credit: float, aim: float) -> tuple[set[str], float]:
    """Move marks while that saves crossings and the credit lasts; which ones, and what is left.

    Crossings beyond `aim` are what there is to gain: little work for one of them, which the next
    edit may find, and the more for each the more there are.
    """
    return _Moves(heights, credit, aim).made()


class _Moves:
    """Moves while they are tried."""

    def __init__(self, heights: KeptHeights, credit: float, aim: float) -> None:
        self.heights, self.before = heights, heights.sizes.before
        self.anew = Anew(heights)
        self.left = credit + len(self.before) / _SHARE
        self.moved: set[str] = set()
        self.aim = aim
        beyond = max(heights.crossings() - aim, 0.0)
        self.last = heights.ground.steps + min(_STEPS * beyond * (beyond + 1), _MOST_STEPS)
        self.others: dict[Group, list[Group]] = {}  # those whose lines it crosses

    def made(self) -> tuple[set[str], float]:
        """What moved, and the credit that is left."""
        chance = random.Random(len(self.heights.ways))
        better = True
        while better and self.heights.crossings() > self.aim:
            better = self._better(self._tangled(), chance)
        return self.moved, min(self.left, _MOST)

    def _better(self, tangled: Mapping[Group, int], chance: random.Random) -> bool:
        """Move something so that fewer lines cross, if there is time to find out what: of tangled
        groups alone that which gains most for a mark, or one with its tail, or some at random.
        """
        rising = sorted(tangled, key=lambda group: -tangled[group])
        worth = {group: self._worth(group) for group in rising if self._is_time()}
        best = max(worth, key=lambda group: worth[group], default=None)
        if best is not None and worth[best] > 0:
            return self._together([best])
        return any(self._with_tail(group) for group in rising) or any(
            self._together(groups) for groups in self._drawn(tangled, chance)
        )

    def _is_time(self) -> bool:
        return self.heights.ground.steps < self.last

    def _tangled(self) -> dict[Group, int]:
        """The groups whose lines cross lines, and how many."""
        counts = {group: self.heights.tangled(group) for group in self.anew.groups}
        return {group: count for group, count in counts.items() if count}

    def _price(self, groups: Iterable[Group]) -> int:
        """How many marks of before would move that have not."""
        marks = (mark for group in groups for mark in group)
        return sum(mark in self.before and mark not in self.moved for mark in marks)

    def _worth(self, group: Group) -> float:
        """The crossings that a group saves for each mark that moves."""
        price = self._price([group])
        return self.anew.saved(group) / max(price, _FREE) if price <= self.left else 0.0

    def _with_tail(self, group: Group) -> bool:
        """Move a group that is read with what is made of it, if few marks are."""
        groups = self.anew.tail(group)
        if len(groups) == 1 or self._price(groups) > self.left or not self._is_time():
            return False
        return self._moved(groups, self.anew.with_tail(group))

    def _together(self, groups: Sequence[Group]) -> bool:
        """Move groups together."""
        if self._price(groups) > self.left:
            return False
        return self._moved(groups, self.anew.together(*groups))

    def _moved(self, groups: Sequence[Group], saved: int) -> bool:
        """Note that groups have moved, if that saved crossings."""
        if saved:
            self.others.clear()
            self.left -= self._price(groups)
            self.moved.update(mark for group in groups for mark in group)
        return saved > 0

    def _drawn(
        self, tangled: Mapping[Group, int], chance: random.Random
    ) -> Iterator[Sequence[Group]]:
        """Some groups that may move together, drawn at random as long as there is time."""
        tried: list[Sequence[Group]] = [[group] for group in tangled]
        for _ in range(_ROUNDS * len(tangled)):
            if not self._is_time():
                break
            (group,) = chance.choices([*tangled], [*tangled.values()])
            groups = self._some(chance, group)
            if groups not in tried:
                tried.append(groups)
                yield groups

    def _some(self, chance: random.Random, group: Group) -> Sequence[Group]:
        """A group and up to three of those whose lines it crosses, in some order."""
        if group not in self.others:
            lines, of = self.heights.crossed_by(group), self.anew.group_of
            ends = dict.fromkeys(of[m] for k in lines for m in (k.source, k.target))
            self.others[group] = [end for end in ends if end != group]
        others = self.others[group]
        drawn = [group, *chance.sample(others, min(len(others), chance.choice(_OTHERS)))]
        chance.shuffle(drawn)
        return drawn

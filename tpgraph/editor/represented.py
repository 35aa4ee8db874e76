"""What marks of a folded picture stand for: each for one of many, called by the plate's letter."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product

from tpgraph.notation.diagram.block_runs import moved
from tpgraph.notation.diagram.folded import Folded
from tpgraph.notation.diagram.generic import Called, Move, called_in
from tpgraph.notation.diagram.plate_letters import PlateLetters
from tpgraph.notation.diagram.said_of_marks import Titles
from tpgraph.program import Program, join_name, split_name

__all__ = ["Represented"]


@dataclass(frozen=True)
class Represented:
    """The marks in the plates of a folded picture of a program.

    `s[4]` is drawn once for `s[t]` with t = 2, …, 6: what is said of it is said of all, and what
    is made of it is made of all.
    """

    program: Program
    folded: Folded

    @cached_property
    def _letters(self) -> PlateLetters:
        return PlateLetters(self.program, self.folded.groups)

    def called(self, name: str) -> Called | None:
        """How things are called at what is drawn for many; None of what stands for itself."""
        return self._letters.called(name) if name in self.folded.names else None

    def spelled(self, name: str, titles: Titles) -> str:
        """A variable in a sentence: `s[t]`, of an unnamed one the formula, `W s[t-1]`."""
        return titles.spelled(name, self.called(name))

    def reader(self, reader: str, name: str, titles: Titles) -> str | None:
        """The same of what reads a mark, maybe in the block after: `W s[t]`; None where that does
        not read all that the mark stands for.
        """
        moves = self._moves(name)
        found = [_within(reader, self._along(reader, name, move)) for move in moves]
        there = [move for move in found if move is not None]
        if len(there) < len(moves):
            return None
        return titles.spelled(reader, called_in(self.program, reader, there) if there else None)

    def _along(self, reader: str, name: str, move: Move) -> Move | None:
        """The index of a reader that moves on with one of what it reads."""
        for step in (move.letter.step, -move.letter.step):
            read = moved(name, move.position, step)
            for position in range(len(split_name(reader)[1])):
                other = self.program.equation_of.get(moved(reader, position, step))
                if other is not None and read in {v.name for v in other.inputs}:
                    return Move(position, move.letter)
        return None

    def members(self, name: str, inside: str | None = None) -> tuple[str, ...]:
        """All that a mark stands for, in order; itself alone where it stands for nothing else. With
        `inside`, what it stands for where another mark is one of its many.
        """
        there = [move.letter for move in self._moves(inside)] if inside else []
        moves = [move for move in self._moves(name) if move.letter not in there]
        base, index, temporary = split_name(name)
        found = []
        for values in product(*(move.letter.values for move in moves)):
            own = list(index)
            for move, value in zip(moves, values, strict=True):
                own[move.position] += value - move.letter.value
            found.append(join_name(base, tuple(own), temporary))
        return tuple(one for one in found if one in self.program.variables) or (name,)

    def _moves(self, name: str) -> Sequence[Move]:
        """The indices of a name that move with the plates that its mark stands in."""
        called = self.called(name)
        return () if called is None else called.moves.get(name, ())

    def ranges(self, name: str) -> list[str]:
        """The values of the letters that a name goes by: `t = 2, …, 6`."""
        letters = [move.letter for move in self._moves(name)]
        return [f"{one.name} = {one.values[0]}, …, {one.values[-1]}" for one in letters]

    def host(self, names: Collection[str]) -> str | None:
        """A variable whose statement stands in the loops over all that the names stand for; None
        where none of them stands for many, or no loops of the text run over just that.
        """
        around = [p for p in self.folded.plates if not p.members.isdisjoint(names)]
        letters = max((len(self.ranges(name)) for name in names), default=0)
        if not around or not letters:
            return None
        inner = min(around, key=lambda plate: len(plate.members))
        return next(self._looped(inner.members, letters), None)

    def _looped(self, members: Collection[str], letters: int) -> Iterator[str]:
        """What so many loops make of the block that is drawn, the last first."""
        for equation in reversed(self.program.equations):
            name, origin = equation.out.name, equation.origin
            looped = origin is not None and len(origin.values) == letters
            if looped and name in members and not equation.out.is_temporary and self.is_here(name):
                yield name

    def is_here(self, name: str) -> bool:
        """Whether it belongs to the block that is drawn, not to one before."""
        own = split_name(name)[1]
        return all(own[move.position] == move.letter.value for move in self._moves(name))


def _within(name: str, move: Move | None) -> Move | None:
    """The move of a name, over the blocks in which there is one such."""
    if move is None:
        return None
    letter = move.letter
    ahead = split_name(name)[1][move.position] - letter.value
    values = [value for value in letter.values if value + ahead in letter.values]
    return replace(move, letter=replace(letter, values=values))

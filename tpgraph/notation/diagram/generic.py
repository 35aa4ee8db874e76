r"""Names with letters in the place of indices: in a plate `W[50]` is `W[l]`, `x[49]` is `x[l-1]`.

Which index of what moves with a plate is read off the program: an equation and the one that stands
for it in the block after bind and read names that differ by the step of the plate in one index.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tpgraph.notation.diagram.block_runs import family_of, moved, shift_between
from tpgraph.program import Equation, MatMul, Program, split_name
from tpgraph.program.labels import indexed_latex

__all__ = ["Called", "GenericIndex", "GenericName", "Letter", "Move", "called_in", "range_text"]

_NUMBER = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True)
class Letter:
    """The letter of a plate's index, and the value of that in the block that is drawn; `values` are
    all of them, by `step` from block to block.
    """

    name: str
    value: int
    values: Sequence[int]
    step: int

    def instead(self, number: int) -> GenericIndex:
        """What stands for a number."""
        return GenericIndex(self.name, number - self.value)


@dataclass(frozen=True, slots=True)
class GenericIndex:
    """A letter, or a number counted from it.

    >>> str(GenericIndex("l", -1)), GenericIndex("l", -1).latex
    ('l-1', 'l{-}1')
    """

    letter: str
    offset: int

    def __str__(self) -> str:
        return f"{self.letter}{self.offset:+}" if self.offset else self.letter

    @property
    def latex(self) -> str:
        """In LaTeX, a sign without space around it."""
        sign = "-" if self.offset < 0 else "+"
        return f"{self.letter}{{{sign}}}{abs(self.offset)}" if self.offset else self.letter


@dataclass(frozen=True, slots=True)
class GenericName:
    """A name some of whose indices are letters."""

    base: str
    index: tuple[int | GenericIndex, ...]
    temporary: int | None = None

    def __str__(self) -> str:
        where = f"[{','.join(map(str, self.index))}]" if self.index else ""
        mark = "" if self.temporary is None else f"~{self.temporary}"
        return f"{self.base}{where}{mark}"

    @property
    def latex(self) -> str:
        """The label that it gets by itself."""
        index = [str(i) if isinstance(i, int) else i.latex for i in self.index]
        return indexed_latex(self.base, index, self.temporary)

    def at(self, position: int, letter: Letter) -> GenericName:
        """The name with a letter for one of its indices."""
        number = self.index[position]
        assert isinstance(number, int), "an index moves with one plate"
        index = (*self.index[:position], letter.instead(number), *self.index[position + 1 :])
        return replace(self, index=index)


@dataclass(frozen=True, slots=True)
class Move:
    """An index of a name that moves with a plate."""

    position: int
    letter: Letter


@dataclass(frozen=True)
class Called:
    """How what an equation binds and reads is called in plates: `moves` are the indices of names
    that move with them.
    """

    program: Program
    moves: Mapping[str, tuple[Move, ...]]

    def name(self, name: str) -> GenericName:
        """The name, with letters where it moves."""
        found = GenericName(*split_name(name))
        for move in self.moves.get(name, ()):
            found = found.at(move.position, move.letter)
        return found

    def inside(self, name: str) -> Called:
        """How what that variable is made of is called where this is."""
        return called_in(self.program, name, self.moves.get(name, ()))

    def is_alike(self, name: str) -> bool:
        """Whether a variable is made alike in all blocks of the plates that it moves with."""
        own = self.program.equation_of.get(name)
        return all(
            _corresponds(own, self.program.equation_of.get(self._ahead(name, move, value)))
            for move in self.moves.get(name, ())
            for value in move.letter.values
            if value != move.letter.value
        )

    def latex(self, name: str) -> str:
        """The label of a name: the program's own with letters, else that of the generic name.

        An own label has a letter for a number that in the labels of all blocks is the index, or
        counts from it; what else differs between them is not said of all.
        """
        label = self.program.labels.get(name)
        own = None if label is None else self._own(name, _NUMBER.split(label))
        return self.name(name).latex if own is None else own

    def _own(self, name: str, parts: Sequence[str]) -> str | None:
        """The label in these parts, every second of which is a number, with letters."""
        written = list(parts)
        for move in self.moves.get(name, ()):
            family = {n: self._parts_ahead(name, move, n) for n in move.letter.values}
            if any(other[::2] != parts[::2] for other in family.values()):
                return None
            for i in range(1, len(parts), 2):
                if len({int(other[i]) - n for n, other in family.items()}) == 1:
                    written[i] = move.letter.instead(int(parts[i])).latex
                elif any(other[i] != parts[i] for other in family.values()):
                    return None
        return "".join(written)

    def _parts_ahead(self, name: str, move: Move, value: int) -> list[str]:
        """The parts of the label where the plate's index has this value."""
        return _NUMBER.split(self.program.labels.get(self._ahead(name, move, value), ""))

    def _ahead(self, name: str, move: Move, value: int) -> str:
        """What stands for a name where the plate's index has this value."""
        return moved(name, move.position, value - move.letter.value)


def called_in(program: Program, name: str, moves: Sequence[Move]) -> Called:
    """How the equation that binds a name calls things where these indices of the name move."""
    found: dict[str, tuple[Move, ...]] = {}
    for move in moves:
        for part, position in _moving(program, name, move).items():
            found[part] = (*found.get(part, ()), Move(position, move.letter))
    return Called(program, found)


def _corresponds(own: Equation | None, other: Equation | None) -> bool:
    """Whether two equations do the same with names that differ by indices alone."""
    if own is None or other is None or type(own) is not type(other):
        return False
    if isinstance(own, MatMul):
        alike = isinstance(other, MatMul) and own.transpose == other.transpose
    else:
        alike = not isinstance(other, MatMul) and own.function == other.function
    names = [v.parts for v in (own.out, *own.inputs)]
    others = [v.parts for v in (other.out, *other.inputs)]
    return alike and shift_between(names, others) is not None


def _moving(program: Program, name: str, move: Move) -> dict[str, int]:
    """Which index of what an equation binds and reads moves on to the next block, or to the one
    before.
    """
    equation = program.equation_of.get(name)
    for step in (move.letter.step, -move.letter.step):
        other = program.equation_of.get(moved(name, move.position, step))
        if equation is None or other is None or len(equation.inputs) != len(other.inputs):
            continue
        own = (equation.out, *equation.inputs)
        theirs = (other.out, *other.inputs)
        shift = shift_between([v.parts for v in own], [v.parts for v in theirs])
        if shift is not None:
            return {
                v.name: shift.positions[family_of(v.parts)]
                for v, moves in zip(own, shift.moves, strict=True)
                if moves
            }
    return {name: move.position}


def range_text(letter: str, first: int, last: int, step: int) -> str:
    r"""The label of a plate, `l=2,\,\ldots,\,100`."""
    second = rf"{first + step},\," if abs(step) > 1 else ""
    return rf"{letter}={first},\,{second}\ldots,\,{last}"

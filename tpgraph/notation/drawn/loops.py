"""The letters of the loops in whose bodies equations are written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tpgraph.program import Equation, Program

__all__ = ["loop_letter", "loop_letters"]


def loop_letter(block: Sequence[Equation], after: Sequence[Equation]) -> str:
    """The letter of the loop that leads from a block of equations to the block after, else l.

    Of several the innermost; a loop whose variable is a word gives no letter.
    """
    pairs = zip(block, after, strict=True)
    return next((letter for pair in pairs for letter in _moved(*pair)), "l")


def _moved(one: Equation, other: Equation) -> Iterator[str]:
    """The letters of loops, inner ones first, that have moved on between two equations."""
    if one.origin is None or other.origin is None or one.origin.statement != other.origin.statement:
        return
    for letter, value in reversed([*one.origin.values.items()]):
        if len(letter) == 1 and other.origin.values.get(letter) != value:
            yield letter


def loop_letters(program: Program) -> frozenset[str]:
    """The letters of all loops around what a program makes, if it came of a text."""
    origins = (part.origin for part in program.in_order() if part.origin is not None)
    return frozenset(letter for origin in origins for letter in origin.values)

"""Names that count, as members of a family: `x_1`, `x_2` are `x[1]`, `x[2]`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tpgraph.errors import TPTypeError
from tpgraph.language import syntax as s
from tpgraph.language.editing.alike import pieces_of
from tpgraph.language.editing.edit import refusal
from tpgraph.language.readings import Reading, Statement
from tpgraph.language.repetition import Linear, Piece, Use
from tpgraph.program import split_name

__all__ = ["alike_up_to_numbers", "families_of", "parted"]

_NUMBERED = re.compile(r"(.*?[^_0-9])_?(0|[1-9][0-9]{0,8})")


def parted(base: str) -> tuple[str, int | None]:
    """The letters of a name and its number; None where it has none."""
    match = _NUMBERED.fullmatch(base)
    return (match[1], int(match[2])) if match else (base, None)


def families_of(reading: Reading, columns: Sequence[Sequence[Statement]]) -> dict[str, str]:
    """The names that have to become members of a family for the statements of columns to be alike.

    Empty where none have to, and where that would not do. Raises TPTypeError where a member exists
    already.
    """
    stems = _stems(reading, columns)
    chosen = {base for column in columns for row in column for base in row.binds}
    return _members(reading, stems, chosen) if stems else {}


def alike_up_to_numbers(reading: Reading, rows: Sequence[Statement]) -> bool:
    """Whether statements say the same but for numbers, also those of names."""
    return _stems(reading, [rows]) is not None


def _stems(reading: Reading, columns: Sequence[Sequence[Statement]]) -> set[str] | None:
    """The letters of names that differ in their numbers alone; None where more differs."""
    found: set[str] = set()
    for column in columns:
        said = pieces_of(reading, column)
        if len({len(row) for row in said}) > 1:
            return None
        for alike in zip(*said, strict=True):
            stem = _stem(alike)
            if stem is None:
                return None
            found |= {stem} - {""}
    return found


def _stem(alike: Sequence[Piece]) -> str | None:
    """The letters that pieces share; "" where they need none, None where they differ in more."""
    words = [piece for piece in alike if isinstance(piece, str)]
    if len(set(alike)) == 1 or not words:
        same = {piece.base if isinstance(piece, Use) else type(piece) for piece in alike}
        return "" if len(same) == 1 or all(isinstance(p, Linear) for p in alike) else None
    stems = {parted(word)[0] for word in words}
    return stems.pop() if len(words) == len(alike) and len(stems) == 1 else None


def _members(reading: Reading, stems: set[str], chosen: set[str]) -> dict[str, str]:
    """Every variable of the text with these letters, as a member of their family.

    One without a number comes before the first: x before x_1 is x[0].
    """
    indexed = {base for base, index, _ in map(split_name, reading.origin) if index}
    found: dict[str, str] = {}
    for stem in sorted(stems):
        numbers = _numbers(reading, stem, indexed)
        numbered = [number for number in numbers.values() if number is not None]
        before = min(numbered, default=1) - 1
        for base, number in numbers.items():
            if number is None and before < 0:
                continue
            member = f"{stem}[{before if number is None else number}]"
            if stem in indexed:
                raise _taken(reading, base, member, f"{stem} is a family already", stem)
            other = next((one for one, its in found.items() if its == member), None)
            if other is not None:
                to_rename = other if base in chosen else base
                raise _taken(reading, base, member, f"and so would {other}", to_rename)
            found[base] = member
    return found


def _numbers(reading: Reading, stem: str, indexed: set[str]) -> dict[str, int | None]:
    """The numbers of all variables without an index that have some letters."""
    bound = {
        base
        for statement in reading.statements
        if isinstance(statement.node, s.Declare | s.Equate)
        for base in statement.binds
        if base not in indexed
    }
    return {base: parted(base)[1] for base in sorted(bound) if parted(base)[0] == stem}


def _taken(reading: Reading, base: str, member: str, why: str, other: str) -> TPTypeError:
    span = next(one.span for one in reading.statements if base in one.binds)
    message = f"{base} would become {member}, {why}"
    return refusal(message, span, f"rename {other} first, to other letters")

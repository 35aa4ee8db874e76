"""Names that count, as members of a family: `x_1`, `x_2` are `x[1]`, `x[2]`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tpgraph.language import syntax as s
from tpgraph.language.editing.alike import pieces
from tpgraph.language.readings import Reading, Statement
from tpgraph.language.repetition import Linear, Piece, Use
from tpgraph.program import split_name

__all__ = ["families_of"]

_NUMBERED = re.compile(r"(.*?[^_0-9])_?(0|[1-9][0-9]{0,8})")


def _parted(base: str) -> tuple[str, int]:
    """The letters of a name and its number; 0 where it has none, as `x` comes before `x_1`."""
    match = _NUMBERED.fullmatch(base)
    return (match[1], int(match[2])) if match else (base, 0)


def families_of(reading: Reading, rows: Sequence[Statement]) -> dict[str, str]:
    """The names that have to become members of a family for some statements to be alike.

    Empty where none have to, and where that would not do or a member exists already.
    """
    for period in range(1, len(rows) // 2 + 1):
        if len(rows) % period == 0:
            columns = [rows[start::period] for start in range(period)]
            stems = _stems(reading, columns)
            if stems:
                return _members(reading, stems)
    return {}


def _stems(reading: Reading, columns: Sequence[Sequence[Statement]]) -> set[str] | None:
    """The letters of names that differ in their numbers alone; None where more differs."""
    found: set[str] = set()
    for column in columns:
        said = [[one.piece for one in pieces(reading, row)] for row in column]
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
    stems = {_parted(word)[0] for word in words}
    return stems.pop() if len(words) == len(alike) and len(stems) == 1 else None


def _members(reading: Reading, stems: set[str]) -> dict[str, str]:
    """Every variable of the text with these letters, as a member of their family."""
    bound = {
        base
        for statement in reading.statements
        if isinstance(statement.node, s.Declare | s.Equate)
        for base in statement.binds
    }
    indexed = {base for base, index, _ in map(split_name, reading.origin) if index}
    found = {}
    for base in sorted(bound):
        stem, number = _parted(base)
        if stem in stems:
            found[base] = f"{stem}[{number}]"
    clash = len(set(found.values())) < len(found) or indexed & (stems | set(found))
    return {} if clash else found

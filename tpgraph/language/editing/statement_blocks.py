"""Statements in blocks that may be the steps of a loop, in whatever order the text has them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TypeAlias

from tpgraph.language import syntax as s
from tpgraph.language.editing.numbered import alike_up_to_numbers, parted
from tpgraph.language.readings import Reading, Statement
from tpgraph.program import split_name

__all__ = ["StatementColumns", "columns_of", "letters_of", "number_of", "unlike"]

StatementColumns: TypeAlias = "list[list[Statement]]"
"""Statements that are to be one each: column k has the k-th of every block."""


def columns_of(rows: Sequence[Statement]) -> Iterator[StatementColumns]:
    """The ways to see statements as blocks that follow each other, the shortest blocks first.

    As they stand, from the last to the first, and by the letters of what they bind.
    """
    for order in (list(rows), list(rows)[::-1]):
        for period in range(1, len(rows) // 2 + 1):
            if len(rows) % period == 0:
                yield [order[start::period] for start in range(period)]
    columns = _by_letters(rows)
    if len({len(column) for column in columns}) == 1 < len(columns[0]):
        yield columns


def _by_letters(rows: Iterable[Statement]) -> StatementColumns:
    """Statements that bind the same letters beside each other, in the order of their numbers."""
    groups: dict[object, list[Statement]] = {}
    for row in rows:
        groups.setdefault(letters_of(row), []).append(row)
    return [sorted(group, key=number_of) for group in groups.values()]


def number_of(row: Statement) -> int:
    """The number that a statement counts by: the last index of what it binds, or of its name.

    -1 where it has none, as `x` comes before `x_1`.
    """
    base, index = _bound(row)
    number = index[-1] if index else parted(base)[1]
    return -1 if number is None else number


def letters_of(row: Statement) -> tuple[object, ...]:
    """What a statement binds without the number that it counts by."""
    base, index = _bound(row)
    return (type(row.node), base, index[:-1]) if index else (type(row.node), parted(base)[0])


def _bound(row: Statement) -> tuple[str, tuple[int, ...]]:
    """What a statement binds, without and with its index where that is of numbers."""
    node = row.node
    if isinstance(node, s.Equate) and node.target.full:
        return split_name(node.target.full)[:2]
    return next(iter(row.binds), ""), ()


def unlike(reading: Reading, rows: Iterable[Statement]) -> tuple[Statement, Statement] | None:
    """Two statements that bind the same letters and say more that differs than numbers."""
    for column in _by_letters(rows):
        for first, second in pairwise(column):
            if not alike_up_to_numbers(reading, [first, second]):
                return first, second
    return None

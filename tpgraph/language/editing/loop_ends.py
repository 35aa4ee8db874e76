"""The last of many: what a loop makes at the end of its range, as the text says it."""

from __future__ import annotations

from typing import NamedTuple

from tpgraph.language import syntax as s
from tpgraph.language.editing.node_places import Way, ways_of
from tpgraph.language.editing.statement_places import origin_of, statement_of
from tpgraph.language.editing.substitution import linear, range_of
from tpgraph.language.readings import Reading
from tpgraph.language.repetition import Linear
from tpgraph.program import join_name, split_name

__all__ = ["LastOfMany", "last_of_many"]


class LastOfMany(NamedTuple):
    """A variable, and how the text says it so that it stays the last when loops get longer."""

    name: str
    said: str


def last_of_many(reading: Reading, name: str, beside: str) -> LastOfMany:
    """What the loops around `beside` have last where they have `name` there: s[6] of s[4] in
    `for t in 2..T`, said as `s[T]`; of s[3], which is s[t-1] there, s[5], said as `s[T-1]`.

    Raises TPTypeError where the name does not count along.
    """
    statement, origin = statement_of(reading, beside), origin_of(reading, beside)
    values: dict[str, int] = {}
    ends: dict[str, Linear | None] = {}
    for number in statement.loops:
        loop = reading.statements[number].node
        assert isinstance(loop, s.Loop)
        variable = loop.variable.full
        ends[variable] = linear(loop.range.high, {})
        values[variable] = range_of(reading, loop, values)[-1]
    ways = ways_of(reading, name, statement, origin)
    index = tuple(values.get(variable, 0) + offset for variable, offset in ways)
    base = split_name(name)[0]
    last = join_name(base, index) if ways else name
    said = [_said(way, number, ends) for way, number in zip(ways, index, strict=True)]
    return LastOfMany(last, f"{base}[{','.join(said)}]" if ways else name)


def _said(way: Way, number: int, ends: dict[str, Linear | None]) -> str:
    """An index at the end of its loop: what the range says, unless another loop's variable is in
    it.
    """
    variable, offset = way
    end = ends.get(variable)
    if end is None or any(name in ends for name, _ in end.terms):
        return str(number)
    return str(Linear(end.constant + offset, end.terms)).replace(" ", "")

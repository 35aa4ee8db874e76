"""Alike declarations as one family: `param W[2]` and `param W[3]` are `param W[2..3]`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from tpgraph.language import syntax as s
from tpgraph.language.changes import PlacedError
from tpgraph.language.constants import whole
from tpgraph.language.editing.alike import comments, last_of
from tpgraph.language.editing.edit import Patch
from tpgraph.language.editing.node_places import index_place
from tpgraph.language.editing.statement_places import extent, statement_of
from tpgraph.language.editing.substitution import numbers
from tpgraph.language.readings import Reading, Statement
from tpgraph.program import split_name

__all__ = ["family_patches", "listed_family"]


@dataclass(frozen=True, slots=True)
class _Interval:
    """An index of a declared name: one number or a range, with what the text says."""

    low: int
    high: int
    first: str
    last: str

    def text(self) -> str:
        """As the language writes it."""
        return self.first if self.low == self.high else f"{self.first}..{self.last}"


@dataclass(frozen=True, slots=True)
class _Declared:
    """Declarations alike but for the indices of their one name, which fill a box of numbers."""

    statements: tuple[Statement, ...]
    index: tuple[_Interval, ...]
    rest: tuple[str, ...]


def family_patches(reading: Reading, statements: Sequence[Statement]) -> list[Patch]:
    """The patches that make families of the declarations that can be; none where none can."""
    found = [one for statement in statements for one in _declared(reading, statement)]
    for axis in reversed(range(max((len(one.index) for one in found), default=0))):
        found = list(_merged(reading, found, axis))
    return [patch for one in found for patch in _patches(reading, one)]


def listed_family(reading: Reading, names: Sequence[str]) -> Patch | None:
    """The patch that makes a family of neighbours in the list of one declaration.

    None where the names do not stand there, one behind the other and counting up by one.
    """
    if len(names) < 2:
        return None
    first, *others = (statement_of(reading, name) for name in names)
    node, origin = first.node, first.node.origin
    if not isinstance(node, s.Declare) or any(one.number != first.number for one in others):
        return None
    places = [i for i, one in enumerate(node.names) if one.full in names]
    if len(places) < 2 or places != list(range(places[0], places[-1] + 1)):
        return None
    members = [node.names[i] for i in places]
    index = [split_name(one.full)[1] for one in members]
    heads = {(one.base, *k[:-1]) for one, k in zip(members, index, strict=True)}
    last = [k[-1] for k in index if k]
    if len(heads) > 1 or last != list(range(last[0], last[0] + len(members))):
        return None
    *outer, low = index[0]
    said = ",".join([*map(str, outer), f"{low}..{last_of(reading, last[-1])}"])
    start, _ = index_place(reading, members[0], origin)
    return Patch(start, origin + members[-1].end, f"[{said}]")


def _declared(reading: Reading, statement: Statement) -> Iterator[_Declared]:
    node, origin = statement.node, statement.node.origin
    if not isinstance(node, s.Declare) or len(node.names) != 1 or statement.loops:
        return
    if node.law is not None and isinstance(node.law.mean, s.List):
        return
    name = node.names[0]
    index = tuple(_intervals(reading, name, origin))
    tokens = reading.tokens_in(origin + name.end, statement.span.end)
    rest = tuple(token.base or token.text for token in tokens if token.kind != "comment")
    if index:
        yield _Declared((statement,), index, (node.kind, name.base, *rest))


def _intervals(reading: Reading, name: s.Name, origin: int) -> Iterator[_Interval]:
    if name.full:
        for k in split_name(name.full)[1]:
            yield _Interval(k, k, str(k), str(k))
        return
    text, known = reading.source.text, numbers(reading)
    for index in name.indices:
        low, high = (index.low, index.high) if isinstance(index, s.Range) else (index, index)
        try:
            ends = whole(low, known), whole(high, known)
        except PlacedError:
            return
        said = (text[origin + one.start : origin + one.end] for one in (low, high))
        yield _Interval(*ends, *said)


def _merged(reading: Reading, found: Iterable[_Declared], axis: int) -> Iterator[_Declared]:
    """Neighbours along an axis as one."""
    groups: dict[object, list[_Declared]] = {}
    for one in found:
        others = tuple((i.low, i.high) for k, i in enumerate(one.index) if k != axis)
        key = (one.rest, len(one.index), others) if axis < len(one.index) else id(one)
        groups.setdefault(key, []).append(one)
    for group in groups.values():
        if axis >= len(group[0].index):
            yield from group
            continue
        group.sort(key=lambda one: one.index[axis].low)
        run = group[0]
        for one in group[1:]:
            if run.index[axis].high + 1 == one.index[axis].low:
                run = _joined(reading, run, one, axis)
            else:
                yield run
                run = one
        yield run


def _joined(reading: Reading, first: _Declared, second: _Declared, axis: int) -> _Declared:
    low, high = first.index[axis], second.index[axis]
    last = last_of(reading, high.high) if high.last == str(high.high) else high.last
    joined = _Interval(low.low, high.high, low.first, last)
    index = (*first.index[:axis], joined, *first.index[axis + 1 :])
    return replace(first, statements=(*first.statements, *second.statements), index=index)


def _patches(reading: Reading, one: _Declared) -> Iterator[Patch]:
    """The family in the first of its declarations; the others go."""
    if len(one.statements) < 2:
        return
    first, *others = sorted(one.statements, key=lambda statement: statement.number)
    node = first.node
    assert isinstance(node, s.Declare)
    name = node.names[0]
    start, _ = index_place(reading, name, node.origin)
    said = ",".join(interval.text() for interval in one.index)
    indent, line = first.line.indent, first.line.start - len(first.line.indent)
    notes = "".join(f"{indent}{comment}\n" for comment in comments(reading, [first, *others]))
    if notes:
        yield Patch(line, line, notes)
    yield Patch(start, node.origin + name.end, f"[{said}]")
    for other in others:
        yield Patch(*extent(reading, other), "")

"""Where statements stand: whole lines with their comments, and where a new one goes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from tpgraph.functions import PRIMITIVES
from tpgraph.language import syntax as s
from tpgraph.language.editing.edit import Patch, name_refusal
from tpgraph.language.readings import Reading, Statement
from tpgraph.language.vocabulary import KEYWORDS, canonical
from tpgraph.program import Origin, join_name, split_name
from tpgraph.sentences import sentence

__all__ = [
    "EQUATION",
    "LAST",
    "block",
    "comments_above",
    "extent",
    "fresh",
    "inserted",
    "new_name",
    "next_name",
    "origin_of",
    "rank",
    "statement_of",
    "taken",
    "top",
    "whole_extent",
]

_ORDER: tuple[type, ...] = (
    s.ProgramName, s.DefineWidth, s.DefineDim, s.DefineConst, s.SetParametrization,
    s.DefineFunction,
)  # fmt: skip
_KINDS = ("data", "target", "param", "matrix", "vector", "scalar")
EQUATION = len(_ORDER) + len(_KINDS)
LAST = EQUATION + 1
"""Where outputs, the loss and labels stand in the order of a text."""


def rank(node: s.Statement | str) -> int:
    """Where a statement, or a declaration of a kind, stands in the order of a text."""
    if isinstance(node, str):
        return len(_ORDER) + _KINDS.index(node)
    if isinstance(node, s.Declare):
        return rank(node.kind)
    if isinstance(node, s.Equate | s.Loop | s.Broken):
        return EQUATION
    if type(node) in _ORDER:
        return _ORDER.index(type(node))
    return LAST


def taken(reading: Reading) -> set[str]:
    """Every name that the text holds, and those of the language."""
    return {token.base for token in reading.tokens if token.base} | {*PRIMITIVES, *KEYWORDS, "π"}


def fresh(reading: Reading, base: str, avoid: Iterable[str] = ()) -> str:
    """A name that the text does not hold: `base`, `base_1`, `base_2`, …"""
    known, number, name = taken(reading) | set(avoid), 0, base
    while name in known:
        number += 1
        name = f"{base}_{number}"
    return name


def next_name(reading: Reading, base: str, avoid: Iterable[str] = ()) -> str:
    """A name that the text does not hold: the member behind the last of a family whose members are
    written one by one, `W[3]` behind W[1] and W[2]; else as `fresh`.
    """
    members = [(split_name(n)[1], o) for n, o in reading.origin.items() if split_name(n)[0] == base]
    counted = [index[0] for index, o in members if len(index) == 1 and not (o.values or o.family)]
    if members and len(counted) == len(members):
        return join_name(base, (max(counted) + 1,))
    return fresh(reading, base, avoid)


def new_name(reading: Reading, word: str) -> str:
    """The canonical spelling of a name that is to be new. Raises TPNameError where it is not."""
    name = canonical(word.strip())
    if name in KEYWORDS:
        raise name_refusal(f"{name} is a word of the language", None, "choose another name")
    if not name:
        raise name_refusal(
            f"{word!r} is not a name", None, "write a letter, then letters, digits and _"
        )
    if name in taken(reading):
        raise name_refusal(
            f"{name} is taken", None, f"choose another name, such as {fresh(reading, name)}"
        )
    return name


def origin_of(reading: Reading, name: str) -> Origin:
    """The statement behind a name. Raises TPNameError where the program has none."""
    found = reading.origin.get(name)
    if found is None:
        raise name_refusal(
            sentence("{} is not bound by the text", name), None, "choose what the picture shows"
        )
    return found


def statement_of(reading: Reading, name: str) -> Statement:
    """The statement that binds a name. Raises TPNameError where there is none."""
    return reading.statements[origin_of(reading, name).statement]


def block(reading: Reading, statement: Statement) -> Iterator[Statement]:
    """The statement, and those of its block."""
    yield statement
    for inner in reading.statements[statement.number + 1 :]:
        if statement.number not in inner.loops:
            return
        yield inner


def top(reading: Reading, statement: Statement) -> Statement:
    """The outermost `for` around a statement, or itself."""
    return reading.statements[statement.loops[0]] if statement.loops else statement


def comments_above(reading: Reading, statement: Statement) -> tuple[int, int]:
    """The lines of comment right above a statement."""
    text = reading.source.text
    end = start = text.rfind("\n", 0, statement.line.start) + 1
    while start:
        before = text.rfind("\n", 0, start - 1) + 1
        if not text[before:start].strip().startswith("#"):
            break
        start = before
    return start, end


def extent(reading: Reading, statement: Statement) -> tuple[int, int]:
    """The whole lines of a statement and its block, with the comments behind and right above it.

    Not the line that the file begins with, which says what the file is.
    """
    text = reading.source.text
    start, own = comments_above(reading, statement)
    if start == 0 < own:
        start = text.index("\n") + 1
    last = max((inner.line for inner in block(reading, statement)), key=lambda line: line.start)
    end = text.find("\n", max(last.end, last.comment))
    return start, len(text) if end < 0 else end + 1


def whole_extent(reading: Reading, statement: Statement) -> tuple[int, int]:
    """As `extent`, of the loops around it too where nothing but the statement stands in them."""
    while statement.loops:
        loop = reading.statements[statement.loops[-1]]
        inner = {one.number for one in block(reading, statement)}
        if {one.number for one in block(reading, loop)} - inner != {loop.number}:
            break
        statement = loop
    return extent(reading, statement)


def inserted(reading: Reading, text: str, order: int, after: Sequence[Statement] = ()) -> Patch:
    """The patch that adds a statement behind the last of its kind, and behind those of `after`."""
    source = reading.source.text
    heads = [one for one in reading.statements if not one.loops]
    before = [one for one in heads if rank(one.node) <= order]
    before += [top(reading, one) for one in after]
    if not before:
        return Patch(0, 0, f"{text}\n")
    last = max(before, key=lambda one: one.line.start)
    _, end = extent(reading, last)
    lead = "" if source[:end].endswith("\n") else "\n"
    if order >= EQUATION > rank(last.node):
        lead += "\n"
    return Patch(end, end, f"{lead}{text}\n")

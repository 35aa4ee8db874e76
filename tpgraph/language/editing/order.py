"""Statements in the order of their needs: what is bound later is moved up."""

from __future__ import annotations

from tpgraph.language.editing.edit import Patch, refusal
from tpgraph.language.editing.statement_places import block, extent, statement_of, top
from tpgraph.language.readings import Reading, Statement

__all__ = ["above", "reads"]


def reads(reading: Reading, statement: Statement) -> set[str]:
    """The names that a statement and its block hold, without their indices."""
    held = list(block(reading, statement))
    start, end = statement.line.start, max(one.line.end for one in held)
    return {token.base for token in reading.tokens_in(start, end) if token.base}


def above(reading: Reading, name: str, user: Statement) -> list[Patch]:
    """The patches that move what binds a name above its user, with what it needs in between.

    Raises TPTypeError, naming the circle, where it needs what the user binds.
    """
    head, source = top(reading, user), top(reading, statement_of(reading, name))
    if source.line.start < head.line.start or source is head:
        return []
    heads = [one for one in reading.statements if not one.loops]
    between = [one for one in heads if head.line.start < one.line.start <= source.line.start]
    needed, moved = reads(reading, source), [source]
    for one in reversed(between):
        bound = {base for inner in block(reading, one) for base in inner.binds}
        if one is not source and bound & needed:
            moved.append(one)
            needed |= reads(reading, one)
    circle = {base for inner in block(reading, head) for base in inner.binds} & needed
    if circle:
        raise refusal(
            f"{name} is made from {', '.join(sorted(circle))}: that would be a circle",
            source.span,
            "choose something that does not depend on it",
        )
    text, start = reading.source.text, extent(reading, head)[0]
    places = sorted(extent(reading, one) for one in moved)
    lines = "".join(_whole(text[begin:end]) for begin, end in places)
    return [Patch(start, start, lines), *(Patch(begin, end, "") for begin, end in places)]


def _whole(lines: str) -> str:
    return lines if lines.endswith("\n") else f"{lines}\n"

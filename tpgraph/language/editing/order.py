"""Statements in the order of their needs: what is bound later is moved up."""

from __future__ import annotations

from tpgraph.language.editing.edit import Patch, refusal
from tpgraph.language.editing.statement_places import block, extent, statement_of, top
from tpgraph.language.readings import Reading, Statement
from tpgraph.program import MatMul, split_name
from tpgraph.sentences import sentence

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
    needed, moved = _needs(reading, source), [source]
    for one in reversed(between):
        if one is not source and _bound(reading, one) & needed:
            moved.append(one)
            needed |= _needs(reading, one)
    circle = {split_name(one)[0] for one in _bound(reading, head) & needed}
    if circle:
        raise refusal(
            sentence("{} is made from {}: that would be a circle", name, sorted(circle)),
            source.span,
            "choose something that does not depend on it",
        )
    text, start = reading.source.text, extent(reading, head)[0]
    places = sorted(extent(reading, one) for one in moved)
    lines = "".join(_whole(text[begin:end]) for begin, end in places)
    return [Patch(start, start, lines), *(Patch(begin, end, "") for begin, end in places)]


def _needs(reading: Reading, statement: Statement) -> set[str]:
    """What a statement and its block read: variables by their whole names, so that of a family
    that is written one by one each member is its own; what else there is by the words.
    """
    own, program = _numbers(reading, statement), reading.program
    equations = () if program is None else program.equations
    made = [one for one in equations if one.origin is not None and one.origin.statement in own]
    matrices = {one.matrix.name for one in made if isinstance(one, MatMul)}
    inputs = {variable.name for one in made for variable in one.inputs}
    return matrices | inputs | (reads(reading, statement) - _families(reading))


def _bound(reading: Reading, statement: Statement) -> set[str]:
    """What a statement and its block bind, named alike."""
    own = _numbers(reading, statement)
    words = {base for inner in block(reading, statement) for base in inner.binds}
    members = {name for name, origin in reading.origin.items() if origin.statement in own}
    return members | (words - _families(reading))


def _numbers(reading: Reading, statement: Statement) -> set[int]:
    return {one.number for one in block(reading, statement)}


def _families(reading: Reading) -> set[str]:
    """The words that variables are named by, without their indices."""
    return {split_name(name)[0] for name in reading.origin}


def _whole(lines: str) -> str:
    return lines if lines.endswith("\n") else f"{lines}\n"

"""Why statements are no loop, and which others would be one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from tpgraph.errors import TPTypeError
from tpgraph.language import syntax as s
from tpgraph.language.editing.edit import refusal
from tpgraph.language.editing.statement_blocks import letters_of, number_of, unlike
from tpgraph.language.editing.statement_places import block, statement_of
from tpgraph.language.readings import Reading, Statement

__all__ = ["not_alike", "stands_between"]

Rows: TypeAlias = "Sequence[Statement]"


def not_alike(
    reading: Reading, names: Sequence[str], rows: Rows, can_repeat: Callable[[Rows], bool]
) -> TPTypeError:
    """The error of statements that are no loop.

    Its mend says what to leave out, or to choose too, where `can_repeat` tells that this helps.
    """
    between = dict.fromkeys(stands_between(reading, rows))
    pair = unlike(reading, rows)
    if between and pair is None:
        stand = "stands" if len(between) == 1 else "stand"
        message = f"{', '.join(between)} {stand} between them: made from one, needed by another"
    else:
        message = "the statements are not alike but for numbers that count up by one"
    if pair is not None:
        said = (reading.source.text[one.span.start : one.span.end] for one in pair)
        message += f": {' and '.join(said)} are not"
    for kept in _parts(rows):
        if can_repeat(kept):
            gone = [name for name in names if _is_left_out(statement_of(reading, name), rows, kept)]
            return refusal(message, rows[0].span, f"leave out {', '.join(gone)}")
    others = [statement_of(reading, name) for name in between]
    counted = [more for more in _counterparts(reading, rows, others) if more]
    wholes = [sorted([*rows, *more], key=lambda row: row.number) for more in counted]
    for more, whole in zip(counted, wholes, strict=True):
        if can_repeat(whole):
            return refusal(message, rows[0].span, f"choose {_listed(more)} too")
    for kept in (kept for whole in wholes for kept in _parts(whole)):
        if can_repeat(kept):
            return refusal(message, rows[0].span, f"choose {_listed(kept)} in place of them")
    mend = "choose statements such as h[2] = W[2] x[1] and h[3] = W[3] x[2]"
    return refusal(message, rows[0].span, mend)


def _parts(rows: Rows) -> Iterator[Rows]:
    """Statements without the first of what counts, the last, or both."""
    numbers = [number_of(row) for row in rows]
    low, high = min(numbers), max(numbers)
    for without in ({low}, {high}, {low, high}):
        yield [row for row, number in zip(rows, numbers, strict=True) if number not in without]


def _is_left_out(statement: Statement, rows: Rows, kept: Rows) -> bool:
    around = {*statement.loops, statement.number}
    return bool(around & {r.number for r in rows}) and not around & {r.number for r in kept}


def _counterparts(reading: Reading, rows: Rows, between: Rows) -> Iterator[Rows]:
    """The statements that bind the letters of some and count as the rows do; with those behind."""
    letters = {letters_of(row) for row in (*rows, *between)}
    numbers, own = {number_of(row) for row in rows}, {row.number for row in rows}
    others = [
        one
        for one in reading.statements
        if isinstance(one.node, s.Equate)
        and one.loops == rows[0].loops
        and one.number not in own
        and letters_of(one) in letters
    ]
    for counted in (numbers, {*numbers, max(numbers) + 1}):
        yield [one for one in others if number_of(one) in counted]


def _listed(rows: Rows) -> str:
    return ", ".join(row.node.target.full for row in rows if isinstance(row.node, s.Equate))


def stands_between(reading: Reading, rows: Rows) -> Iterator[str]:
    """What is made from some of the statements and needed by others."""
    chosen = {one.number for row in rows for one in block(reading, row)}
    program = reading.program
    if program is None:
        return
    from_chosen: set[str] = set()
    for equation in program.equations:
        origin, out = equation.origin, equation.out.name
        own = origin is not None and origin.statement in chosen
        made_from = [v.name for v in equation.inputs if v.name in from_chosen]
        if own:
            yield from (name for name in made_from if reading.origin[name].statement not in chosen)
        if own or made_from:
            from_chosen.add(out)

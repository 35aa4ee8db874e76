"""Statements moved to another place, with what they need."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from tpgraph.language.editing.edit import Edit, Patch, made, name_refusal, refusal
from tpgraph.language.editing.needs import heads, needs, with_needs
from tpgraph.language.editing.statement_places import (
    EQUATION,
    block,
    extent,
    rank,
    statement_of,
    top,
)
from tpgraph.language.readings import Reading, Statement
from tpgraph.sentences import sentence

__all__ = ["move"]


def move(reading: Reading, names: Sequence[str], after: str | None = None) -> Edit:
    """The statements of some names behind that of `after`; without it, before all equations.

    What stands in a loop moves with it. What they need and is bound further down moves up with
    them. Raises TPTypeError, naming the circle, where something above the new place needs them.
    """
    if not names:
        raise name_refusal("nothing is chosen", None, "choose what is moved")
    needed, order = needs(reading), heads(reading)
    chosen = {top(reading, statement_of(reading, name)).number for name in names}
    kept = [one for one in order if one.number not in chosen]
    stop = _stop(reading, kept, after, chosen)
    above, below = kept[:stop], kept[stop:]
    _require_no_circle(reading, above, chosen, needed)
    behind = {one.number for one in below}
    moved = chosen | (with_needs(chosen, needed) & behind)
    title = sentence("move {}", names)
    patches = _patches(reading, order, above, moved)
    return made(reading, patches, title, select=names[0])


def _stop(reading: Reading, kept: Sequence[Statement], after: str | None, chosen: set[int]) -> int:
    """How many of the statements that stay stand above the new place."""
    if after is None:
        equations = [i for i, one in enumerate(kept) if rank(one.node) >= EQUATION]
        return equations[0] if equations else len(kept)
    target = top(reading, statement_of(reading, after))
    if target.number in chosen:
        raise refusal(sentence("{} is moved itself", after), target.span, "choose another place")
    return [one.number for one in kept].index(target.number) + 1


def _require_no_circle(
    reading: Reading, above: Sequence[Statement], chosen: set[int], needed: dict[int, set[int]]
) -> None:
    """Refuse a place below something that needs what is moved."""
    for one in above:
        wanted = with_needs([one.number], needed) & chosen
        if wanted:
            first = reading.statements[min(wanted)]
            raise refusal(
                f"{_named(reading, one)} is made from {_named(reading, first)}, which would stand"
                " below it: that would be a circle",
                one.span,
                "choose a place further up, or move that too",
            )


def _named(reading: Reading, head: Statement) -> str:
    """What a statement and its block bind; its line where they bind nothing."""
    inside = {one.number for one in block(reading, head)}
    bound = [
        name
        for name, origin in reading.origin.items()
        if origin.statement in inside and "~" not in name
    ]
    more = " …" if len(bound) > 3 else ""
    return ", ".join(bound[:3]) + more or f"`{head.span.text.splitlines()[0]}`"


def _patches(
    reading: Reading, order: Sequence[Statement], above: Sequence[Statement], moved: set[int]
) -> list[Patch]:
    """The patches that bring the moved statements, in their order, behind those above."""
    text = reading.source.text
    places = [extent(reading, one) for one in order if one.number in moved]
    lines = "".join(_whole(text[start:end]) for start, end in places)
    place = _place(reading, order, above, moved)
    joined = all(a[1] == b[0] for a, b in pairwise(places))
    if joined and place in {places[0][0], places[-1][1]}:
        return []  # they stand there already
    lead = "" if not place or text[:place].endswith("\n") else "\n"
    return [Patch(place, place, lead + lines), *(Patch(start, end, "") for start, end in places)]


def _place(
    reading: Reading, order: Sequence[Statement], above: Sequence[Statement], moved: set[int]
) -> int:
    if above:
        return extent(reading, above[-1])[1]
    first = next((one for one in order if one.number not in moved), None)
    return extent(reading, first)[0] if first is not None else 0


def _whole(lines: str) -> str:
    return lines if lines.endswith("\n") else f"{lines}\n"

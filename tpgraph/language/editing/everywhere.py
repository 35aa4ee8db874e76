"""All or only here: a mark of a loop or family is one of many, and which lines an edit changes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from typing import NamedTuple

from tpgraph.language.editing.edit import Edit
from tpgraph.language.editing.statement_places import origin_of
from tpgraph.language.editing.write_out import after_writing_out
from tpgraph.language.readings import Reading
from tpgraph.program import split_name

__all__ = ["ChangedLine", "changed_lines", "many", "only_here", "only_these"]

_BETWEEN = re.compile(r'(?P<kept>^ +|"[^"]*")| +')


class ChangedLine(NamedTuple):
    """A line of the text before an edit and after it.

    `line` is its number from 1 in the new text, in the old one where it goes; `was` is None where
    the line is new, `becomes` None where it goes.
    """

    line: int
    was: str | None
    becomes: str | None


def changed_lines(reading: Reading, edit: Edit, spaces: bool = True) -> tuple[ChangedLine, ...]:
    r"""Every line of the text that an edit would change, add or take away, in order: its dry run.

    Without `spaces` those are left out in which only the spaces between words become more or
    fewer, as where columns are aligned anew.

    >>> from tpgraph.language import read
    >>> from tpgraph.language.editing import rename
    >>> r = read("width n\nvector u : n ~ N(0, 1)\ny = tanh(u)\n")
    >>> [(change.line, change.becomes) for change in changed_lines(r, rename(r, "y", "z"))]
    [(3, 'z = tanh(u)')]
    """
    old, new = (
        text.replace("\r\n", "\n").split("\n")  # lines as errors count them
        for text in (reading.text, edit.apply(reading.text))
    )
    return tuple(_changes(old, new, str if spaces else _narrow))


def _narrow(line: str) -> str:
    """A line with single spaces between its words; how far it is indented, and quotes, stay."""
    return _BETWEEN.sub(lambda found: found.group("kept") or " ", line)


def _changes(old: list[str], new: list[str], seen: Callable[[str], str]) -> Iterator[ChangedLine]:
    """Lines that differ as they are `seen`."""
    matcher = SequenceMatcher(None, [*map(seen, old)], [*map(seen, new)], autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            continue
        for i in range(max(b - a, d - c)):
            was = old[a + i] if a + i < b else None
            becomes = new[c + i] if c + i < d else None
            number = c + i if becomes is not None else a + i
            yield ChangedLine(number + 1, was, becomes)


def many(reading: Reading, name: str) -> tuple[str, ...]:
    """The names that the statement of a name makes, in order: those that an edit changes with it.

    One name alone where it stands in no loop and no family.
    """
    origin = origin_of(reading, name)
    if not origin.values and not origin.family:
        return (name,)
    base = split_name(name)[0]
    return tuple(
        full
        for full, one in reading.origin.items()
        if one.statement == origin.statement and split_name(full)[::2] == (base, None)
    )


def only_here(reading: Reading, name: str, gesture: Callable[[Reading], Edit]) -> Edit:
    """A gesture on `name` alone: the loops and families around it are written out first.

    `gesture` makes the edit of the text that is written out, as in

        only_here(reading, "x[2]", lambda r: connect(r, "b[1]", "x[2]"))
    """
    origin_of(reading, name)
    return only_these(reading, [name], gesture)


def only_these(reading: Reading, names: Sequence[str], gesture: Callable[[Reading], Edit]) -> Edit:
    """The same of several names, around each of which loops and families are written out."""
    edit = _written_out(reading, names, gesture)
    return gesture(reading) if edit is None else replace(edit, title=f"{edit.title}, only here")


def _written_out(
    reading: Reading, names: Sequence[str], gesture: Callable[[Reading], Edit]
) -> Edit | None:
    """The edit after all loops and families around some names are written out; None without any."""
    for name in names:
        origin = reading.origin[name]
        if origin.values or origin.family:
            return after_writing_out(
                reading, name, lambda r: _written_out(r, names, gesture) or gesture(r)
            )
    return None

"""An edit of a text as data: patches that are applied, taken back, and shown before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import NamedTuple

from tpgraph.errors import Span, TPError, TPNameError, TPTypeError
from tpgraph.language.formatter import format_source
from tpgraph.language.readings import Reading, read
from tpgraph.program import join_name, split_name
from tpgraph.program.naming import is_loss_name

__all__ = ["Edit", "Patch", "appearing", "as_given", "between", "made", "name_refusal", "refusal"]


class Patch(NamedTuple):
    """`text` in place of the characters `start` (included) to `end` (excluded)."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Edit:
    """Patches of one text, disjoint and in order, with what they do to the program.

    `renamed` are names before and after, `removed` those that go, `select` what is selected
    afterwards; `title` says in the undo list what was done.
    """

    patches: tuple[Patch, ...]
    title: str
    renamed: Mapping[str, str] = field(default_factory=dict)
    removed: tuple[str, ...] = ()
    select: str | None = None

    def apply(self, text: str) -> str:
        """The new text."""
        return _patched(text, self.patches)

    def inverse(self, text: str) -> Edit:
        """The edit of the new text that gives back `text`, byte for byte."""
        back, shift = [], 0
        for start, end, replacement in self.patches:
            begin = start + shift
            back.append(Patch(begin, begin + len(replacement), text[start:end]))
            shift += len(replacement) - (end - start)
        names = {new: old for old, new in self.renamed.items()}
        return Edit(tuple(back), f"undo {self.title}", names)


def _patched(text: str, patches: Iterable[Patch]) -> str:
    pieces, position = [], 0
    for start, end, replacement in patches:
        pieces += [text[position:start], replacement]
        position = end
    return "".join([*pieces, text[position:]])


def refusal(message: str, span: Span | None, mend: str) -> TPTypeError:
    """The error that says why an edit is not made, and what can be done instead."""
    return TPTypeError(message, span, mend=mend)


def name_refusal(message: str, span: Span | None, mend: str) -> TPNameError:
    """The error of a name that an edit cannot use."""
    return TPNameError(message, span, mend=mend)


def made(
    reading: Reading,
    patches: Iterable[Patch],
    title: str,
    *,
    renamed: Mapping[str, str] | None = None,
    removed: Iterable[str] = (),
    select: str | None = None,
) -> Edit:
    """The edit of a reading's text that these patches of its `source` are.

    A text that `fmt` leaves alone is left alone by it afterwards. Raises a TPError where the new
    text has an error that the old one has not.
    """
    before = reading.source.text
    joined = _joined(patches)
    after = _patched(before, joined)
    if after != before and _is_canonical(reading):
        formatted = _formatted(reading, after)
        if formatted is not None and formatted != after:
            joined = _difference(before, formatted)
            after = formatted
    found = _without_new_errors(reading, after)
    chosen = None if select is None else _bound(found, select)
    names = dict(renamed or {})
    return Edit(tuple(as_given(reading, joined)), title, names, tuple(removed), chosen)


def _bound(found: Reading, name: str) -> str:
    """The name; where nothing has it any more, what its statement makes now.

    Of `W (u + v)` that became `W u` the unnamed part is none; a loss that became `loss f` is f.
    """
    program = found.program
    if program is None or name in program.variables:
        return name
    if is_loss_name(name) and program.loss is not None:
        return program.loss.name
    base, index, _ = split_name(name)
    return join_name(base, index)


def between(
    before: str,
    after: str,
    title: str,
    *,
    renamed: Mapping[str, str] | None = None,
    removed: Iterable[str] = (),
    select: str | None = None,
) -> Edit:
    """The edit that leads from one text to another, by whole lines."""
    patches = tuple(_difference(before, after))
    return Edit(patches, title, dict(renamed or {}), tuple(removed), select)


def _joined(patches: Iterable[Patch]) -> list[Patch]:
    """The patches in order; insertions at one place become one. Refuses what overlaps."""
    found: list[Patch] = []
    for patch in sorted(patches, key=lambda patch: (patch.start, patch.end)):
        if found and patch.start == found[-1].start and found[-1].end == found[-1].start:
            last = found.pop()
            patch = Patch(last.start, patch.end, last.text + patch.text)
        if found and found[-1].end > patch.start:
            message = "two parts of the edit change the same characters"
            raise refusal(message, None, "make them one after the other")
        found.append(patch)
    return found


def _is_canonical(reading: Reading) -> bool:
    text = reading.source.text
    return _formatted(reading, text) == text


def _formatted(reading: Reading, text: str) -> str | None:
    """The formatted text; None where it has syntax errors."""
    try:
        return format_source(type(reading.source)(reading.source.name, text))
    except TPError:
        return None


def _difference(before: str, after: str) -> list[Patch]:
    """The patches that lead from one text to another, by whole lines."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    starts = [0]
    for line in old:
        starts.append(starts[-1] + len(line))
    return [
        Patch(starts[a], starts[b], "".join(new[c:d]))
        for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
        if tag != "equal"
    ]


def _without_new_errors(reading: Reading, after: str) -> Reading:
    known = {error.message for error in reading.errors}
    found = read(after, reading.source.name)
    for error in found.errors:
        if error.message not in known and error.span is not None:
            raise error
    return found


def as_given(reading: Reading, patches: Iterable[Patch]) -> Iterable[Patch]:
    """Patches of the source as patches of the text as it was given, with its ends of lines."""
    text = reading.text
    if text == reading.source.text:
        yield from patches
        return
    places, position = [], len(text) - len(text.removeprefix("\ufeff"))
    for character in reading.source.text:
        places.append(position)
        position += 1 + (character == "\n" and text.startswith("\r\n", position))
    places.append(position)
    end = "\r\n" if "\r\n" in text else "\n"
    for start, stop, replacement in patches:
        yield Patch(places[start], places[stop], replacement.replace("\n", end))


def appearing(reading: Reading, edit: Edit) -> tuple[tuple[str, str], ...]:
    """The lines (from, to) of the program that an edit would add, in order: its dry run.

    A line leads from what an equation reads to what it binds; names are those afterwards.
    """
    after = read(edit.apply(reading.text), reading.source.name).program
    if after is None:
        return ()
    before = set()
    for equation in reading.program.equations if reading.program is not None else ():
        target = edit.renamed.get(equation.out.name, equation.out.name)
        before |= {(edit.renamed.get(v.name, v.name), target) for v in equation.inputs}
    lines = [(v.name, e.out.name) for e in after.equations for v in e.inputs]
    return tuple(dict.fromkeys(line for line in lines if line not in before))

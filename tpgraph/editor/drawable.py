"""What can be drawn of a text with mistakes: what holds, wrong lines as they last were."""

from __future__ import annotations

from difflib import SequenceMatcher, get_close_matches

from tpgraph.language.readings import Reading, read
from tpgraph.program import Program

__all__ = ["drawable"]

_ALIKE = 0.5
"""How much two lines have in common, from 0 to 1, of which one was the other before."""


def drawable(reading: Reading, whole: Reading | None, shown: Program) -> Program | None:
    """The program to be drawn of a text with mistakes; None where the picture stays as it is.

    `whole` was the text when it last had none: each wrong line is read as it was there, and left
    out where it is new. Where that makes no program either, what holds is drawn, if everything
    `shown` is still in it.
    """
    if whole is not None:
        found = read(_mended(reading, whole), reading.source.name)
        if found.program is not None and not found.errors:
            return found.program
    holds = reading.program
    if holds is None or not set(shown.variables) <= set(holds.variables):
        return None
    return holds


def _mended(reading: Reading, whole: Reading) -> str:
    """The text with each wrong line as it was when all held, or empty."""
    wrong = {error.span.line - 1 for error in reading.errors if error.span is not None}
    now, before = reading.source.text.split("\n"), whole.source.text.split("\n")
    mended = list(now)
    for _, i, i_end, j, j_end in SequenceMatcher(None, before, now, autojunk=False).get_opcodes():
        for number in wrong & set(range(j, j_end)):
            near = get_close_matches(now[number], before[i:i_end], 1, _ALIKE)
            mended[number] = near[0] if near else ""
    return "\n".join(mended)

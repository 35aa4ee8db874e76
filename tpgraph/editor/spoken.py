"""Words about a program for who sees its picture: an unnamed value is said by its formula.

A program calls it `x[1]~1`, which no text and no picture shows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tpgraph.notation.diagram.said_of_marks import Titles
from tpgraph.program import Program

__all__ = ["spoken", "spoken_data"]

_UNNAMED = re.compile(r"[^\W\d][\w′']*(?:\[[^\]\s]*\])?~\d+")

_SAID = ("message", "expected", "mend", "says")
"""Parts of an answer that are words for the user."""


def spoken(words: str, program: Program | None) -> str:
    """Words in which each unnamed value of the program is its formula."""
    if program is None or "~" not in words:
        return words
    titles, known = Titles(program), program.variables
    return _UNNAMED.sub(lambda one: titles.spelled(one[0]) if one[0] in known else one[0], words)


def spoken_data(data: Mapping[str, Any], program: Program | None) -> dict[str, Any]:
    """An error or an offer as data, its words as `spoken`."""
    return {
        key: spoken(value, program) if key in _SAID and isinstance(value, str) else value
        for key, value in data.items()
    }

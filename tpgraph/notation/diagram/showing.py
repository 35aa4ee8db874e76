"""The words of `show`: how much of a program is drawn, and what stands beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from tpgraph.errors import TPError
from tpgraph.notation.diagram.mark_texts import Shown
from tpgraph.program.near_names import did_you_mean

__all__ = ["SHOW_WORDS", "Showing", "showing"]

_PARTS: tuple[Shown, ...] = get_args(Shown)
SHOW_WORDS = (*_PARTS, "dims", "listing")
"""Every word: one of `body`, `io` and `all`, and what is added to that."""


@dataclass(frozen=True, slots=True)
class Showing:
    """What is drawn of the program; whether vectors have their dimensions beside them, and the
    picture the list of what it computes.
    """

    part: Shown = "body"
    dims: bool = False
    listing: bool = False


def showing(words: str) -> Showing:
    """What these words ask for, with commas between them.

    >>> showing("io, dims")
    Showing(part='io', dims=True, listing=False)

    Raises TPError for a word that is none of `SHOW_WORDS`, and for two parts.
    """
    asked = [word.strip().lower() for word in words.split(",")]
    for word in asked:
        if word not in SHOW_WORDS:
            raise TPError(
                f"unknown show {word!r}",
                expected=f"some of {', '.join(SHOW_WORDS)}, with commas between them",
                mend=did_you_mean(word, SHOW_WORDS),
            )
    parts = [part for part in _PARTS if part in asked]
    if len(parts) > 1:
        raise TPError(
            f"show says both {parts[0]} and {parts[1]}", expected=f"one of {', '.join(_PARTS)}"
        )
    return Showing(parts[0] if parts else "body", "dims" in asked, "listing" in asked)

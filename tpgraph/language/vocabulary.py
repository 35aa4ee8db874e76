"""Words of the language and the spelling of names."""

from __future__ import annotations

from tpgraph.errors import TPNameError
from tpgraph.functions import LIBRARY, OF_SEVERAL, PRIMITIVES
from tpgraph.program import REDUCTIONS, base_of
from tpgraph.program.naming import (
    HINT_WORDS,
    KEYWORDS,
    NAME,
    STATEMENTS,
    ascii_name,
    canonical,
    is_spellable,
)

__all__ = [
    "FUNCTION_NAMES",
    "HINT_WORDS",
    "KEYWORDS",
    "LINE_WORDS",
    "NAME",
    "STATEMENTS",
    "ascii_name",
    "canonical",
    "is_spellable",
    "spell",
]

FUNCTION_NAMES = tuple(dict.fromkeys((*PRIMITIVES, *LIBRARY, *OF_SEVERAL, *REDUCTIONS)))
"""Functions that every program may call without defining them."""
LINE_WORDS = ("scale", "as", "in", "mean", "sum", "at", "above", "below")
"""Words that stand inside of a statement."""


def spell(name: str, ascii: bool = False) -> str:
    """A variable's name as the language writes it.

    Raises TPNameError where it cannot: it is a word of the language, or no name at all.
    """
    base = base_of(name)
    if not (is_spellable(base) or base == name == "loss"):
        raise TPNameError(
            f"the language cannot write the name {name!r}",
            expected="a letter, then letters, digits and _, and no word of the language",
            mend="rename it",
        )
    return ascii_name(base) + name[len(base) :] if ascii else name

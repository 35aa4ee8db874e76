"""Words of the language and the spelling of names."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from tpgraph.errors import TPNameError
from tpgraph.functions import LIBRARY, OF_SEVERAL, PRIMITIVES
from tpgraph.program import ACCENTS, GREEK, REDUCTIONS, base_of
from tpgraph.program.naming import HINT_WORDS, KEYWORDS, NAME, STATEMENTS, canonical, is_spellable

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

_LETTERS = {letter: word for word, letter in GREEK.items()}
_WORDS = {accent: word for word, accent in ACCENTS.items()}


@lru_cache(maxsize=65536)
def ascii_name(base: str) -> str:
    """The ASCII spelling of a canonical name; the name itself where ASCII cannot spell it.

    >>> ascii_name("σ_w"), ascii_name("x̃"), ascii_name("é")
    ('sigma_w', 'x_tilde', 'é')
    """
    word, suffix = unicodedata.normalize("NFD", base), ""
    while word and word[-1] in _WORDS:
        suffix = f"_{_WORDS[word[-1]]}{suffix}"
        word = word[:-1]
    head = word[:1]
    word = _LETTERS.get(head, head) + word[1:] + suffix
    return word if word.isascii() and canonical(word) == base else base


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

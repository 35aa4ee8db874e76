"""Words of the language and the spelling of names."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from tpgraph.errors import TPNameError
from tpgraph.program import ACCENTS, GREEK, canonical_name, split_name

__all__ = ["KEYWORDS", "STATEMENTS", "ascii_name", "canonical", "is_spellable", "spell"]

STATEMENTS = (
    "program", "parametrization", "width", "dim", "const", "fn", "data", "target", "param",
    "matrix", "vector", "scalar", "output", "loss", "label", "for",
)  # fmt: skip
"""The words that begin a statement."""

KEYWORDS = frozenset((*STATEMENTS, "in", "mean", "sum"))
"""The words that cannot be names; `loss` names the loss of the program."""

NAME = re.compile(
    r"[^\W\d_⁰¹²³⁴-⁹ᵀ](?:[^\W\d⁰¹²³⁴-⁹ᵀ]|[0-9\u0300-\u036f\u1ab0-\u1aff\u20d0-\u20ff])*"
)
_LETTERS = {letter: word for word, letter in GREEK.items()}
_WORDS = {accent: word for word, accent in ACCENTS.items()}


@lru_cache(maxsize=65536)
def canonical(word: str) -> str:
    """The canonical spelling of a name as it is written, or "" where it has none.

    >>> canonical("sigma_w"), canonical("½")
    ('σ_w', '')
    """
    name = canonical_name(unicodedata.normalize("NFKC", word))
    return name if NAME.fullmatch(name) and canonical_name(name) == name else ""


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


@lru_cache(maxsize=65536)
def is_spellable(base: str) -> bool:
    """Whether the language can write this name without index."""
    return canonical(base) == base and base not in KEYWORDS and len(base) <= 200


def spell(name: str, ascii: bool = False) -> str:
    """A variable's name as the language writes it.

    Raises TPNameError where it cannot: it is a word of the language, or no name at all.
    """
    base = name.partition("[")[0].partition("~")[0]
    if not (is_spellable(base) or base == name == "loss"):
        raise TPNameError(
            f"the language cannot write the name {name!r}",
            expected="a letter, then letters, digits and _, and no word of the language",
            mend="rename it",
        )
    split_name(name)
    return ascii_name(base) + name[len(base) :] if ascii else name

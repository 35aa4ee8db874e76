r"""What names and words of a program may be: one grammar for text, JSON documents, Python objects.

    name      ::= base | base[i] | base[i,j,…]        what a statement binds
    unnamed   ::= name~k                              the k-th intermediate of the statement of name
    base      ::= letter (letter | digit | _ | accent)*       in its canonical spelling
    i         ::= a whole number from −10⁹ to 10⁹, without zeros in front

A base is no word of the language. Only the loss of the program is called `loss`.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from tpgraph.bounds import NAME as LENGTH
from tpgraph.bounds import Bound
from tpgraph.errors import Span, TPNameError, TPTypeError
from tpgraph.program.variables import ACCENTS, GREEK, canonical_name

__all__ = [
    "KEYWORDS",
    "LOSS",
    "NAME",
    "STATEMENTS",
    "UNNAMED",
    "ascii_name",
    "canonical",
    "is_loss_name",
    "is_spellable",
    "require_base",
    "require_name",
    "require_words",
]

UNNAMED = "program"
"""The name of a program that was given none."""

STATEMENTS = (
    "program", "parametrization", "width", "dim", "const", "fn", "data", "target", "param",
    "matrix", "vector", "scalar", "output", "loss", "label", "for",
)  # fmt: skip
"""The words that begin a statement."""

HINT_WORDS = {"group": '"', "note": '"', "color": "", "hide": "", "order": "", "place": ""}
"""Words that begin a statement where what follows is a string, or else a name; everywhere else they
are free as names.
"""

KEYWORDS = frozenset((*STATEMENTS, "in", "mean", "sum"))
"""The words that cannot be names; `loss` names the loss of the program."""

LOSS = "loss"

NAME = re.compile(
    r"[^\W\d_⁰¹²³⁴-⁹ᵀ](?:[^\W\d⁰¹²³⁴-⁹ᵀ]|[0-9\u0300-\u036f\u1ab0-\u1aff\u20d0-\u20ff])*"
)
"""The words that the text takes for a name; `canonical` gives their one spelling."""

_INDEX = r"(?:0|-?[1-9][0-9]{0,8}|-?1000000000)"
_VARIABLE = re.compile(
    r"(?P<base>[^\[\]~]+)"
    rf"(?P<index>\[{_INDEX}(?:,{_INDEX})*\])?"
    r"(?:~[1-9][0-9]{0,8})?"
)
_FORBIDDEN = frozenset(("Cc", "Cs", "Zl", "Zp"))
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LETTERS = {letter: word for word, letter in GREEK.items()}
_WORDS = {accent: word for word, accent in ACCENTS.items()}
_EXPECTED = "a letter, then letters, digits and _, and no word of the language"


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
    return canonical(base) == base and base not in KEYWORDS and 0 < len(base) <= LENGTH.most


def is_loss_name(name: str) -> bool:
    """Whether a name is `loss`, or that of an intermediate of its statement."""
    match = _VARIABLE.fullmatch(name)
    return match is not None and match["base"] == LOSS and match["index"] is None


def require_base(name: object, what: str, span: Span | None = None) -> None:
    """Raise TPNameError where a width, dim, function or parameter cannot be called so."""
    if not isinstance(name, str) or not is_spellable(name):
        raise _refused(name, what, span)


def require_name(name: object, span: Span | None = None) -> None:
    """Raise TPNameError where a variable cannot be called so."""
    match = _VARIABLE.fullmatch(name) if isinstance(name, str) else None
    if match is None:
        raise _refused(name, "a variable", span)
    base = match["base"]
    if not is_spellable(base) and not (base == LOSS and match["index"] is None):
        raise _refused(name, "a variable", span)


def _refused(name: object, what: str, span: Span | None) -> TPNameError:
    if isinstance(name, str) and len(name) > 60:
        name = f"{name[:60]}…"
    match = _VARIABLE.fullmatch(name) if isinstance(name, str) else None
    word = match is not None and match["base"] in KEYWORDS
    says = f"{name!r} cannot be the name of {what}"
    return TPNameError(
        f"{says}: it is a word of the language" if word else says,
        span,
        f"{_EXPECTED}; whole numbers as indices: h[1], l[2,3]"
        if what == "a variable"
        else _EXPECTED,
        f"choose another name, such as {name}_1" if word else "rename it",
    )


def require_words(text: object, what: str, span: Span | None, most: Bound = LENGTH) -> None:
    """Raise a TPError where a free text (a program's name, a label) is not one printable line."""
    if not isinstance(text, str):
        raise TPTypeError(f"{what} is a {type(text).__name__}", span, "a text")
    most.require(len(text), f"{what} has {len(text):,} characters", span)
    for character in text:
        if unicodedata.category(character) in _FORBIDDEN or character in _BIDI:
            raise TPNameError(
                f"{what} contains the character U+{ord(character):04X}",
                span,
                "one line of letters, digits and signs",
                "delete the character",
            )

"""The words of a text with their places, whether or not its lines can be read.

Unlike the parser's tokens these need no grammar: an editor colours by them, and edits find names
by them while a line is half written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias

from tpgraph.language.lines import Line
from tpgraph.language.vocabulary import HINT_WORDS, KEYWORDS, NAME, canonical

__all__ = ["Kind", "Token", "failing_names", "tokens_of", "words"]

Kind: TypeAlias = Literal[
    "word", "name", "number", "string", "operator", "bracket", "comment", "other"
]
_TOKEN = re.compile(
    rf"""(?P<comment>\#[^\n]*)
    |(?P<string>"(?:[^"\n]|"")*"?)
    |(?P<number>(?:[0-9]+(?:\.(?!\.)[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    |(?P<transpose>\^(?:T(?![\w\u0300-\u036f\[~])|⊤)|[ᵀ⊤])
    |(?P<name>{NAME.pattern})
    |(?P<operator>~[0-9]+|\.\.|->|[-−+*·⋅/^=~:,×→√]|'+)
    |(?P<bracket>[()\[\]])
    |(?P<other>\S)""",
    re.VERBOSE,
)
_LONG = 300  # characters of a line that is not remembered
_SHAPED = {"data", "target", "param", "matrix", "vector"}


class Token(NamedTuple):
    """A word or sign of the text; `base` is the canonical spelling of a name, else empty."""

    kind: Kind
    text: str
    start: int
    end: int
    base: str = ""


def tokens_of(text: str, lines: Iterable[Line]) -> Iterator[Token]:
    """The words and signs of a whole text in order, comments among them."""
    position = 0
    for line in lines:
        yield from _comments(text, position, line.start)
        yield from words(text, line.start, line.end)
        position = line.end
    yield from _comments(text, position, len(text))


def _comments(text: str, start: int, end: int) -> Iterator[Token]:
    """The comments between two logical lines."""
    return words(text, start, end) if "#" in text[start:end] else iter(())


def words(text: str, start: int, end: int) -> Iterator[Token]:
    """The tokens of a logical line, which stands from `start` to `end` of the text."""
    line = text[start:end]
    for kind, said, first, last, base in _known(line) if len(line) < _LONG else _read(line):
        yield Token(kind, said, first + start, last + start, base)


@lru_cache(maxsize=8192)
def _known(line: str) -> tuple[Token, ...]:
    """The tokens of a line by itself: most lines are read again and again while one edits."""
    return tuple(_read(line))


def _read(line: str) -> Iterator[Token]:
    first, before, colon, tilde = "", "", False, False
    for match in _TOKEN.finditer(line):
        token = _token(match)
        if token.kind == "name":
            in_shape = first in _SHAPED and colon and not tilde
            behind = _behind(line, match.end())
            token = _named(token, first, before, in_shape, tilde, behind)
        yield token
        if token.kind == "comment":
            continue
        first = first or token.text
        colon = colon or token.text == ":"
        tilde = tilde or token.text == "~"
        before = token.text


def failing_names(text: str, start: int, end: int) -> Iterator[str]:
    """The names that a line which cannot be read would bind, as far as one can see.

    Those before its first `=`, `:` or `~`; a line of the parametrization, or of the loss, binds
    that.
    """
    for position, token in enumerate(words(text, start, end)):
        if token.kind == "operator" and token.text in {"=", ":", "~"}:
            return
        if token.base:
            yield token.base
        elif position == 0 and token.text in {"parametrization", "loss"}:
            yield token.text


def _token(match: re.Match[str]) -> Token:
    group = match.lastgroup
    kind: Kind = "operator" if group == "transpose" else group  # type: ignore[assignment]
    return Token(kind, match.group(), match.start(), match.end())


def _behind(line: str, position: int) -> str:
    """The character after the spaces behind a place."""
    rest = line[position:].lstrip(" \t")
    return rest[:1]


def _is_hint(text: str, first: str, before: str, behind: str) -> bool:
    """Whether a name is a word of what is said of the picture, the `at` of a note, or the `above`
    or `below` of what is placed.
    """
    if not first and text in HINT_WORDS:
        return behind == HINT_WORDS[text] or (not HINT_WORDS[text] and behind.isalpha())
    if first == "place" and text in {"above", "below"}:
        return before not in {"place", ","} and behind.isalpha()
    return text == "at" and first == "note" and before.startswith('"')


def _named(
    token: Token, first: str, before: str, in_shape: bool, tilde: bool, behind: str
) -> Token:
    """A name; or a word of the language, or the × of a shape."""
    text = token.text
    if _is_hint(text, first, before, behind):
        return token._replace(kind="word")
    if in_shape and text == "x" and before != ":":
        return token._replace(kind="operator")
    is_loss = text == "loss" and (first or behind == "~")
    if (text in KEYWORDS and not is_loss) or first in {"program", "parametrization"}:
        return token._replace(kind="word")
    distribution = before == "~" and text == "N"
    tail = tilde and (text in {"scale", "as"} or (before == "as" and text == "X"))
    if distribution or (tail and first in _SHAPED):
        return token._replace(kind="word")
    return token._replace(base=canonical(text))

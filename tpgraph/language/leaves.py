"""Leaves of the syntax tree: names, marks and texts in quotes, each of a token."""

from __future__ import annotations

import unicodedata
from typing import Any

from lark import Token

from tpgraph.bounds import INDEX, NAME
from tpgraph.errors import TPError, TPLimitError, TPSyntaxError
from tpgraph.language import syntax as s
from tpgraph.language.changes import Change, PlacedError
from tpgraph.language.vocabulary import KEYWORDS, canonical

__all__ = [
    "intermediate_of",
    "mark_of",
    "name_of",
    "place_of",
    "plain_name",
    "quoted",
    "sign_of",
    "whole_index",
]

_SIGNS = {"MINUS": "-", "TIMES": "*"}


def name_of(token: Token) -> str:
    """The canonical name that a token spells. Raises PlacedError where it is none."""
    word = str(token)
    start, end = place_of(token)
    error: TPError
    if len(word) > NAME.most:
        error = TPLimitError(f"a name of {len(word)} characters", expected=f"at most {NAME.most}")
        raise PlacedError(error, start, end)
    name = canonical(word)
    if not name:
        ratio = unicodedata.normalize("NFKC", word).replace("⁄", "/")
        number = f"({ratio})" if ratio.replace("/", "").isdecimal() else None
        error = TPSyntaxError(
            f"{word!r} is not a name",
            expected="letters, digits and _",
            mend=number and f"write {number}",
        )
        changes = (Change(start, end, number),) if number else ()
        raise PlacedError(error, start, end, *changes)
    if name in KEYWORDS and name != "loss":
        error = TPSyntaxError(
            f"`{name}` is a word of the language and cannot be a name",
            mend=f"choose another name, such as {name}_1",
        )
        raise PlacedError(error, start, end)
    return name


def place_of(token: Token) -> tuple[int, int]:
    """Where a token begins and ends in its line."""
    assert token.start_pos is not None
    assert token.end_pos is not None
    return token.start_pos, token.end_pos


def intermediate_of(token: Token | None) -> int | None:
    """The k of `~k`. Raises PlacedError where it does not count from 1."""
    if token is None:
        return None
    start, end = place_of(token)
    if len(token) > 10:
        raise PlacedError(TPLimitError("the number of an intermediate is too large"), start, end)
    number = int(token[1:])
    if number < 1 or token[1] == "0":
        raise PlacedError(TPSyntaxError("intermediates count from 1: x~1, x~2"), start, end)
    return number


def mark_of(token: Token, text: str | None = None) -> s.Mark:
    """A token that is no node of its own, maybe under another text."""
    return s.Mark(str(token) if text is None else text, *place_of(token))


def sign_of(token: Token) -> s.Mark:
    """An operator under its one spelling: `-`, `+` or `*`."""
    return mark_of(token, _SIGNS.get(token.type))


def plain_name(token: Token) -> s.Name:
    """A name without an index."""
    name = name_of(token)
    return s.Name(name, name, (), None, *place_of(token))


def quoted(written: s.Mark) -> str:
    """The text in quotes, where `""` stands for one `"`."""
    return written.text[1:-1].replace('""', '"')


def whole_index(index: list[Any]) -> str | None:
    """`1,2` where every index is a whole number as written; else None."""
    words = []
    for item in index:
        if not isinstance(item, s.Exact) or item.value.denominator != 1:
            return None
        if abs(item.value) > INDEX.most:
            raise PlacedError(
                TPLimitError("the index is too large", expected="indices to 10^9"),
                item.start,
                item.end,
            )
        words.append(str(item.value.numerator))
    return ",".join(words)

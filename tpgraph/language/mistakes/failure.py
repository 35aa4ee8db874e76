"""Where a line stopped making sense, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable, Set
from itertools import chain, count
from typing import NamedTuple, TypeAlias

from tpgraph.language.changes import Change
from tpgraph.language.lexer import Token

__all__ = ["Diagnosis", "Failure", "Mistake", "said"]

_PAIRS = {"(": ")", "[": "]", "{": "}"}
_OPENED = {closing: opening for opening, closing in _PAIRS.items()}


class Diagnosis(NamedTuple):
    """What is said of a mistake, its place in the line, and the changes that mend it."""

    message: str
    expected: str | None = None
    mend: str | None = None
    place: tuple[int, int] | None = None
    changes: tuple[Change, ...] = ()


class Failure(NamedTuple):
    """Where a line stopped making sense: its text, the place, what was there and what could be.

    `tokens` are those of the line, `at` is the number of the one at the place. `taken` are the
    words of the whole text, `indent` stands in front of the line.
    """

    text: str
    start: int
    end: int
    found: str
    accepted: Set[str]
    taken: Set[str]
    indent: str
    tokens: tuple[Token, ...]
    at: int

    def here(self, text: str) -> tuple[Change, ...]:
        """The change that writes a text in place of what was found."""
        return (Change(self.start, self.start + len(self.found), text),)

    def fresh(self, base: str) -> str:
        """A name that the text does not hold yet."""
        names = chain((base,), (f"{base}_{k}" for k in count(1)))
        return next(name for name in names if name not in self.taken)

    @property
    def first(self) -> str:
        """The word that the line begins with."""
        return self.tokens[0].text if self.tokens and self.tokens[0].text.isidentifier() else ""

    @property
    def before(self) -> str:
        """The line up to the place, without white space at its end."""
        return self.text[: self.start].rstrip()

    def token(self, offset: int = 0) -> Token:
        """The token at the place, or one beside it; an empty one beyond the line."""
        return self.numbered(self.at + offset)

    def numbered(self, number: int) -> Token:
        """A token by its number; an empty one beyond the line."""
        if 0 <= number < len(self.tokens):
            return self.tokens[number]
        end = len(self.text) if number >= 0 else 0
        return Token("other", "", end, end)

    def says(self, *words: str, offset: int = 0) -> bool:
        """Whether these tokens stand at the place, one behind the other."""
        return all(self.token(offset + i).text == word for i, word in enumerate(words))

    def touches(self, offset: int = 0) -> bool:
        """Whether nothing stands between a token and the next."""
        return self.token(offset).end == self.token(offset + 1).start

    def part(self, first: int, last: int) -> str:
        """The text from one token, by its number, to another, both included."""
        return self.text[self.numbered(first).start : self.numbered(last).end]

    def closing(self, number: int) -> int | None:
        """The number of the token that closes the bracket that one opens."""
        return self._matching(range(number, len(self.tokens)), _PAIRS, _OPENED)

    def opening(self, number: int) -> int | None:
        """The number of the token that opens the bracket that one closes."""
        return self._matching(range(number, -1, -1), _OPENED, _PAIRS)

    def _matching(
        self, numbers: range, opening: dict[str, str], closing: dict[str, str]
    ) -> int | None:
        depth = 0
        for number in numbers:
            depth += self.tokens[number].text in opening
            depth -= self.tokens[number].text in closing
            if depth == 0:
                return number
        return None

    @property
    def depth(self) -> int:
        """How many brackets are open at the place."""
        before = [token.text for token in self.tokens[: self.at]]
        return sum(t in _PAIRS for t in before) - sum(t in _OPENED for t in before)

    def operand(self, last: int) -> int | None:
        """The number of the first token of the name, index or brackets that ends at a token."""
        first: int | None = last
        if self.numbered(last).text in _OPENED:
            first = self.opening(last)
            if first is None:
                return None
            called = self.numbered(first - 1)
            return (
                first - 1
                if called.kind == "name" and called.end == self.tokens[first].start
                else first
            )
        return last if self.numbered(last).kind in {"name", "number"} else None


Mistake: TypeAlias = Callable[[Failure], Diagnosis | None]
"""Answers where it knows what went wrong."""


def said(token: Token, text: str) -> Change:
    """The change that writes a text in place of a token."""
    return Change(token.start, token.end, text)

"""Sentences for a user which know what of them are names of variables.

A program calls an unnamed value `x[1]~1`, and a mark of a folded picture that stands for many by
one of them. Who shows a picture says such names as the picture does: the names are handed on as
data, and need not be found in the words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from string import Formatter

__all__ = ["Mention", "Sentence", "sentence"]


class Mention(str):
    """The name of a variable within a sentence."""

    __slots__ = ()


class Sentence(str):
    """Words, and names among them; as text with each name as the program has it."""

    __slots__ = ("parts",)

    parts: tuple[str, ...]

    def __new__(cls, parts: Iterable[str]) -> Sentence:
        """The sentence of these parts, in their order; a `Mention` is a name."""
        found = tuple(parts)
        made = super().__new__(cls, "".join(found))
        made.parts = found
        return made

    def __add__(self, other: str) -> Sentence:
        return Sentence((*self.parts, *_parts(other)))

    def __reduce__(self) -> tuple[type[Sentence], tuple[tuple[str, ...]]]:
        return Sentence, (self.parts,)

    def each(self, written: Callable[[str], str]) -> Sentence:
        """The sentence with its parts written otherwise; what was a name is one."""
        return Sentence(type(part)(written(part)) for part in self.parts)

    def said(self, name: Callable[[str], str]) -> str:
        """The words with the names as they are called."""
        return "".join(name(part) if isinstance(part, Mention) else part for part in self.parts)


def sentence(words: str, *values: object) -> Sentence:
    """The words with values at their `{}`: a str is a name, several are a list of names, a
    Sentence tells itself, and whatever else is written as it is.

    >>> found = sentence("{} is a vector of {}", "x[1]~1", 3)
    >>> found, found.said({"x[1]~1": "W u"}.get)
    ('x[1]~1 is a vector of 3', 'W u is a vector of 3')
    """
    parts: list[str] = []
    given = iter(values)
    for text, field, _, _ in Formatter().parse(words):
        parts.append(text)
        if field is not None:
            parts += _written(next(given))
    return Sentence(parts)


def _written(value: object) -> Iterator[str]:
    if isinstance(value, Sentence):
        yield from value.parts
    elif isinstance(value, str):
        yield Mention(value)
    elif isinstance(value, Iterable):
        for number, name in enumerate(value):
            if number:
                yield ", "
            yield Mention(name)
    else:
        yield str(value)


def _parts(words: str) -> tuple[str, ...]:
    return words.parts if isinstance(words, Sentence) else (words,)

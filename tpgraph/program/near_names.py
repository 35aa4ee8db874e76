"""The known name that a word was meant to be."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from itertools import islice

from tpgraph.program.naming import ascii_name

__all__ = ["did_you_mean", "meant", "nearest"]


_LONG_ENOUGH = 3  # in shorter words a letter's case is most of the word


def nearest(word: object, known: Iterable[str]) -> str | None:
    """The nearest known word, if one is near: the same in other cases, else one alike.

    Words of three letters or more may be alike in other cases too. None of another
    number, as x_2 is for x_1.

    >>> nearest("ReLU", ["exp", "relu"]), nearest("tahn", ["sin", "tanh"]), nearest("x_1", ["x_2"])
    ('relu', 'tanh', None)
    >>> nearest("Drak", ["paper", "dark"])
    'dark'
    """
    if not isinstance(word, str):
        return None
    letters, number = _parted(word)
    parted = ((name, _parted(name)) for name in islice(known, 2_000))
    names = [n for n, (base, other) in parted if base != letters or other == number]
    folded = ascii_name(word).casefold()
    alike = (name for name in names if ascii_name(name).casefold() == folded)
    same = next(alike, None) if len(word) > 1 else None  # l is not L
    if same:
        return same
    near = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if near or len(word) < _LONG_ENOUGH:
        return near[0] if near else None
    cases = {name.casefold(): name for name in reversed(names) if len(name) >= _LONG_ENOUGH}
    near = difflib.get_close_matches(folded, cases, n=1, cutoff=0.6)
    return cases[near[0]] if near else None


def _parted(word: str) -> tuple[str, str]:
    """The letters of a word, and the number at its end."""
    letters = word.rstrip("0123456789")
    return letters.rstrip("_"), word[len(letters) :]


def meant(near: str | None) -> str | None:
    """The mend that names the nearest known word, if one is near."""
    return f"did you mean {near}?" if near else None


def did_you_mean(word: object, known: Iterable[str]) -> str | None:
    """The mend that names the known word that is nearest to a word, if one is near."""
    return meant(nearest(word, known))

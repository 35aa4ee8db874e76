"""Labels for intermediate values of passes that are drawn apart from where they are made."""

from __future__ import annotations

from collections.abc import Iterable
from unicodedata import combining, normalize

from tpgraph.program import Equation, Program, split_name
from tpgraph.program.labels import default_latex, headword

__all__ = ["Unnamed", "labels_of_unnamed"]

_LETTERS = tuple("hzguyapqrvw")


class Unnamed:
    """Letters for unnamed values: one for those of the statements of one name, if that will do.

    The error signal of such a value has a d before its letter.
    """

    def __init__(self, program: Program) -> None:
        taken = {headword(name) for name in program.variables}
        taken |= {label.removeprefix("d")[:1] for label in program.labels.values()}
        self._timed = program.timed
        self._letters = [letter for letter in _LETTERS if letter not in taken] or list(_LETTERS)
        self._known: dict[object, str] = {}
        self._meant: dict[tuple[str, bool, tuple[int, ...]], int | None] = {}

    def label(self, equation: Equation, subscript: str, accent: str = "") -> str:
        """The label of what an equation binds, with this subscript if it is not empty; the accent
        is a combining character over its letter.
        """
        place, name = equation.place, equation.out.name
        partner = place.partner if place is not None and place.row == "backward" else None
        timed, signal = self._timed.get(partner or name), partner is not None
        stem, index, k = split_name(partner or name)
        stem = stem if timed is None else timed.stem
        letter = self._letter(stem)
        if self._meant.setdefault((letter, signal, index), k) != k:
            letter = self._letter((stem, k))
        where = f"[{','.join(map(str, index))}]" if index else ""
        below = f"_{subscript}" if subscript else ""
        return default_latex(f"{'d' if signal else ''}{letter}{accent}{below}{where}")

    def _letter(self, key: object) -> str:
        number = len(self._known) % len(self._letters)
        return self._known.setdefault(key, self._letters[number])


def labels_of_unnamed(program: Program, names: Iterable[str]) -> dict[str, str]:
    """Labels for what equations bind under these names, the time of their pass below them and its
    accent above.
    """
    unnamed, labels = Unnamed(program), dict[str, str]()
    for name in names:
        equation = program.equation_of.get(name)
        if equation is not None:
            partner = equation.place.partner if equation.place is not None else None
            labels[name] = unnamed.label(equation, *_time_and_accent(program, partner or name))
    return labels


def _time_and_accent(program: Program, name: str) -> tuple[str, str]:
    """Of a name's pass; where the program does not say them, as the name is written, `x̃_t`."""
    timed = program.timed.get(name)
    if timed is not None:
        return "" if timed.time is None else str(timed.time), timed.accent
    head, _, subscript = normalize("NFD", split_name(name)[0]).partition("_")
    return subscript, "".join(c for c in head if combining(c))

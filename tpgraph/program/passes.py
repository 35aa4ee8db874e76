r"""Passes of a program that trains: which example goes through the network when, and what is what.

A transform that writes a network out several times says of every equation which pass it belongs to
(`Pass`) and which variable of the network it stands for at what time (`TimedName`). Names, labels
and captions are written from this; nothing is read back from them.

    x[1] of the training example at time 2        x_2[1]          element 3 of a batch: x_2[1,3]
    x[1] of the test example at time 2            x̃_2[1]
    x[1] of ξ_2 at the initial weights            x0_2[1]
    the change δx[1] of the test example          δx̃_2[1]
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal, TypeAlias

from tpgraph.program.tex_commands import ACCENT_COMMANDS
from tpgraph.program.variables import canonical_name, join_name, split_name

__all__ = [
    "Caption",
    "Pass",
    "PassKind",
    "Step",
    "Symbol",
    "TimedName",
    "accented",
    "accented_latex",
    "subscript",
]

PassKind = Literal["train", "test", "reference"]

_LETTER = re.compile(r"(\\?[^\W_]+)([_^].*)?")
_DIGITS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


@dataclass(frozen=True, slots=True)
class Step:
    """In a caption: the time of the pass plus `offset`."""

    offset: int = 0


@dataclass(frozen=True, slots=True)
class Symbol:
    """In a caption: a name, which is mathematics; if `timed` with the time of the pass below it."""

    name: str
    timed: bool = False


Caption: TypeAlias = tuple[str | Step | Symbol, ...]
"""Words, times and names, one after the other."""


@dataclass(frozen=True, slots=True)
class Pass:
    """One example passing through the network.

    `kind` is `train` for an example whose gradient moves the params, `test` for one that is only
    followed, `reference` for either (`of`) at initial weights, from which changes are measured.
    `time` counts the steps of training before it, `element` the examples of a batch, from 1. In a
    pass that stands for those of many times, `letter` stands for the time.

    >>> str(Pass("train", 11, caption=("step ", Step(1), ", train ", Symbol("ξ", timed=True))))
    'step 12, train ξ₁₁'
    """

    kind: PassKind
    time: int = 0
    element: int | None = None
    caption: Caption = ()
    letter: str | None = None
    of: Literal["train", "test"] | None = None

    @property
    def trains(self) -> bool:
        """Whether its example is one of training."""
        return (self.of or self.kind) == "train"

    def __str__(self) -> str:
        return "".join(self._text(part) for part in self.caption)

    def _text(self, part: str | Step | Symbol) -> str:
        match part:
            case Step():
                return self.number(part)
            case Symbol(name, True):
                return f"{name}_{self.letter}" if self.letter else name + subscript(self.time)
            case Symbol(name):
                return name
            case _:
                return part

    def number(self, step: Step) -> str:
        """The time in a caption: `12`, or `t+1` where a letter stands for it."""
        if self.letter is None:
            return str(self.time + step.offset)
        return f"{self.letter}{step.offset:+}" if step.offset else self.letter


@dataclass(frozen=True, slots=True)
class TimedName:
    r"""The variable `of` a network in one of many passes, and how it is called there.

    `time` is the number in its name, or a letter for it; None stands for data that are the same at
    every time. `prefix` is δ for changes, `accent` a combining character, `mark` what stands
    between base and time, `element` that of a batch, `latex` the network's own label of `of`.

    >>> TimedName("x[1]~3", 12).name, TimedName("x[1]", 2, "δ", "\u0303").at("t").name
    ('x_12[1]~3', 'δx̃_t[1]')
    """

    of: str
    time: int | str | None
    prefix: str = ""
    accent: str = ""
    mark: str = ""
    element: int | None = None
    latex: str | None = None

    @property
    def stem(self) -> str:
        """The name before its time and indices."""
        base = _split(self.of)[0]
        return f"{self.prefix}{accented(base, self.accent) if self.accent else base}{self.mark}"

    @property
    def name(self) -> str:
        """The name that says all this, unless it was taken."""
        _, index, temporary = _split(self.of)
        index = index if self.element is None else (*index, self.element)
        stem = self.stem if self.time is None else f"{self.stem}_{self.time}"
        return join_name(stem, index, temporary)

    @property
    def label(self) -> str | None:
        r"""The label made of the network's own label, if that has one; nothing of an empty one.

        >>> TimedName("y[1]", 2, "δ", "\u0303", latex="y^{1}").label
        '\\delta \\tilde{y}^{1}_{2}'
        """
        if not self.latex:
            return self.latex
        command = ACCENT_COMMANDS.get(self.accent)
        body = accented_latex(self.latex, rf"\{command}") if command else self.latex
        if self.time is None:
            return body
        if "_" in body or ("^" in body and self.element is not None):
            body = f"{{{body}}}"
        above = "" if self.element is None else f"^{{{self.element}}}"
        below = f"{self.mark},{self.time}" if self.mark else str(self.time)
        delta = r"\delta " if self.prefix else ""
        return f"{delta}{body}{above}_{{{below}}}"

    def at(self, time: int | str) -> TimedName:
        """The same at another time, or at a time that a letter stands for."""
        return replace(self, time=time)

    def temporary(self, k: int) -> TimedName:
        """The k-th intermediate of the statement that binds this; the network labels none."""
        base, index, _ = _split(self.of)
        return replace(self, of=join_name(base, index, k), latex=None)


_split = cache(split_name)


@cache
def accented(base: str, accent: str) -> str:
    """The name with an accent on its letters, before digits and subscripts.

    >>> accented("x1", "\u0303") == "x\u0303" + "1"
    True
    """
    head, mark, tail = base.partition("_")
    letters = head.rstrip("0123456789")
    return canonical_name(letters + accent) + head[len(letters) :] + mark + tail


def accented_latex(latex: str, accent: str) -> str:
    r"""The label with an accent: on the letter before sub- and superscripts, else on all of it.

    >>> accented_latex("x^{l}", r"\bar"), accented_latex("LN(x)", r"\bar")
    ('\\bar{x}^{l}', '\\bar{LN(x)}')
    """
    letter = _LETTER.fullmatch(latex)
    head, tail = letter.groups("") if letter else (latex, "")
    return f"{accent}{{{head}}}{tail}"


def subscript(number: int) -> str:
    """The number in subscript digits, for captions.

    >>> subscript(12)
    '₁₂'
    """
    return str(number).translate(_DIGITS)

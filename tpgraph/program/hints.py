"""What an author says of a program's picture: boxes, notes, colours, what is left out, heights.

Hints change no value and no limit; they name variables, and go where those go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise, product
from typing import Literal, TypeAlias

from tpgraph.bounds import LABEL
from tpgraph.errors import Span, TPNameError, TPTypeError
from tpgraph.program.closure import reached
from tpgraph.program.naming import require_words
from tpgraph.program.tex import require_settable
from tpgraph.program.variables import Variable

__all__ = [
    "HINTS",
    "Hint",
    "HintKind",
    "StandingOrder",
    "kept_hints",
    "require_hint",
    "require_said",
    "require_sort",
]

HintKind: TypeAlias = Literal["group", "note", "color", "hide", "order", "above", "below"]
HINTS: tuple[HintKind, ...] = ("group", "note", "color", "hide", "order", "above", "below")

_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True, slots=True)
class Hint:
    """One hint of a picture.

    `group` puts a box with the caption `text` around variables, `note` writes `text` beside what it
    names, `color` gives the products of matrices the colour `text` (`#rrggbb`), and `hide` leaves
    out the marks of variables. `order` has variables stand from the top downwards, `above` and
    `below` each of `names` above or below each of `others`; "above" is left of where the
    computation runs up or down.
    """

    kind: HintKind
    names: tuple[str, ...]
    text: str = ""
    others: tuple[str, ...] = ()
    span: Span | None = field(default=None, compare=False)

    @property
    def standing(self) -> Iterator[tuple[str, str]]:
        """Pairs of variables of which the first is to stand above the second."""
        if self.kind == "order":
            yield from pairwise(self.names)
        elif self.kind == "above":
            yield from product(self.names, self.others)
        elif self.kind == "below":
            yield from product(self.others, self.names)


class StandingOrder:
    """Which variables are to stand above which, by all hints so far.

    >>> order = StandingOrder()
    >>> order.add(Hint("order", ("u", "v", "w")))
    >>> order.add(Hint("above", ("w",), others=("u",)))
    Traceback (most recent call last):
    tpgraph.errors.TPTypeError: error: w cannot stand above u, which is to stand above w
      expected: an order from the top in which every variable has one place
    """

    def __init__(self) -> None:
        self._lower: dict[str, set[str]] = {}

    def add(self, hint: Hint) -> None:
        """Take what a hint says. Raises TPTypeError where it contradicts itself or others."""
        for upper, lower in hint.standing:
            if upper in reached(lower, self._lower):
                message = f"{upper} cannot stand above {lower}, which is to stand above {upper}"
                raise TPTypeError(
                    f"{upper} cannot stand above itself" if upper == lower else message,
                    hint.span,
                    "an order from the top in which every variable has one place",
                )
            self._lower.setdefault(upper, set()).add(lower)


def require_hint(hint: Hint, scope: Mapping[str, Variable]) -> None:
    """Raise a TPError for a hint of what is not bound, or that does not fit what it names."""
    for name in (*hint.names, *hint.others):
        if name not in scope:
            raise TPNameError(f"{hint.kind} names {name}, which is not bound", hint.span)
        require_sort(hint, scope[name], hint.span)
    require_said(hint, hint.span)


def require_sort(hint: Hint, variable: Variable, span: Span | None) -> None:
    """Raise a TPTypeError for a variable that a hint of this kind says nothing of."""
    if hint.kind == "color" and not variable.is_matrix:
        raise TPTypeError(f"{variable} is no matrix", span, "a matrix, whose products get a colour")
    if hint.kind not in ("color", "note") and variable.is_matrix:
        raise TPTypeError(
            f"{variable} is a matrix, which has no mark of its own", span, "vectors or scalars"
        )


def require_said(hint: Hint, span: Span | None) -> None:
    """Raise a TPError for the text of a hint that is no colour, or cannot be set; or if it says
    what stands above what, and has none of the one or the other.
    """
    require_words(hint.text, f"the text of a {hint.kind}", span, LABEL)
    if hint.kind == "color" and _COLOR.fullmatch(hint.text) is None:
        raise TPTypeError(f"{hint.text!r} is no colour", span, "a colour such as #0072b2")
    if hint.kind in ("group", "note"):
        lines = hint.text.split(r"\\") if hint.kind == "note" else [hint.text]
        if any(line.count("$") % 2 for line in lines):
            raise TPTypeError("a $ has no other", span, "mathematics between two $")
        for line in lines:
            require_settable(rf"\textit{{{line}}}")
    if hint.text and hint.kind not in ("group", "note", "color"):
        raise TPTypeError(f"{hint.kind} has no words", span, "words of a group or a note")
    if (hint.kind in ("above", "below")) != bool(hint.others):
        raise TPTypeError(f"{hint.kind} has others, or lacks them", span, "above and below alone")


def kept_hints(hints: tuple[Hint, ...], scope: Mapping[str, Variable]) -> tuple[Hint, ...]:
    """Those whose variables are all there still, of the same sort."""
    return tuple(hint for hint in hints if _is_kept(hint, scope))


def _is_kept(hint: Hint, scope: Mapping[str, Variable]) -> bool:
    found = [scope.get(name) for name in (*hint.names, *hint.others)]
    sorts = (True, False) if hint.kind == "note" else (hint.kind == "color",)
    return all(variable is not None and variable.is_matrix in sorts for variable in found)

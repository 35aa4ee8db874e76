"""What an author says of a program's picture: boxes, notes, colours, what is left out.

Hints change no value and no limit; they name variables, and go where those go.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from tpgraph.bounds import LABEL
from tpgraph.errors import Span, TPNameError, TPTypeError
from tpgraph.program.naming import require_words
from tpgraph.program.tex import require_settable
from tpgraph.program.variables import Variable

__all__ = [
    "HINTS",
    "Hint",
    "HintKind",
    "kept_hints",
    "require_hint",
    "require_said",
    "require_sort",
]

HintKind: TypeAlias = Literal["group", "note", "color", "hide"]
HINTS: tuple[HintKind, ...] = ("group", "note", "color", "hide")

_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True, slots=True)
class Hint:
    """One hint of a picture.

    `group` puts a box with the caption `text` around variables, `note` writes `text` beside one,
    `color` gives the products of matrices the colour `text` (`#rrggbb`), and `hide` leaves out the
    marks of variables.
    """

    kind: HintKind
    names: tuple[str, ...]
    text: str = ""
    span: Span | None = field(default=None, compare=False)


def require_hint(hint: Hint, scope: Mapping[str, Variable]) -> None:
    """Raise a TPError for a hint of what is not bound, or that does not fit what it names."""
    for name in hint.names:
        if name not in scope:
            raise TPNameError(f"{hint.kind} names {name}, which is not bound", hint.span)
        require_sort(hint, scope[name], hint.span)
    require_said(hint, hint.span)


def require_sort(hint: Hint, variable: Variable, span: Span | None) -> None:
    """Raise a TPTypeError for a variable that a hint of this kind says nothing of."""
    if hint.kind == "color" and not variable.is_matrix:
        raise TPTypeError(f"{variable} is no matrix", span, "a matrix, whose products get a colour")
    if hint.kind != "color" and variable.is_matrix:
        raise TPTypeError(
            f"{variable} is a matrix, which has no mark of its own", span, "vectors or scalars"
        )


def require_said(hint: Hint, span: Span | None) -> None:
    """Raise a TPError for the text of a hint that is no colour, or cannot be set."""
    require_words(hint.text, f"the text of a {hint.kind}", span, LABEL)
    if hint.kind == "color" and _COLOR.fullmatch(hint.text) is None:
        raise TPTypeError(f"{hint.text!r} is no colour", span, "a colour such as #0072b2")
    if hint.kind in ("group", "note"):
        if hint.text.count("$") % 2:
            raise TPTypeError("a $ has no other", span, "mathematics between two $")
        require_settable(rf"\textit{{{hint.text}}}")


def kept_hints(hints: tuple[Hint, ...], scope: Mapping[str, Variable]) -> tuple[Hint, ...]:
    """Those whose variables are all there still, of the same sort."""
    found = []
    for hint in hints:
        names = [scope.get(name) for name in hint.names]
        sort = hint.kind == "color"
        if all(v is not None and v.is_matrix == sort for v in names):
            found.append(hint)
    return tuple(found)

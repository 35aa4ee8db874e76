"""Scenes and styles at another size: every length times one factor, so that all formats agree."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from typing import Any, TypeVar, cast

from tpgraph.errors import Span, TPDataError
from tpgraph.notation.scene.annotation import Annotation
from tpgraph.notation.scene.geometry import Box
from tpgraph.notation.scene.scene import Scene, ShelfMatrix
from tpgraph.notation.scene.style import Style

__all__ = ["LEAST_TEXT", "LONGEST", "PAGE", "SHORTEST", "length_of", "on_page", "scaled"]

PAGE = 487.8, 650.0
"""The width and the height of the text of a page, in pt."""

LEAST_TEXT = 7.0
"""The size in pt below which the text of a picture of a chosen width is too small."""

SHORTEST, LONGEST = 20.0, 14_400.0
"""The widths in pt that a picture may be given; beyond the larger one PDF has no pages."""

_UNITS = {"pt": 1.0, "bp": 1.0, "px": 0.75, "mm": 72 / 25.4, "cm": 72 / 2.54, "in": 72.0}
_LENGTH = re.compile(r"\s*(\d{1,9}(?:\.\d{0,20})?|\.\d{1,20})\s*([a-z]*)\s*")
_NO_LENGTHS = frozenset(("rotation", "gate_narrowing"))
_KEPT = (Annotation, Span, ShelfMatrix, str, bool, type(None))

T = TypeVar("T", Scene, Style)


def on_page(bounds: Box) -> float:
    """By what factor a picture of these bounds goes onto a page: 1 at most."""
    left, bottom, right, top = bounds
    return min(1.0, PAGE[0] / (right - left), PAGE[1] / (top - bottom))


def scaled(whole: T, factor: float) -> T:
    """A scene or a style with every length, `factor` times as large."""
    return cast(T, _scaled(whole, factor))


def _scaled(value: Any, factor: float) -> Any:
    if isinstance(value, _KEPT):
        return value
    if isinstance(value, tuple):
        return tuple([_scaled(item, factor) for item in value])
    if isinstance(value, int | float):
        return value * factor
    lengths = (f.name for f in fields(value) if f.name not in _NO_LENGTHS)
    return replace(value, **{name: _scaled(getattr(value, name), factor) for name in lengths})


def length_of(text: str | float) -> float:
    """A width in pt, 72 to the inch: of a number of them, or of a text with a unit.

    Raises TPDataError for what is no length, and for one that no picture can have.

    >>> length_of("234pt"), length_of("2.54cm"), length_of(360)
    (234.0, 72.0, 360.0)
    """
    found = _LENGTH.fullmatch(str(text))
    unit = _UNITS.get((found[2] or "pt") if found else "")
    if found is None or unit is None:
        raise TPDataError(
            f"{str(text)[:40]!r} is no length",
            expected=f"a number with one of {', '.join(_UNITS)}, such as 234pt or 8.6cm",
        )
    length = round(float(found[1]) * unit, 6)
    if not SHORTEST <= length <= LONGEST:
        raise TPDataError(
            f"no picture is {length:g} pt wide", expected=f"{SHORTEST:g} pt … {LONGEST:g} pt"
        )
    return length

"""Mathematics set by matplotlib's mathtext in Computer Modern, as outlines.

The only module of labels that imports matplotlib, which costs more than a picture whose labels
are all in the cache.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.textpath import TextToPath

from tpgraph.notation.labels.formula_boxes import FormulaParser

__all__ = ["TypesetError", "typeset"]

_COMMANDS = {
    Path.MOVETO: "M",
    Path.LINETO: "L",
    Path.CURVE3: "Q",
    Path.CURVE4: "C",
    Path.CLOSEPOLY: "Z",
}


GlyphBox = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class _GlyphShape:
    """A glyph's path commands at 100 pt, and the box of its ink if it has any."""

    commands: tuple[list[object], ...]
    box: GlyphBox | None


_shapes: dict[str, _GlyphShape] = {}
"""A cache: the extents of curves take longer to compute than a label to parse."""
_converter: Any = TextToPath()
_converter.mathtext_parser = FormulaParser()


class TypesetError(ValueError):
    """Mathtext does not accept the text; the message is the reason."""


def typeset(text: str) -> dict[str, object]:
    """One line of mathtext at a size of 100 pt, as plain data in pt for `mathtext.Outline`.

    Raises TypesetError.
    """
    font = FontProperties(size=_converter.FONT_SCALE, math_fontfamily="cm")
    math = f"${text}$" if text.strip() else ""
    try:
        with _missing_glyphs_raise():
            width, height, depth = _converter.get_text_width_height_descent(math, font, True)
            placed, glyphs, rules = _converter.get_glyphs_mathtext(font, math)
    except (ValueError, RuntimeError, LookupError, RecursionError, ArithmeticError) as error:
        raise TypesetError(_reason(error)) from error
    for name, (vertices, codes) in glyphs.items():
        if name not in _shapes:
            _shapes[name] = _shape(Path(vertices, codes))
    corners = [_corners(rule) for rule, _ in rules]
    return {
        "size": _rounded(width, height - depth, depth),
        "glyphs": {name: _shapes[name].commands for name in glyphs},
        "placed": [[name, *_rounded(x, y), round(float(scale), 6)] for name, x, y, scale in placed],
        "rules": [_rounded(*rule) for rule in corners],
        "ink": _ink(placed, corners),
    }


def _reason(error: Exception) -> str:
    """The gist of mathtext's report, whose last line reads `Kind: reason, found ... (at ...)`."""
    last = (str(error).strip() or type(error).__name__).splitlines()[-1]
    _, _, reason = last.rpartition("Exception: ")
    reason = reason.split("  (at char")[0].strip()
    if reason.startswith("Expected {phantom"):
        return "a symbol is missing"
    if reason.startswith("Expected end of text"):
        return "a character in it has no meaning in mathematics"
    return reason.split(", found")[0]


class _Refuse(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        raise TypesetError(record.getMessage().split(", substituting")[0])


@contextmanager
def _missing_glyphs_raise() -> Iterator[None]:
    """Mathtext only logs a character that no font has, and sets a dummy in its place."""
    logger = logging.getLogger("matplotlib.mathtext")
    handler = _Refuse(logging.WARNING)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


def _rounded(*numbers: float) -> list[float]:
    return [round(float(number), 2) + 0.0 for number in numbers]


def _shape(path: Path) -> _GlyphShape:
    commands = tuple(
        [_COMMANDS[code], *([] if code == Path.CLOSEPOLY else _rounded(*vertices))]
        for vertices, code in path.iter_segments(simplify=False, curves=True)
    )
    if not len(path):
        return _GlyphShape(commands, None)
    left, bottom, right, top = np.asarray(path.get_extents().extents).tolist()
    return _GlyphShape(commands, (left, bottom, right, top))


def _corners(vertices: list[tuple[float, float]]) -> GlyphBox:
    """(left, bottom, right, top) of a rule."""
    (left, bottom), (right, top) = vertices[0], vertices[2]
    return left, bottom, right, top


def _ink(placed: list[tuple[str, float, float, float]], rules: list[GlyphBox]) -> list[float]:
    """(left, bottom, right, top) of all that is black; zeros if nothing is."""
    boxes = list(rules)
    for name, x, y, scale in placed:
        if box := _shapes[name].box:
            left, bottom, right, top = (scale * side for side in box)
            boxes.append((left + x, bottom + y, right + x, top + y))
    if not boxes:
        return [0.0, 0.0, 0.0, 0.0]
    lefts, bottoms, rights, tops = zip(*boxes, strict=True)
    return _rounded(min(lefts), min(bottoms), max(rights), max(tops))

"""Mathematics set by matplotlib's mathtext in Computer Modern, as outlines.

The only module of labels that imports matplotlib, which costs more than a picture whose labels
are all in the cache.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.textpath import TextToPath

__all__ = ["TypesetError", "typeset"]

_COMMANDS = {
    Path.MOVETO: "M",
    Path.LINETO: "L",
    Path.CURVE3: "Q",
    Path.CURVE4: "C",
    Path.CLOSEPOLY: "Z",
}


class TypesetError(ValueError):
    """Mathtext does not accept the text; the message is the reason."""


def typeset(text: str) -> dict[str, object]:
    """One line of mathtext at a size of 100 pt, as plain data in pt for `mathtext.Outline`.

    Raises TypesetError.
    """
    converter = TextToPath()
    font = FontProperties(size=converter.FONT_SCALE, math_fontfamily="cm")
    math = f"${text}$" if text.strip() else ""
    try:
        with _missing_glyphs_raise():
            width, height, depth = converter.get_text_width_height_descent(math, font, True)
            placed, glyphs, rules = converter.get_glyphs_mathtext(font, math)
    except (ValueError, RuntimeError, LookupError, RecursionError, ArithmeticError) as error:
        raise TypesetError(_reason(error)) from error
    paths = {name: Path(vertices, codes) for name, (vertices, codes) in glyphs.items()}
    return {
        "size": _rounded(width, height - depth, depth),
        "glyphs": {name: _commands(path) for name, path in paths.items()},
        "placed": [[name, *_rounded(x, y), round(float(scale), 6)] for name, x, y, scale in placed],
        "rules": [_rounded(*_corners(rule)) for rule, _ in rules],
        "ink": _ink(paths, placed, [_corners(rule) for rule, _ in rules]),
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


def _commands(path: Path) -> list[list[object]]:
    return [
        [_COMMANDS[code], *([] if code == Path.CLOSEPOLY else _rounded(*vertices))]
        for vertices, code in path.iter_segments(simplify=False, curves=True)
    ]


def _corners(vertices: list[tuple[float, float]]) -> tuple[float, float, float, float]:
    """(left, bottom, right, top) of a rule."""
    (left, bottom), (right, top) = vertices[0], vertices[2]
    return left, bottom, right, top


def _ink(
    paths: dict[str, Path],
    placed: list[tuple[str, float, float, float]],
    rules: list[tuple[float, float, float, float]],
) -> list[float]:
    """(left, bottom, right, top) of all that is black; zeros if nothing is."""
    boxes = [np.array(rule) for rule in rules]
    for name, x, y, scale in placed:
        if len(paths[name]):
            boxes.append(
                np.asarray(paths[name].get_extents().extents) * float(scale) + (x, y, x, y)
            )
    if not boxes:
        return [0.0, 0.0, 0.0, 0.0]
    stack = np.array(boxes)
    return _rounded(*stack[:, :2].min(axis=0), *stack[:, 2:].max(axis=0))

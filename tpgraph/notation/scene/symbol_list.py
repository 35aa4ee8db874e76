r"""The list under a picture: what symbols stand for, `\psi_{1} = …`, broken into lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from tpgraph.bounds import LABEL
from tpgraph.notation.labels.mathtext import outline
from tpgraph.notation.scene.painting import picture
from tpgraph.notation.scene.scene import Definition, Label, Scene
from tpgraph.notation.scene.style import Style

__all__ = ["broken", "defined"]

_GAP = 12.0  # pt between a picture and its list
_LEADING = 4.0  # between lines
_LEAST_WIDTH = 240.0  # of a line that may be broken
_LEFT, _RIGHT = re.compile(r"\\left(?![a-zA-Z])"), re.compile(r"\\right(?![a-zA-Z])")
_BREAK = re.compile(r"( [+-] | \\, |, )")


def defined(scene: Scene, style: Style) -> Scene:
    """The scene with the list of its definitions below it, in the middle."""
    if not scene.definitions:
        return scene
    left, bottom, right, _ = picture(scene, style).bounds
    room = max(right - left - 2 * style.margin, _LEAST_WIDTH)
    lines = [line for one in scene.definitions for line in broken(one, room, style.caption_size)]
    x = (left + right - max(start + _width(text, style) for start, text in lines)) / 2
    y = bottom + style.margin - _GAP
    labels = []
    for start, text in lines:
        labels.append(Label(text, x + start, y, "nw", style.caption_size))
        ink = outline(text, style.caption_size).ink
        y -= ink.top - ink.bottom + _LEADING
    return replace(scene, lists=(*scene.lists, *labels))


def _width(text: str, style: Style) -> float:
    ink = outline(text, style.caption_size).ink
    return ink.right - ink.left


def broken(one: Definition, room: float, size: float) -> Iterator[tuple[float, str]]:
    """Lines with where they start: all but the first behind the equals sign, if there is a symbol
    before it.
    """
    head = f"{one.symbol} = " if one.symbol else ""
    start = outline(f"{head}{{}}", size).width
    pieces = _pieces(one.formula)
    if not all(_fits(piece, room - start, size) for piece in pieces):
        pieces = _pieces(one.linear or one.formula)
    line, begun = head, 0.0
    for piece in pieces:
        if line != head and not _fits(line + piece, room - begun, size):
            yield begun, line
            line, begun = "", start
        line += piece
    yield begun, line


def _fits(text: str, room: float, size: float) -> bool:
    return len(text) <= LABEL.most and outline(text.strip() or "{}", size).width <= room


def _pieces(formula: str) -> Sequence[str]:
    """The formula cut before operators that stand in no group of braces or tall parentheses."""
    pieces, depth = [""], 0
    for part in _BREAK.split(formula):
        if _BREAK.fullmatch(part) and not depth:
            pieces.append("")
        pieces[-1] += part
        depth += part.count("{") - part.count("}") - part.count(r"\{") + part.count(r"\}")
        depth += len(_LEFT.findall(part)) - len(_RIGHT.findall(part))
    return pieces

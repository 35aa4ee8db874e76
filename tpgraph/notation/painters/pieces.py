"""Marks and lines painted about their own place, once: a picture that changes keeps most of them.

A piece depends on the mark alone, as it is in coordinates about its place, in steps of 0.001 pt.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from operator import attrgetter
from typing import Any, TypeAlias

from tpgraph.notation.painters.svg import glyph_paths, markup
from tpgraph.notation.scene.display import DisplayMark, MarkGroup, bounds_of
from tpgraph.notation.scene.geometry import Box
from tpgraph.notation.scene.painting import painted
from tpgraph.notation.scene.scene import Edge, Label, Node, Point
from tpgraph.notation.scene.style import Style

__all__ = ["Piece", "Pieces", "piece_of", "pieces_in"]

_Key: TypeAlias = tuple[Any, ...]


def _looks(of: type[Node | Edge], *without: str) -> Callable[[Any], _Key]:
    """What reads all fields but some, and but those that are in coordinates."""
    return attrgetter(*(f.name for f in fields(of) if f.name not in without))


_node_looks = _looks(Node, "x", "y", "label", "span", "note")
_edge_looks = _looks(Edge, "points", "label", "span")
_KNOWN = 16384
"""Pieces that are remembered of a style."""


@dataclass(frozen=True, slots=True)
class Piece:
    """SVG about a place, y downwards; its box, y upwards; the outlines of its glyphs by id."""

    kind: str
    title: str
    svg: str
    box: Box
    glyphs: Mapping[str, str]


def piece_of(mark: DisplayMark, place: Point) -> Piece:
    """A mark of the display list about a place."""
    inner = mark.marks if isinstance(mark, MarkGroup) else (mark,)
    kind, title = (mark.kind, mark.title) if isinstance(mark, MarkGroup) else ("label", "")
    left, bottom, right, top = bounds_of(mark)
    box = left - place[0], bottom - place[1], right - place[0], top - place[1]
    return Piece(kind, title, markup(inner, place), box, glyph_paths(inner))


class Pieces:
    """The pieces of one style."""

    def __init__(self, style: Style) -> None:
        self._style = style
        self._known: dict[_Key, Piece] = {}

    def of(self, element: Node | Edge, place: Point) -> Piece:
        """A mark or a line about a place."""
        if isinstance(element, Node):
            points: tuple[Point, ...] = ()
            looks = _node_looks(element)
        else:
            x, y = place
            points = tuple([(round(a - x, 3), round(b - y, 3)) for a, b in element.points])
            looks = _edge_looks(element)
        label = _label(element.label, place)
        key = looks, points, label
        piece = self._known.get(key)
        if piece is None:
            if len(self._known) >= _KNOWN:
                self._known.clear()
            local = _local(element, points, label)
            piece = self._known[key] = piece_of(painted(local, self._style), (0.0, 0.0))
        return piece


@lru_cache(maxsize=4)
def pieces_in(style: Style) -> Pieces:
    """Where the pieces of a style are remembered."""
    return Pieces(style)


def _local(element: Node | Edge, points: tuple[Point, ...], label: Label | None) -> Node | Edge:
    """A mark or a line about its place, without what is not painted of it."""
    if isinstance(element, Node):
        return replace(element, x=0.0, y=0.0, label=label, span=None, note=None)
    return replace(element, points=points, label=label, span=None)


def _label(label: Label | None, place: Point) -> Label | None:
    if label is None:
        return None
    x, y = round(label.x - place[0], 3), round(label.y - place[1], 3)
    return Label(label.text, x, y, label.anchor, label.size, label.rotation, label.color)

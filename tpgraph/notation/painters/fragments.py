"""A scene as keyed fragments of SVG, and the difference of two scenes.

A fragment is one mark, line or label in coordinates about its own origin, so that what moves is
sent as a place, and what stays is not sent at all. For a page that shows a picture as it changes:

    applied(fragments before, difference(before, after)) = fragments after
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from operator import attrgetter
from typing import Any

from tpgraph.errors import Span
from tpgraph.notation.painters.pieces import Piece, Pieces, piece_of, pieces_in
from tpgraph.notation.scene.display import DisplayMark, Lettering, MarkGroup
from tpgraph.notation.scene.geometry import Box, grown, union
from tpgraph.notation.scene.painting import layers, painted_note
from tpgraph.notation.scene.scene import Edge, Node, Point, Scene
from tpgraph.notation.scene.style import PAPER, Style

__all__ = ["Difference", "Fragment", "Fragments", "applied", "difference", "fragments_of"]


@dataclass(frozen=True, slots=True)
class Fragment:
    """One mark, line or label at (x, y), in pt, y downwards; `svg` is about that place.

    `layer` is its part of the picture, from `contexts` to `legend`; `id` is that of a node, context
    or plate, `source` and `target` are those of a line; `span` is the place in the text, outside
    of equality, as it moves with every edit above it.
    """

    key: str
    layer: str
    kind: str
    x: float
    y: float
    svg: str
    id: str | None = None
    title: str = ""
    source: str | None = None
    target: str | None = None
    matrix: str | None = None
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Fragments:
    """A picture: its fragments by key, from the bottom to the top, the outlines of its glyphs, and
    the box (left, top, right, bottom) of everything, y downwards.
    """

    items: Mapping[str, Fragment]
    glyphs: Mapping[str, str]
    box: Box


@dataclass(frozen=True, slots=True)
class Difference:
    """What becomes of one picture so that it is another: fragments that come, that change, that
    only move (key, x, y), and the keys of those that go.

    `order` has all keys where what stays is not in the order of before with what comes behind it;
    `glyphs` are those that are new.
    """

    come: tuple[Fragment, ...]
    change: tuple[Fragment, ...]
    move: tuple[tuple[str, float, float], ...]
    go: tuple[str, ...]
    glyphs: Mapping[str, str]
    box: Box
    order: tuple[str, ...] | None = None


_looks = attrgetter(*(f.name for f in fields(Fragment) if f.compare and f.name not in ("x", "y")))


def fragments_of(scene: Scene, style: Style = PAPER) -> Fragments:
    """The fragments of a scene. Raises TPError for a label that cannot be typeset."""
    found = _Found(pieces_in(style), {node.id: _rounded(node.x, node.y) for node in scene.nodes})
    for layer in layers(replace(scene, nodes=(), edges=()), style):
        match layer.kind:
            case "gates" | "variables":
                for node in scene.nodes:
                    if node.is_gate is (layer.kind == "gates"):
                        found.add_node(layer.kind, node)
            case "edges":
                for edge in scene.edges:
                    found.add_edge(edge)
            case "annotations":
                for node in scene.nodes:
                    if node.note is not None:
                        found.add_mark(layer.kind, painted_note(node.note, node.id, style))
            case "legend":
                found.add_mark(layer.kind, MarkGroup("legend", layer.marks, layer.title))
            case _:
                for mark in layer.marks:
                    found.add_mark(layer.kind, mark)
    left, bottom, right, top = grown(union(found.boxes), style.margin)
    return Fragments(found.items, found.glyphs, (left, -top, right, -bottom))


class _Found:
    """The fragments of a scene while they are collected; `places` are those of its marks."""

    def __init__(self, pieces: Pieces, places: Mapping[str, Point]) -> None:
        self.pieces, self.places = pieces, places
        self.items: dict[str, Fragment] = {}
        self.glyphs: dict[str, str] = {}
        self.boxes: list[Box] = []
        self.keys: Counter[str] = Counter()

    def add_node(self, layer: str, node: Node) -> None:
        """A vector, a scalar or a gate."""
        place = self.places[node.id]
        piece = self.pieces.of(node, place)
        self._add(layer, node.id, piece, place, id=node.id, span=node.span)

    def add_edge(self, edge: Edge) -> None:
        """A line; its place is that of its source, so that both move together."""
        place = self.places.get(edge.source, (0.0, 0.0))
        source, target = edge.source, edge.target
        self._add(
            "edges",
            f"{source}→{target}",
            self.pieces.of(edge, place),
            place,
            source=source,
            target=target,
            matrix=edge.matrix,
            span=edge.span,
        )

    def add_mark(self, layer: str, mark: DisplayMark) -> None:
        """What is neither a mark nor a line of the program."""
        name = dict(mark.data).get("id") if isinstance(mark, MarkGroup) else None
        place = self.places.get(name or "") or _rounded(*_place(mark))
        self._add(layer, name or "", piece_of(mark, place), place, id=name)

    def _add(self, layer: str, word: str, piece: Piece, place: Point, **known: Any) -> None:
        key = f"{layer}/{word}"
        self.keys[key] += 1
        if self.keys[key] > 1:
            key = f"{key}#{self.keys[key]}"
        x, y = place
        left, bottom, right, top = piece.box
        self.boxes.append((left + x, bottom + y, right + x, top + y))
        self.glyphs.update(piece.glyphs)
        self.items[key] = Fragment(
            key, layer, piece.kind, x, -y + 0.0, piece.svg, title=piece.title, **known
        )


def _rounded(x: float, y: float) -> Point:
    return round(x, 2) + 0.0, round(y, 2) + 0.0


def _place(mark: DisplayMark) -> Point:
    """The first point that a mark names."""
    return next(_points(mark), (0.0, 0.0))


def _points(mark: DisplayMark) -> Iterator[Point]:
    if isinstance(mark, MarkGroup):
        for part in mark.marks:
            yield from _points(part)
    elif isinstance(mark, Lettering):
        yield mark.x, mark.y


def difference(before: Fragments, after: Fragments) -> Difference:
    """What becomes of one picture so that it is the other."""
    old, new = before.items, after.items
    come = tuple(fragment for key, fragment in new.items() if key not in old)
    kept = [(old[key], fragment) for key, fragment in new.items() if key in old]
    other = [(_looks(a) == _looks(b), b) for a, b in kept if a != b]
    found = Difference(
        come=come,
        change=tuple(b for same, b in other if not same),
        move=tuple((b.key, b.x, b.y) for same, b in other if same),
        go=tuple(key for key in old if key not in new),
        glyphs={k: path for k, path in after.glyphs.items() if k not in before.glyphs},
        box=after.box,
    )
    stay = [key for key in old if key in new]
    if [*stay, *(fragment.key for fragment in come)] == [*new]:
        return found
    return replace(found, order=tuple(new))


def applied(before: Fragments, change: Difference) -> Fragments:
    """The picture after a difference."""
    gone = set(change.go)
    items = {key: f for key, f in before.items.items() if key not in gone}
    for key, x, y in change.move:
        items[key] = replace(items[key], x=x, y=y)
    for fragment in (*change.change, *change.come):
        items[fragment.key] = fragment
    if change.order is not None:
        items = {key: items[key] for key in change.order}
    return Fragments(items, {**before.glyphs, **change.glyphs}, change.box)

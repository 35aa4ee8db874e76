"""A scene as keyed fragments of SVG, and the difference of two scenes.

A fragment is one mark, line or label in coordinates about its own origin, so that what moves is
sent as a place, and what stays is not sent at all. For a page that shows a picture as it changes:

    applied(fragments before, difference(before, after)) = fragments after
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from tpgraph.errors import Span
from tpgraph.notation.painters.svg import glyph_paths, markup
from tpgraph.notation.scene.display import DisplayMark, Lettering, MarkGroup
from tpgraph.notation.scene.geometry import Box
from tpgraph.notation.scene.painting import picture
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

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be done."""
        return not (self.come or self.change or self.move or self.go or self.order)


def fragments_of(scene: Scene, style: Style = PAPER) -> Fragments:
    """The fragments of a scene. Raises TPError for a label that cannot be typeset."""
    page = picture(scene, style)
    nodes = {node.id: node for node in scene.nodes}
    keys: Counter[str] = Counter()
    items: dict[str, Fragment] = {}
    for layer in page.marks:
        assert isinstance(layer, MarkGroup), "a picture's marks are its layers"
        marks: tuple[DisplayMark, ...] = layer.marks
        edges = iter(scene.edges) if layer.kind == "edges" else iter(())
        if layer.kind == "legend":
            marks = (MarkGroup("legend", layer.marks, layer.title),)
        for mark in marks:
            fragment = _fragment(layer.kind, mark, nodes, next(edges, None))
            keys[fragment.key] += 1
            if keys[fragment.key] > 1:
                fragment = replace(fragment, key=f"{fragment.key}#{keys[fragment.key]}")
            items[fragment.key] = fragment
    left, bottom, right, top = page.bounds
    return Fragments(items, glyph_paths(page.marks), (left, -top, right, -bottom))


def _fragment(
    layer: str, mark: DisplayMark, nodes: Mapping[str, Node], edge: Edge | None
) -> Fragment:
    """A mark with its place; that of a line is its source, so that both move together."""
    data = dict(mark.data) if isinstance(mark, MarkGroup) else {}
    name = data.get("id")
    node = nodes.get(edge.source if edge is not None else name or "")
    x, y = _place(mark) if node is None else (node.x, node.y)
    x, y = round(x, 2), round(y, 2)
    inner = mark.marks if isinstance(mark, MarkGroup) else (mark,)
    word = f"{edge.source}→{edge.target}" if edge is not None else name or ""
    return Fragment(
        key=f"{layer}/{word}",
        layer=layer,
        kind=mark.kind if isinstance(mark, MarkGroup) else "label",
        x=x + 0.0,
        y=-y + 0.0,
        svg=markup(inner, (x, y)),
        id=name,
        title=mark.title if isinstance(mark, MarkGroup) else "",
        source=None if edge is None else edge.source,
        target=None if edge is None else edge.target,
        matrix=None if edge is None else edge.matrix,
        span=edge.span if edge is not None else node.span if node is not None else None,
    )


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
    moved = [(a, b) for a, b in kept if a != b and a == replace(b, x=a.x, y=a.y)]
    changed = tuple(b for a, b in kept if a != b and a != replace(b, x=a.x, y=a.y))
    found = Difference(
        come=come,
        change=changed,
        move=tuple((b.key, b.x, b.y) for _, b in moved),
        go=tuple(key for key in old if key not in new),
        glyphs={k: path for k, path in after.glyphs.items() if k not in before.glyphs},
        box=after.box,
    )
    if [*applied(before, found).items] == [*new]:
        return found
    return replace(found, order=tuple(new))


def applied(before: Fragments, change: Difference) -> Fragments:
    """The picture after a difference."""
    items = {key: f for key, f in before.items.items() if key not in set(change.go)}
    for key, x, y in change.move:
        items[key] = replace(items[key], x=x, y=y)
    for fragment in (*change.change, *change.come):
        items[fragment.key] = fragment
    if change.order is not None:
        items = {key: items[key] for key in change.order}
    return Fragments(items, {**before.glyphs, **change.glyphs}, change.box)

"""From a scene to a display list: the few kinds of marks that every painter knows.

All decisions about shapes, order, widths and colours are taken here, once, so that the formats
cannot differ. Lengths in pt, y upwards; later marks lie above earlier ones.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import assert_never

from tpgraph.notation.geometry import bar_segment, gate_polygon
from tpgraph.notation.labels.mathtext import Outline, outline
from tpgraph.notation.labels.plain import plain_text
from tpgraph.notation.layout.obstacles import flatten
from tpgraph.notation.scene import (
    Arrow,
    Context,
    Edge,
    Label,
    Legend,
    Node,
    NodeKind,
    PathOverlay,
    Plate,
    Point,
    Scene,
)
from tpgraph.notation.style import PAPER, Dash, Style

__all__ = [
    "Bounds",
    "Curve",
    "Disc",
    "Group",
    "Mark",
    "Paint",
    "Picture",
    "Polygon",
    "Rectangle",
    "Text",
    "label_bounds",
    "picture",
]

Bounds = tuple[float, float, float, float]
"""left, bottom, right, top."""

KIND_NAMES: dict[NodeKind, str] = {
    "G": "G-var",
    "X": "X-var",
    "scalar": "scalar",
    "data": "data",
    "gate": "Nonlin",
    "bar-gate": "Moment",
}


@dataclass(frozen=True, slots=True)
class Paint:
    """A fill and a stroke; None is none. Joins are mitred, ends are butt."""

    fill: str | None = None
    stroke: str | None = None
    width: float = 0.0
    dash: Dash = ()


@dataclass(frozen=True, slots=True)
class Disc:
    """A circle."""

    x: float
    y: float
    radius: float
    paint: Paint


@dataclass(frozen=True, slots=True)
class Rectangle:
    """An upright rectangle, with rounded corners if `radius` is positive."""

    left: float
    bottom: float
    right: float
    top: float
    radius: float
    paint: Paint


@dataclass(frozen=True, slots=True)
class Polygon:
    """Straight lines through the points, back to the first one if `closed`."""

    points: tuple[Point, ...]
    closed: bool
    paint: Paint


@dataclass(frozen=True, slots=True)
class Curve:
    """Cubic Bezier pieces: p0 c1 c2 p1 c1 c2 p2 ..."""

    points: tuple[Point, ...]
    paint: Paint


@dataclass(frozen=True, slots=True)
class Text:
    """An outline whose baseline starts at (x, y), turned by `rotation` degrees about it.

    `plain` says it in plain text; `label` is what is set, for painters that have it set anew.
    """

    plain: str
    outline: Outline
    x: float
    y: float
    rotation: float
    color: str
    label: Label


@dataclass(frozen=True, slots=True)
class Group:
    """Marks that belong together: `kind` is a word or two, `data` names what they stand for."""

    kind: str
    marks: tuple[Mark, ...]
    title: str = ""
    data: tuple[tuple[str, str], ...] = ()


Mark = Disc | Rectangle | Polygon | Curve | Text | Group


@dataclass(frozen=True, slots=True)
class Picture:
    """A display list with the box it is painted into."""

    bounds: Bounds
    marks: tuple[Mark, ...]
    background: str | None
    title: str

    @property
    def width(self) -> float:
        """In points."""
        return self.bounds[2] - self.bounds[0]

    @property
    def height(self) -> float:
        """In points."""
        return self.bounds[3] - self.bounds[1]


def picture(scene: Scene, style: Style = PAPER) -> Picture:
    """The display list of a scene, in a box with the style's margin around all marks.

    Raises TPError for a label that cannot be typeset.
    """
    marks = tuple(group for group in _layers(scene, style) if group.marks)
    left, bottom, right, top = _union(_bounds(mark) for mark in marks)
    margin = style.margin
    bounds = (left - margin, bottom - margin, right + margin, top + margin)
    return Picture(bounds, marks, style.background, scene.title)


def label_bounds(label: Label) -> Bounds:
    """The box of a label's ink in the scene, in pt. Raises TPError if it cannot be typeset."""
    return _bounds(_text(label, ""))


def _layers(scene: Scene, style: Style) -> Iterator[Group]:
    """The parts of a scene from the bottom to the top."""
    gates = [node for node in scene.nodes if node.kind in ("gate", "bar-gate")]
    variables = [node for node in scene.nodes if node.kind not in ("gate", "bar-gate")]
    yield Group("contexts", tuple(_context(context, style) for context in scene.contexts))
    yield Group("plates", tuple(_plate(plate, style) for plate in scene.plates))
    yield Group("arrows", tuple(_arrow(arrow, style) for arrow in scene.arrows))
    yield Group("gates", tuple(_gate(node, style) for node in gates))
    yield Group("edges", tuple(_edge(edge, style) for edge in scene.edges))
    yield Group("paths", tuple(_path_line(path, style) for path in scene.paths))
    yield Group("variables", tuple(_variable(node, style) for node in variables))
    yield Group("path-dots", tuple(_path_dots(path, style) for path in scene.paths))
    yield Group("labels", tuple(_text(label, style.ink) for label in scene.labels))
    if scene.legend is not None:
        yield _legend(scene.legend, style)


def _labels(label: Label | None, ink: str) -> tuple[Mark, ...]:
    return () if label is None else (_text(label, ink),)


def _text(label: Label, ink: str) -> Text:
    shape = outline(label.text, label.size)
    dx, dy = _anchor_point(label, shape)
    angle = math.radians(label.rotation)
    cos, sin = math.cos(angle), math.sin(angle)
    x, y = label.x - (dx * cos - dy * sin), label.y - (dx * sin + dy * cos)
    return Text(plain_text(label.text), shape, x, y, label.rotation, label.color or ink, label)


def _anchor_point(label: Label, shape: Outline) -> Point:
    """Where the anchor lies relative to the start of the baseline."""
    ink = shape.ink
    middle, center = (ink.left + ink.right) / 2, (ink.bottom + ink.top) / 2
    if label.anchor == "base":
        return middle, 0.0
    name = "" if label.anchor == "center" else label.anchor
    x = ink.left if "w" in name else ink.right if "e" in name else middle
    y = ink.top if "n" in name else ink.bottom if "s" in name else center
    return x, y


def _variable(node: Node, style: Style) -> Group:
    """A vector, a scalar or data."""
    color = node.color or style.ink
    paint = Paint(style.inside(node.kind, node.fill, node.color), color, style.node_stroke)
    # The stroke lies inside the node's box.
    a, b = (node.width - style.node_stroke) / 2, (node.height - style.node_stroke) / 2
    shape: Mark
    match node.kind:
        case "G" | "X":
            shape = Disc(node.x, node.y, a, paint)
        case "scalar":
            shape = Rectangle(node.x - a, node.y - b, node.x + a, node.y + b, 0.0, paint)
        case "data":
            x, y = node.x, node.y
            shape = Polygon(((x - a, y), (x, y - b), (x + a, y), (x, y + b)), True, paint)
        case "gate" | "bar-gate":
            raise AssertionError("gates have a layer of their own")
        case _:
            assert_never(node.kind)
    return _node_group(node, (shape, *_labels(node.label, style.ink)))


def _gate(node: Node, style: Style) -> Group:
    color = node.color or style.ink
    fill = style.inside(node.kind, color=node.color)
    marks: list[Mark] = [Polygon(gate_polygon(node), True, Paint(fill, color, style.gate_stroke))]
    if node.kind == "bar-gate":
        marks.append(Polygon(bar_segment(node), False, Paint(None, color, style.bar_stroke)))
    return _node_group(node, (*marks, *_labels(node.label, style.ink)))


def _node_group(node: Node, marks: tuple[Mark, ...]) -> Group:
    text = plain_text(node.label.text) if node.label else node.id
    title = node.title or f"{KIND_NAMES[node.kind]} {text}"
    return Group(f"node {node.kind}", marks, title, (("id", node.id),))


def _edge(edge: Edge, style: Style) -> Group:
    color = edge.color or style.ink
    data = [("source", edge.source), ("target", edge.target)]
    if edge.kind == "matmul":
        paint = Paint(None, color, style.matmul_stroke, edge.dash or style.matmul_dash)
        data.append(("matrix", (edge.matrix or "") + ("^T" if edge.transpose else "")))
        name = plain_text(edge.label.text) if edge.label else edge.matrix or ""
        title = f"MatMul {name}".strip()
    else:
        paint, title = Paint(None, color, style.wire_stroke), ""
    marks = (_line(edge.points, edge.curve, paint), *_labels(edge.label, color))
    return Group(f"edge {edge.kind}", marks, title, tuple(data))


def _line(points: tuple[Point, ...], curve: bool, paint: Paint) -> Mark:
    return Curve(points, paint) if curve else Polygon(points, False, paint)


def _context(context: Context, style: Style) -> Group:
    box = Rectangle(
        context.left,
        context.bottom,
        context.right,
        context.top,
        style.context_radius,
        Paint(style.tint(context.tint)),
    )
    marks = (box, *_labels(context.caption, style.ink))
    title = plain_text(context.caption.text) if context.caption else context.id
    return Group("context", marks, title, (("id", context.id),))


def _plate(plate: Plate, style: Style) -> Group:
    frame = Rectangle(
        plate.left,
        plate.bottom,
        plate.right,
        plate.top,
        style.plate_radius,
        Paint(None, style.ink, style.plate_stroke),
    )
    marks = (frame, *_labels(plate.label, style.ink))
    title = plain_text(plate.label.text) if plate.label else plate.id
    return Group("plate", marks, title, (("id", plate.id),))


def _path_line(path: PathOverlay, style: Style) -> Group:
    color = path.color or style.path_color
    line = _line(path.points, path.curve, Paint(None, color, style.path_stroke))
    return Group("path", (line,), f"path {path.id}", (("id", path.id),))


def _path_dots(path: PathOverlay, style: Style) -> Group:
    paint = Paint(path.color or style.path_color)
    dots = tuple(Disc(x, y, style.path_dot / 2, paint) for x, y in path.dots)
    return Group("path-dots", (*dots, *(_text(label, style.ink) for label in path.labels)))


def _arrow(arrow: Arrow, style: Style) -> Group:
    color = arrow.color or style.arrow_color
    head = _arrow_head(arrow.points, style)
    # The line ends inside the head, whose tip would otherwise be as blunt as the line is thick.
    shaft = (*arrow.points[:-1], head[2])
    marks = (
        _line(shaft, arrow.curve, Paint(None, color, style.arrow_stroke)),
        Polygon(head, True, Paint(color)),
        *(_text(label, style.ink) for label in arrow.labels),
    )
    return Group("arrow", marks)


def _arrow_head(points: tuple[Point, ...], style: Style) -> tuple[Point, ...]:
    """Tip, side, notch on the line, side."""
    tip = points[-1]
    before = next((point for point in reversed(points) if point != tip), (tip[0] - 1, tip[1]))
    distance = math.dist(before, tip)
    ux, uy = (tip[0] - before[0]) / distance, (tip[1] - before[1]) / distance

    def at(back: float, aside: float) -> Point:
        return tip[0] - back * ux - aside * uy, tip[1] - back * uy + aside * ux

    length, half = style.arrow_length, style.arrow_width / 2
    return at(0, 0), at(length, half), at(0.8 * length, 0), at(length, -half)


def _legend(legend: Legend, style: Style) -> Group:
    frame = Rectangle(
        legend.left,
        legend.bottom,
        legend.right,
        legend.top,
        0.0,
        Paint(style.paper, style.ink, style.legend_stroke),
    )
    content = Scene(nodes=legend.nodes, edges=legend.edges, labels=legend.labels)
    layers = (group for group in _layers(content, style) if group.marks)
    return Group("legend", (frame, *layers), "Legend")


def _bounds(mark: Mark) -> Bounds:
    match mark:
        case Disc(x, y, radius, paint):
            reach = radius + paint.width / 2
            return x - reach, y - reach, x + reach, y + reach
        case Rectangle(left, bottom, right, top, _, paint):
            half = paint.width / 2
            return left - half, bottom - half, right + half, top + half
        case Polygon(points, _, paint):
            return _hull(points, paint.width / 2)
        case Curve(points, paint):
            return _hull(flatten(points, True), paint.width / 2)
        case Text():
            return _hull(_corners(mark), 0.0)
        case Group():
            return _union(_bounds(part) for part in mark.marks)
        case _:
            assert_never(mark)


def _hull(points: tuple[Point, ...], margin: float) -> Bounds:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs) - margin, min(ys) - margin, max(xs) + margin, max(ys) + margin


def _corners(text: Text) -> tuple[Point, ...]:
    angle = math.radians(text.rotation)
    cos, sin = math.cos(angle), math.sin(angle)
    ink = text.outline.ink
    return tuple(
        (text.x + x * cos - y * sin, text.y + x * sin + y * cos)
        for x in (ink.left, ink.right)
        for y in (ink.bottom, ink.top)
    )


def _union(boxes: Iterator[Bounds]) -> Bounds:
    """The box around all; a point if there is none."""
    found = list(boxes)
    if not found:
        return 0.0, 0.0, 0.0, 0.0
    lefts, bottoms, rights, tops = zip(*found, strict=True)
    return min(lefts), min(bottoms), max(rights), max(tops)

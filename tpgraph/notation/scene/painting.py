"""From a scene to its display list.

All decisions about shapes, order, widths and colours are taken here, once, so that the formats
cannot differ.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import assert_never

from tpgraph.notation.labels.mathtext import Outline, outline
from tpgraph.notation.labels.plain import plain_text
from tpgraph.notation.scene.display import (
    Bezier,
    Disc,
    DisplayMark,
    Lettering,
    MarkGroup,
    Paint,
    Picture,
    Polygon,
    Rectangle,
    bounds_of,
    ink_box,
    turned,
)
from tpgraph.notation.scene.geometry import Box, grown, union
from tpgraph.notation.scene.plot import plot_marks
from tpgraph.notation.scene.scene import (
    Arrow,
    ContextBox,
    Edge,
    Label,
    Legend,
    Node,
    NodeKind,
    Note,
    PathOverlay,
    Plate,
    Point,
    Scene,
)
from tpgraph.notation.scene.shapes import bar_segment, gate_polygon
from tpgraph.notation.scene.style import PAPER, Style

__all__ = ["label_bounds", "layers", "painted", "painted_note", "picture"]


_SMALL_HEAD = 0.55  # of a thin arrow, by that of others
KIND_NAMES: dict[NodeKind, str] = {
    "G": "G-var",
    "X": "X-var",
    "scalar": "scalar",
    "data": "data",
    "gate": "Nonlin",
    "bar-gate": "Moment",
}


def picture(scene: Scene, style: Style = PAPER) -> Picture:
    """The display list of a scene, in a box with the style's margin around all marks.

    Raises TPError for a label that cannot be typeset.
    """
    marks = tuple(group for group in layers(scene, style) if group.marks)
    bounds = grown(union(bounds_of(mark) for mark in marks), style.margin)
    return Picture(bounds, marks, style.background, scene.title)


def label_bounds(label: Label) -> Box:
    """The box of a label's ink in the scene, in pt. Raises TPError if it cannot be typeset."""
    shape = outline(label.text, label.size)
    return ink_box(shape.ink, *_baseline(label, shape), label.rotation)


def layers(scene: Scene, style: Style) -> Iterator[MarkGroup]:
    """The parts of a scene from the bottom to the top."""
    gates = [node for node in scene.nodes if node.is_gate]
    variables = [node for node in scene.nodes if not node.is_gate]
    yield MarkGroup("contexts", tuple(_context(context, style) for context in scene.contexts))
    yield MarkGroup("plates", tuple(_plate(plate, style) for plate in scene.plates))
    yield MarkGroup("arrows", tuple(_arrow(arrow, style) for arrow in scene.arrows))
    yield MarkGroup("gates", tuple(painted(node, style) for node in gates))
    yield MarkGroup("edges", tuple(painted(edge, style) for edge in scene.edges))
    yield MarkGroup("paths", tuple(_path_line(path, style) for path in scene.paths))
    yield MarkGroup("variables", tuple(painted(node, style) for node in variables))
    notes = (painted_note(node.note, node.id, style) for node in variables if node.note)
    yield MarkGroup("annotations", tuple(notes))
    yield MarkGroup("path-dots", tuple(_path_dots(path, style) for path in scene.paths))
    texts = (*scene.labels, *scene.lists)
    yield MarkGroup("labels", tuple(_text(label, style.ink) for label in texts))
    if scene.legend is not None:
        yield _legend(scene.legend, "Legend", style)
    if scene.shelf is not None:
        yield _legend(scene.shelf.box, "Matrices", style)


def painted(element: Node | Edge, style: Style) -> MarkGroup:
    """A mark or a line, without the annotation."""
    if isinstance(element, Edge):
        return _edge(element, style)
    return _gate(element, style) if element.is_gate else _variable(element, style)


def _labels(label: Label | None, ink: str) -> tuple[DisplayMark, ...]:
    return () if label is None else (_text(label, ink),)


def _text(label: Label, ink: str) -> Lettering:
    shape = outline(label.text, label.size)
    x, y = _baseline(label, shape)
    return Lettering(plain_text(label.text), shape, x, y, label.rotation, label.color or ink, label)


def _baseline(label: Label, shape: Outline) -> Point:
    """Where the baseline of a label starts."""
    dx, dy = _anchor_point(label, shape)
    if label.rotation:
        dx, dy = turned((dx, dy), label.rotation)
    return label.x - dx, label.y - dy


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


def _variable(node: Node, style: Style) -> MarkGroup:
    """A vector, a scalar or data."""
    color = node.color or style.ink
    paint = Paint(style.inside(node.kind, node.fill, node.color), color, style.node_stroke)
    # The stroke lies inside the node's box.
    a, b = (node.width - style.node_stroke) / 2, (node.height - style.node_stroke) / 2
    shape: DisplayMark
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


def painted_note(note: Note, of: str, style: Style) -> MarkGroup:
    """An annotation: its plot, and under it or beside it numbers."""
    plot = () if note.plot is None else tuple(plot_marks(note.annotation, note.plot, style))
    lines = tuple(_text(label, style.ink) for label in note.labels)
    words = ", ".join(line.plain for line in lines)
    title = f"{of}: {words}" if words else f"{of}: distribution"
    return MarkGroup("annotation", (*plot, *lines), title, (("id", of),))


def _gate(node: Node, style: Style) -> MarkGroup:
    color = node.color or style.ink
    fill = style.inside(node.kind, color=node.color)
    marks: list[DisplayMark] = [
        Polygon(gate_polygon(node), True, Paint(fill, color, style.gate_stroke))
    ]
    if node.kind == "bar-gate":
        marks.append(Polygon(bar_segment(node), False, Paint(None, color, style.bar_stroke)))
    return _node_group(node, (*marks, *_labels(node.label, style.ink)))


def _node_group(node: Node, marks: tuple[DisplayMark, ...]) -> MarkGroup:
    text = plain_text(node.label.text) if node.label else node.id
    title = node.title or f"{KIND_NAMES[node.kind]} {text}"
    return MarkGroup(f"node {node.kind}", marks, title, (("id", node.id),))


def _edge(edge: Edge, style: Style) -> MarkGroup:
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
    return MarkGroup(f"edge {edge.kind}", marks, title, tuple(data))


def _line(points: tuple[Point, ...], curve: bool, paint: Paint) -> DisplayMark:
    return Bezier(points, paint) if curve else Polygon(points, False, paint)


def _context(context: ContextBox, style: Style) -> MarkGroup:
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
    return MarkGroup("context", marks, title, (("id", context.id),))


def _plate(plate: Plate, style: Style) -> MarkGroup:
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
    return MarkGroup("plate", marks, title, (("id", plate.id),))


def _path_line(path: PathOverlay, style: Style) -> MarkGroup:
    color = path.color or style.path_color
    line = _line(path.points, path.curve, Paint(None, color, style.path_stroke))
    return MarkGroup("path", (line,), f"path {path.id}", (("id", path.id),))


def _path_dots(path: PathOverlay, style: Style) -> MarkGroup:
    paint = Paint(path.color or style.path_color)
    dots = tuple(Disc(x, y, style.path_dot / 2, paint) for x, y in path.dots)
    return MarkGroup("path-dots", (*dots, *(_text(label, style.ink) for label in path.labels)))


def _arrow(arrow: Arrow, style: Style) -> MarkGroup:
    color = arrow.color or (style.ink if arrow.thin else style.arrow_color)
    stroke = style.wire_stroke if arrow.thin else style.arrow_stroke
    head = _arrow_head(arrow.points, style, _SMALL_HEAD if arrow.thin else 1.0)
    # The line ends inside the head, whose tip would otherwise be as blunt as the line is thick.
    shaft = (*arrow.points[:-1], head[2])
    marks = (
        _line(shaft, arrow.curve, Paint(None, color, stroke)),
        Polygon(head, True, Paint(color)),
        *(_text(label, style.ink) for label in arrow.labels),
    )
    return MarkGroup("arrow", marks)


def _arrow_head(points: tuple[Point, ...], style: Style, size: float) -> tuple[Point, ...]:
    """Tip, side, notch on the line, side."""
    tip = points[-1]
    before = next((point for point in reversed(points) if point != tip), (tip[0] - 1, tip[1]))
    distance = math.dist(before, tip)
    ux, uy = (tip[0] - before[0]) / distance, (tip[1] - before[1]) / distance

    def at(back: float, aside: float) -> Point:
        return tip[0] - back * ux - aside * uy, tip[1] - back * uy + aside * ux

    length, half = size * style.arrow_length, size * style.arrow_width / 2
    return at(0, 0), at(length, half), at(0.8 * length, 0), at(length, -half)


def _legend(legend: Legend, title: str, style: Style) -> MarkGroup:
    frame = Rectangle(
        legend.left,
        legend.bottom,
        legend.right,
        legend.top,
        0.0,
        Paint(style.paper, style.ink, style.legend_stroke),
    )
    content = Scene(nodes=legend.nodes, edges=legend.edges, labels=legend.labels)
    inside = (group for group in layers(content, style) if group.marks)
    return MarkGroup("legend", (frame, *inside), title)

r"""The scene: a renderer-neutral picture of a program, and its JSON form.

Lengths are in pt, y points upwards, angles are in degrees counter-clockwise. A scene says where
everything is; `Style` says how it looks; painters only paint.

A label is LaTeX mathematics without the dollar signs (`\\` breaks the line), a position, and
the anchor: which point of the label's box lies at the position.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

from tpgraph.errors import Span

__all__ = [
    "Anchor",
    "Arrow",
    "Context",
    "Direction",
    "Edge",
    "Fill",
    "Label",
    "Legend",
    "Node",
    "NodeKind",
    "PathOverlay",
    "Plate",
    "Point",
    "Scene",
    "to_document",
    "to_json",
]

SCHEMA = "tpgraph.scene/1"

Point = tuple[float, float]
NodeKind = Literal["G", "X", "scalar", "data", "gate", "bar-gate"]
EdgeKind = Literal["matmul", "wire"]
Fill = Literal["hollow", "filled"]
Direction = Literal["LR", "RL", "BT", "TB"]
Anchor = Literal["center", "n", "ne", "e", "se", "s", "sw", "w", "nw", "base"]


@dataclass(frozen=True, slots=True)
class Label:
    """LaTeX mathematics at (x, y); `anchor` names the point of its box that lies there.

    The box is that of the ink; `base` is the middle of the baseline, which keeps a row of labels
    level. So a label below a node has the anchor `n`. `size` in pt; `rotation` turns it about
    (x, y); `color` defaults to the ink of the style.
    """

    text: str
    x: float
    y: float
    anchor: Anchor = "center"
    size: float = 9.0
    rotation: float = 0.0
    color: str | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """A vector, a scalar or a gate, centred at (x, y), with the size of its bounding box.

    `kind` is the true type and `fill` what is drawn. For gates, `direction` is the direction of
    the computation, in which the gate narrows, `narrow` the length of the narrow side, and `bar`
    that of a bar-gate's bar; the wide side is as long as the box across the direction. `span`
    is the place in the source.
    """

    id: str
    kind: NodeKind
    x: float
    y: float
    width: float
    height: float
    fill: Fill = "hollow"
    label: Label | None = None
    span: Span | None = None
    direction: Direction = "LR"
    narrow: float = 0.0
    bar: float = 0.0
    color: str | None = None
    title: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """A MatMul (dashed) or a wire (solid) from the node `source` to the node `target`.

    `points` are the corners of a polyline, or with `curve` the Bezier control points
    p0 c1 c2 p1 c1 c2 p2 ...; they end on the outlines of the nodes. `matrix` is the name of a
    MatMul's matrix and `transpose` whether its transpose is applied; `dash` is its pattern (on,
    off, ... in pt) where it is not the style's.
    """

    kind: EdgeKind
    source: str
    target: str
    points: tuple[Point, ...]
    curve: bool = False
    matrix: str | None = None
    transpose: bool = False
    label: Label | None = None
    color: str | None = None
    dash: tuple[float, ...] = ()
    span: Span | None = None

    def __post_init__(self) -> None:
        assert len(self.points) >= 2, "an edge has two ends"
        assert not self.curve or len(self.points) % 3 == 1, "a curve has 3 n + 1 points"


@dataclass(frozen=True, slots=True)
class Context:
    """A tinted box behind the marks that belong together, with an italic caption.

    `tint` is `grey`, `blue`, `green`, `orange` (the style says which colours), or a colour.
    """

    id: str
    left: float
    bottom: float
    right: float
    top: float
    tint: str = "grey"
    caption: Label | None = None


@dataclass(frozen=True, slots=True)
class Plate:
    """A rounded frame around structure that repeats, with its range (`l = 2, ..., L`)."""

    id: str
    left: float
    bottom: float
    right: float
    top: float
    label: Label | None = None


@dataclass(frozen=True, slots=True)
class PathOverlay:
    """A thick coloured line over the vectors of a path (Definition 5.5), with its labels.

    `nodes` are the ids of the vectors; `points` as in `Edge`; `dots` are the vectors' centres.
    """

    id: str
    nodes: tuple[str, ...]
    points: tuple[Point, ...]
    curve: bool = False
    dots: tuple[Point, ...] = ()
    labels: tuple[Label, ...] = ()
    color: str | None = None


@dataclass(frozen=True, slots=True)
class Arrow:
    """A line with a head at its last point, such as the U-turn of Fig. 6; `points` as in `Edge`."""

    points: tuple[Point, ...]
    curve: bool = False
    labels: tuple[Label, ...] = ()
    color: str | None = None


@dataclass(frozen=True, slots=True)
class Legend:
    """A framed box with sample marks; made by `legend.build_legend`."""

    left: float
    bottom: float
    right: float
    top: float
    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    labels: tuple[Label, ...] = ()


@dataclass(frozen=True, slots=True)
class Scene:
    """A picture. Later marks of one kind lie above earlier ones; `labels` are free texts."""

    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    contexts: tuple[Context, ...] = ()
    plates: tuple[Plate, ...] = ()
    paths: tuple[PathOverlay, ...] = ()
    arrows: tuple[Arrow, ...] = ()
    labels: tuple[Label, ...] = ()
    legend: Legend | None = None
    title: str = ""


def to_json(scene: Scene) -> str:
    """The scene as JSON text, one mark a line; coordinates rounded to 0.01 pt."""
    document = to_document(scene)
    rows = [f"  {json.dumps(key)}: {_rows(value)}" for key, value in document.items()]
    return "{\n" + ",\n".join(rows) + "\n}\n"


def to_document(scene: Scene) -> dict[str, Any]:
    """The scene as the JSON document `tpgraph.scene/1`, points in pt, y upwards."""
    return {
        "schema": SCHEMA,
        "title": scene.title,
        "nodes": [_node(node) for node in scene.nodes],
        "edges": [_edge(edge) for edge in scene.edges],
        "contexts": [_context(context) for context in scene.contexts],
        "plates": [_plate(plate) for plate in scene.plates],
        "paths": [_path(path) for path in scene.paths],
        "arrows": [_arrow(arrow) for arrow in scene.arrows],
        "labels": [_label(label) for label in scene.labels],
        "legend": None if scene.legend is None else _legend(scene.legend),
    }


def rounded(value: float) -> float:
    """`value` to 0.01 pt, without a negative zero."""
    return round(float(value), 2) + 0.0


def _rows(value: object) -> str:
    if not isinstance(value, list) or not value:
        return _dump(value)
    return "[\n    " + ",\n    ".join(_dump(item) for item in value) + "\n  ]"


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _points(points: tuple[Point, ...]) -> list[list[float]]:
    return [[rounded(x), rounded(y)] for x, y in points]


def _label(label: Label) -> dict[str, Any]:
    return {"text": label.text, **_label_at(label)}


def _label_at(label: Label) -> dict[str, Any]:
    return {
        "x": rounded(label.x),
        "y": rounded(label.y),
        "anchor": label.anchor,
        "size": rounded(label.size),
        "rotation": rounded(label.rotation),
        "color": label.color,
    }


def _labelled(label: Label | None) -> dict[str, Any]:
    """The text under `label`, as readers of the scene expect, its place under `label_at`."""
    if label is None:
        return {"label": "", "label_at": None}
    return {"label": label.text, "label_at": _label_at(label)}


def _span(span: Span | None) -> dict[str, Any] | None:
    if span is None:
        return None
    return {"start": span.start, "end": span.end, "line": span.line, "column": span.column}


def _node(node: Node) -> dict[str, Any]:
    shape: dict[str, Any] = {
        "id": node.id,
        "kind": node.kind,
        "fill": node.fill,
        **_labelled(node.label),
        "x": rounded(node.x),
        "y": rounded(node.y),
        "width": rounded(node.width),
        "height": rounded(node.height),
        "span": _span(node.span),
        "color": node.color,
        "title": node.title,
    }
    if node.kind in ("gate", "bar-gate"):
        shape |= {"direction": node.direction, "narrow": rounded(node.narrow)}
    if node.kind == "bar-gate":
        shape["bar"] = rounded(node.bar)
    return shape


def _edge(edge: Edge) -> dict[str, Any]:
    return {
        "kind": edge.kind,
        "source": edge.source,
        "target": edge.target,
        "matrix": edge.matrix,
        "transpose": edge.transpose,
        "points": _points(edge.points),
        "curve": edge.curve,
        **_labelled(edge.label),
        "color": edge.color,
        "dash": [rounded(part) for part in edge.dash],
        "span": _span(edge.span),
    }


def _box(box: Context | Plate | Legend) -> dict[str, float]:
    return {
        "left": rounded(box.left),
        "bottom": rounded(box.bottom),
        "right": rounded(box.right),
        "top": rounded(box.top),
    }


def _context(context: Context) -> dict[str, Any]:
    return {
        "id": context.id,
        **_box(context),
        "tint": context.tint,
        **_labelled(context.caption),
    }


def _plate(plate: Plate) -> dict[str, Any]:
    return {"id": plate.id, **_box(plate), **_labelled(plate.label)}


def _path(path: PathOverlay) -> dict[str, Any]:
    return {
        "id": path.id,
        "nodes": list(path.nodes),
        "points": _points(path.points),
        "curve": path.curve,
        "dots": _points(path.dots),
        "labels": [_label(label) for label in path.labels],
        "color": path.color,
    }


def _arrow(arrow: Arrow) -> dict[str, Any]:
    return {
        "points": _points(arrow.points),
        "curve": arrow.curve,
        "labels": [_label(label) for label in arrow.labels],
        "color": arrow.color,
    }


def _legend(legend: Legend) -> dict[str, Any]:
    return {
        **_box(legend),
        "nodes": [_node(node) for node in legend.nodes],
        "edges": [_edge(edge) for edge in legend.edges],
        "labels": [_label(label) for label in legend.labels],
    }

"""A scene as JSON, schema `tpgraph.scene/1`: points in pt, y upwards, rounded to 0.01 pt."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from tpgraph.errors import Span
from tpgraph.notation.scene.scene import (
    Arrow,
    ContextBox,
    Edge,
    Label,
    Legend,
    ListingLine,
    Node,
    Note,
    PathOverlay,
    Plate,
    Point,
    Scene,
    Shelf,
    ShelfMatrix,
)

__all__ = ["rounded", "to_document", "to_json"]

SCHEMA = "tpgraph.scene/1"


def to_json(scene: Scene) -> str:
    """The scene as JSON text, one mark a line; coordinates rounded to 0.01 pt."""
    document = to_document(scene)
    rows = [f"  {json.dumps(key)}: {_rows(value)}" for key, value in document.items()]
    return "{\n" + ",\n".join(rows) + "\n}\n"


def to_document(scene: Scene) -> dict[str, Any]:
    """The scene as the JSON document `tpgraph.scene/1`, points in pt, y upwards."""
    shelf = {} if scene.shelf is None else {"shelf": _shelf(scene.shelf)}
    symbols = [{"symbol": d.symbol, "formula": d.formula} for d in scene.definitions]
    return {
        "schema": SCHEMA,
        "title": scene.title,
        "nodes": [_node(node) for node in scene.nodes],
        "edges": [_edge(edge) for edge in scene.edges],
        "contexts": [_context(context) for context in scene.contexts],
        "plates": [_plate(plate) for plate in scene.plates],
        "paths": [_path(path) for path in scene.paths],
        "arrows": [_arrow(arrow) for arrow in scene.arrows],
        "labels": [_label(label) for label in (*scene.labels, *scene.lists)],
        "legend": None if scene.legend is None else _legend(scene.legend),
        **shelf,
        **({"definitions": symbols} if symbols else {}),
        **({"listing": [_line(line) for line in scene.listing]} if scene.listing else {}),
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
    if node.note is not None:
        shape["annotation"] = _note(node.note)
    return shape


def _line(line: ListingLine) -> dict[str, Any]:
    return {"rule": line.rule, "formula": line.formula, "depth": line.depth}


def _note(note: Note) -> dict[str, Any]:
    """Values as they are: only places are rounded."""
    annotation = note.annotation
    return {
        **_box(note),
        "plot": None if note.plot is None else [rounded(side) for side in note.plot],
        "labels": [_label(label) for label in note.labels],
        "histogram": None if annotation.histogram is None else asdict(annotation.histogram),
        "density": None if annotation.density is None else asdict(annotation.density),
        "quantities": [asdict(quantity) for quantity in annotation.quantities],
        **({"dimension": annotation.dimension} if annotation.dimension else {}),
    }


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


def _box(box: ContextBox | Plate | Legend | Note) -> dict[str, float]:
    return {
        "left": rounded(box.left),
        "bottom": rounded(box.bottom),
        "right": rounded(box.right),
        "top": rounded(box.top),
    }


def _context(context: ContextBox) -> dict[str, Any]:
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
        **({"thin": True} if arrow.thin else {}),
    }


def _legend(legend: Legend) -> dict[str, Any]:
    return {
        **_box(legend),
        "nodes": [_node(node) for node in legend.nodes],
        "edges": [_edge(edge) for edge in legend.edges],
        "labels": [_label(label) for label in legend.labels],
    }


def _shelf(shelf: Shelf) -> dict[str, Any]:
    return {**_legend(shelf.box), "matrices": [_matrix(matrix) for matrix in shelf.matrices]}


def _matrix(matrix: ShelfMatrix) -> dict[str, Any]:
    return {
        "name": matrix.name,
        "label": matrix.label,
        "type_label": matrix.type_label,
        "rows": matrix.rows,
        "columns": matrix.columns,
        "distribution": matrix.distribution,
        "trained": matrix.trained,
        "uses": matrix.uses,
        "color": matrix.color,
        "span": _span(matrix.span),
    }

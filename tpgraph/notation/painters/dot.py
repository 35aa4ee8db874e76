"""A scene as DOT text for Graphviz users.

`neato -n2 -Tsvg FILE` draws it with the positions and curves of the scene, in Graphviz's own
shapes; labels are plain text. Arrows and the legend, which are no part of the graph, are left
out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import assert_never

from tpgraph.notation.labels.plain import plain_text
from tpgraph.notation.scene.geometry import straight
from tpgraph.notation.scene.scene import (
    ContextBox,
    Direction,
    Edge,
    Label,
    Node,
    Note,
    PathOverlay,
    Plate,
    Point,
    Scene,
)
from tpgraph.notation.scene.scene_json import rounded
from tpgraph.notation.scene.style import PAPER, Style

__all__ = ["to_dot"]

_ORIENTATION: dict[Direction, int] = {"BT": 0, "RL": 90, "TB": 180, "LR": 270}

_BARE = frozenset(
    (
        *("box", "circle", "square", "diamond", "trapezium", "plaintext", "shape"),
        *("dashed", "filled", "rounded", "none"),
    )
)
"""Values that may stand without quotation marks."""

_HEIGHTS = "\u00a0▁▂▃▄▅▆▇█"

Attributes = dict[str, object]


def to_dot(scene: Scene, style: Style = PAPER) -> str:
    """The scene as DOT: positions in pt rounded to 0.01, sizes in inches, one mark a line."""
    return "\n".join(_statements(scene, style)) + "\n"


def _statements(scene: Scene, style: Style) -> Iterator[str]:
    yield "digraph {"
    if scene.title:
        yield _list("graph", {"label": scene.title})
    size = style.label_size
    yield _list("node", {"fixedsize": "shape", "label": "", "fontsize": size})
    yield _list("edge", {"arrowhead": "none", "penwidth": style.wire_stroke, "fontsize": size})
    for context in scene.contexts:
        yield _box(context, style)
    for plate in scene.plates:
        yield _box(plate, style)
    for node in scene.nodes:
        yield _list(_quoted(node.id), _node(node, style))
    for edge in scene.edges:
        yield _list(f"{_quoted(edge.source)} -> {_quoted(edge.target)}", _edge(edge, style))
    for path in scene.paths:
        yield from _path(path, style)
    for index, label in enumerate(_free_labels(scene)):
        yield _list(_quoted(f"label {index}"), _free_label(label))
    yield "}"


def _free_labels(scene: Scene) -> Iterator[Label]:
    """Captions of boxes, labels of paths, and free texts."""
    yield from (context.caption for context in scene.contexts if context.caption)
    yield from (plate.label for plate in scene.plates if plate.label)
    for path in scene.paths:
        yield from path.labels
    yield from (*scene.labels, *scene.lists)


def _node(node: Node, style: Style) -> Attributes:
    attributes: Attributes = {
        **_shape(node, style),
        "pos": f"{_place((node.x, node.y))}!",
        "width": _inches(node.width),
        "height": _inches(node.height),
    }
    if node.color:
        attributes["color"] = node.color
    if node.label:
        inside = node.kind in ("gate", "bar-gate")
        attributes["label" if inside else "xlabel"] = plain_text(node.label.text)
    if node.note is not None:
        words = [str(attributes["xlabel"])] if node.label else []
        attributes["xlabel"] = "\n".join([*words, *_in_words(node.note)])
    return attributes


def _in_words(note: Note) -> Iterator[str]:
    """An annotation as lines of text, distributions by blocks of eight heights."""
    found = note.annotation
    if found.histogram is not None:
        yield _blocks(found.histogram.counts)
    if found.density is not None:
        yield _blocks([p for _, p in found.density.points][:: len(found.density.points) // 24 or 1])
        yield from (f"{atom.mass:.3g} at {atom.at:.3g}" for atom in found.density.atoms)
    yield from (plain_text(label.text) for label in note.labels)


def _blocks(heights: Sequence[float]) -> str:
    peak = max(heights, default=0.0) or 1.0
    return "".join(_HEIGHTS[round((len(_HEIGHTS) - 1) * h / peak)] for h in heights)


def _shape(node: Node, style: Style) -> Attributes:
    filled: Attributes = {"style": "filled", "fillcolor": node.color or style.ink}
    match node.kind:
        case "G" | "X":
            return {"shape": "circle"} | (filled if node.fill == "filled" else {})
        case "scalar":
            return {"shape": "square"}
        case "data":
            return {"shape": "diamond"}
        case "gate":
            return {"shape": "trapezium", "orientation": _ORIENTATION[node.direction]}
        case "bar-gate":
            # Graphviz has no trapezium with a bar: a second outline marks the Moment.
            turn = _ORIENTATION[node.direction]
            return {"shape": "trapezium", "orientation": turn, "peripheries": 2}
        case _:
            assert_never(node.kind)


def _edge(edge: Edge, style: Style) -> Attributes:
    attributes: Attributes = {"pos": _spline(edge.points, edge.curve)}
    if edge.kind == "matmul":
        attributes |= {"style": "dashed", "penwidth": style.matmul_stroke}
    if edge.color:
        attributes["color"] = edge.color
    if edge.label:
        attributes |= {
            "label": plain_text(edge.label.text),
            "lp": _place((edge.label.x, edge.label.y)),
        }
    elif edge.matrix:
        attributes["label"] = edge.matrix + ("^T" if edge.transpose else "")
    return attributes


def _path(path: PathOverlay, style: Style) -> Iterator[str]:
    attributes: Attributes = {
        "color": path.color or style.path_color,
        "penwidth": style.path_stroke,
    }
    for source, target in pairwise(path.nodes):
        yield _list(f"{_quoted(source)} -> {_quoted(target)}", attributes)


def _box(box: ContextBox | Plate, style: Style) -> str:
    name, look = _box_look(box, style)
    middle = ((box.left + box.right) / 2, (box.bottom + box.top) / 2)
    attributes: Attributes = {
        "shape": "box",
        **look,
        "pos": f"{_place(middle)}!",
        "width": _inches(box.right - box.left),
        "height": _inches(box.top - box.bottom),
    }
    return _list(_quoted(name), attributes)


def _box_look(box: ContextBox | Plate, style: Style) -> tuple[str, Attributes]:
    match box:
        case ContextBox():
            look: Attributes = {"style": "filled", "color": style.tint(box.tint)}
            return f"context {box.id}", look
        case Plate():
            return f"plate {box.id}", {"style": "rounded"}
        case _:
            assert_never(box)


def _free_label(label: Label) -> Attributes:
    return {
        "shape": "plaintext",
        "fixedsize": False,
        "label": plain_text(label.text),
        "fontsize": rounded(label.size),
        "pos": f"{_place((label.x, label.y))}!",
    }


def _spline(points: tuple[Point, ...], curve: bool) -> str:
    """Bezier control points, which Graphviz expects of straight lines too."""
    if curve:
        return " ".join(_place(point) for point in points)
    parts = [_place(points[0])]
    for a, b in pairwise(points):
        parts += [_place(point) for point in straight(a, b)]
    return " ".join(parts)


def _list(subject: str, attributes: Attributes) -> str:
    shown = ", ".join(f"{name}={_value(value)}" for name, value in attributes.items())
    return f"  {subject} [{shown}];"


def _value(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return _number(value)
    return str(value) if value in _BARE else _quoted(str(value))


def _number(value: float) -> str:
    """To 0.0001, without trailing zeros and never in exponential notation."""
    return f"{round(value, 4) + 0.0:.4f}".rstrip("0").rstrip(".")


def _quoted(text: str) -> str:
    r"""A DOT string: Graphviz reads \\ as one backslash in labels."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _place(point: Point) -> str:
    return f"{_number(rounded(point[0]))},{_number(rounded(point[1]))}"


def _inches(points: float) -> float:
    return round(points / 72, 4)

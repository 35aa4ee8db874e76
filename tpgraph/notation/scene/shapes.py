"""Shapes of the notation: trapezoids, bars, ports on a gate's sides, outlines of vectors."""

from __future__ import annotations

import math
from typing import Literal, assert_never

from tpgraph.notation.scene.scene import Direction, Label, Node, Point
from tpgraph.notation.scene.style import PAPER, Style

__all__ = [
    "bar_segment",
    "fit_gate",
    "gate",
    "gate_polygon",
    "input_port",
    "outline_point",
    "output_port",
    "scalar",
    "vector",
]


def vector(
    id: str,
    kind: Literal["G", "X"],
    x: float,
    y: float,
    *,
    fill: Literal["hollow", "filled"] | None = None,
    label: Label | None = None,
    style: Style = PAPER,
) -> Node:
    """A vector's circle: hollow for a G-var, filled for an X-var unless `fill` says otherwise."""
    size = style.vector_diameter
    shown = fill or ("hollow" if kind == "G" else "filled")
    return Node(id, kind, x, y, size, size, fill=shown, label=label)


def scalar(
    id: str, x: float, y: float, *, label: Label | None = None, style: Style = PAPER
) -> Node:
    """A scalar's hollow square."""
    return Node(id, "scalar", x, y, style.scalar_side, style.scalar_side, label=label)


def gate(
    id: str,
    x: float,
    y: float,
    text: str = "",
    *,
    bar: bool = False,
    direction: Direction = "LR",
    depth: float | None = None,
    length: float | None = None,
    style: Style = PAPER,
) -> Node:
    """A Nonlin gate, or with `bar` a Moment bar-gate, with its text along its long axis.

    `depth` (wide to narrow side) and `length` (of the wide side) in pt; `fit_gate` computes them
    from the size of the text.
    """
    depth = style.gate_depth if depth is None else depth
    length = style.gate_length if length is None else length
    across = direction in ("LR", "RL")
    label = Label(text, x, y, "center", style.gate_label_size, -90.0 if across else 0.0)
    return Node(
        id,
        "bar-gate" if bar else "gate",
        x,
        y,
        width=depth if across else length,
        height=length if across else depth,
        label=label if text else None,
        direction=direction,
        narrow=_narrow(length, style),
        bar=length + 2 * style.bar_overhang if bar else 0.0,
    )


def fit_gate(
    text_width: float, text_height: float, inputs: int, style: Style = PAPER
) -> tuple[float, float]:
    """(depth, length) in pt of the smallest gate of the style that holds a text and its inputs.

    The text runs along the long axis, so the slanted sides must leave it room where its output
    edge lies.
    """
    depth = max(style.gate_depth, text_height + 2 * style.gate_padding)
    reach = 0.5 + text_height / (2 * depth)  # how deep into the gate the text's far edge lies
    need = text_width + 2 * style.gate_padding
    slanted = need / (1 - reach * (1 - style.gate_narrowing))
    capped = need + 2 * reach * style.gate_max_inset
    length = max(style.gate_min_length, min(slanted, capped), inputs * style.gate_port_gap)
    return depth, length


def _narrow(length: float, style: Style) -> float:
    return max(length * style.gate_narrowing, length - 2 * style.gate_max_inset)


def gate_polygon(node: Node) -> tuple[Point, Point, Point, Point]:
    """The trapezoid's corners: both of the wide side, then both of the narrow side."""
    depth, length = _extent(node)
    local = (
        (-depth / 2, length / 2),
        (-depth / 2, -length / 2),
        (depth / 2, -node.narrow / 2),
        (depth / 2, node.narrow / 2),
    )
    a, b, c, d = (_place(node, along, across) for along, across in local)
    return a, b, c, d


def bar_segment(node: Node) -> tuple[Point, Point]:
    """The ends of a bar-gate's bar, which lies on the narrow side."""
    depth, _ = _extent(node)
    return _place(node, depth / 2, node.bar / 2), _place(node, depth / 2, -node.bar / 2)


def output_port(node: Node) -> Point:
    """The middle of a gate's narrow side."""
    return _place(node, _extent(node)[0] / 2, 0.0)


def input_port(node: Node, offset: float) -> Point:
    """The point of a gate's wide side at `offset` pt from its middle.

    Positive offsets are upwards (LR, RL) or to the right (BT, TB).
    """
    return _place(node, -_extent(node)[0] / 2, offset)


def outline_point(node: Node, toward: Point) -> Point:
    """Where the ray from the centre of a vector, scalar or data node to `toward` leaves it."""
    dx, dy = toward[0] - node.x, toward[1] - node.y
    distance = math.hypot(dx, dy)
    if distance == 0.0:
        return node.x, node.y
    a, b = node.width / 2, node.height / 2
    match node.kind:
        case "G" | "X":
            scale = 1 / math.hypot(dx / a, dy / b)
        case "data":
            scale = 1 / (abs(dx) / a + abs(dy) / b)
        case "scalar" | "gate" | "bar-gate":
            scale = 1 / max(abs(dx) / a, abs(dy) / b)
        case _:
            assert_never(node.kind)
    return node.x + scale * dx, node.y + scale * dy


def _extent(node: Node) -> tuple[float, float]:
    """(depth, length): the box along and across the direction of the computation."""
    across = node.direction in ("LR", "RL")
    return (node.width, node.height) if across else (node.height, node.width)


def _place(node: Node, along: float, across: float) -> Point:
    """A point given along and across the direction of the computation."""
    match node.direction:
        case "LR":
            return node.x + along, node.y + across
        case "RL":
            return node.x - along, node.y + across
        case "BT":
            return node.x + across, node.y + along
        case "TB":
            return node.x + across, node.y - along
        case _:
            assert_never(node.direction)

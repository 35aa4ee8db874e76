"""The legend: a box with exactly the marks that a drawing uses, as in the paper's figures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from tpgraph.notation.labels.mathtext import outline
from tpgraph.notation.scene.scene import Edge, Label, Legend, Node, Point, Scene
from tpgraph.notation.scene.shapes import (
    gate,
    input_port,
    outline_point,
    output_port,
    scalar,
    vector,
)
from tpgraph.notation.scene.style import PAPER, Style

__all__ = ["LegendMark", "build_legend", "marks_used"]

LegendMark = Literal["G", "X", "scalar", "data", "gate", "matmul", "bar-gate"]

_NAMES: dict[LegendMark, str] = {
    "G": "G-var",
    "X": "X-var",
    "scalar": "Scalar",
    "data": "Data",
    "gate": "Nonlin",
    "matmul": "MatMul",
    "bar-gate": "Moment",
}
_NODES: tuple[LegendMark, ...] = ("G", "X", "scalar", "data")
_OPERATIONS: tuple[LegendMark, ...] = ("gate", "matmul", "bar-gate")
_PITCH = 19.0  # between rows
_WIDTH = 30.0  # of an operation's sample
_GAP = 6.0

Sample = tuple[tuple[Node, ...], tuple[Edge, ...]]


def marks_used(scene: Scene) -> tuple[LegendMark, ...]:
    """The kinds of marks in a scene, in the order of the legend."""
    kinds: set[str] = {node.kind for node in scene.nodes}
    kinds |= {"matmul" for edge in scene.edges if edge.kind == "matmul"}
    return tuple(mark for mark in (*_NODES, *_OPERATIONS) if mark in kinds)


def build_legend(
    marks: tuple[LegendMark, ...], left: float, top: float, style: Style = PAPER
) -> Legend:
    """A legend whose box has its upper left corner at (left, top), in pt.

    Vectors and scalars stand in the first column, operations in the second.
    """
    columns = [
        ([mark for mark in _NODES if mark in marks], style.data_diagonal),
        ([mark for mark in _OPERATIONS if mark in marks], _WIDTH),
    ]
    columns = [(column, width) for column, width in columns if column]
    first_row = top - 2.1 * style.label_size - _PITCH / 2
    x = left + 2 * _GAP
    nodes: list[Node] = []
    edges: list[Edge] = []
    labels: list[Label] = []
    for column, width in columns:
        names = [
            Label(rf"\text{{{_NAMES[mark]}}}", 0, 0, "w", style.caption_size) for mark in column
        ]
        for row, (mark, name) in enumerate(zip(column, names, strict=True)):
            y = first_row - row * _PITCH
            new_nodes, new_edges = _SAMPLES[mark](x + width / 2, y, style)
            nodes += new_nodes
            edges += new_edges
            labels.append(_baseline(name, x + width + _GAP, y))
        x += width + _GAP + max(_width(name) for name in names) + 2 * _GAP
    rows = max((len(column) for column, _ in columns), default=0)
    bottom = first_row - (rows - 0.5) * _PITCH - _GAP / 2
    title = Label(r"\text{Legend}", (left + x) / 2, top - _GAP, "n", style.label_size)
    return Legend(left, bottom, x, top, tuple(nodes), tuple(edges), (title, *labels))


def _width(label: Label) -> float:
    return outline(label.text, label.size).width


def _baseline(label: Label, x: float, y: float) -> Label:
    """The label starting at x, its digits and capitals centred on y, so that rows look alike."""
    capital = outline(r"\text{X}", label.size).ink.top
    shape = outline(label.text, label.size)
    return Label(label.text, x, y - capital / 2 + shape.ink.bottom, "sw", label.size)


def _circle(kind: Literal["G", "X"]) -> Callable[[float, float, Style], Sample]:
    return lambda x, y, style: ((vector(f"legend {kind}", kind, x, y, style=style),), ())


def _scalar(x: float, y: float, style: Style) -> Sample:
    return (scalar("legend scalar", x, y, style=style),), ()


def _data(x: float, y: float, style: Style) -> Sample:
    size = style.data_diagonal
    return (Node("legend data", "data", x, y, size, size),), ()


def _gate(bar: bool) -> Callable[[float, float, Style], Sample]:
    def sample(x: float, y: float, style: Style) -> Sample:
        node = gate(
            f"legend {'Moment' if bar else 'Nonlin'}",
            x,
            y,
            bar=bar,
            direction="BT",
            depth=8.0,
            length=22.0,
            style=style,
        )
        out = output_port(node)
        wires = [_wire(node, out, (out[0], out[1] + 3.5))]
        for offset in (-5.0, 5.0):
            port = input_port(node, offset)
            wires.append(_wire(node, (port[0], port[1] - 3.5), port))
        return (node,), tuple(wires)

    return sample


def _wire(node: Node, a: Point, b: Point) -> Edge:
    return Edge("wire", node.id, node.id, (a, b))


def _matmul(x: float, y: float, style: Style) -> Sample:
    a = vector("legend MatMul input", "X", x - _WIDTH / 2 + 3, y, style=style)
    b = vector("legend MatMul output", "G", x + _WIDTH / 2 - 3, y, style=style)
    ends = (outline_point(a, (b.x, b.y)), outline_point(b, (a.x, a.y)))
    return (a, b), (Edge("matmul", a.id, b.id, ends),)


_SAMPLES: dict[LegendMark, Callable[[float, float, Style], Sample]] = {
    "G": _circle("G"),
    "X": _circle("X"),
    "scalar": _scalar,
    "data": _data,
    "gate": _gate(bar=False),
    "matmul": _matmul,
    "bar-gate": _gate(bar=True),
}

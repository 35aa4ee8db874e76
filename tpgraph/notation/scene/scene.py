r"""The scene: a renderer-neutral picture of a program, and its JSON form.

Lengths are in pt, y points upwards, angles are in degrees counter-clockwise. A scene says where
everything is; `Style` says how it looks; painters only paint.

A label is LaTeX mathematics without the dollar signs (`\\` breaks the line), a position, and
the anchor: which point of the label's box lies at the position.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tpgraph.errors import Span
from tpgraph.notation.scene.annotation import Annotation

__all__ = [
    "Anchor",
    "Arrow",
    "ContextBox",
    "Direction",
    "Edge",
    "Fill",
    "Label",
    "Legend",
    "ListingLine",
    "Node",
    "NodeKind",
    "Note",
    "PathOverlay",
    "Plate",
    "Point",
    "Scene",
    "Shelf",
    "ShelfMatrix",
]


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
class Note:
    """An annotation in its place: the box of all of it, that of its plot, its lines."""

    annotation: Annotation
    left: float
    bottom: float
    right: float
    top: float
    plot: tuple[float, float, float, float] | None = None
    labels: tuple[Label, ...] = ()


@dataclass(frozen=True, slots=True)
class Node:
    """A vector, a scalar or a gate, centred at (x, y), with the size of its bounding box.

    `kind` is the true type and `fill` what is drawn. For gates, `direction` is the direction of
    the computation, in which the gate narrows, `narrow` the length of the narrow side, and `bar`
    that of a bar-gate's bar; the wide side is as long as the box across the direction. `span`
    is the place in the source. `variable` is the name of what a mark stands for, and `statement`
    that of whose statement makes it, the same but for unnamed values; "" for gates, and for marks
    that stand for many.
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
    note: Note | None = None
    variable: str = ""
    statement: str = ""

    @property
    def is_gate(self) -> bool:
        """Whether it is a Nonlin's or a Moment's trapezoid."""
        return self.kind in ("gate", "bar-gate")


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
class ContextBox:
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
    """A line with a head at its last point, such as the U-turn of Fig. 6; `points` as in `Edge`.
    A `thin` one is a wire with a small head, of the ink's colour: the pointer of a note.
    """

    points: tuple[Point, ...]
    curve: bool = False
    labels: tuple[Label, ...] = ()
    color: str | None = None
    thin: bool = False


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
class ShelfMatrix:
    """A declared matrix: its name and label, type, distribution, and how many products use it.

    Labels are LaTeX mathematics; `family` is what W[1] and W[2] are members of, if it is a member.
    """

    name: str
    label: str
    type_label: str
    rows: str
    columns: str
    distribution: str
    trained: bool
    uses: int
    color: str | None = None
    span: Span | None = None
    family: str | None = None


@dataclass(frozen=True, slots=True)
class Shelf:
    """A framed box with a dashed sample of every matrix; made by `shelf.build_shelf`."""

    box: Legend
    matrices: tuple[ShelfMatrix, ...]


@dataclass(frozen=True, slots=True)
class Definition:
    """What a symbol in gates stands for, in LaTeX; `linear` is the formula without fractions and
    roots, which can be broken into lines anywhere.
    """

    symbol: str
    formula: str
    linear: str = ""


@dataclass(frozen=True, slots=True)
class ListingLine:
    """What one instruction computes: its rule in words, its formula in LaTeX; `depth` counts the
    plates that it stands in, each of which a line `for` begins. `marks` are the nodes that it
    adds to the picture.
    """

    rule: str
    formula: str
    depth: int = 0
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scene:
    """A picture. Later marks of one kind lie above earlier ones; `labels` are free texts, `lists`
    the lines of the list of `definitions` and those of the `listing`.
    """

    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    contexts: tuple[ContextBox, ...] = ()
    plates: tuple[Plate, ...] = ()
    paths: tuple[PathOverlay, ...] = ()
    arrows: tuple[Arrow, ...] = ()
    labels: tuple[Label, ...] = ()
    lists: tuple[Label, ...] = ()
    legend: Legend | None = None
    shelf: Shelf | None = None
    title: str = ""
    definitions: tuple[Definition, ...] = ()
    listing: tuple[ListingLine, ...] = ()

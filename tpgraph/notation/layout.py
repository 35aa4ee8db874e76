"""From a diagram to a scene: sizes, places, lines, labels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise


from tpgraph.notation.corridors import Corridors
from tpgraph.notation.engine import LayoutEngine, get_engine
from tpgraph.notation.frame import Frame
from tpgraph.notation.labelling import beside_line, beside_mark, frame_box
from tpgraph.notation.measure import GateSize, VertexSize, gate_size, vertex_size
from tpgraph.notation.obstacles import Obstacles, Shape, box_shape, hairline
from tpgraph.notation.picture import Diagram, Gate, Product, Vertex
from tpgraph.notation.placing import Link, Placement, Sizes, links, place
from tpgraph.notation.plan import Plan, first_plan, second_plan
from tpgraph.notation.routing import End, Line, route
from tpgraph.notation.scene import Direction, Edge, Label, Node, Point, Scene
from tpgraph.notation.spine import arrange
from tpgraph.notation.style import PAPER, Style

__all__ = ["lay_out"]

_INPUT_GAP = 13.0  # from a vector's outline to the gate
_OUTPUT_GAP = 6.5  # from the gate to its output's outline
_PRODUCT_GAP = 24.0  # between the outlines of a product's vectors
_COLUMN_GAP = 5.0  # between what stands in neighbouring columns
_LABEL_ROOM = 8.0  # along a dashed edge beyond its label
_SLOPE = 0.45  # along per across of a line between neighbouring columns
_WIDEST_GAP = 70.0
_NEARLY = 2.6  # pt by which a straight line may miss its port
_LARGE = 800  # marks from which one layout must do


def lay_out(
    diagram: Diagram,
    direction: Direction = "LR",
    *,
    style: Style = PAPER,
    engine: LayoutEngine | None = None,
) -> Scene:
    """The scene of a diagram whose computation runs in this direction.

    Raises TPError where the engine cannot lay it out, or a label cannot be typeset.
    """
    return _Layout(diagram, Frame(direction), style, engine or get_engine()).scene()


class _Layout:
    """One picture while it takes shape; positions are (along, across)."""

    def __init__(
        self, diagram: Diagram, frame: Frame, style: Style, engine: LayoutEngine
    ) -> None:
        self.diagram = diagram
        self.frame = frame
        self.style = style
        self.engine = engine
        self.vertex = {vertex.id: vertex for vertex in diagram.vertices}
        self.gate = {gate.id: gate for gate in diagram.gates}
        self.obstacles = Obstacles()
        self.marks = Obstacles()
        self.said: dict[int, Label] = {}
        self.arrangement = arrange(diagram)
        self.vertices: dict[str, VertexSize] = {}
        self.gates: dict[str, GateSize] = {}

    def scene(self) -> Scene:
        """The whole picture."""
        placement = self._place()
        self._move_ports(placement)
        along = self._columns(placement)
        at = {mark: (along[placement.column[mark]], y) for mark, y in placement.across.items()}
        labels = {v.id: self._vertex_label(v, at[v.id]) for v in self.diagram.vertices if v.label}
        self._block(at, labels)
        lines = self._lines(placement, along, at)
        nodes = [self._vertex_node(v, at[v.id], labels.get(v.id)) for v in self.diagram.vertices]
        nodes += [self._gate_node(gate, at[gate.id]) for gate in self.diagram.gates]
        return Scene(
            nodes=tuple(nodes),
            edges=tuple(self._edges(lines)),
            title=self.diagram.title,
        )

    def _place(self) -> Placement:
        plan = first_plan(self.diagram, self.arrangement, self.frame, self.style)
        placement = self._placed(plan)
        if len(self.vertex) + len(self.gate) > _LARGE:
            return placement
        better = second_plan(
            self.diagram, self.arrangement, self.frame, self.style, plan, placement
        )
        return self._placed(better)

    def _placed(self, plan: Plan) -> Placement:
        self.gates = {
            g.id: gate_size(g, plan.slots[g.id], plan.pitch[g.id], self.style)
            for g in self.diagram.gates
        }
        for gate in self.diagram.gates:
            if gate.id in self.arrangement.open:
                slots, pitch = plan.slots[gate.id], plan.pitch[gate.id]
                least = max(self._likes(gate))
                self.gates[gate.id] = gate_size(gate, slots, pitch, self.style, least)
        self.vertices = {
            v.id: vertex_size(v, plan.sides[v.id], self.frame, self.style)
            for v in self.diagram.vertices
        }
        sizes = Sizes(self.vertices, self.gates, plan.families, plan.disorder)
        return place(self.diagram, self.arrangement, sizes, self.engine)

    def _move_ports(self, placement: Placement) -> None:
        """Let ports that a line from the neighbouring column all but meets straight meet it."""
        for gate in self.diagram.gates:
            middle, size = placement.across[gate.id], self.gates[gate.id]
            ports = _met(size.ports, middle, placement)
            outlets = _met(size.outlets, middle, placement) if len(size.outlets) > 1 else {}
            self.gates[gate.id] = replace(size, ports=ports, outlets=outlets or size.outlets)

    def _likes(self, gate: Gate) -> Iterator[float]:
        """The lengths of the gates that read one of its inputs too."""
        shared = set(gate.inputs)
        for other in self.diagram.gates:
            if not shared.isdisjoint(other.inputs):
                yield self.gates[other.id].length

    def _columns(self, placement: Placement) -> list[float]:
        """Where each column lies: as near to the one before as its lines and labels permit."""
        count = max(placement.column.values(), default=-1) + 1
        before, after = [0.0] * count, [0.0] * count
        for mark, column in placement.column.items():
            near, far = self._room(mark)
            before[column] = max(before[column], near)
            after[column] = max(after[column], far)
        step = [after[i] + _COLUMN_GAP + before[i + 1] for i in range(count - 1)]
        for link in links(self.diagram):
            column = placement.column[link.source]
            if placement.column[link.target] == column + 1:
                step[column] = max(step[column], self._step(link, placement))
        along = [0.0]
        for distance in step:
            along.append(along[-1] + distance)
        return along[:count]

    def _room(self, mark: str) -> tuple[float, float]:
        """What a mark takes along, before and after its centre."""
        if mark in self.gates:
            return self.gates[mark].depth / 2, self.gates[mark].depth / 2
        return self.vertices[mark].before, self.vertices[mark].after

    def _reach(self, mark: str) -> float:
        return self.gates[mark].depth / 2 if mark in self.gates else self.vertices[mark].radius

    def _step(self, link: Link, placement: Placement) -> float:
        """The distance of the columns of a line between neighbours."""
        gap = _OUTPUT_GAP if link.outlet is not None else _INPUT_GAP
        if link.product is not None:
            label = Label(self.diagram.products[link.product].label, 0, 0)
            left, _, right, _ = frame_box(label, self.frame)
            gap = max(_PRODUCT_GAP, right - left + _LABEL_ROOM)
        start, end = self._ends(link)
        rise = placement.across[link.source] + start - placement.across[link.target] - end
        gap = max(gap, min(_SLOPE * abs(rise), _WIDEST_GAP))
        return self._reach(link.source) + gap + self._reach(link.target)

    def _ends(self, link: Link) -> tuple[float, float]:
        """How far above the centres of its marks a line starts and ends."""
        start = self.gates[link.source].outlets[link.outlet] if link.outlet is not None else 0.0
        end = self.gates[link.target].ports[link.port] if link.port is not None else 0.0
        return start, end

    def _vertex_label(self, vertex: Vertex, at: Point) -> Label:
        size = self.vertices[vertex.id]
        return beside_mark(vertex.label, at, size.radius, size.side, self.frame, self.style)

    def _block(self, at: Mapping[str, Point], labels: Mapping[str, Label]) -> None:
        """Enter the marks and their labels among the obstacles."""
        for mark, (x, y) in at.items():
            shape = (
                self._trapezoid(mark, x, y)
                if mark in self.gates
                else _octagon(x, y, self.vertices[mark].radius)
            )
            self._add(shape, mark, solid=True)
            if mark in self.gates and self.gates[mark].bar:
                half, end = self.gates[mark].bar / 2, x + self.gates[mark].depth / 2
                bar = box_shape((end - 0.5, y - half, end + 0.5, y + half))
                self._add(bar, mark, solid=True)
        for mark, label in labels.items():
            self._add(box_shape(frame_box(label, self.frame)), mark, solid=False)

    def _add(self, shape: Shape, mark: str, *, solid: bool) -> None:
        self.obstacles.add(shape, mark, solid=solid)
        self.marks.add(shape, mark, solid=solid)

    def _trapezoid(self, mark: str, x: float, y: float) -> Shape:
        size = self.gates[mark]
        d, wide, narrow = size.depth / 2, size.length / 2, size.narrow / 2
        return (x - d, y - wide), (x + d, y - narrow), (x + d, y + narrow), (x - d, y + wide)

    def _lines(
        self, placement: Placement, along: list[float], at: Mapping[str, Point]
    ) -> dict[Link, Line]:
        """All lines, the short ones before those that must find their way past columns."""
        corridors = Corridors(placement, along, self._room, self._extent)
        lines: dict[Link, Line] = {}
        waiting = sorted(links(self.diagram), key=lambda link: len(placement.passes[link]))
        for link in waiting:
            if placement.passes[link] and not self.said:
                self._say(lines, placement)
            start, end = self._line_ends(link, at)
            dashed = link.product is not None
            between = corridors.of(link)
            lines[link] = route(start, end, between, self.obstacles, dashed=dashed)
        self._say(lines, placement)
        self._say_again(lines)
        return lines

    def _extent(self, mark: str) -> tuple[float, float]:
        """What a mark takes across, below and above its centre."""
        if mark in self.gates:
            return self.gates[mark].box / 2, self.gates[mark].box / 2
        return self.vertices[mark].below, self.vertices[mark].above

    def _line_ends(self, link: Link, at: Mapping[str, Point]) -> tuple[End, End]:
        rise, fall = self._ends(link)
        return (
            self._end(link.source, at[link.source], rise, 1.0),
            self._end(link.target, at[link.target], fall, -1.0),
        )

    def _end(self, mark: str, at: Point, offset: float, sign: float) -> End:
        if mark in self.gates:
            return End(mark, (at[0] + sign * self.gates[mark].depth / 2, at[1] + offset))
        square = self.vertex[mark].kind == "scalar"
        return End(mark, at, self.vertices[mark].radius, square)

    def _vertex_node(self, vertex: Vertex, at: Point, label: Label | None) -> Node:
        x, y = self.frame.point(*at)
        size = 2 * self.vertices[vertex.id].radius
        return Node(
            vertex.id, vertex.kind, x, y, size, size, vertex.fill, label, vertex.span,
            title=vertex.title,
        )  # fmt: skip

    def _gate_node(self, gate: Gate, at: Point) -> Node:
        x, y = self.frame.point(*at)
        size = self.gates[gate.id]
        width, height = self.frame.extent(size.depth, size.length)
        turn = -90.0 if self.frame.sideways else 0.0
        return Node(
            gate.id,
            "bar-gate" if gate.bar else "gate",
            x,
            y,
            width,
            height,
            label=Label(size.text, x, y, "center", size.text_size, turn) if size.text else None,
            span=gate.span,
            direction=self.frame.direction,
            narrow=size.narrow,
            bar=size.bar,
            title=gate.title,
        )

    def _edges(self, lines: Mapping[Link, Line]) -> list[Edge]:
        edges: list[Edge] = []
        for link, line in lines.items():
            points = tuple(self.frame.point(*p) for p in line.points)
            if link.product is None:
                edges.append(Edge("wire", link.source, link.target, points, line.curve))
            else:
                product = self.diagram.products[link.product]
                edges.append(_product_edge(product, points, line.curve, self.said.get(link.product)))
        return edges

    def _say(self, lines: Mapping[Link, Line], placement: Placement) -> None:
        """Label the products among the lines; those of one matrix in one column share a label."""
        crowd = _drawn(lines.values())
        groups: dict[tuple[str, int], list[Link]] = defaultdict(list)
        for link in lines:
            if link.product is not None:
                text = self.diagram.products[link.product].label
                groups[text, placement.column[link.source]].append(link)
        for (text, _), group in groups.items():
            indices = [link.product for link in group if link.product is not None]
            if text and not any(index in self.said for index in indices):
                label, index = self._label_line(text, [lines[link] for link in group], indices, crowd)
                self.said[index] = label
                self.obstacles.add(box_shape(frame_box(label, self.frame)), "")

    def _say_again(self, lines: Mapping[Link, Line]) -> None:
        """Move the labels of products that a later line crosses, where there is a better place."""
        crowd, kept = _drawn(lines.values()), Obstacles()
        crossed: list[int] = []
        for index, label in self.said.items():
            box = frame_box(label, self.frame)
            if crowd.covers(box, 0.5):
                crossed.append(index)
            else:
                kept.add(box_shape(box), "")
        line_of = {link.product: line for link, line in lines.items()}
        for index in crossed:
            label, around = self.said[index], (self.marks, crowd, kept)
            moved, free = beside_line(
                label.text, line_of[index].flat, label.color, around, self.frame, self.style
            )
            self.said[index] = moved if free else label
            kept.add(box_shape(frame_box(self.said[index], self.frame)), "")

    def _label_line(
        self, text: str, lines: Sequence[Line], indices: Sequence[int], crowd: Obstacles
    ) -> tuple[Label, int]:
        """The label at the first line that has room for it."""
        first: tuple[Label, int] | None = None
        for line, index in zip(lines, indices, strict=True):
            color = self.diagram.products[index].color
            label, free = beside_line(
                text, line.flat, color, (self.obstacles, crowd), self.frame, self.style
            )
            first = first or (label, index)
            if free:
                return label, index
        assert first is not None
        return first

def _product_edge(
    product: Product, points: tuple[Point, ...], curve: bool, label: Label | None
) -> Edge:
    return Edge(
        "matmul",
        product.source,
        product.target,
        points,
        curve,
        product.matrix,
        product.transpose,
        label,
        product.color,
        product.dash,
        product.span,
    )


def _drawn(lines: Iterable[Line]) -> Obstacles:
    """Lines as obstacles for labels."""
    crowd = Obstacles()
    for line in lines:
        for a, b in pairwise(line.flat):
            crowd.add(hairline(a, b), "")
    return crowd


def _met(
    offsets: Mapping[str, float], middle: float, placement: Placement
) -> dict[str, float]:
    actual = {name: placement.across[name] - middle for name in offsets}
    gaps = [abs(a - b) for a, b in pairwise(offsets.values())]
    nearly = max(_NEARLY, min(gaps, default=0.0) / 4)
    return {
        name: actual[name] if abs(actual[name] - offset) <= nearly else offset
        for name, offset in offsets.items()
    }


def _octagon(x: float, y: float, r: float) -> Shape:
    c = 0.414 * r
    return (
        (x - c, y - r), (x + c, y - r), (x + r, y - c), (x + r, y + c),
        (x + c, y + r), (x - c, y + r), (x - r, y + c), (x - r, y - c),
    )  # fmt: skip



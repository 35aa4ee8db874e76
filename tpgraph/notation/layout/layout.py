"""From a diagram to a scene: places, then lines and labels, then the marks of the scene."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from tpgraph.collector import uncollected
from tpgraph.notation.diagram.diagram import Diagram, GateMark, Vertex
from tpgraph.notation.engines.engine import LayoutEngine, get_engine
from tpgraph.notation.layout.frame import Frame
from tpgraph.notation.layout.line_crossings import line_crossings
from tpgraph.notation.layout.linework import Linework, find_linework
from tpgraph.notation.layout.place_finding import LARGE, find_places
from tpgraph.notation.layout.places import Places
from tpgraph.notation.scene.scene import Direction, Edge, Label, Node, Scene
from tpgraph.notation.scene.style import PAPER, Style
from tpgraph.program import statement_name

__all__ = [
    "Layout",
    "edges_of",
    "laid_out",
    "nodes_of",
    "with_room",
]

_ATTEMPTS = 4
_ATTEMPTS_WITH_NOTES = 14  # annotations are as wide as many steps, the later for one gap each
_TANGLED = 40  # crowded places, of which more room frees one in ten however much it is
_WIDER = 9.0  # pt that a crowded gap gains in a new attempt


@dataclass(frozen=True)
class Layout:
    """A diagram with everything in its place: the next layout can keep what it finds here."""

    places: Places
    drawn: Linework

    @property
    def scene(self) -> Scene:
        """The picture."""
        diagram = self.places.diagram
        nodes = nodes_of(diagram, self.places, self.drawn)
        edges = edges_of(self.places, self.drawn)
        return Scene(nodes=tuple(nodes), edges=tuple(edges), title=diagram.title)


def laid_out(
    diagram: Diagram,
    direction: Direction = "LR",
    *,
    style: Style = PAPER,
    engine: LayoutEngine | None = None,
    columns: Mapping[str, int] | None = None,
    gaps: Mapping[int, float] | None = None,
) -> Layout:
    """The layout from scratch of a diagram whose computation runs in this direction; `columns` are
    those of all marks, if they are given, and `gaps` adds pt behind a column.

    Raises TPError where the engine cannot lay it out, or a label cannot be typeset.
    """
    frame, chosen = Frame(direction), engine or get_engine()
    wider = gaps or {}

    def attempt(roomy: frozenset[str]) -> Layout:
        places, drawn = find_places(diagram, frame, style, chosen, line_crossings, roomy, columns)
        return with_room(replace(places, wider=wider), None if wider else drawn)

    with uncollected():  # a layout is many small things without cycles
        found = attempt(frozenset())
        if found.drawn.squeezed and len(found.places.at) <= LARGE:
            other = attempt(frozenset(found.drawn.squeezed))
            if _trouble(other) < _trouble(found):
                found = other
    return found


def nodes_of(diagram: Diagram, places: Places, drawn: Linework) -> Iterator[Node]:
    """The marks of a diagram in their places: vectors and scalars, then gates."""
    yield from (_vertex_node(vertex, places, drawn) for vertex in diagram.vertices)
    yield from (_gate_node(gate, places) for gate in diagram.gates)


def with_room(places: Places, drawn: Linework | None = None) -> Layout:
    """Columns farther apart where lines and labels do not find room; the best of some attempts.

    `drawn` are the lines in these places, if they are known.
    """
    best = current = Layout(places, drawn or find_linework(places))
    for attempt in range(1, _attempts(best)):
        if not any(current.drawn.crowded.values()):
            break
        wider = _wider if attempt < _ATTEMPTS else _wider_alone
        places = replace(places, wider=wider(places, current.drawn))
        current = Layout(places, find_linework(places))
        if _trouble(current) < _trouble(best):
            best = current
    return best


def _attempts(first: Layout) -> int:
    """How often lines are drawn, the first time included."""
    if len(first.places.at) > LARGE:
        return 1
    if _trouble(first) > _TANGLED:
        return 2
    return _ATTEMPTS_WITH_NOTES if first.drawn.notes else _ATTEMPTS


def _wider(places: Places, drawn: Linework) -> dict[int, float]:
    """The additions to all gaps that are like a crowded one."""
    crowded = {places.alike.get(column) for column, count in drawn.crowded.items() if count}
    return dict(places.wider) | {
        column: places.wider.get(column, 0.0) + (_WIDER if kinds in crowded else 0.0)
        for column, kinds in places.alike.items()
    }


def _wider_alone(places: Places, drawn: Linework) -> dict[int, float]:
    """The additions to the crowded gaps themselves."""
    return dict(places.wider) | {
        column: places.wider.get(column, 0.0) + _WIDER
        for column, count in drawn.crowded.items()
        if count
    }


def _trouble(layout: Layout) -> int:
    return sum(layout.drawn.crowded.values())


def _vertex_node(vertex: Vertex, places: Places, drawn: Linework) -> Node:
    x, y = places.frame.point(*places.at[vertex.id])
    size = 2 * places.vertices[vertex.id].radius
    return Node(
        vertex.id,
        vertex.kind,
        x,
        y,
        size,
        size,
        fill=vertex.fill,
        label=drawn.vertex_labels.get(vertex.id),
        span=vertex.span,
        title=vertex.title,
        note=drawn.notes.get(vertex.id),
        variable=vertex.variable,
        statement=statement_name(vertex.variable),
    )


def _gate_node(gate: GateMark, places: Places) -> Node:
    x, y = places.frame.point(*places.at[gate.id])
    size = places.gates[gate.id]
    width, height = places.frame.extent(size.depth, size.length)
    turn = -90.0 if places.frame.sideways else 0.0
    return Node(
        gate.id,
        "bar-gate" if gate.bar else "gate",
        x,
        y,
        width,
        height,
        label=Label(size.text, x, y, "center", size.text_size, turn) if size.text else None,
        span=gate.span,
        direction=places.frame.direction,
        narrow=size.narrow,
        bar=size.bar,
        title=gate.title,
    )


def edges_of(places: Places, drawn: Linework) -> Iterator[Edge]:
    """Products and wires in the diagram's order; a wire has the place of the argument it brings."""
    gates = {gate.id: gate for gate in places.diagram.gates}
    for link in places.links:
        line = drawn.lines[link]
        points = tuple(places.frame.point(*point) for point in line.points)
        if link.product is None:
            read = None if link.port is None else gates[link.target].place_of(link.port)
            yield Edge("wire", link.source, link.target, points, line.curve, span=read)
            continue
        product = places.diagram.products[link.product]
        yield Edge(
            "matmul",
            link.source,
            link.target,
            points,
            line.curve,
            product.matrix,
            product.transpose,
            drawn.product_labels.get(link.product),
            product.color,
            product.dash,
            product.span,
        )

"""From a diagram to a scene: places, then lines and labels, then the marks of the scene."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from tpgraph.notation.diagram.diagram import Diagram, GateMark, Vertex
from tpgraph.notation.engines.engine import LayoutEngine, get_engine
from tpgraph.notation.layout.frame import Frame
from tpgraph.notation.layout.linework import Linework, find_linework
from tpgraph.notation.layout.places import LARGE, Places, find_places
from tpgraph.notation.scene.scene import Direction, Edge, Label, Node, Scene
from tpgraph.notation.scene.style import PAPER, Style

__all__ = ["edges_of", "lay_out", "nodes_of"]

_ATTEMPTS = 4
_WIDER = 9.0  # pt that a crowded gap gains in a new attempt


def lay_out(
    diagram: Diagram,
    direction: Direction = "LR",
    *,
    style: Style = PAPER,
    engine: LayoutEngine | None = None,
    columns: Mapping[str, int] | None = None,
    gaps: Mapping[int, float] | None = None,
) -> Scene:
    """The scene of a diagram whose computation runs in this direction; `columns` are those of all
    marks, if they are given, and `gaps` adds pt behind a column.

    Raises TPError where the engine cannot lay it out, or a label cannot be typeset.
    """
    frame, chosen = Frame(direction), engine or get_engine()
    wider = gaps or {}

    def laid_out(roomy: frozenset[str]) -> tuple[Places, Linework]:
        places = find_places(diagram, frame, style, chosen, roomy, columns)
        return _roomy(replace(places, wider=wider))

    places, drawn = laid_out(frozenset())
    if drawn.squeezed and len(places.at) <= LARGE:
        other = laid_out(frozenset(drawn.squeezed))
        if _trouble(other[1]) < _trouble(drawn):
            places, drawn = other
    nodes, edges = nodes_of(diagram, places, drawn), edges_of(places, drawn)
    return Scene(nodes=tuple(nodes), edges=tuple(edges), title=diagram.title)


def nodes_of(diagram: Diagram, places: Places, drawn: Linework) -> Iterator[Node]:
    """The marks of a diagram in their places: vectors and scalars, then gates."""
    yield from (_vertex_node(vertex, places, drawn) for vertex in diagram.vertices)
    yield from (_gate_node(gate, places) for gate in diagram.gates)


def _roomy(places: Places) -> tuple[Places, Linework]:
    """Columns farther apart where lines and labels do not find room; the best of some attempts."""
    best = places, find_linework(places)
    large = len(places.at) > LARGE
    current = best
    for _ in range(0 if large else _ATTEMPTS - 1):
        crowded = current[1].crowded
        if not any(crowded.values()):
            break
        places = replace(places, wider=_wider(places, current[1]))
        current = places, find_linework(places)
        if _trouble(current[1]) < _trouble(best[1]):
            best = current
    return best


def _wider(places: Places, drawn: Linework) -> dict[int, float]:
    """The additions to all gaps that are like a crowded one."""
    crowded = {places.alike.get(column) for column, count in drawn.crowded.items() if count}
    return dict(places.wider) | {
        column: places.wider.get(column, 0.0) + (_WIDER if kinds in crowded else 0.0)
        for column, kinds in places.alike.items()
    }


def _trouble(drawn: Linework) -> int:
    return sum(drawn.crowded.values())


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
    """Products and wires in the diagram's order."""
    for link in places.links:
        line = drawn.lines[link]
        points = tuple(places.frame.point(*point) for point in line.points)
        wire = Edge("wire", link.source, link.target, points, line.curve)
        if link.product is None:
            yield wire
            continue
        product = places.diagram.products[link.product]
        yield replace(
            wire,
            kind="matmul",
            matrix=product.matrix,
            transpose=product.transpose,
            label=drawn.product_labels.get(link.product),
            color=product.color,
            dash=product.dash,
            span=product.span,
        )

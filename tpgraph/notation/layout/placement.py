r"""Places of marks: what Graphviz is asked, and what is made of its answer.

Graphviz gets a graph of boxes without texts and decides in which column each mark stands, in which
order, and at which height; the boxes hold room for labels, their ports are those of the gates. A
box with ports is a record of a fixed size and so many empty fields that each is 2 pt high; a port
is the field around it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tpgraph.notation.diagram.diagram import Diagram
from tpgraph.notation.diagram.links import Link, links
from tpgraph.notation.engines.engine import GraphvizLayout, LayoutEngine
from tpgraph.notation.layout.crossed_heights import crossed_heights
from tpgraph.notation.layout.measure import GateSize, VertexSize
from tpgraph.notation.layout.spine import Arrangement

__all__ = ["MarkSizes", "Placement", "place"]

_NODE_GAP = 4.0  # pt between boxes of a column
_ROW_WEIGHT, _OUTPUT_WEIGHT, _HUB_WEIGHT, _PRODUCT_WEIGHT, _INPUT_WEIGHT = 60, 40, 60, 12, 6
_MANY_LINKS = 150  # from which Graphviz may stop short of the best heights
_FIELD = 2.0  # pt, the height of a record's field
_BRANCH_WEIGHT = 8  # of a product whose operand has other uses
_STEM_WEIGHT = 10  # of a product's result on its way to its only gate


@dataclass(frozen=True, slots=True)
class Placement:
    """Where marks stand: centre across, column, and for each link the heights at which it crosses
    the columns between its ends.
    """

    across: Mapping[str, float]
    column: Mapping[str, int]
    crossed: Mapping[Link, tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class MarkSizes:
    """The room of all marks; those of `disorder` stand in one column in that order. `columns` are
    those of all marks, if they are given.
    """

    vertices: Mapping[str, VertexSize]
    gates: Mapping[str, GateSize]
    disorder: Sequence[Sequence[str]] = ()
    columns: Mapping[str, int] = field(default_factory=dict)


def place(
    diagram: Diagram, arrangement: Arrangement, sizes: MarkSizes, engine: LayoutEngine
) -> Placement:
    """Where Graphviz puts the marks. Raises TPError if the engine cannot answer in time."""
    request = _EngineRequest(diagram, arrangement, sizes)
    return request.placement(engine.layout(request.dot()))


class _EngineRequest:
    """The DOT text and the names in it."""

    def __init__(self, diagram: Diagram, arrangement: Arrangement, sizes: MarkSizes) -> None:
        self.diagram = diagram
        self.arrangement = arrangement
        self.vertices = sizes.vertices
        self.gates = sizes.gates
        self.disorder = sizes.disorder
        self.columns = sizes.columns
        self.links = tuple(links(diagram))
        self.name = {mark: f"n{i}" for i, mark in enumerate([*self.vertices, *self.gates])}
        self.row = arrangement.rows(diagram)
        self.made = frozenset(product.target for product in diagram.products)
        self.port: dict[tuple[str, str], str] = {}
        self.uses: dict[str, int] = defaultdict(int)
        for link in self.links:
            self.uses[link.source] += 1

    def dot(self) -> str:
        """The text, in which the order of statements follows the program."""
        return "\n".join(
            [
                "digraph {",
                *self._settings(),
                *self._nodes(),
                *self._edges(),
                *self._order(),
                *self._ranks(),
                "}",
            ]
        )

    def _settings(self) -> Iterator[str]:
        yield f"graph [rankdir=LR, nodesep={_NODE_GAP / 72:.4f}, ranksep=0.3]"
        if len(self.links) > _MANY_LINKS:
            yield "graph [nslimit=1]"
        yield 'node [shape=box, label="", fixedsize=true, fontsize=1, margin="0,0"]'
        yield "edge [arrowhead=none]"

    def _nodes(self) -> Iterator[str]:
        for vertex in self.diagram.vertices:
            size = self.vertices[vertex.id]
            label = ""
            if size.above != size.below:
                label = _fields(size.above + size.below, {"c": (size.below - size.above) / 2})
                self.port[vertex.id, vertex.id] = ":c"
            yield self._node(vertex.id, label, 2 * size.radius, size.above + size.below)
        for gate in self.diagram.gates:
            gate_size = self.gates[gate.id]
            sides = [self._side(gate.id, "i", gate_size.ports)]
            if len(gate.outputs) > 1:
                sides.append(self._side(gate.id, "o", gate_size.outlets))
            fields = [_fields(gate_size.box, side) for side in sides if side]
            label = "{" + "|".join(f"{{{text}}}" for text in fields) + "}" if fields else ""
            yield self._node(gate.id, label, gate_size.depth, gate_size.box)

    def _side(self, gate: str, letter: str, offsets: Mapping[str, float]) -> dict[str, float]:
        """The ports of one side of a gate; none if it is a single one in the middle."""
        if list(offsets.values()) == [0.0]:
            return {}
        for i, name in enumerate(offsets):
            self.port[gate, letter + name] = f":{letter}{i}"
        ports = {f"{letter}{i}": offset for i, offset in enumerate(offsets.values())}
        return {"h": 0.0} | ports if gate in self.arrangement.hubs else ports

    def _node(self, mark: str, label: str, along: float, across: float) -> str:
        group = f", group=r{self.row[mark]}" if mark in self.row else ""
        shape = f', shape=record, label="{label}"' if label else ""
        size = f"width={along / 72:.4f}, height={across / 72:.4f}"
        return f"{self.name[mark]} [{size}{shape}{group}]"

    def _edges(self) -> Iterator[str]:
        for index, link in enumerate(self.links):
            leaves = "o" + link.outlet if link.outlet is not None else link.source
            arrives = "i" + link.port if link.port is not None else link.target
            tail = self.name[link.source] + self.port.get((link.source, leaves), "")
            head = self.name[link.target] + self.port.get((link.target, arrives), "")
            yield f"{tail} -> {head} [id={index}, weight={self._weight(link)}]"
        for gate, hub in self.arrangement.hubs.items():
            tail = self.name[hub] + self.port.get((hub, hub), "")
            yield f"{tail} -> {self.name[gate]}:h [style=invis, weight={_HUB_WEIGHT}]"

    def _order(self) -> Iterator[str]:
        """Invisible edges along a column, which Graphviz keeps in this order from the top."""
        for family in self.disorder:
            chain = " -> ".join(self.name[mark] for mark in family)
            yield f"{{rank=same; {chain} [style=invis]}}"

    def _ranks(self) -> Iterator[str]:
        """A chain of points, each in the column of the marks that are given it."""
        members: dict[int, list[str]] = defaultdict(list)
        for mark, column in self.columns.items():
            members[column].append(self.name[mark])
        for i, column in enumerate(sorted(members)):
            yield f"k{i} [style=invis, width=0.01, height=0.01]"
            yield f"{{rank=same; k{i}; {'; '.join(members[column])}}}"
            if i:
                yield f"k{i - 1} -> k{i} [style=invis, weight=0]"

    def _weight(self, link: Link) -> int:
        if self.arrangement.follows.get(link.source) == link.target:
            return _ROW_WEIGHT
        if link.outlet is not None:
            return _OUTPUT_WEIGHT
        if link.product is not None:
            return _PRODUCT_WEIGHT if self.uses[link.source] == 1 else _BRANCH_WEIGHT
        if link.source in self.made and self.uses[link.source] == 1:
            return _STEM_WEIGHT
        near = self.uses[link.source] == 1
        near = near or self.arrangement.nearest.get(link.source) == link.target
        return _INPUT_WEIGHT if near else 1

    def placement(self, answer: GraphvizLayout) -> Placement:
        """The engine's answer in terms of the marks."""
        places = {mark: answer.nodes[name] for mark, name in self.name.items()}
        across = {mark: y + self._offset(mark) for mark, (_, y) in places.items()}
        columns = sorted({round(x) for x, _ in places.values()})
        number = {x: i for i, x in enumerate(columns)}
        column = {mark: number[round(x)] for mark, (x, _) in places.items()}
        drawn = {int(edge.id): edge for edge in answer.edges if edge.id}
        passed = [
            (drawn[index], columns[column[link.source] + 1 : column[link.target]])
            for index, link in enumerate(self.links)
        ]
        crossed = dict(zip(self.links, crossed_heights(passed), strict=True))
        return Placement(across, column, crossed)

    def _offset(self, mark: str) -> float:
        """From the middle of a mark's box to its centre."""
        if mark not in self.vertices:
            return 0.0
        return (self.vertices[mark].below - self.vertices[mark].above) / 2


def _fields(length: float, ports: Mapping[str, float]) -> str:
    """Fields of 2 pt, `length` pt in all; each port is the field at its offset from the middle."""
    fields = [""] * round(length / _FIELD)
    for name, offset in ports.items():
        fields[int((length / 2 - offset) // _FIELD)] = f"<{name}>"
    return "|".join(fields)

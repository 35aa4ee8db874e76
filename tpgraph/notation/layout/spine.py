"""Rows and ports: what runs straight through a gate, and where the other inputs arrive.

A *row* is a chain of marks that is drawn as one straight line: vector, gate, vector, product,
vector, ... An input and a gate belong to one row if each is the other's best: for the gate the
vector with most computation before it, for the vector the gate with most computation after it. A
draw has no winner, so that equal structure is drawn equally, but a middle among inputs that serve
nothing else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tpgraph.notation.diagram.diagram import Diagram, GateMark, Vertex

__all__ = ["Arrangement", "arrange", "ports"]

Score = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Arrangement:
    """`main` gives the input that runs straight through a gate, None where none does.

    `follows` gives for each vertex what continues its row: a gate's or a vertex's id. `open` are
    the gates that leave the middle free, as their likes have a row that they lack. `hubs` gives
    for a gate without a main input the vertex from which all its inputs branch off, `nearest` for a
    vector given from outside the gate that reads it long before others.
    """

    main: Mapping[str, str | None]
    follows: Mapping[str, str]
    open: frozenset[str]
    hubs: Mapping[str, str]
    nearest: Mapping[str, str]

    def rows(self, diagram: Diagram) -> dict[str, int]:
        """The number of its row for every mark."""
        row: dict[str, int] = {}
        outputs = {gate.id: gate.outputs for gate in diagram.gates}
        for number, vertex in enumerate(diagram.vertices):
            own = row.setdefault(vertex.id, number)
            follower = self.follows.get(vertex.id)
            if follower is not None:
                row[follower] = own
                if len(outputs.get(follower, ())) == 1:
                    row[outputs[follower][0]] = own
        for gate in diagram.gates:
            if len(gate.outputs) == 1:
                row.setdefault(gate.id, row[gate.outputs[0]])
        return row


def arrange(diagram: Diagram, heights: Mapping[str, float] | None = None) -> Arrangement:
    """The rows of a diagram; the middle among equal inputs is that of their heights, or else that
    of the text.
    """
    return _Matching(diagram, heights or {}).result()


def ports(gate: GateMark, inputs: Sequence[str], arrangement: Arrangement) -> dict[str, float]:
    """For each input, first to last, how many port gaps above the middle it arrives."""
    main = arrangement.main.get(gate.id)
    if main is not None:
        middle = inputs.index(main)
        return {name: float(middle - index) for index, name in enumerate(inputs)}
    if gate.id in arrangement.open:
        half = (len(inputs) + 1) // 2
        places = [half - i if i < half else half - i - 1 for i in range(len(inputs))]
        return {name: float(place) for name, place in zip(inputs, places, strict=True)}
    return {name: (len(inputs) - 1) / 2 - index for index, name in enumerate(inputs)}


class _Matching:
    """Inputs and gates choose each other until nobody who is left has a choice."""

    def __init__(self, diagram: Diagram, heights: Mapping[str, float]) -> None:
        self.diagram = diagram
        self.heights = heights
        self.vertices = {vertex.id: vertex for vertex in diagram.vertices}
        self.gates = {gate.id: gate for gate in diagram.gates}
        self.maker = {name: gate for gate in diagram.gates for name in gate.outputs}
        self.source = {product.target: product.source for product in diagram.products}
        self.depth = _depths(diagram, self.maker, self.source)
        self.height = _heights(diagram, self.source)
        self.all_consumers: dict[str, tuple[str, ...]] = _consumers(diagram)
        self.consumers = {name: dict.fromkeys(found) for name, found in self.all_consumers.items()}
        self.inputs = {gate.id: dict.fromkeys(gate.inputs) for gate in diagram.gates}
        self.main: dict[str, str | None] = dict.fromkeys(self.gates)
        self.follows: dict[str, str] = {}

    def result(self) -> Arrangement:
        """The rows that the choices make."""
        opened = self._leave_open()
        self._choose_middles()
        while pairs := [pair for vertex in self.vertices if (pair := self._pair(vertex))]:
            for vertex, consumer in pairs:
                self._join(vertex, consumer)
        hubs = self._hubs(opened)
        return Arrangement(self.main, self.follows, opened, hubs, dict(self._nearest()))

    def _leave_open(self) -> frozenset[str]:
        """Take the embeddings that stand beside rows out of the choice."""
        side = self._side_embeddings()
        opened: set[str] = set()
        for gate in self.gates.values():
            inner = {name: None for name in gate.inputs if name not in side}
            if len(inner) < len(gate.inputs) and all(self.depth[n] <= 1 for n in gate.inputs):
                opened.add(gate.id)
                inner = {}
            self.inputs[gate.id] = inner
        return frozenset(opened)

    def _choose_middles(self) -> None:
        """The middle one of an odd number of equal inputs that serve this gate alone."""
        for gate in self.gates.values():
            count = len(gate.inputs)
            alone = all(len(self.all_consumers[name]) == 1 for name in gate.inputs)
            scores = {self._input_score(name) for name in gate.inputs}
            made = min((self.depth[name] for name in gate.inputs), default=0) > 0
            if count > 1 and count % 2 and alone and made and len(scores) == 1:
                down = sorted(gate.inputs, key=lambda name: -self.heights.get(name, 0.0))
                self._join(down[count // 2], gate.id)

    def _pair(self, vertex: str) -> tuple[str, str] | None:
        """The vertex with its best consumer, if they choose each other; a refusal is final."""
        while self.consumers[vertex]:
            best = _winner(self.consumers[vertex], self._consumer_score)
            if best is None:
                self._withdraw(vertex)
            elif best not in self.gates:
                return vertex, best
            else:
                favourite = _winner(self.inputs[best], self._input_score)
                if favourite == vertex:
                    return vertex, best
                if favourite is None:
                    self.inputs[best] = {}
                elif vertex in self.inputs[best] and best in self.consumers[favourite]:
                    return None
                del self.consumers[vertex][best]
                self.inputs[best].pop(vertex, None)
        return None

    def _withdraw(self, vertex: str) -> None:
        for consumer in self.consumers[vertex]:
            if consumer in self.gates:
                self.inputs[consumer].pop(vertex, None)
        self.consumers[vertex] = {}

    def _join(self, vertex: str, consumer: str) -> None:
        self.follows[vertex] = consumer
        self._withdraw(vertex)
        if consumer in self.gates:
            self.main[consumer] = vertex
            for name in self.gates[consumer].inputs:
                self.consumers[name].pop(consumer, None)
            self.inputs[consumer] = {}

    def _consumer_score(self, name: str) -> Score:
        """Nonlin and product before Moment, long before short, a gate's middle before others."""
        gate = self.gates.get(name)
        follower = self.follows.get(name)
        middle = follower is not None and self.main.get(follower) == name
        return int(gate is None or not gate.bar), self.height[name], int(middle)

    def _input_score(self, name: str) -> Score:
        return int(self.vertices[name].kind != "scalar"), self.depth[name]

    def _side_embeddings(self) -> set[str]:
        """Embeddings by a matrix that elsewhere embeds beside a row: they all stand beside."""
        families: dict[str, list[str]] = defaultdict(list)
        for vertex in self.vertices.values():
            if vertex.embeds:
                families[vertex.embeds].append(vertex.id)
        favourite = {name: _winner(self.inputs[name], self._input_score) for name in self.gates}
        side: set[str] = set()
        for family in families.values():
            beside = (
                favourite[consumer] not in (name, None)
                for name in family
                for consumer in self.all_consumers[name]
                if consumer in self.gates
            )
            if len(family) > 1 and any(beside):
                side.update(family)
        return side

    def _nearest(self) -> Iterator[tuple[str, str]]:
        for name, consumers in self.all_consumers.items():
            gates = [self.gates[consumer] for consumer in consumers if consumer in self.gates]
            if self.depth[name] > 1 or len(gates) < 2:
                continue
            reach = {gate.id: -max(self.depth[n] for n in gate.inputs) for gate in gates}
            best = _winner(reach, lambda gate, reach=reach: (reach[gate],))  # type: ignore[misc]
            if best is not None:
                yield name, best

    def _hubs(self, opened: frozenset[str]) -> dict[str, str]:
        hubs: dict[str, str] = {}
        for gate in self.gates.values():
            origins = {self._origin(name) for name in gate.inputs}
            hub = origins.pop() if len(origins) == 1 and len(gate.inputs) > 1 else None
            if self.main[gate.id] is None and gate.id not in opened and hub is not None:
                hubs[gate.id] = hub
        return hubs

    def _origin(self, name: str) -> str | None:
        """What a vector is made from by one step, if from one vertex."""
        if name in self.source:
            return self.source[name]
        gate = self.maker.get(name)
        return gate.inputs[0] if gate is not None and len(gate.inputs) == 1 else None


def _consumers(diagram: Diagram) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {vertex.id: [] for vertex in diagram.vertices}
    for product in diagram.products:
        found[product.source].append(product.target)
    for gate in diagram.gates:
        for name in gate.inputs:
            found[name].append(gate.id)
    return {name: tuple(names) for name, names in found.items()}


def _winner(names: Iterable[str], score: Callable[[str], Score]) -> str | None:
    """The one name with the greatest score, None in a draw."""
    best: str | None = None
    top: Score | None = None
    for name in names:
        own = score(name)
        if top is None or own > top:
            best, top = name, own
        elif own == top:
            best = None
    return best


def _depths(
    diagram: Diagram, maker: Mapping[str, GateMark], source: Mapping[str, str]
) -> dict[str, int]:
    """The greatest number of marks before each; an embedding hides one."""
    depth: dict[str, int] = {}
    for vertex in diagram.vertices:
        depth[vertex.id] = _depth(vertex, maker, source, depth)
    return depth


def _depth(
    vertex: Vertex, maker: Mapping[str, GateMark], source: Mapping[str, str], depth: dict[str, int]
) -> int:
    if vertex.id in source:
        return depth[source[vertex.id]] + 1
    if vertex.id in maker:
        return 2 + max((depth[name] for name in maker[vertex.id].inputs), default=0)
    return 1 if vertex.embeds else 0


def _heights(diagram: Diagram, source: Mapping[str, str]) -> dict[str, int]:
    """The greatest number of marks after each."""
    height: dict[str, int] = defaultdict(int)
    maker = {gate.outputs[0]: gate for gate in diagram.gates}
    for vertex in reversed(diagram.vertices):
        name = vertex.id
        if name in source:
            height[source[name]] = max(height[source[name]], height[name] + 1)
        elif name in maker:
            gate = maker[name]
            height[gate.id] = 1 + max(height[out] for out in gate.outputs)
            for argument in gate.inputs:
                height[argument] = max(height[argument], height[gate.id] + 1)
    return height

"""Rows and ports: what runs straight through a gate, and where the other inputs arrive.

A *row* is a chain of marks that is drawn as one straight line: vector, gate, vector, product,
vector, ... An input and a gate belong to one row if each is the other's best: for the gate the
vector with most computation before it, for the vector the gate with most computation after it. A
draw has no winner, so that equal structure is drawn equally.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tpgraph.notation.picture import Diagram, Gate, Vertex

__all__ = ["Arrangement", "arrange", "ports"]

Score = tuple[bool, int]


@dataclass(frozen=True, slots=True)
class Arrangement:
    """`main` gives the input that runs straight through a gate, None where none does.

    `follows` gives for each vertex what continues its row: a gate's or a vertex's id. `open` are
    the gates that leave the middle free, as their likes have a row that they lack.
    """

    main: Mapping[str, str | None]
    follows: Mapping[str, str]
    open: frozenset[str]

    def rows(self, diagram: Diagram) -> dict[str, int]:
        """The number of its row for every mark that shares one."""
        row: dict[str, int] = {}
        count = 0
        outputs = {gate.id: gate.outputs for gate in diagram.gates}
        for vertex in diagram.vertices:
            if vertex.id not in row:
                row[vertex.id] = count = count + 1
            number, follower = row[vertex.id], self.follows.get(vertex.id)
            if follower is None:
                continue
            row[follower] = number
            if len(outputs.get(follower, ())) == 1:
                row[outputs[follower][0]] = number
        for gate in diagram.gates:
            if gate.id not in row and len(gate.outputs) == 1:
                row[gate.id] = row[gate.outputs[0]]
        return row


def arrange(diagram: Diagram) -> Arrangement:
    """The rows of a diagram."""
    return _Matching(diagram).result()


def ports(gate: Gate, inputs: Sequence[str], arrangement: Arrangement) -> dict[str, float]:
    """For each input, how many port gaps above the middle of the gate it arrives."""
    main = arrangement.main.get(gate.id)
    if main is not None:
        middle = inputs.index(main)
        return {name: float(middle - index) for index, name in enumerate(inputs)}
    if gate.id in arrangement.open:
        half = (len(inputs) + 1) // 2
        return {
            name: float(half - index if index < half else half - index - 1)
            for index, name in enumerate(inputs)
        }
    return {name: (len(inputs) - 1) / 2 - index for index, name in enumerate(inputs)}


class _Matching:
    """Inputs and gates choose each other until nobody who is left has a choice."""

    def __init__(self, diagram: Diagram) -> None:
        self.diagram = diagram
        self.vertices = {vertex.id: vertex for vertex in diagram.vertices}
        self.gates = {gate.id: gate for gate in diagram.gates}
        self.depth = _depths(diagram)
        self.height = _heights(diagram)
        self.consumers: dict[str, list[str]] = defaultdict(list)
        for product in diagram.products:
            self.consumers[product.source].append(product.target)
        for gate in diagram.gates:
            for name in gate.inputs:
                self.consumers[name].append(gate.id)
        self.inputs = {gate.id: list(gate.inputs) for gate in diagram.gates}

    def result(self) -> Arrangement:
        side = self._side_embeddings()
        for gate in self.gates.values():
            self.inputs[gate.id] = [name for name in gate.inputs if name not in side]
        opened = frozenset(
            gate.id
            for gate in self.gates.values()
            if len(self.inputs[gate.id]) < len(gate.inputs) and self._is_leafy(gate)
        )
        for name in opened:
            self.inputs[name] = []
        main: dict[str, str | None] = dict.fromkeys(self.gates)
        follows: dict[str, str] = {}
        for vertex in self.vertices:
            self.consumers.setdefault(vertex, [])
        while True:
            pairs = [pair for vertex in self.vertices if (pair := self._pair(vertex))]
            if not pairs:
                return Arrangement(main, follows, opened)
            for vertex, consumer in pairs:
                follows[vertex] = consumer
                if consumer in self.gates:
                    main[consumer] = vertex
                self._settle(vertex, consumer)

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
                    self.inputs[best] = []
                elif vertex in self.inputs[best] and favourite in self._undecided(best):
                    return None
                self.consumers[vertex].remove(best)
                if vertex in self.inputs[best]:
                    self.inputs[best].remove(vertex)
        return None

    def _undecided(self, gate: str) -> list[str]:
        """Inputs that may still come to choose this gate."""
        return [name for name in self.inputs[gate] if gate in self.consumers[name]]

    def _withdraw(self, vertex: str) -> None:
        for consumer in self.consumers[vertex]:
            if consumer in self.gates and vertex in self.inputs[consumer]:
                self.inputs[consumer].remove(vertex)
        self.consumers[vertex] = []

    def _settle(self, vertex: str, consumer: str) -> None:
        self._withdraw(vertex)
        if consumer in self.gates:
            for name in self.gates[consumer].inputs:
                if consumer in self.consumers[name]:
                    self.consumers[name].remove(consumer)
            self.inputs[consumer] = []

    def _consumer_score(self, name: str) -> Score:
        gate = self.gates.get(name)
        return not (gate is not None and gate.bar), self.height[name]

    def _input_score(self, name: str) -> Score:
        return self.vertices[name].kind != "scalar", self.depth[name]

    def _side_embeddings(self) -> set[str]:
        """Embeddings by a matrix that elsewhere embeds beside a row: they all stand beside."""
        families: dict[str, list[str]] = defaultdict(list)
        for vertex in self.vertices.values():
            if vertex.embeds:
                families[vertex.embeds].append(vertex.id)
        favourites = {
            name: _winner(self.inputs[name], self._input_score) for name in self.gates
        }
        side: set[str] = set()
        for family in families.values():
            beside = (
                favourites.get(consumer) not in (name, None)
                for name in family
                for consumer in self.consumers[name]
                if consumer in self.gates
            )
            if any(beside):
                side.update(family)
        return side

    def _is_leafy(self, gate: Gate) -> bool:
        """Whether all its inputs are given from outside."""
        return all(self.depth[name] <= 1 for name in gate.inputs)


def _winner(names: Iterable[str], score: object) -> str | None:
    """The one name with the greatest score, None in a draw."""
    assert callable(score)
    ranked = sorted(((score(name), name) for name in dict.fromkeys(names)), reverse=True)
    if not ranked or (len(ranked) > 1 and ranked[0][0] == ranked[1][0]):
        return None
    return str(ranked[0][1])


def _depths(diagram: Diagram) -> dict[str, int]:
    """The greatest number of marks before each; an embedding hides one."""
    maker = {name: gate for gate in diagram.gates for name in gate.outputs}
    source = {product.target: product.source for product in diagram.products}
    depth: dict[str, int] = {}
    for vertex in diagram.vertices:
        depth[vertex.id] = _depth(vertex, maker, source, depth)
    return depth


def _depth(
    vertex: Vertex,
    maker: Mapping[str, Gate],
    source: Mapping[str, str],
    depth: dict[str, int],
) -> int:
    if vertex.id in source:
        return depth[source[vertex.id]] + 1
    if vertex.id in maker:
        gate = maker[vertex.id]
        depth[gate.id] = 1 + max((depth[name] for name in gate.inputs), default=0)
        return depth[gate.id] + 1
    return 1 if vertex.embeds else 0


def _heights(diagram: Diagram) -> dict[str, int]:
    """The greatest number of marks after each."""
    height: dict[str, int] = defaultdict(int)
    maker = {gate.outputs[0]: gate for gate in diagram.gates}
    source = {product.target: product.source for product in diagram.products}
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

"""Programs whose equations have places: the parts of the picture, and what leads between them.

A *part* is one strip of the picture, laid out like a picture of its own: the forward rows of the
contexts that stand beside each other, the backward rows under them, what happens between the
passes. The parts share their columns (see `ranks`); an input that a gate takes from another part is
a wire.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from tpgraph.notation.diagram.diagram import Diagram, GateMark, Vertex, copy_id
from tpgraph.notation.scene.scene import Fill
from tpgraph.program import InitialScalar, Pass, Place, Program
from tpgraph.program.labels import default_latex

__all__ = ["Home", "Part", "Staging", "Wire", "is_staged", "stage"]

_FORWARD = Place("forward")


@dataclass(frozen=True, slots=True)
class Home:
    """Where a mark belongs: its context, and its row there; the part is `key`."""

    key: tuple[int, bool, int, str]
    context: Pass | None
    row: str

    @property
    def mirrored(self) -> bool:
        """Whether the computation runs backwards there."""
        return self.row == "backward"


@dataclass(frozen=True, slots=True)
class Part:
    """One strip of the picture."""

    row: str
    diagram: Diagram


@dataclass(frozen=True, slots=True)
class Wire:
    """An input that a gate takes from another part."""

    source: str
    gate: str


@dataclass(frozen=True, slots=True)
class Staging:
    """Parts from the top, the wires between them, the home of each mark, for each backward vertex
    the forward one above it, for initial vectors of a backward row the one above which they should
    stand if it is free, the variable of every vertex, and for the copies of initial vectors of
    which mark each is one, and its number.
    """

    title: str
    parts: tuple[Part, ...]
    wires: tuple[Wire, ...]
    home: Mapping[str, Home]
    partner: Mapping[str, str]
    above: Mapping[str, str]
    variable: Mapping[str, str]
    copies: Mapping[str, tuple[str, int]]
    terminals: frozenset[str] = frozenset()

    @property
    def contexts(self) -> dict[Pass | None, list[str]]:
        """The marks of each context, in the order in which contexts begin; None are no context."""
        found: dict[Pass | None, list[str]] = {}
        for mark, home in self.home.items():
            if home.row != "between":
                found.setdefault(home.context, []).append(mark)
        return found

    def returns(self, context: Pass | None) -> bool:
        """Whether a context has a backward row."""
        return any(h.context == context and h.mirrored for h in self.home.values())


def is_staged(program: Program) -> bool:
    """Whether a program's equations say that it has more than one pass."""
    return any(e.place is not None and e.place != _FORWARD for e in program.equations)


def stage(program: Program, diagram: Diagram) -> Staging:
    """The parts of the picture of a program whose equations have places.

    No signal stands twice in the diagram (`tpgraph.notation.drawn.signals`).
    """
    return _Stage(program, diagram).staging()


class _Stage:
    """The marks while they are given homes."""

    def __init__(self, program: Program, diagram: Diagram) -> None:
        self.program = program
        self.title = diagram.title
        self.said_standing = diagram.said_standing
        self.gates = [_without(g, _hidden(program)) for g in diagram.gates]
        self.products = list(diagram.products)
        made = {name for gate in self.gates for name in gate.outputs}
        made |= {product.target for product in self.products}
        read = {name for gate in self.gates for name in gate.inputs}
        read |= {product.source for product in self.products}
        self.vertices = {v.id: v for v in diagram.vertices if v.id in made | read or v.embeds}
        self._add_missing(read)
        self.returning = {
            _told(v.place) for v in diagram.vertices if v.place and v.place.row == "backward"
        }
        self.home: dict[str, Home] = {}
        self.partner: dict[str, str] = {}
        self.above: dict[str, str] = {}
        self.copies: dict[str, tuple[str, int]] = {}
        self.terminals = frozenset(v.id for v in diagram.vertices if v.side == "before")

    def staging(self) -> Staging:
        """All of it."""
        marks: tuple[Vertex | GateMark, ...] = (*self.vertices.values(), *self.gates)
        for mark in marks:
            if mark.place is not None:
                self.home[mark.id] = self._home(mark.place)
        self._bring_products_in()
        self._settle_initial()
        self._find_partners()
        self.vertices = {name: self._dressed(v) for name, v in self.vertices.items()}
        return Staging(
            self.title,
            tuple(self._parts()),
            tuple(self._wires()),
            {mark: self.home[mark] for mark in self._marks()},
            self.partner,
            self.above,
            {name: vertex.variable for name, vertex in self.vertices.items()},
            self.copies,
            self.terminals,
        )

    def _marks(self) -> list[str]:
        """All marks, initial ones behind those that are made, which tell the order of contexts."""
        marks = [*self.vertices, *(gate.id for gate in self.gates)]
        initial = {name for name, vertex in self.vertices.items() if vertex.place is None}
        return sorted(marks, key=lambda mark: mark in initial)

    def _add_missing(self, read: set[str]) -> None:
        """Scalars that come from what is not drawn; other such inputs are left out."""
        for name, variable in self.program.variables.items():
            if name in read and variable.is_scalar and name not in self.vertices:
                label = self.program.labels.get(name) or default_latex(name)
                title = f"{name}: scalar"
                mark = Vertex(name, variable.parts, "scalar", "hollow", label, title)
                self.vertices[name] = mark
        self.gates = [_without(g, read - set(self.vertices)) for g in self.gates]
        self.products = [p for p in self.products if p.source in self.vertices]

    def _home(self, place: Place) -> Home:
        context, row = _told(place), place.row
        if row == "between":
            return Home((1, False, 0, row), None, row)
        returns = context in self.returning
        order = 0 if returns or context is None else 2
        reference = context is not None and context.kind == "reference"
        element = (context.element or 0) if context is not None else 0
        key = order, reference, element, "A" if row == "forward" else "B"
        return Home(key, context, row)

    def _bring_products_in(self) -> None:
        """A product of a vector with gates of the vector's own context alone belongs there, also
        where they read terminals of it.

        So does the product of data that one context alone reads.
        """
        readers = self._readers()
        for name in self.terminals & self.vertices.keys():
            readers[self.vertices[name].variable].extend(readers[name])
        for vertex in self.vertices.values():
            homes = {self.home[reader] for reader in readers[vertex.id] if reader in self.home}
            if vertex.embeds and len(homes) == 1 and self.home[vertex.id].row == "between":
                self.home[vertex.id] = homes.pop()
        for product in self.products:
            source, target = self.home.get(product.source), self.home[product.target]
            if source is None or target.row != "between" or source.row == "between":
                continue
            if {self.home[gate] for gate in readers[product.target]} == {source}:
                self.home[product.target] = source

    def _readers(self) -> dict[str, list[str]]:
        readers: dict[str, list[str]] = defaultdict(list)
        for gate in self.gates:
            for name in gate.inputs:
                readers[name].append(gate.id)
        for product in self.products:
            readers[product.source].append(product.target)
        return readers

    def _settle_initial(self) -> None:
        """Initial vectors stand in every context that reads them, and once in each."""
        readers = self._readers()
        order = {name: i for i, name in enumerate(self.vertices)}
        contexts = dict.fromkeys(home.context for home in self.home.values())
        begun = {context: i for i, context in enumerate(contexts)}
        for name in [n for n in order if n not in self.home]:
            homes = [self.home[r] for r in readers[name] if r in self.home]
            rooms: dict[Pass | None, list[Home]] = {}
            for home in sorted(homes, key=lambda home: home.row == "between"):
                if home.row != "between" or not rooms:
                    rooms.setdefault(home.context, []).append(home)
            first = sorted(rooms, key=lambda c: (c not in self.returning, begun.get(c, -1)))
            for number, context in enumerate(first):
                home = min(rooms[context], key=lambda home: home.mirrored)
                if number == 0:
                    self.home[name] = home
                else:
                    self._copy(name, number, home)
            if not homes:
                self.home[name] = self._home(_FORWARD)

    def _copy(self, name: str, number: int, home: Home) -> None:
        copy, vertex = copy_id(name, number, self.vertices), self.vertices[name]
        self.home[copy], self.copies[copy] = home, (name, number)
        self.vertices[copy] = vertex.copied(copy, number)
        for i, gate in enumerate(self.gates):
            if self.home[gate.id].context == home.context and home.row != "between":
                inputs = tuple(copy if n == name else n for n in gate.inputs)
                self.gates[i] = replace(gate, inputs=inputs)
        for i, product in enumerate(self.products):
            if product.source == name and self.home[product.target].context == home.context:
                self.products[i] = replace(product, source=copy)

    def _find_partners(self) -> None:
        """Partners by the equations' places; an initial vector stands under its gate's result."""
        taken = set()
        for name, vertex in self.vertices.items():
            partner = vertex.place.partner if vertex.place else None
            if partner not in self.vertices or partner in taken or not self.home[name].mirrored:
                continue
            if self.home[partner].context == self.home[name].context:
                self.partner[name] = partner
                taken.add(partner)
        makers = {(self.home[g.id], n): g for g in self.gates for n in g.inputs}
        for gate in self.gates:
            if not self.home[gate.id].mirrored or gate.outputs[0] not in self.partner:
                continue
            partner = self.partner[gate.outputs[0]]
            forward = makers.get((self.home[partner], partner))
            for name in gate.inputs:
                vertex, initial = self.vertices[name], self.home[name].mirrored
                given = vertex.place is None and name not in self.terminals
                if given and vertex.kind == "G" and initial and forward:
                    self.above[name] = forward.outputs[0]

    def _dressed(self, vertex: Vertex) -> Vertex:
        """Labels on the outer sides of the rows; in a backward row the fill of the partner."""
        home = self.home[vertex.id]
        if vertex.id in self.terminals:
            whole = self.vertices.get(vertex.variable, vertex)
            return replace(vertex, fill=self._fill(whole) if self._mirrored(whole) else vertex.fill)
        if home.row == "forward" and home.context in self.returning:
            return replace(vertex, side="above")
        if not home.mirrored:
            return vertex
        return replace(vertex, side="below", fill=self._fill(vertex))

    def _mirrored(self, vertex: Vertex) -> bool:
        return self.home[vertex.id].mirrored

    def _fill(self, vertex: Vertex) -> Fill:
        initial = vertex.place is None or vertex.embeds is not None
        if initial or vertex.kind not in ("G", "X"):
            return vertex.fill
        if vertex.id in self.partner:
            return self.vertices[self.partner[vertex.id]].fill
        return "filled" if vertex.kind == "G" else "hollow"

    def _parts(self) -> Iterator[Part]:
        inside = {p.target for p in self.products if self._inside(p.source, p.target)}
        for key in sorted({self.home[mark].key for mark in self.vertices}):
            members = {mark for mark, home in self.home.items() if home.key == key}
            gates = [self._local(gate) for gate in self.gates if gate.id in members]
            made = {name for gate in gates for name in gate.outputs} | inside
            vertices = (v for v in self.vertices.values() if v.id in members)
            diagram = Diagram(
                self.title,
                tuple(sorted(vertices, key=lambda v: v.id in made)),
                tuple(gates),
                tuple(p for p in self.products if p.target in members & inside),
                said_standing=self.said_standing,
            )
            row = next(home.row for home in self.home.values() if home.key == key)
            yield Part(row, diagram)

    def _inside(self, source: str, target: str) -> bool:
        return self.home[source].key == self.home[target].key

    def _local(self, gate: GateMark) -> GateMark:
        """The gate with the inputs of its own part; others are foreign, and a formula in which they
        have their dots has those that come from above first, as far as it can.
        """
        foreign = tuple(n for n in gate.inputs if not self._stays(n, gate.id))
        inputs = tuple(n for n in gate.inputs if self._stays(n, gate.id))
        order, text = gate.inputs, gate.text
        if foreign and text.form is not None:
            above = 1.0 if self.home[gate.id].mirrored else -1.0
            places, said = text.form.arranged([above * (n in foreign) for n in order])
            order, text = tuple(order[i] for i in places), replace(text, text=said)
        alike = tuple(
            tuple(gate.inputs[i] for i in places if gate.inputs[i] in foreign)
            for places in gate.text.exchangeable(len(gate.inputs))
        )
        return replace(gate, inputs=inputs, foreign=foreign, order=order, alike=alike, text=text)

    def _stays(self, name: str, gate: str) -> bool:
        """Whether an input comes from the gate's own context and row."""
        return self.home[name] == self.home[gate]

    def _wires(self) -> Iterator[Wire]:
        for gate in self.gates:
            yield from (Wire(n, gate.id) for n in gate.inputs if not self._stays(n, gate.id))


def _told(place: Place) -> Pass | None:
    """The pass of a place, unless nothing tells it from others."""
    context = place.context
    return context if context is not None and context.caption else None


def _hidden(program: Program) -> frozenset[str]:
    """Scalars such as 1/√n, which gates name."""
    declared = (d for d in program.declarations if isinstance(d, InitialScalar) and d.widths)
    return frozenset(d.variable.name for d in declared)


def _without(gate: GateMark, names: frozenset[str] | set[str]) -> GateMark:
    """The gate without these inputs; a formula that has their dots stays as it is written."""
    inputs = tuple(n for n in gate.inputs if n not in names)
    if inputs == gate.inputs:
        return gate
    return replace(gate, inputs=inputs, text=replace(gate.text, form=None))

r"""Folding: repeated structure drawn once, in a plate with its range, `l = 2,\ldots,100`.

Of a run of blocks one stays, with `l` for its index. What it reads of the block before it stands
in the plate as a mark of its own, `x^{l-1}`; what the first block reads instead stands before the
plate, and what the last block gives behind it, with dots between:

    x^1 ⋯ [ x^{l-1} - - h^l ▷ x^l ] ⋯ x^{100}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from tpgraph.notation.diagram.block_runs import BlockRun, find_runs
from tpgraph.notation.diagram.diagram import Diagram, GateMark, ProductEdge, Vertex, gate_id
from tpgraph.notation.diagram.folded import Folded, PlateOf
from tpgraph.notation.diagram.generic import range_text
from tpgraph.notation.diagram.mirror import runs_of_passes
from tpgraph.notation.diagram.plate_letters import PlateLetters, owners
from tpgraph.notation.diagram.run_plans import RunGroup, RunPlan, everywhere, foldable, plan_of_run
from tpgraph.notation.diagram.shared_plates import in_one_plate
from tpgraph.notation.drawn.loops import loop_letter
from tpgraph.notation.scene.annotation import Annotation
from tpgraph.program import MatMul, Program

__all__ = ["Folding", "fold", "fold_passes"]

# The label of a product that is replaced by dots: it asks the layout for room along the row.
_ROOM_SIDEWAYS = r"\cdots\cdots\cdots"
_ROOM_UPWARDS = r"\cdots\\\cdots\\\cdots"


def fold(
    program: Program, diagram: Diagram, sideways: bool = True, together: bool = False
) -> Folded:
    """The diagram with every run of blocks drawn once; as it is, if nothing repeats.

    A run whose blocks are read from outside is not folded, unless it is the last block that is
    read, or every block by one reader. Runs of one range over one family share a plate; all of one
    range, if they stand `together`. `sideways` is whether the computation runs to a side.
    """
    drawn = {vertex.id for vertex in diagram.vertices}
    equations = [e for e in program.equations if e.out.name in drawn]
    initial = drawn - set(program.equation_of)
    plans = [plan_of_run(run, initial) for run in find_runs(equations)]
    alike = in_one_plate(plans, equations, together)
    groups = [RunGroup(tuple(group), _letter(group[0].run)) for group in alike]
    return _folded(diagram, foldable(groups, equations), sideways)


def fold_passes(program: Program, diagram: Diagram, sideways: bool = True) -> Folded:
    """The same of a program whose equations have places: every pass with its backward pass.

    Initial vectors that are read outside of plates too stand there, not in them.
    """
    drawn = {vertex.id for vertex in diagram.vertices}
    equations = [e for e in program.equations if e.out.name in drawn]
    pairs = runs_of_passes(equations)
    inside = {e.out.name for pair in pairs for run in pair for e in run.equations}
    outside = {v.name for e in equations if e.out.name not in inside for v in e.inputs}
    initial = drawn - set(program.equation_of) - outside
    groups = [
        RunGroup(tuple(plan_of_run(run, initial) for run in pair), _letter(pair[0]))
        for pair in pairs
    ]
    return _folded(diagram, foldable(groups, equations), sideways)


def _letter(run: BlockRun) -> str:
    return loop_letter(run.block(0), run.block(1))


def _folded(diagram: Diagram, groups: Sequence[RunGroup], sideways: bool) -> Folded:
    return Folding(Folded(diagram), groups, sideways).folded() if groups else Folded(diagram)


class Folding:
    """The diagram of what stays of one that may be folded before."""

    def __init__(self, before: Folded, groups: Sequence[RunGroup], sideways: bool) -> None:
        assert before.diagram.texts is not None, "diagrams of programs can be folded"
        self.diagram = before.diagram
        self.texts = before.diagram.texts
        self.letters = PlateLetters(self.texts.program, (*before.groups, tuple(groups)))
        self.room = _ROOM_SIDEWAYS if sideways else _ROOM_UPWARDS
        self.groups = groups
        self.plans = [plan for group in groups for plan in group.plans]
        self.plan_of = owners(self.plans)
        self.vertex = {vertex.id: vertex for vertex in self.diagram.vertices}
        self.gate = {name: gate for gate in self.diagram.gates for name in gate.outputs}

    def folded(self) -> Folded:
        """The whole result."""
        vertices = [self._vertex(v) for v in self.diagram.vertices if self._stays(v.id)]
        gates = [self._gate(g) for g in self.diagram.gates if self._made(g.outputs[0])]
        products = [self._product(p) for p in self.diagram.products if self._made(p.target)]
        dots = [pair for plan in self.plans for pair in _dots(plan)]
        products += [ProductEdge(a, b, "", False, self.room) for a, b in dots]
        diagram = replace(
            self.diagram,
            vertices=tuple(vertices),
            gates=tuple(gates),
            products=tuple(products),
        )
        made = self.texts.program.equation_of
        plates = _initial_once([self._plate(group) for group in self.groups], made)
        names = self._names(diagram)
        given = frozenset(name for plan in self.plans for name in plan.given)
        return Folded(diagram, plates, frozenset(dots), names, self.letters.groups, given)

    def _stays(self, name: str) -> bool:
        return name not in self.plan_of or self.plan_of[name].stays(name)

    def _made(self, name: str) -> bool:
        """Whether it is drawn how a vector is made."""
        plan = self.plan_of.get(name)
        return plan is None or plan.home[name] == plan.kept

    def _vertex(self, vertex: Vertex) -> Vertex:
        called = self.letters.called(vertex.id)
        if called is None:
            return vertex
        texts, variable = self.texts, self.texts.program.variables[vertex.variable]
        label = vertex.label and (texts.label(variable, called) or texts.mention(vertex.id, called))
        title = texts.title(variable, vertex.kind, called)
        return replace(vertex, label=label, title=title, annotation=self._of_all(vertex))

    def _of_all(self, vertex: Vertex) -> Annotation | None:
        """What stands beside a mark, as far as it is so of all that the mark stands for."""
        plan, variables = self.plan_of.get(vertex.id), self.texts.program.variables
        others = [] if plan is None else [variables[n] for n in everywhere(plan, vertex.id)]
        alike = all(self.texts.beside(v) == vertex.annotation for v in others)
        return vertex.annotation if alike else None

    def _gate(self, gate: GateMark) -> GateMark:
        called, text, title = self.letters.called(gate.outputs[0]), gate.text, gate.title
        if called is not None:
            equations = [self.texts.program.equation_of[name] for name in gate.outputs]
            pointwise = [e for e in equations if not isinstance(e, MatMul)]
            text, title = (
                self.texts.gate(pointwise[0], called),
                self.texts.formulas(pointwise, called),
            )
        inputs = tuple(self._inputs(gate))
        if len(inputs) < len(gate.inputs):  # the sum of what is read of all blocks
            text = replace(text, text=text.pooled or text.text)
        return replace(gate, text=text, inputs=inputs, title=title)

    def _inputs(self, gate: GateMark) -> Iterator[str]:
        """The inputs that are drawn; of a vector that is read of all blocks, that in the plate."""
        own, names = self.plan_of.get(gate.outputs[0]), set(gate.inputs)
        for name in gate.inputs:
            plan = self.plan_of.get(name)
            if plan is None or own is not None or plan.home[name] == plan.kept:
                yield name
                continue
            if not names.issuperset(everywhere(plan, name)):
                yield name

    def _product(self, product: ProductEdge) -> ProductEdge:
        equation = self.texts.program.equation_of.get(product.target)
        called = self.letters.called(product.target)
        if called is None or not product.matrix or not isinstance(equation, MatMul):
            return product
        return replace(product, label=self.texts.product(equation, called))

    def _plate(self, group: RunGroup) -> PlateOf:
        run, members = group.plans[0].run, set[str]()
        for plan in group.plans:
            members.update(plan.entries, plan.given)
            members |= {name for name, block in plan.home.items() if block == plan.kept}
        members |= {self.gate[n].id for n in tuple(members) if n in self.gate and self._made(n)}
        first, last, step = run.index(0), run.index(run.count - 1), run.step
        if step < 0 and not any(plan.entries for plan in group.plans):
            first, last, step = last, first, -step
        label = range_text(group.letter, first, last, step)
        return PlateOf(group.letter, label, frozenset(members))

    def _names(self, diagram: Diagram) -> dict[str, str]:
        """What to call marks and matrices inside of plates: `x[l-1]`, `W[l]`."""
        names: dict[str, str] = {}
        for name, called in self.letters.names(self.vertex).items():
            names[name] = str(called)
            if name in self.gate and self.gate[name].outputs[0] == name:
                names[self.gate[name].id] = gate_id(names[name])
        taken = {v.id for v in diagram.vertices if v.id not in names}
        distinct = len(set(names.values())) == len(names) and taken.isdisjoint(names.values())
        return names if distinct else {}


def _initial_once(plates: Sequence[PlateOf], made: Iterable[str]) -> tuple[PlateOf, ...]:
    """Each initial vector in the first of the plates that read it, from which a curve leads to the
    others.
    """
    found: list[PlateOf] = []
    for plate in plates:
        there = {name for before in found for name in before.members} - {*made}
        found.append(replace(plate, members=plate.members - there))
    return tuple(found)


def _dots(plan: RunPlan) -> Iterator[tuple[str, str]]:
    """Before the plate to its entries, and from the kept block to what stands behind."""
    for entry, before in plan.entries.items():
        yield before, entry
    for name in plan.after:
        yield plan.run.moved(name, plan.kept - plan.home[name]), name

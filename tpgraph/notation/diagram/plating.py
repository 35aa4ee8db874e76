r"""Folding: repeated structure drawn once, in a plate with its range, `l = 2,\ldots,100`.

Of a run of blocks one stays, with `l` for its index. What it reads of the block before it stands
in the plate as a mark of its own, `x^{l-1}`; what the first block reads instead stands before the
plate, and what the last block gives behind it, with dots between:

    x^1 ⋯ [ x^{l-1} - - h^l ▷ x^l ] ⋯ x^{100}
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from tpgraph.notation.diagram.block_runs import BlockRun, find_runs
from tpgraph.notation.diagram.diagram import Diagram, GateMark, ProductEdge, Vertex, gate_id
from tpgraph.notation.diagram.folded import Folded, PlateOf
from tpgraph.notation.diagram.generic import generic_name, generic_text, range_text
from tpgraph.notation.diagram.mirror import runs_of_passes
from tpgraph.notation.diagram.run_plans import RunGroup, RunPlan, everywhere, foldable, plan_of_run
from tpgraph.notation.drawn.loops import loop_letter
from tpgraph.program import Program

__all__ = ["Folding", "fold", "fold_passes"]

T = TypeVar("T")

# The label of a product that is replaced by dots: it asks the layout for room along the row.
_ROOM_SIDEWAYS = r"\cdots\cdots\cdots"
_ROOM_UPWARDS = r"\cdots\\\cdots\\\cdots"


def fold(program: Program, diagram: Diagram, sideways: bool = True) -> Folded:
    """The diagram with every run of blocks drawn once; as it is, if nothing repeats.

    A run whose blocks are read from outside is not folded, unless it is the last block that is
    read, or every block by one reader. `sideways` is whether the computation runs to a side.
    """
    drawn = {vertex.id for vertex in diagram.vertices}
    equations = [e for e in program.equations if e.out.name in drawn]
    initial = drawn - set(program.equation_of)
    groups = [RunGroup((plan_of_run(run, initial),), _letter(run)) for run in find_runs(equations)]
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
    return Folding(diagram, groups, sideways).folded() if groups else Folded(diagram)


class Folding:
    """The diagram of what stays; `names` are what marks are called that are folded already."""

    def __init__(
        self,
        diagram: Diagram,
        groups: Sequence[RunGroup],
        sideways: bool,
        names: Mapping[str, str] | None = None,
    ) -> None:
        self.diagram = diagram
        self.names = names or {}
        self.room = _ROOM_SIDEWAYS if sideways else _ROOM_UPWARDS
        self.groups = groups
        self.plans = [plan for group in groups for plan in group.plans]
        self.plan_of = _owners(self.plans)
        self.letters = {id(plan): group.letter for group in groups for plan in group.plans}
        self.vertex = {vertex.id: vertex for vertex in diagram.vertices}
        self.gate = {name: gate for gate in diagram.gates for name in gate.outputs}
        self.product = {product.target: product for product in diagram.products}

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
        plates = tuple(self._plate(group) for group in self.groups)
        return Folded(diagram, plates, frozenset(dots), self._names(diagram))

    def _stays(self, name: str) -> bool:
        return name not in self.plan_of or self.plan_of[name].stays(name)

    def _made(self, name: str) -> bool:
        """Whether it is drawn how a vector is made."""
        plan = self.plan_of.get(name)
        return plan is None or plan.home[name] == plan.kept

    def _generic(
        self, name: str, items: Mapping[str, T], texts: Callable[[T], tuple[str, ...]]
    ) -> tuple[str, ...]:
        """Texts of a mark, with the letter of its plate in the place of the index."""
        all_of_it, plan = texts(items[name]), self.plan_of.get(name)
        if plan is None or name in plan.after:
            return all_of_it
        run, index = plan.run, plan.run.index(plan.kept)
        for ahead in (1, -1):
            other = items.get(run.moved(name, ahead))
            if other is not None:
                letter, pairs = self.letters[id(plan)], zip(all_of_it, texts(other), strict=False)
                return tuple(generic_text(a, b, ahead * run.step, letter, index) for a, b in pairs)
        return all_of_it

    def _vertex(self, vertex: Vertex) -> Vertex:
        label, title = self._generic(vertex.id, self.vertex, lambda v: (v.label, v.title))
        return replace(vertex, label=label, title=title)

    def _gate(self, gate: GateMark) -> GateMark:
        out = gate.outputs[0]

        text, *shorter = self._generic(out, self.gate, lambda g: (g.text.text, *g.text.shorter))
        (title,) = self._generic(out, self.gate, lambda g: (g.title,))
        inputs = tuple(self._inputs(gate))
        if len(inputs) < len(gate.inputs):  # the sum of what is read of all blocks
            text = gate.text.pooled or text
        said = replace(gate.text, text=text, shorter=tuple(shorter))
        return replace(gate, text=said, inputs=inputs, title=title)

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
        (label,) = self._generic(product.target, self.product, lambda p: (p.label,))
        return replace(product, label=label)

    def _plate(self, group: RunGroup) -> PlateOf:
        run, members = group.plans[0].run, set[str]()
        for plan in group.plans:
            members.update(plan.entries)
            members |= {name for name, block in plan.home.items() if block == plan.kept}
        members |= {self.gate[n].id for n in tuple(members) if n in self.gate and self._made(n)}
        label = range_text(group.letter, run.index(0), run.index(run.count - 1), run.step)
        return PlateOf(group.letter, label, frozenset(members))

    def _names(self, diagram: Diagram) -> dict[str, str]:
        """What to call marks and matrices inside of plates: `x[l-1]`, `W[l]`."""
        names: dict[str, str] = {}
        for plan in self.plans:
            run, letter = plan.run, self.letters[id(plan)]
            inside = [n for n, block in plan.home.items() if block == plan.kept]
            inside += [*plan.entries, *(n for n in plan.reads(plan.kept) if n not in self.vertex)]
            for name in inside:
                called, position = self.names.get(name, name), run.position(name)
                new = generic_name(called, position, letter, run.index(plan.kept))
                names[name] = new
                if name in self.gate and self.gate[name].outputs[0] == name:
                    names[self.gate[name].id] = gate_id(new)
        taken = {v.id for v in diagram.vertices if v.id not in names}
        distinct = len(set(names.values())) == len(names) and taken.isdisjoint(names.values())
        return names if distinct else {}


def _owners(plans: Sequence[RunPlan]) -> dict[str, RunPlan]:
    """The plan to which each vector belongs: of several, as for a bias that passes share, one in
    whose kept block it is.
    """
    owner: dict[str, RunPlan] = {}
    for plan in plans:
        for name, block in plan.home.items():
            if block == plan.kept or name not in owner:
                owner[name] = plan
    return owner


def _dots(plan: RunPlan) -> Iterator[tuple[str, str]]:
    """Before the plate to its entries, and from the kept block to what stands behind."""
    for entry, before in plan.entries.items():
        yield before, entry
    for name in plan.after:
        yield plan.run.moved(name, plan.kept - plan.home[name]), name

r"""Plates in plates: what a folded diagram still repeats, such as layers inside of a time step.

The dots of the first folding are read as equations, s[l,t-1] ⋯ from s[l,1], so that they repeat
over layers like everything else. In a plate all that repeats alike has one plate.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from tpgraph.functions import Argument
from tpgraph.notation.diagram.block_runs import BlockRun, find_runs
from tpgraph.notation.diagram.diagram import Diagram
from tpgraph.notation.diagram.folded import Folded, PlateOf
from tpgraph.notation.diagram.plating import Folding, fold
from tpgraph.notation.diagram.run_plans import RunGroup, foldable, plan_of_run
from tpgraph.notation.drawn.loops import loop_letter
from tpgraph.program import Equation, Nonlin, Program

__all__ = ["foldings", "nested"]

_LETTERS = ("l", "k", "m", "r")


def foldings(
    program: Program, diagram: Diagram, sideways: bool = True
) -> tuple[tuple[Folded, ...], ...]:
    """How a diagram folds: with plates in plates and without, and so also with all that repeats
    alike in one plate, should that make fewer.
    """
    apart = fold(program, diagram, sideways)
    joined = fold(program, diagram, sideways, together=True)
    found = (apart, joined) if len(joined.plates) < len(apart.plates) else (apart,)
    return tuple(_depths(program, folded, sideways) for folded in found if folded.plates)


def _depths(program: Program, folded: Folded, sideways: bool) -> tuple[Folded, ...]:
    inner = nested(program, folded, sideways)
    return (folded,) if inner is None else (inner, folded)


def nested(program: Program, folded: Folded, sideways: bool = True) -> Folded | None:
    """The folded diagram with plates for what still repeats; None where nothing inside of a plate
    does.
    """
    equations = list(_equations(program, folded))
    made = {e.out.name for e in equations}
    initial = {v.id for v in folded.diagram.vertices} - made
    runs = find_runs(equations)
    letter = _letter(runs, folded)
    groups = [
        RunGroup(tuple(plan_of_run(run, initial) for run in alike), letter)
        for alike in _alike(runs, folded.plates)
    ]
    groups = foldable(groups, equations, nested=True)
    if not any(_inside(run, p) for g in groups for run in _runs(g) for p in folded.plates):
        return None
    inner = Folding(folded, groups, sideways).folded()
    stays = {v.id for v in inner.diagram.vertices} | {g.id for g in inner.diagram.gates}
    left = {(product.source, product.target) for product in inner.diagram.products}
    outer = (replace(plate, members=plate.members & stays) for plate in folded.plates)
    return Folded(
        inner.diagram,
        (*outer, *inner.plates),
        inner.dots | (folded.dots & left),
        {**folded.names, **inner.names},
        inner.groups,
    )


def _equations(program: Program, folded: Folded) -> Iterator[Equation]:
    """What is made in the diagram: by dots into plates, by the program, by dots out of plates."""
    made = {name for gate in folded.diagram.gates for name in gate.outputs}
    dots: dict[bool, list[Equation]] = {True: [], False: []}
    for product in folded.diagram.products:
        if (product.source, product.target) not in folded.dots:
            made.add(product.target)
            continue
        source, target = (program.variables[n] for n in (product.source, product.target))
        entered = any(product.target in plate.members for plate in folded.plates)
        dots[entered].append(Nonlin(target, Argument(0), (source,)))
    yield from dots[True]
    yield from (e for e in program.equations if e.out.name in made)
    yield from dots[False]


def _inside(run: BlockRun, plate: PlateOf) -> bool:
    return all(e.out.name in plate.members for e in run.equations)


def _runs(group: RunGroup) -> list[BlockRun]:
    return [plan.run for plan in group.plans]


def _alike(runs: Sequence[BlockRun], plates: Sequence[PlateOf]) -> list[list[BlockRun]]:
    """The runs, those of one range in one plate together."""
    found: dict[object, list[BlockRun]] = defaultdict(list)
    for number, run in enumerate(runs):
        within = [i for i, plate in enumerate(plates) if _inside(run, plate)]
        span = run.index(0), run.count, run.step
        found[(*within, span) if within else number].append(run)
    return list(found.values())


def _letter(runs: Sequence[BlockRun], folded: Folded) -> str:
    """A letter for the index that no plate has, that of a loop if possible."""
    taken = {plate.letter for plate in folded.plates}
    written = (loop_letter(run.block(0), run.block(1)) for run in runs)
    return next(letter for letter in (*written, *_LETTERS) if letter not in taken)

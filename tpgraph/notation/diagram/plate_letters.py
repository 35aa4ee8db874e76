"""Which letters marks go by: those of the plates that they stand in."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence

from tpgraph.notation.diagram.generic import Called, GenericName, Letter, Move, called_in
from tpgraph.notation.diagram.run_plans import RunGroup, RunPlan
from tpgraph.program import Program

__all__ = ["PlateLetters", "owners"]


class PlateLetters:
    """The letters of a folded diagram; `groups` are those of every folding, outer plates first."""

    def __init__(self, program: Program, groups: tuple[tuple[RunGroup, ...], ...]) -> None:
        self.program = program
        self.groups = groups
        self._owners = [owners([p for group in level for p in group.plans]) for level in groups]
        self._letters = {
            id(plan): _letter(plan, group.letter)
            for level in groups
            for group in level
            for plan in group.plans
        }

    def called(self, mark: str) -> Called | None:
        """How things are called at the mark of a variable, or at that of what makes it; None where
        it stands in no plate.
        """
        plans = [found[mark] for found in self._owners if mark in found]
        moves = [
            Move(plan.run.position(mark), self._letters[id(plan)])
            for plan in plans
            if mark not in plan.after
        ]
        return called_in(self.program, mark, moves) if moves else None

    def names(self, marks: Container[str]) -> Mapping[str, GenericName]:
        """What the last folding calls all that stands in its plates, and what is read there and is
        none of the `marks`.
        """
        known: dict[str, tuple[Move, ...]] = {}
        last: dict[str, tuple[Move, ...]] = {}
        for level in self.groups:
            last = {
                name: (*known.get(name, ()), Move(plan.run.position(name), self._letters[id(plan)]))
                for group in level
                for plan in group.plans
                for name in _inside(plan, marks)
            }
            known |= last
        return {name: Called(self.program, {name: m}).name(name) for name, m in last.items()}


def owners(plans: Sequence[RunPlan]) -> dict[str, RunPlan]:
    """The plan to which each vector belongs: of several, as for a bias that passes share, one in
    whose kept block it is.
    """
    owner: dict[str, RunPlan] = {}
    for plan in plans:
        for name, block in plan.home.items():
            if block == plan.kept or name not in owner:
                owner[name] = plan
    return owner


def _letter(plan: RunPlan, letter: str) -> Letter:
    run = plan.run
    values = [run.index(block) for block in range(run.count)]
    return Letter(letter, run.index(plan.kept), values, run.step)


def _inside(plan: RunPlan, marks: Container[str]) -> Iterator[str]:
    yield from (name for name, block in plan.home.items() if block == plan.kept)
    yield from plan.entries
    yield from plan.given
    yield from (name for name in plan.reads(plan.kept) if name not in marks)

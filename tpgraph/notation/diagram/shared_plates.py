"""Runs that share a plate: over one range, of one family, as two networks over the same biases.

In plates of their own the family would stand in both, and no picture has room for that.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from tpgraph.notation.diagram.run_plans import RunPlan
from tpgraph.program import Equation

__all__ = ["in_one_plate"]


def in_one_plate(
    plans: Sequence[RunPlan], equations: Sequence[Equation], together: bool = False
) -> list[list[RunPlan]]:
    """The plans, in one group those of one range that share what moves along with their blocks, or
    all of one range if they stand `together`.

    None that leads to another one, unless block by block: its plate would stand before itself.
    """
    leads = _Leading(plans, equations)
    found: list[list[int]] = []
    for number, plan in enumerate(plans):
        for group in found:
            alike = _range(plans[group[0]]) == _range(plan)
            shares = together or any(_share(plan, plans[n]) for n in group)
            reads = any(number in leads.beside[n] or n in leads.beside[number] for n in group)
            if alike and (shares or reads) and not leads.between({*group, number}):
                group.append(number)
                break
        else:
            found.append([number])
    return [[plans[n] for n in group] for group in found]


def _share(a: RunPlan, b: RunPlan) -> bool:
    return not a.home.keys().isdisjoint(b.home)


def _range(plan: RunPlan) -> tuple[int, int, int]:
    return plan.run.index(0), plan.run.count, plan.run.step


class _Leading:
    """Which runs lead to which: `beside` block by block, `behind` in another way."""

    def __init__(self, plans: Sequence[RunPlan], equations: Sequence[Equation]) -> None:
        self.run_of = {name: i for i, plan in enumerate(plans) for name in plan.run.block_of}
        self.beside: list[set[int]] = [set() for _ in plans]
        self.behind: list[set[int]] = [set() for _ in plans]
        before: dict[str, set[int]] = {}
        for equation in equations:
            own = self.run_of.get(equation.out.name)
            inputs = {v.name for v in equation.inputs}
            if own is not None:
                along = {name for name in inputs if self._is_beside(plans, own, equation, name)}
                self.beside[own] |= {self.run_of[name] for name in along}
                inputs -= along
            led = set(chain.from_iterable(before.get(name, ()) for name in inputs))
            if own is not None:
                self.behind[own] |= led - {own}
                led = self.behind[own] | {own}
            before[equation.out.name] = led

    def _is_beside(self, plans: Sequence[RunPlan], own: int, equation: Equation, name: str) -> bool:
        """Whether an equation of a run reads that block of another one that is its own."""
        other = self.run_of.get(name, own)
        if other == own or _range(plans[other]) != _range(plans[own]):
            return False
        block = plans[own].run.block_of[equation.out.name]
        moves = name in set(plans[own].reads(block))
        return moves and plans[other].run.block_of[name] == block

    def between(self, numbers: set[int]) -> bool:
        """Whether one of some runs leads to another one in another way than block by block."""
        return any(not self.behind[n].isdisjoint(numbers) for n in numbers)

"""What stays of a run of blocks in a folded picture, and whether it can be folded at all."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from tpgraph.notation.diagram.block_runs import BlockRun
from tpgraph.program import Equation

__all__ = ["RunGroup", "RunPlan", "everywhere", "foldable", "plan_of_run"]


@dataclass
class RunPlan:
    """A run, and what stays of it: the block number `kept`, by each entry from the blocks before
    it what stands before the plate, and what stands behind the plate. `home` gives the block to
    which a vector belongs: those that the run makes, and initial vectors that move with it.
    `given` are vectors of other blocks that another run of the plate reads, as the backward pass
    of an LSTM reads the forget gate of the time after.
    """

    run: BlockRun
    home: dict[str, int]
    kept: int = 0
    entries: dict[str, str] = field(default_factory=dict)
    after: dict[str, None] = field(default_factory=dict)
    given: dict[str, None] = field(default_factory=dict)

    def stays(self, name: str) -> bool:
        """Whether a vector of the run is drawn."""
        more = name in self.entries or name in self.after or name in self.given
        return more or self.home[name] == self.kept

    def carried(self, block: int) -> Iterator[tuple[str, int]]:
        """What a block reads of earlier blocks, and how many blocks back that was made."""
        last = self.run.count - 1
        for name in self.reads(0):
            made = self.run.block_of.get(self.run.moved(name, last))
            if made is not None and made < last:
                yield self.run.moved(name, block), last - made

    def reads(self, block: int) -> Iterator[str]:
        """What moves among the inputs of a block, matrices as well."""
        for moving in self.run.moving:
            for name in moving:
                yield self.run.moved(name, block)


def plan_of_run(run: BlockRun, initial: Collection[str]) -> RunPlan:
    """The plan of a run in which nothing is chosen yet; `initial` are the initial vectors."""
    plan = RunPlan(run, dict(run.block_of))
    for name in plan.reads(0):
        if run.moved(name, run.count - 1) in initial:
            for block in range(run.count):
                plan.home.setdefault(run.moved(name, block), block)
    return plan


@dataclass(frozen=True)
class RunGroup:
    """What one plate shows: a run, and with it that of its backward pass, or others of one family
    with it; `letter` is the index.
    """

    plans: tuple[RunPlan, ...]
    letter: str

    @property
    def aligned(self) -> bool:
        """Whether one index is kept of both."""
        return len({plan.run.index(plan.kept) for plan in self.plans}) == 1


def foldable(
    groups: Sequence[RunGroup], equations: Sequence[Equation], nested: bool = False
) -> list[RunGroup]:
    """The groups that can be folded, with what stays of them chosen.

    If they are `nested`, what only other plates read that move along does not stand behind its own.
    """
    left = list(groups)
    while left:
        plans = [plan for group in left for plan in group.plans]
        _choose_blocks(plans)
        wrong = {id(plan) for plan in _Readers(left, nested).wrong(equations)}
        fine = [g for g in left if g.aligned and wrong.isdisjoint(map(id, g.plans))]
        if len(fine) == len(left):
            break
        left = fine
    return left


def _choose_blocks(plans: Sequence[RunPlan]) -> None:
    """Keep of every run a block in its middle, with one index for all, and find its entries."""
    spans = [sorted((p.run.index(0), p.run.index(p.run.count - 1))) for p in plans]
    low, high = max(a for a, _ in spans), min(b for _, b in spans)
    for plan, (start, stop) in zip(plans, spans, strict=True):
        run = plan.run
        wanted, odd = divmod((low + high) // 2 - run.first, run.step)
        depth = max((back for _, back in plan.carried(0)), default=0)
        common = low <= high and not odd and depth <= wanted < run.count - 1
        middle = ((start + stop) // 2 - run.first) // run.step
        plan.kept = wanted if common else max(middle, depth)
        first = [name for name, _ in plan.carried(0)]
        entries = [name for name, _ in plan.carried(plan.kept)]
        plan.entries = dict(zip(entries, first, strict=True))
        plan.after = {name: None for name, back in plan.carried(run.count) if back == 1}
        plan.given = {}


def everywhere(plan: RunPlan, name: str) -> Iterator[str]:
    """The vectors that stand for this one in all blocks."""
    here = plan.home[name]
    return (plan.run.moved(name, block - here) for block in range(plan.run.count))


class _Readers:
    """Who reads what of the runs; what is read of last blocks is noted in `after`."""

    def __init__(self, groups: Sequence[RunGroup], nested: bool) -> None:
        self.plans = plans = [plan for group in groups for plan in group.plans]
        self.plate = {id(plan): i for i, group in enumerate(groups) for plan in group.plans}
        self.nested = nested
        self.made: set[str] = set()
        self.plan_of = {name: plan for plan in plans for name in plan.run.block_of}
        for plan in plans:
            for name in plan.home:
                self.plan_of.setdefault(name, plan)
        self.pooled: set[str] = set()
        self.read: set[str] = set()

    def wrong(self, equations: Sequence[Equation]) -> Iterator[RunPlan]:
        """The plans of the runs that cannot be folded because of what is read of them."""
        self.made = {equation.out.name for equation in equations}
        for equation in equations:
            own = self.plan_of.get(equation.out.name)
            if own is None:
                yield from self._from_outside(equation)
            elif own.home[equation.out.name] == own.kept:
                yield from self._from_plate(own, equation)
        for plan in self.plans:
            if plan.kept >= plan.run.count - 1 or len({*plan.entries.values()}) < len(plan.entries):
                yield plan
            for before in plan.entries.values():
                yield from self._at_end(before)
        for plan in self.plans:
            if not plan.given.keys().isdisjoint(plan.after):
                yield plan
            unread = self.pooled - self.read
            plan.after = {name: None for name in plan.after if name not in unread}

    def _from_outside(self, equation: Equation) -> Iterator[RunPlan]:
        """The runs that a reader outside of all plates makes impossible."""
        names = {v.name: None for v in equation.inputs if v.name in self.plan_of}
        for name in names:
            if names.keys() >= set(everywhere(self.plan_of[name], name)):
                self.pooled.add(name)
            else:
                yield from self._at_end(name)

    def _from_plate(self, own: RunPlan, equation: Equation) -> Iterator[RunPlan]:
        """The runs that a reader in a plate makes impossible."""
        moving = set(own.reads(own.kept))
        for name in dict.fromkeys(v.name for v in equation.inputs):
            plan = self.plan_of.get(name)
            if plan is None:
                if name in moving and name in self.made:
                    yield own
                continue
            if plan is not own and name not in moving:
                yield from self._at_end(name)
            elif self.nested and plan is not own:
                self.pooled.update(everywhere(plan, name))
                if plan.home[name] != plan.kept:
                    yield own
            elif plan.home[name] != plan.kept and name not in plan.entries:
                plan.given[name] = None
                if plan is own or self.plate[id(plan)] != self.plate[id(own)]:
                    yield plan
                    yield own

    def _at_end(self, name: str) -> Iterator[RunPlan]:
        """Its run, unless the name is one of the last block."""
        plan = self.plan_of.get(name)
        if plan is None:
            return
        if name in plan.after or plan.home[name] == plan.run.count - 1:
            plan.after[name] = None
            self.read.add(name)
        else:
            yield plan

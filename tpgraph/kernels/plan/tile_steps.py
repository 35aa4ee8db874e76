"""The steps of one tile: three-address code over buffers, each used again as soon as it can be.

A step is `out ← op(a, b)` on blocks of one tile; buffers are numbered, and one operand's may be the
result's. Nodes are ordered so that few buffers are in use at a time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from tpgraph.limits.planned.tape import NotPlanned, PairTape

__all__ = ["TileStep", "TileSteps", "lowered"]

_IN_PLACE = {"multiply", "add", "subtract", "divide", "scale", "shift", "from", "rows", "columns"}
_IN_PLACE |= {"sqrt", "arcsin", "square", "inverse", "floor", "correlation"}


@dataclass(frozen=True, slots=True)
class TileStep:
    """`out` ← `op`(`a`, `b`) by buffers; `data` are numbers, or places of single inputs' nodes."""

    op: str
    out: int
    a: int = -1
    b: int = -1
    data: Any = None


@dataclass(frozen=True, eq=False)
class TileSteps:
    """The steps of a tile, how many buffers they use, and where each end is found.

    An end is read right behind the step of its number, -1 of one that is there from the start.
    """

    steps: tuple[TileStep, ...]
    buffers: int
    ends: tuple[tuple[int, int], ...]


def lowered(tape: PairTape, ends: Sequence[int]) -> TileSteps:
    """The steps that compute the ends of a tape."""
    work = _Lowering(tape, ends)
    for place in work.ordered():
        work.lower(place)
    return work.allocated([work.register[end] for end in ends])


class _Lowering:
    """Registers without number first, then few buffers."""

    def __init__(self, tape: PairTape, ends: Sequence[int]) -> None:
        self.tape = tape
        reached = tape.reached(ends)
        self.pairs = [p for p in reached if tape.nodes[p].of_pairs and tape.nodes[p].op != "lift"]
        self.lifts_alone = [p for p in ends if tape.nodes[p].op == "lift"]
        self.steps: list[TileStep] = []
        self.register: dict[int, int] = {}
        self.count = 0

    def ordered(self) -> list[int]:
        """The pairs' nodes, next the one that frees most."""
        inside = set(self.pairs)
        needs = {p: {a for a in self.tape.nodes[p].args if a in inside} for p in self.pairs}
        uses = Counter(a for p in self.pairs for a in needs[p])
        left = {p: set(n) for p, n in needs.items()}
        found: list[int] = []
        while left:
            ready = [p for p, n in left.items() if not n]
            best = min(ready, key=lambda p: (1 - sum(uses[a] == 1 for a in needs[p]), p))
            found.append(best)
            del left[best]
            for n in left.values():
                n.discard(best)
            for a in needs[best]:
                uses[a] -= 1
        return [*self.lifts_alone, *found]

    def lower(self, place: int) -> None:
        """The steps of one node."""
        node = self.tape.nodes[place]
        data: Any = node.data
        match node.op:
            case "product":
                self.register[place] = self._product(node.args, *data)
            case "sum":
                self.register[place] = self._sum(node.args, *data)
            case "lift":
                self.register[place] = self._new("fill", data=(node.args[0], data))
            case "gram":
                self.register[place] = self._new("gram", data=node.args)
            case "sqrt" | "arcsin" | "floor":
                self.register[place] = self._new(node.op, self._of(node.args[0]))
            case "correlation":
                steep = place if place in self.tape.steep else -1
                inner = self._of(node.args[0])
                self.register[place] = self._new(node.op, inner, data=(bool(data), steep))
            case "series" | "exponentials":
                f, g, inner = node.args
                self.register[place] = self._new(node.op, self._of(inner), data=(f, g, place))
            case _:
                raise NotPlanned(f"{node.op} of pairs")

    def _new(self, op: str, a: int = -1, b: int = -1, data: Any = None) -> int:
        out = self.count
        self.count += 1
        self.steps.append(TileStep(op, out, a, b, data))
        return out

    def _of(self, place: int) -> int:
        if place not in self.register:  # a lift that is an argument by itself
            self.lower(place)
        return self.register[place]

    def _product(self, args: Sequence[int], coefficient: float, exponents: Sequence[Any]) -> int:
        lifts = [a for a in args if self.tape.nodes[a].op == "lift"]
        factors = [(a, int(e)) for a, e in zip(args, exponents, strict=True) if a not in lifts]
        above = [a for a, e in factors for _ in range(e)]
        below = [a for a, e in factors for _ in range(-e)]
        if above:
            total = self._of(above[0])
            rest = above[1:]
            while rest:
                by = self._of(rest.pop(0))
                total = self._new("multiply", total, by)
        elif below:
            total = self._new("inverse", self._of(below.pop(0)))
        else:
            total = self._of(lifts.pop(0))
        for a in below:
            total = self._new("divide", total, self._of(a))
        for lift in lifts:
            node = self.tape.nodes[lift]
            total = self._new("columns" if node.data else "rows", total, data=node.args[0])
        return total if coefficient == 1.0 else self._new("scale", total, data=coefficient)

    def _sum(self, args: Sequence[int], coefficients: Sequence[float], constant: float) -> int:
        parts = sorted(zip(args, coefficients, strict=True), key=lambda part: part[1] != 1.0)
        first, c = parts[0]
        if c == -1.0 and constant and len(parts) == 1:
            return self._new("from", self._of(first), data=constant)
        total = self._of(first)
        total = total if c == 1.0 else self._new("scale", total, data=c)
        for place, c in parts[1:]:
            inner = self._of(place)
            if c == -1.0:
                total = self._new("subtract", total, inner)
                continue
            inner = inner if c == 1.0 else self._new("scale", inner, data=c)
            total = self._new("add", total, inner)
        return total if not constant else self._new("shift", total, data=constant)

    def allocated(self, ends: Sequence[int]) -> TileSteps:
        """The same with buffers for registers, by their last uses."""
        last: dict[int, int] = {}
        for k, step in enumerate(self.steps):
            for r in (step.a, step.b):
                last[r] = k
        made = {step.out: k for k, step in enumerate(self.steps)}
        for end in ends:
            last[end] = max(last.get(end, -1), made[end])
        buffer: dict[int, int] = {}
        free: list[int] = []
        count = 0
        found = []
        for k, step in enumerate(self.steps):
            dying = [r for r in dict.fromkeys((step.a, step.b)) if r >= 0 and last[r] == k]
            if step.op in _IN_PLACE and dying:
                out = buffer[dying[0]]
                dying = dying[1:]
            elif free:
                out = free.pop()
            else:
                out, count = count, count + 1
            a, b = (buffer[r] if r >= 0 else -1 for r in (step.a, step.b))
            found.append(replace(step, out=out, a=a, b=b))
            free += [buffer[r] for r in dying]
            buffer[step.out] = out
            if last.get(step.out, k) <= k and step.out not in ends:
                free.append(out)
        return TileSteps(tuple(found), count, tuple((made[e], buffer[e]) for e in ends))

r"""Repetition in a program: runs of blocks of equations, each like the one before it.

    for l in 2..L:                  W[2] x[1]   φ(… b[2])      l = 2
        h[l] = W[l] x[l-1]          W[3] x[2]   φ(… b[3])      l = 3
        x[l] = φ(h[l] + b[l])       …

Two equations correspond if they have one function, and the names in them are equal (shared) or
differ in one index, all by the same step; which index moves is a matter of the family, as s[l,t]
and ξ[t] move on together. A run is at least three consecutive blocks whose
equations correspond one by one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from tpgraph.program import Equation, MatMul, NameParts, join_name, split_name

__all__ = [
    "LEAST_BLOCKS",
    "BlockRun",
    "IndexFamily",
    "Shift",
    "family_of",
    "find_runs",
    "moved",
    "shift_between",
]

LEAST_BLOCKS = 3
_NEXT = 4  # equations of one shape ahead that are looked at for a period
_PERIODS = 16  # periods that are tried

IndexFamily = tuple[str, int]
"""The base of names, and how many indices they have."""


@dataclass(frozen=True)
class Shift:
    """By how much an index moves from one equation to another, which one in what families, and
    which of the names move.
    """

    by: int
    positions: Mapping[IndexFamily, int]
    moves: tuple[bool, ...]

    def fits(self, by: int, positions: Mapping[IndexFamily, int]) -> bool:
        """Whether this goes together with how other equations move."""
        return self.by == by and all(
            positions.get(family, position) == position
            for family, position in self.positions.items()
        )


@dataclass(frozen=True)
class BlockRun:
    """Blocks of `period` equations, `count` of them, from the equation `start` on.

    In every block one index of what moves, the one that `positions` has for its family, is by
    `step` greater than in the block before; `first` is what it is in most results of the first.
    """

    equations: tuple[Equation, ...]
    period: int
    count: int
    positions: Mapping[IndexFamily, int]
    step: int
    first: int

    def block(self, number: int) -> tuple[Equation, ...]:
        """The equations of one block, from 0."""
        return self.equations[number * self.period : (number + 1) * self.period]

    @cached_property
    def block_of(self) -> dict[str, int]:
        """The block that binds a name."""
        return {e.out.name: i // self.period for i, e in enumerate(self.equations)}

    @cached_property
    def moving(self) -> tuple[tuple[str, ...], ...]:
        """For each equation of the first block the inputs that move on from block to block."""
        ahead = self.block(1)
        return tuple(
            tuple(a.name for a, b in zip(e.inputs, f.inputs, strict=True) if a.name != b.name)
            for e, f in zip(self.block(0), ahead, strict=True)
        )

    def index(self, block: int) -> int:
        """The value of the moving index in the results of a block."""
        return self.first + self.step * block

    def moved(self, name: str, blocks: int) -> str:
        """The name that stands for another one so many blocks later."""
        return moved(name, self.position(name), self.step * blocks)

    def position(self, name: str) -> int:
        """Which index of a name moves."""
        return self.positions[family_of(split_name(name))]


def family_of(name: NameParts) -> IndexFamily:
    """The family of a name in its parts."""
    return name.base, len(name.indices)


def shift_between(names: Sequence[NameParts], others: Sequence[NameParts]) -> Shift | None:
    """How the names of an equation move on to those of another; None where they do not correspond.

    The first names are those of the results, which have to move.
    """
    by: int | None = None
    positions: dict[IndexFamily, int] = {}
    moves: list[bool] = []
    for (base, a, k), (other, b, j) in zip(names, others, strict=True):
        if (base, len(a), k) != (other, len(b), j):
            return None
        differing = [p for p, (x, y) in enumerate(zip(a, b, strict=True)) if x != y]
        moves.append(bool(differing))
        if not differing:
            continue
        position = differing[0]
        move = b[position] - a[position]
        known = positions.setdefault((base, len(a)), position)
        if len(differing) > 1 or by not in (None, move) or known != position:
            return None
        by = move
    return Shift(by, positions, tuple(moves)) if by is not None and moves[0] else None


def moved(name: str, position: int, by: int) -> str:
    """The name with one of its indices changed.

    >>> moved("x[2]~1", 0, 3)
    'x[5]~1'
    """
    base, index, temporary = split_name(name)
    changed = tuple(i + by if p == position else i for p, i in enumerate(index))
    return join_name(base, changed, temporary)


def find_runs(equations: Sequence[Equation]) -> tuple[BlockRun, ...]:
    """Runs that do not overlap, those that save most first taken, in the program's order."""
    shapes = _Shapes(equations)
    found = [run for period in shapes.periods() for run in shapes.runs(period)]
    found.sort(key=lambda run: (-(run[1] - run[0] - run[2]), run[2], run[0]))
    taken = [False] * len(equations)
    runs: list[tuple[int, BlockRun]] = []
    for start, stop, period in found:
        if not any(taken[start:stop]):
            taken[start:stop] = [True] * (stop - start)
            runs.append((start, shapes.run(start, stop, period)))
    return tuple(run for _, run in sorted(runs, key=lambda found: found[0]))


class _Shapes:
    """Equations by their shapes: what is left of them without the values of indices."""

    def __init__(self, equations: Sequence[Equation]) -> None:
        self.equations = equations
        known: dict[object, int] = {}
        self.names: list[tuple[NameParts, ...]] = []
        self.shapes: list[int] = []
        for e in equations:
            names = tuple(v.parts for v in (e.out, *e.inputs))
            what: object = e.transpose if isinstance(e, MatMul) else e.function
            shape = (type(e), what, tuple((b, len(i), t) for b, i, t in names))
            self.names.append(names)
            self.shapes.append(known.setdefault(shape, len(known)))

    def periods(self) -> list[int]:
        """Distances between equations of one shape, frequent ones first."""
        places: dict[int, list[int]] = defaultdict(list)
        for i, shape in enumerate(self.shapes):
            places[shape].append(i)
        distances = Counter(
            later - i
            for where in places.values()
            for n, i in enumerate(where)
            for later in where[n + 1 : n + 1 + _NEXT]
        )
        return [period for period, _ in distances.most_common(_PERIODS)]

    def runs(self, period: int) -> Iterator[tuple[int, int, int]]:
        """(start, stop, period) of the longest runs with this period."""
        shifts = [self._shift(i, i + period) for i in range(len(self.shapes) - period)]
        start, positions = 0, dict[IndexFamily, int]()
        for i in range(len(shifts) + 1):
            here = shifts[i] if i < len(shifts) else None
            if here is not None and self._goes_on(shifts, start, i, period, positions):
                positions |= here.positions
                continue
            yield from self._whole(start, i + period, period, shifts)
            start, positions = (i + 1, {}) if here is None else (i, dict(here.positions))

    def _goes_on(
        self,
        shifts: Sequence[Shift | None],
        start: int,
        i: int,
        period: int,
        positions: Mapping[IndexFamily, int],
    ) -> bool:
        """Whether equation i moves as those since `start`, whose moving indices are given."""
        here, before = shifts[i], shifts[start]
        assert here is not None
        if before is None or not here.fits(before.by, positions):
            return i == start
        return i - period < start or shifts[i - period] == here

    def _whole(
        self, start: int, stop: int, period: int, shifts: Sequence[Shift | None]
    ) -> Iterator[tuple[int, int, int]]:
        """The run between two equations, begun where the results of a block share their index, or
        where as few as possible differ.
        """
        if (stop - start) // period < LEAST_BLOCKS or start >= len(shifts):
            return
        if shifts[start] is None:
            return
        positions = _positions(shifts[start : start + period])
        phases = range(start, min(start + period, stop - LEAST_BLOCKS * period + 1))
        phase = min(phases, key=lambda i: len(self._indices(i, period, stop, positions)))
        yield phase, phase + (stop - phase) // period * period, period

    def _indices(
        self, start: int, period: int, stop: int, positions: Mapping[IndexFamily, int]
    ) -> Counter[int]:
        """The values of the moving index in the results of one block."""
        results = (self.names[i][0] for i in range(start, min(start + period, stop)))
        return Counter(name[1][positions[family_of(name)]] for name in results)

    def _shift(self, i: int, j: int) -> Shift | None:
        """How equation i moves on to equation j; None where they do not correspond."""
        if self.shapes[i] != self.shapes[j]:
            return None
        return shift_between(self.names[i], self.names[j])

    def run(self, start: int, stop: int, period: int) -> BlockRun:
        """The run of these equations."""
        shifts = [self._shift(i, i + period) for i in range(start, start + period)]
        positions = _positions(shifts)
        first, _ = self._indices(start, period, stop, positions).most_common(1)[0]
        count, by = (stop - start) // period, shifts[0].by if shifts[0] else 0
        return BlockRun(tuple(self.equations[start:stop]), period, count, positions, by, first)


def _positions(shifts: Iterable[Shift | None]) -> dict[IndexFamily, int]:
    """Which index moves in what families, by the shifts of one block."""
    positions: dict[IndexFamily, int] = {}
    for shift in shifts:
        assert shift is not None, "a run moves"
        positions |= shift.positions
    return positions

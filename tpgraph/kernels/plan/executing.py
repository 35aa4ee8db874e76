"""A plan on inputs: all steps of a tile before the next tile, in threads, within a memory.

Of K(X, X) the tiles on and above the diagonal are computed. An error is told by the same steps on a
few of the inputs, every number moved by its rounding: by how much a kernel moves there, relative to
√(K_ii K_jj), is its error everywhere (`tpgraph.limits.exact.disturbance` says why).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from tpgraph.kernels.plan.fused import fused
from tpgraph.kernels.plan.planning import PlanPart
from tpgraph.kernels.plan.single import Jitter, Side, on_inputs
from tpgraph.kernels.plan.tile_steps import TileSteps, lowered
from tpgraph.kernels.plan.tiles import Block, Tile, TileWorker
from tpgraph.limits.exact.budget import Budget
from tpgraph.limits.exact.forms import Array
from tpgraph.shared_work import Shared, share

__all__ = [
    "Resources",
    "Run",
    "Written",
    "prepared",
    "run",
    "spread_of",
    "tiles_of",
]

_PROBES = 12
_SEEDS = (1, 2)
_SAFETY = 8.0
_FLOOR = 2.0**-44
_TILE_BYTES = 2**18
"""Of one block of a tile: a few of them fit a core's cache."""
_STEP = 8
"""Sides of tiles are multiples of it: so many pairs a processor takes at once."""
_SMALLEST = 16


@dataclass(frozen=True)
class Resources:
    """What a plan runs on: threads, bytes of blocks, the precision, and `jit`.

    With `jit` arithmetic steps that follow each other become loops that numba compiles, a second
    or two for each once in a process, which needs the extra `tpgraph[fast]`: for kernels that are
    large or asked for often.
    """

    threads: int = 2
    memory: int | None = None
    dtype: str = "float64"
    jit: bool = False


@dataclass(frozen=True)
class Run:
    """A part with its steps, and its single inputs' numbers of rows and columns."""

    part: PlanPart
    steps: TileSteps
    sides: tuple[Side, Side]
    is_symmetric: bool
    budget: Budget | None = None
    """Of the quadrature of all its tiles; without it every expectation has a patient one."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the whole."""
        return self.sides[0].count, self.sides[1].count


Written: TypeAlias = Callable[[int, Tile, Block], None]
"""Takes the block of an end, by its number, for a tile."""


def prepared(
    part: PlanPart, rows: Mapping[str, Array], columns: Mapping[str, Array] | None = None
) -> Run:
    """A part on inputs X, or on pairs of X and Y. Raises NotPlanned and NotClosed."""
    steps = _steps(part)
    places = _single_places(part)
    left = on_inputs(part.tape, places, rows)
    right = left if columns is None else on_inputs(part.tape, places, columns)
    found = Run(part, steps, (left, right), columns is None)
    for step in steps.steps:
        if step.op == "series":  # once, before threads ask for them
            for side, place in zip(found.sides, step.data[:2], strict=True):
                _ = side.curve(place).expansion
    return found


@lru_cache(maxsize=64)
def _steps(part: PlanPart) -> TileSteps:
    return lowered(part.tape, part.ends)


@lru_cache(maxsize=64)
def _single_places(part: PlanPart) -> tuple[int, ...]:
    return tuple(part.tape.reached([*part.ends, *part.tape.asked]))


def tiles_of(run: Run, resources: Resources) -> list[Tile]:
    """The tiles of a run; those on and above the diagonal of a symmetric one."""
    size = _tile_size(run, resources)
    rows, columns = (
        [slice(k, min(k + size, count)) for k in range(0, count, size)] for count in run.shape
    )
    return [
        Tile((left, right), run.is_symmetric)
        for left in rows
        for right in columns
        if not run.is_symmetric or left.start <= right.start
    ]


def _tile_size(run: Run, resources: Resources) -> int:
    """Inputs of a side of a tile: within a cache, within the memory, enough for all threads."""
    width = np.dtype(resources.dtype).itemsize
    most = _TILE_BYTES
    if resources.memory is not None:
        most = min(most, resources.memory // (resources.threads * max(run.steps.buffers, 1)))
    count = max(run.shape)
    largest = min(max(_SMALLEST, int((most // width) ** 0.5)), max(_SMALLEST, -(-count // 4)))
    even = -(-count // -(-count // largest))  # so many a tile that none is a small rest
    return -(-even // _STEP) * _STEP


def run(
    work: Run, resources: Resources, tiles: Sequence[Tile], written: Written
) -> dict[int, float]:
    """Compute tiles and hand their ends on; what nodes state as errors, relative, by place."""
    size = max((t.shape[0] * t.shape[1] for t in tiles), default=0)
    order = fused(work.steps, resources.dtype) if resources.jit else None
    workers: list[TileWorker] = []

    def worker(_: Shared[Tile]) -> Callable[[Tile], None]:
        own = TileWorker(work.steps, work.sides, size, resources.dtype, order, work.budget)
        workers.append(own)
        return lambda tile: own.run(tile, lambda number, block: written(number, tile, block))

    share(tiles, resources.threads, "tiles", worker)
    stated = {place: error for side in work.sides for place, error in side.errors.items()}
    for one in workers:
        for place, error in one.errors.items():
            stated[place] = max(stated.get(place, 0.0), error)
    return stated


def spread_of(
    part: PlanPart, arrays: Mapping[str, Array], dtype: str, budget: Budget | None = None
) -> list[float]:
    """The error of every end, relative to √(K_ii K_jj), by moving numbers on some of the inputs."""
    count = len(next(iter(arrays.values())))
    probes = np.unique(np.linspace(0, count - 1, min(count, _PROBES)).astype(int))
    own = {
        name: np.concatenate([rows[probes]] * (1 + len(_SEEDS))) for name, rows in arrays.items()
    }
    unit = float(np.finfo(dtype).eps)
    jitter = Jitter(_SEEDS, len(probes), unit)
    still, *moved = zip(*_blocks(part, own, dtype, jitter, budget), strict=True)
    return [
        _spread(value, others, unit)
        for value, others in zip(still, zip(*moved, strict=True), strict=True)
    ]


def _blocks(
    part: PlanPart, arrays: Mapping[str, Array], dtype: str, jitter: Jitter, budget: Budget | None
) -> list[list[Block]]:
    """Every end on all pairs of a few inputs, of each group that a jitter has."""
    places = _single_places(part)
    side = on_inputs(part.tape, places, arrays, jitter, is_known=True)
    worker = TileWorker(_steps(part), (side, side), side.count**2, dtype, budget=budget)
    worker.jitter = jitter
    found: dict[int, list[Block]] = {}
    everything = slice(0, side.count)

    def keep(number: int, block: Block) -> None:
        found[number] = [block[g, g].astype(np.float64) for g in jitter.groups]

    worker.run(Tile((everything, everything), True), keep)
    return [found[k] for k in range(len(part.ends))]


def _spread(value: Array, others: Sequence[Array], unit: float) -> float:
    """The largest relative change, with a margin, not below rounding."""
    size = relative_size(value)
    distance = np.max([np.abs(other - value) for other in others], axis=0)
    shares = np.divide(distance, size, out=np.zeros_like(distance), where=size > 0)
    return _SAFETY * float(shares.max()) + _FLOOR * unit / 2.0**-52


def relative_size(value: npt.NDArray[Any]) -> Array:
    """What errors are relative to: √(K_ii K_jj), or the entry where that is larger."""
    size = np.abs(value)
    root = np.sqrt(np.diagonal(size))
    return np.asarray(np.maximum(size, np.outer(root, root)))

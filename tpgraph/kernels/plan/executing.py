"""A plan on inputs: all steps of a tile before the next tile, in threads, within a memory.

Of K(X, X) the tiles on and above the diagonal are computed. An error is told by the same steps on a
few of the inputs, every number moved by its rounding: by how much a kernel moves there, relative to
√(K_ii K_jj), is its error everywhere (`tpgraph.limits.exact.disturbance` says why).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from threadpoolctl import ThreadpoolController

from tpgraph.kernels.plan.fused import fused
from tpgraph.kernels.plan.planning import PlanPart
from tpgraph.kernels.plan.single import Jitter, Side, on_inputs
from tpgraph.kernels.plan.tile_steps import TileSteps, lowered
from tpgraph.kernels.plan.tiles import Block, Tile, TileWorker
from tpgraph.limits.exact.forms import Array
from tpgraph.progress import counting, one_more

__all__ = [
    "Resources",
    "Run",
    "Written",
    "one_blas_thread",
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
def _lowered(key: _ById) -> tuple[TileSteps, tuple[int, ...]]:
    part = key.part
    wanted = [*part.ends, *part.tape.asked]
    return lowered(part.tape, part.ends), tuple(part.tape.reached(wanted))


@dataclass(frozen=True, eq=False)
class _ById:
    part: PlanPart

    def __hash__(self) -> int:
        return id(self.part)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ById) and other.part is self.part


def _steps(part: PlanPart) -> TileSteps:
    return _lowered(_ById(part))[0]


def _single_places(part: PlanPart) -> tuple[int, ...]:
    return _lowered(_ById(part))[1]


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
    size = max(16, int((most // width) ** 0.5))
    return min(size, max(16, -(-max(run.shape) // 4)))


@lru_cache(maxsize=1)
def _blas() -> ThreadpoolController:
    return ThreadpoolController()


def one_blas_thread() -> AbstractContextManager[object]:
    """One thread for each product of matrices, in the block: tiles have threads themselves."""
    limit: AbstractContextManager[object] = _blas().limit(limits=1)
    return limit


def run(
    work: Run, resources: Resources, tiles: Sequence[Tile], written: Written
) -> dict[int, float]:
    """Compute tiles and hand their ends on; what nodes state as errors, relative, by place."""
    size = max((t.shape[0] * t.shape[1] for t in tiles), default=0)
    order = fused(work.steps, resources.dtype) if resources.jit else None
    queue = _Shared(iter(tiles))
    workers: list[TileWorker] = []

    def labour(after: Callable[[], None]) -> None:
        worker = TileWorker(work.steps, work.sides, size, resources.dtype, order)
        workers.append(worker)
        try:
            for tile in queue:
                worker.run(tile, lambda number, block, tile=tile: written(number, tile, block))  # type: ignore[misc]
                queue.done()
                after()
        finally:
            queue.stop()

    def tell() -> None:
        for _ in range(queue.news()):
            one_more()

    others = min(resources.threads, len(tiles)) - 1
    with (
        counting("tiles", len(tiles)),
        one_blas_thread(),
        ThreadPoolExecutor(max(1, others)) as pool,
    ):
        futures = [pool.submit(labour, lambda: None) for _ in range(others)]
        labour(tell)  # this thread too: it hears Ctrl-C, and nothing waits for it
        for future in futures:
            future.result()
        tell()
    stated = {place: error for side in work.sides for place, error in side.errors.items()}
    for worker in workers:
        for place, error in worker.errors.items():
            stated[place] = max(stated.get(place, 0.0), error)
    return stated


class _Shared:
    """An iterator that several threads take from; it stops where one of them asks."""

    def __init__(self, tiles: Iterator[Tile]) -> None:
        self._tiles = tiles
        self._lock = threading.Lock()
        self._finished = 0
        self._is_stopped = False

    def __iter__(self) -> _Shared:
        return self

    def __next__(self) -> Tile:
        with self._lock:
            if self._is_stopped:
                raise StopIteration
            return next(self._tiles)

    def done(self) -> None:
        """Say that a tile is done."""
        with self._lock:
            self._finished += 1

    def news(self) -> int:
        """How many tiles were done since this was last asked."""
        with self._lock:
            found, self._finished = self._finished, 0
            return found

    def stop(self) -> None:
        """Hand out no more: there are none, or one of the threads failed."""
        self._is_stopped = True


def spread_of(part: PlanPart, arrays: Mapping[str, Array], dtype: str) -> list[float]:
    """The error of every end, relative to √(K_ii K_jj), by moving numbers on some of the inputs."""
    count = len(next(iter(arrays.values())))
    probes = np.unique(np.linspace(0, count - 1, min(count, _PROBES)).astype(int))
    own = {
        name: np.concatenate([rows[probes]] * (1 + len(_SEEDS))) for name, rows in arrays.items()
    }
    unit = float(np.finfo(dtype).eps)
    generators = tuple(np.random.default_rng(seed) for seed in _SEEDS)
    jitter = Jitter(generators, len(probes), unit)
    still, *moved = zip(*_blocks(part, own, dtype, jitter), strict=True)
    return [
        _spread(value, others, unit)
        for value, others in zip(still, zip(*moved, strict=True), strict=True)
    ]


def _blocks(
    part: PlanPart, arrays: Mapping[str, Array], dtype: str, jitter: Jitter
) -> list[list[Block]]:
    """Every end on all pairs of a few inputs, of each group that a jitter has."""
    places = _single_places(part)
    side = on_inputs(part.tape, places, arrays, jitter, is_known=True)
    worker = TileWorker(_steps(part), (side, side), side.count**2, dtype)
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

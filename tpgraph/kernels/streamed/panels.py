"""Panels: what a kernel on disk is computed by, the blocks of all pairs of two runs of inputs.

A panel is made from plain data, in this process or in another one: a task, a part of the plan,
rows and columns.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tpgraph.kernels.kernel_values import Array
from tpgraph.kernels.plan.executing import Resources, Run, prepared, run
from tpgraph.kernels.plan.planning import Destination, KernelPlan, plan_kernel
from tpgraph.kernels.plan.tiles import Block, Tile
from tpgraph.kernels.plan.whole import repeated
from tpgraph.kernels.tangent import Kind
from tpgraph.language import from_json
from tpgraph.limits.exact.gaussians import Window
from tpgraph.seals import digest

__all__ = ["KernelTask", "Panel", "PanelBlocks", "panel_blocks", "panels_of", "planned_runs"]

_TILE_BYTES = 2**18
"""Of one block of a tile within a panel: the same for all machines, as are the numbers then."""
_MIRRORED = 256
"""Rows that are mirrored at once."""


@dataclass(frozen=True)
class KernelTask:
    """What a kernel is computed from: a program as JSON, inputs by name, (N, d) each.

    `jit` is that of `Resources`.
    """

    program: str
    kind: Kind
    dtype: str
    rows: Mapping[str, Array]
    columns: Mapping[str, Array] | None = None
    jit: bool = False

    @cached_property
    def inputs_digest(self) -> str:
        """The hash of the inputs."""
        sides = {"rows": self.rows, "columns": self.columns or {}}
        named = {f"{side} {name}": a for side, given in sides.items() for name, a in given.items()}
        return digest("inputs", named)

    @cached_property
    def digest(self) -> str:
        """The hash of it all."""
        return digest(json.dumps([self.program, self.kind, self.dtype, self.inputs_digest]), {})


@dataclass(frozen=True)
class Panel:
    """Rows and columns of a part of the plan, whose inputs stand once for each of its rows.

    `number` is its place among all panels, `part` the part's number.
    """

    number: int
    part: int
    window: Window
    is_symmetric: bool

    @property
    def is_diagonal(self) -> bool:
        """Whether it holds pairs of an input with itself, on its diagonal."""
        return self.is_symmetric and self.window[0] == self.window[1]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        rows, columns = self.window
        return rows.stop - rows.start, columns.stop - columns.start

    def tiles(self, dtype: str) -> list[Tile]:
        """Its tiles, of a diagonal one those on and above the diagonal."""
        size = int((_TILE_BYTES // np.dtype(dtype).itemsize) ** 0.5)
        rows, columns = (
            [slice(k, min(k + size, side.stop)) for k in range(side.start, side.stop, size)]
            for side in self.window
        )
        return [
            Tile((left, right), self.is_symmetric)
            for left in rows
            for right in columns
            if not self.is_diagonal or left.start <= right.start
        ]


@dataclass(frozen=True)
class PanelBlocks:
    """The blocks of a panel, one for each end of its part, and what nodes state as errors."""

    panel: Panel
    blocks: tuple[Block, ...]
    errors: dict[int, float]


def panels_of(runs: tuple[Run, ...], side: int) -> list[Panel]:
    """All panels of at most so many rows and columns, each of one of a part's rows."""
    found: list[Panel] = []
    for part, work in enumerate(runs):
        repeats = max(len(work.part.rows), 1)
        rows, columns = (list(_cuts(count, repeats, side)) for count in work.shape)
        windows = [
            (left, right)
            for left in rows
            for right in columns
            if not work.is_symmetric or left.start <= right.start
        ]
        first = len(found)
        found += [Panel(k, part, w, work.is_symmetric) for k, w in enumerate(windows, first)]
    return found


def _cuts(count: int, repeats: int, side: int) -> Iterator[slice]:
    inputs = count // repeats
    for row in range(repeats):
        for k in range(0, inputs, side):
            yield slice(row * inputs + k, row * inputs + min(k + side, inputs))


_prepared: dict[str, tuple[KernelPlan, tuple[Run, ...]]] = {}
"""Of the latest task, by its digest."""
_preparing = threading.Lock()


def planned_runs(task: KernelTask) -> tuple[KernelPlan, tuple[Run, ...]]:
    """The plan of a task, and its parts on the inputs. Raises NotPlanned and NotClosed."""
    with _preparing:
        if task.digest not in _prepared:
            plan = plan_kernel(from_json(task.program), task.kind)
            given = [g for g in (task.rows, task.columns) if g is not None]
            runs = tuple(prepared(p, *(repeated(p, g) for g in given)) for p in plan.parts)
            _prepared.clear()
            _prepared[task.digest] = plan, runs
        return _prepared[task.digest]


def panel_blocks(task: KernelTask, panel: Panel) -> PanelBlocks:
    """Compute a panel, in this thread. Raises NotPlanned where a kernel is not finite."""
    _, runs = planned_runs(task)
    work = runs[panel.part]
    rows, columns = panel.window
    blocks = tuple(np.empty(panel.shape, task.dtype) for _ in work.part.ends)

    def write(number: int, tile: Tile, block: Block) -> None:
        left, right = tile.window
        inside = slice(left.start - rows.start, left.stop - rows.start)
        beside = slice(right.start - columns.start, right.stop - columns.start)
        blocks[number][inside, beside] = block

    errors = run(work, Resources(1, None, task.dtype, task.jit), panel.tiles(task.dtype), write)
    if panel.is_diagonal:
        ends = dict(zip(work.part.places, blocks, strict=True))
        for place, block in ends.items():
            _mirror(block, ends[Destination(place.name, place.j, place.i)])
    return PanelBlocks(panel, blocks, errors)


def _mirror(block: Block, other: Block) -> None:
    """Put below the diagonal what the other has above: K_ij(ξ̄, ξ) is K_ji(ξ, ξ̄)."""
    for k in range(0, len(block), _MIRRORED):
        rows = slice(k, k + _MIRRORED)
        block[rows, :k] = other[:k, rows].T
        own, below = block[rows, rows], np.tril_indices(len(block[rows]), -1)
        own[below] = other[rows, rows].T[below]

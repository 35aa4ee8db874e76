"""One tile of a plan: its steps on blocks of pairs of inputs, in buffers of one thread."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from tpgraph.kernels.plan.fused import FusedLoop
from tpgraph.kernels.plan.single import Jitter, Side
from tpgraph.kernels.plan.tile_steps import TileStep, TileSteps
from tpgraph.limits.closed_forms import exponentials
from tpgraph.limits.exact.budget import PATIENT, Budget
from tpgraph.limits.exact.evaluation_points import InputSetting
from tpgraph.limits.exact.gaussians import Gaussians, Window
from tpgraph.limits.exact.pairs import SidedCurve, expanded_pair, jump_rounding
from tpgraph.limits.planned.tape import NotPlanned

__all__ = ["Tile", "TileWorker"]

Block: TypeAlias = npt.NDArray[Any]

_ACCEPTED = 1e-9
_STILL = ("from", "fill", "correlation")
"""Steps whose results are not moved: they have no rounding, or it is that of what they are of."""
_ROUNDINGS_FROM_ONE = 18
"""So many roundings from ±1 a correlation is ±1."""


@dataclass(frozen=True)
class Tile:
    """The inputs of rows and columns, and whether both are of one set of inputs."""

    window: Window
    is_symmetric: bool

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        rows, columns = self.window
        return rows.stop - rows.start, columns.stop - columns.start

    @property
    def is_diagonal(self) -> bool:
        """Whether it holds pairs of an input with itself, on its diagonal."""
        return self.is_symmetric and self.window[0] == self.window[1]


class TileWorker:
    """Runs the steps of one plan, tile after tile, in buffers of its own.

    `order` has loops for some of the steps and the numbers of the others, by default of all.
    `budget` is of all its quadrature; without it every expectation has a patient one.
    `errors` are the largest that nodes have stated so far, relative, by place.
    """

    def __init__(
        self,
        steps: TileSteps,
        sides: tuple[Side, Side],
        size: int,
        dtype: npt.DTypeLike = np.float64,
        order: Sequence[FusedLoop | int] | None = None,
        budget: Budget | None = None,
    ) -> None:
        self.steps = steps
        self.order = range(len(steps.steps)) if order is None else order
        self.sides = sides
        self.dtype = np.dtype(dtype)
        self.budget = budget
        self.jitter: Jitter | None = None
        self.errors: dict[int, float] = {}
        self._memory = np.empty(steps.buffers * size, self.dtype)
        self._lifted: dict[tuple[int, int], Block] = {}
        self._singles: dict[FusedLoop, tuple[Block, Block]] = {}
        self._one = 1.0 - _ROUNDINGS_FROM_ONE * float(np.finfo(self.dtype).epsneg)

    def run(self, tile: Tile, write: Callable[[int, Block], None]) -> None:
        """Compute a tile and hand every end to `write`. Raises NotPlanned."""
        shape = self.steps.buffers, *tile.shape
        whole = self._memory[: math.prod(shape)].reshape(shape)
        blocks = list(whole)
        ends: dict[int, list[tuple[int, int]]] = {}
        for number, (at, buffer) in enumerate(self.steps.ends):
            ends.setdefault(at, []).append((number, buffer))
        with np.errstate(all="ignore"):
            for item in self.order:
                if isinstance(item, FusedLoop):
                    self._run_loop(item, tile, whole)
                    k = item.last
                else:
                    self._run_step(self.steps.steps[item], tile, blocks)
                    k = item
                for number, buffer in ends.get(k, ()):
                    if not np.isfinite(blocks[buffer].sum()):
                        raise NotPlanned("a kernel that is not finite")
                    write(number, blocks[buffer])

    def _run_step(self, step: TileStep, tile: Tile, blocks: list[Block]) -> None:
        self._apply(step, tile, blocks)
        if self.jitter is not None and step.op not in _STILL:
            self.jitter.move_pairs(blocks[step.out])

    def _run_loop(self, loop: FusedLoop, tile: Tile, blocks: Block) -> None:
        if loop not in self._singles:
            self._singles[loop] = self._joined(loop.rows, 0), self._joined(loop.columns, 1)
        rows, columns = (
            np.ascontiguousarray(numbers[:, window])
            for numbers, window in zip(self._singles[loop], tile.window, strict=True)
        )
        itself = 0 if tile.is_diagonal else sum(tile.shape)
        largest = np.zeros((len(loop.steep), tile.shape[1]), self.dtype)
        one = np.asarray(self._one, self.dtype)[()]
        loop.loop(blocks, rows, columns, itself, one, largest)
        for place, seen in zip(loop.steep, largest, strict=True):
            self._state_jump(place, float(seen.max()))

    def _joined(self, places: Sequence[int], side: int) -> Block:
        """Numbers of all inputs of one side, a row for each place."""
        found = np.empty((len(places), self.sides[side].count), self.dtype)
        for row, place in zip(found, places, strict=True):
            row[:] = self.sides[side].numbers(place)
        return found

    def _apply(self, step: TileStep, tile: Tile, blocks: list[Block]) -> None:
        out = blocks[step.out]
        a = blocks[step.a] if step.a >= 0 else out
        if step.op in _BINARY:
            _BINARY[step.op](a, blocks[step.b], out=out)
        elif step.op in _UNARY:
            _UNARY[step.op](a, out=out)
        elif step.op in _WITH_NUMBER:
            _WITH_NUMBER[step.op](a, step.data, out=out)
        elif step.op in _OF_SIDE:
            np.multiply(a, self._lift(step.data, _OF_SIDE[step.op], tile), out=out)
        else:
            self._apply_seldom(step, tile, a, out)

    def _apply_seldom(self, step: TileStep, tile: Tile, a: Block, out: Block) -> None:
        match step.op:
            case "from":
                np.subtract(step.data, a, out=out)
            case "inverse":
                np.divide(1.0, a, out=out)
            case "floor":
                np.maximum(a, 0.0, out=out)
            case "fill":
                place, side = step.data
                out[...] = self._lift(place, side, tile)
            case "gram":
                self._gram(step, tile, out)
            case "correlation":
                same, place = step.data
                self._correlation(a, out, tile.is_diagonal and same, place)
            case _:
                self._expectation(step, tile, a, out)

    def _lift(self, place: int, side: int, tile: Tile) -> Block:
        """Numbers of one side, to broadcast."""
        key = place, side
        if key not in self._lifted:
            self._lifted[key] = self.sides[side].numbers(place).astype(self.dtype)
        values = self._lifted[key]
        part = values if values.size == 1 else values[tile.window[side]]
        return part[None, :] if side else part[:, None]

    def _gram(self, step: TileStep, tile: Tile, out: Block) -> None:
        parts = []
        for side in (0, 1):
            key = step.data[side], side
            if key not in self._lifted:
                rows = self.sides[side].numbers(step.data[side])
                self._lifted[key] = np.ascontiguousarray(rows, self.dtype)
            parts.append(self._lifted[key][tile.window[side]])
        np.matmul(parts[0], parts[1].T, out=out)

    def _correlation(self, a: Block, out: Block, itself: bool, place: int) -> None:
        """ρ within [−1, 1], ±1 where rounding may have kept it from there.

        The slope of what a jump makes of it is infinite there: the `place` has that as its error.
        """
        if out is not a:
            out[...] = a
        ones = np.sign(np.abs(np.diagonal(out))) if itself else None
        if ones is not None:
            np.fill_diagonal(out, 0.0)
        largest = max(float(out.max()), -float(out.min()))
        if largest > self._one:
            far = np.abs(out) > self._one
            out[far] = np.sign(out[far])
        if place >= 0:
            self._state_jump(place, largest)
        if ones is not None:
            np.fill_diagonal(out, ones)

    def _state_jump(self, place: int, largest: float) -> None:
        self._state(place, jump_rounding(min(largest, 1.0), 1.0 - self._one))

    def _state(self, place: int, error: float) -> None:
        self.errors[place] = max(self.errors.get(place, 0.0), error)

    def _expectation(self, step: TileStep, tile: Tile, a: Block, out: Block) -> None:
        if self.jitter is None:
            out[...] = self._expected(step, tile.window, a)
            return
        groups = self.jitter.groups
        shape = a[groups[0], groups[0]].shape
        found = [np.broadcast_to(self._expected(step, (g, g), a[g, g]), shape) for g in groups]
        out[...] = np.tile(found[0], (len(groups),) * 2)  # no one asks for pairs of two groups
        for group, block in zip(groups, found, strict=True):
            out[group, group] = block

    def _expected(self, step: TileStep, window: Window, a: Block) -> Block:
        *curves, place = step.data
        f, g = (self.sides[s].curve(at) for s, at in enumerate(curves))
        setting = InputSetting(Gaussians(), window)
        first, second = SidedCurve(f, 0), SidedCurve(g, 1)
        given = a.astype(np.float64)
        if step.op != "series":
            return _waves(setting, first, second, given)
        found = expanded_pair(setting, first, second, given, self.budget or Budget(PATIENT))
        if not found.error <= _ACCEPTED:
            raise NotPlanned(f"an expansion that stops at an error of {found.error:.0e}")
        self._state(place, found.error)
        return found.value


def _waves(setting: InputSetting, first: SidedCurve, second: SidedCurve, c: Block) -> Block:
    """E[f(u) g(v)] of polynomials times exponentials."""
    f, g = first.curve, second.curve
    assert f.exponentials is not None, "as planned"
    assert g.exponentials is not None, "as planned"
    means = first.numbers(f.mean, setting), second.numbers(g.mean, setting)
    p, q = first.numbers(f.variance, setting), second.numbers(g.variance, setting)
    return exponentials.mixed(f.exponentials, g.exponentials, means, p, c, q)


_BINARY: dict[str, np.ufunc] = {
    "multiply": np.multiply,
    "add": np.add,
    "subtract": np.subtract,
    "divide": np.divide,
}
_UNARY: dict[str, np.ufunc] = {"sqrt": np.sqrt, "arcsin": np.arcsin, "square": np.square}
_WITH_NUMBER: dict[str, np.ufunc] = {"scale": np.multiply, "shift": np.add}
_OF_SIDE = {"rows": 0, "columns": 1}

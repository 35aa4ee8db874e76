"""Whole kernels of a plan: arrays filled tile by tile, each with its error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from tpgraph.kernels.kernel_values import Array, RelativeError, squeezed
from tpgraph.kernels.plan.executing import Resources, Run, prepared, run, spread_of, tiles_of
from tpgraph.kernels.plan.planning import Destination, KernelPlan, PlanPart
from tpgraph.kernels.plan.tiles import Block, Tile
from tpgraph.limits.exact.budget import Budget
from tpgraph.limits.planned.tape import NotPlanned

__all__ = ["PlannedKernel", "joined", "repeated", "roots_of", "share_of_error", "whole"]


@dataclass(frozen=True)
class PlannedKernel:
    """The kernels of a plan on inputs by name, (N, N) or (N, m, N, m), and their errors."""

    arrays: Mapping[str, Array]
    errors: Mapping[str, RelativeError]


def whole(
    plan: KernelPlan,
    rows: Mapping[str, Array],
    columns: Mapping[str, Array] | None,
    resources: Resources,
    budget: Budget | None = None,
) -> PlannedKernel:
    """All kernels of a plan on X, or between X and Y, within a budget of quadrature.

    Raises OverBudget where that is too small, NotPlanned and NotClosed where these inputs need
    what the plan lacks.
    """
    arrays: dict[str, Array] = {}
    errors: dict[str, RelativeError] = {}
    for part in plan.parts:
        both = [repeated(part, given) for given in (rows, columns) if given is not None]
        work = replace(prepared(part, *both), budget=budget)
        found = _Arrays(part, work, resources.dtype)
        stated = run(work, resources, tiles_of(work, resources), found.write)
        spreads = spread_of(part, joined(both), resources.dtype, budget)
        for name in dict.fromkeys(place.name for place in part.places):
            arrays[name] = found.array(name, max(len(part.rows), 1))
            share = share_of_error(part, name, spreads, stated)
            errors[name] = RelativeError(share, *_sizes(part, name, both, resources))
    return PlannedKernel(arrays, errors)


def share_of_error(
    part: PlanPart, name: str, spreads: Sequence[float], stated: Mapping[int, float]
) -> float:
    """The relative error of a kernel, the largest of its ends.

    Of each that by which it is spread, and what the nodes beneath it state, by their places.
    """
    return max(
        spread + _stated_beneath(part, number, stated)
        for number, (spread, place) in enumerate(zip(spreads, part.places, strict=True))
        if place.name == name
    )


def _stated_beneath(part: PlanPart, number: int, stated: Mapping[int, float]) -> float:
    """The sum of what the nodes beneath an end state as errors."""
    return sum(stated.get(node, 0.0) for node in _counted(part, number))


@lru_cache(maxsize=256)
def _counted(part: PlanPart, number: int) -> tuple[int, ...]:
    """The nodes beneath an end whose stated errors are also its own."""
    tape = part.tape
    beneath = set(part.written.tape.reached([part.origins[number]])) if tape.steep else set()
    return tuple(
        node
        for node in tape.reached([part.ends[number]])
        if node not in tape.steep or beneath.intersection(tape.steep[node])
    )


def repeated(part: PlanPart, given: Mapping[str, Array]) -> dict[str, Array]:
    """The inputs, once for each row with its cotangent."""
    return dict(given) if part.tangent is None else part.tangent.repeated(given, part.rows)


def joined(given: list[dict[str, Array]]) -> dict[str, Array]:
    """The inputs of both sides, one after the other."""
    return {name: np.concatenate([one[name] for one in given]) for name in given[0]}


def _sizes(
    part: PlanPart, name: str, given: list[dict[str, Array]], resources: Resources
) -> tuple[Array | None, Array | None]:
    """√|K(x, x)| of rows and of columns, where the array's diagonal does not tell them."""
    if len(given) == 1:
        return None, None
    left, right = (roots_of(part, name, one, resources) for one in given)
    return left, right


def roots_of(part: PlanPart, name: str, arrays: Mapping[str, Array], resources: Resources) -> Array:
    """√|K(x, x)| on inputs, of the outputs' largest, (N,); `arrays` have them once for each row."""
    work = prepared(part, arrays)
    found = np.zeros(work.shape[0])
    chosen = [k for k, p in enumerate(part.places) if p.name == name and p.i == p.j]

    def write(number: int, tile: Tile, block: Block) -> None:
        if number in chosen:
            own = found[tile.window[0]]
            np.maximum(own, np.sqrt(np.abs(np.diagonal(block))), out=own)

    size = 32
    cuts = [slice(k, min(k + size, len(found))) for k in range(0, len(found), size)]
    run(work, resources, [Tile((cut, cut), True) for cut in cuts], write)
    return np.asarray(found.reshape(max(len(part.rows), 1), -1).max(axis=0))


@lru_cache(maxsize=8)
def _below(size: int) -> npt.NDArray[np.bool_]:
    """Where a square is below its diagonal."""
    return np.tri(size, k=-1, dtype=bool)


class _Arrays:
    """The arrays of one part's kernels, outputs first: (m, N₁, m, N₂)."""

    def __init__(self, part: PlanPart, work: Run, dtype: str) -> None:
        self.part = part
        self.is_symmetric = work.is_symmetric
        left, right = work.shape
        self._found: dict[str, Array] = {}
        for name in dict.fromkeys(p.name for p in part.places):
            m = 1 + max(p.i for p in part.places if p.name == name)
            self._found[name] = np.empty((m, left, m, right), dtype)
        self._seen = dict.fromkeys(self._found, False)

    def write(self, number: int, tile: Tile, block: Block) -> None:
        """Put a block and, of a symmetric kernel, its transpose in place."""
        place: Destination = self.part.places[number]
        array = self._found[place.name]
        rows, columns = tile.window
        array[place.i, rows, place.j, columns] = block
        if tile.is_diagonal and place.i == place.j:
            own = array[place.i, rows, place.j, columns]
            np.copyto(own, block.T, where=_below(len(own)))
        if self.is_symmetric and (not tile.is_diagonal or place.i != place.j):
            array[place.j, columns, place.i, rows] = block.T
        self._seen[place.name] = self._seen[place.name] or bool(block.any())

    def array(self, name: str, rows: int) -> Array:
        """(N, N), or (N, m, N, m). Raises NotPlanned where all is 0."""
        found = self._found[name]
        if not self._seen[name] and name == "ntk":
            raise NotPlanned("a kernel that is 0 on these inputs")
        if rows > 1:
            left, right = found.shape[1] // rows, found.shape[3] // rows
            found = found.reshape(rows, left, rows, right)
        return squeezed(found)

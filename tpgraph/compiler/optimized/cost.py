"""What a training step costs: bytes that move, operations, and the time that they take at least.

    time = Σ max(bytes / bandwidth, flops / rate)        over products, updates and the rest

A product of r rows with a weight of m × n numbers reads the weight once and does 2 r m n
operations. Its update, of rank r,

    plain      writes the gradient, reads it, reads and writes w: 4 m n numbers
    in place   reads and writes w: 2 m n
    delayed    writes r (m + n), the rest once in 32/r steps; products read the factors too

The roofline model of Williams, Waterman & Patterson, "Roofline", Communications of the ACM 52
(2009). What lies in caches moves faster, so that small networks take less than predicted for the
bytes, and more for the calls.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from tpgraph.compiler.checking import check_widths
from tpgraph.compiler.optimized.operations import (
    MatrixProduct,
    MatrixUpdate,
    Operation,
    Value,
    VectorUpdate,
    reads,
    writes,
)
from tpgraph.compiler.optimized.ordering import ordered
from tpgraph.compiler.optimized.texts import RANK, is_delayed
from tpgraph.compiler.optimized.tracing import trace
from tpgraph.compiler.plan import Plan, make_plan
from tpgraph.errors import TPError
from tpgraph.program import Program

__all__ = ["Cost", "Machine", "StepCost", "Way", "WeightCost", "measured_machine", "step_cost"]

Way: TypeAlias = Literal["plain", "in place", "delayed"]

_WAYS: tuple[Way, ...] = ("plain", "in place", "delayed")
_REPEATS = 5
_SIDE = {4: 4096, 8: 3072}
"""Rows and columns of the matrix that is timed, by the bytes of a number: beyond all caches."""
_TILE = 1024
"""Rows and columns of the product that is timed."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Bytes that move and floating-point operations of one step."""

    bytes: float = 0.0
    flops: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.bytes + other.bytes, self.flops + other.flops)


@dataclass(frozen=True, slots=True)
class Machine:
    """Bytes a second that a matrix is read with, and operations a second of a product."""

    bandwidth: float
    rate: float

    def seconds(self, cost: Cost) -> float:
        """The least time that a cost takes."""
        return max(cost.bytes / self.bandwidth, cost.flops / self.rate)

    def is_bound_by_memory(self, cost: Cost) -> bool:
        """Whether bytes take longer than operations."""
        return cost.bytes / self.bandwidth > cost.flops / self.rate


@dataclass(frozen=True, slots=True)
class WeightCost:
    """A matrix in a step: its shape, how often it is multiplied with, `rows` of its update."""

    name: str
    shape: tuple[int, int]
    products: int
    rows: int
    chosen: Way
    costs: Mapping[Way, Cost]


@dataclass(frozen=True, slots=True)
class StepCost:
    """A step by its weights, and what is done coordinate by coordinate."""

    weights: tuple[WeightCost, ...]
    rest: Cost

    @property
    def ways(self) -> tuple[Way, ...]:
        """The ways in which weights can be updated."""
        return _WAYS

    def total(self, way: Way | None = None) -> Cost:
        """The whole step in one way, or as it is chosen for each weight."""
        costs = [w.costs[way or w.chosen] for w in self.weights]
        return sum(costs, self.rest)

    def seconds(self, machine: Machine, way: Way | None = None) -> float:
        """The least time of a step."""
        costs = [w.costs[way or w.chosen] for w in self.weights]
        return sum(machine.seconds(cost) for cost in (*costs, self.rest))


def step_cost(
    program: Program, widths: Mapping[str, int], batch: int = 1, dtype: str = "float32"
) -> StepCost:
    """The cost of `sgd_step` of a network. Raises TPError where it has no loss."""
    if program.loss is None:
        raise TPError("the program has no loss", mend="declare one: loss (f - y)^2 / 2")
    plan = make_plan(program)
    sizes = check_widths(program, widths, batch)
    operations = [o for _, o in ordered(trace(plan, program.loss)).operations]
    found = _Sizes(plan, sizes, batch, np.dtype(dtype).itemsize)
    rest = [o for o in operations if not isinstance(o, MatrixProduct | MatrixUpdate)]
    weights = tuple(_weights(plan, found, operations))
    return StepCost(weights, sum((found.elementwise(o) for o in rest), Cost()))


class _Sizes:
    """Sizes of what a step reads and writes, in numbers and bytes."""

    def __init__(self, plan: Plan, widths: Mapping[str, int], batch: int, itemsize: int) -> None:
        program = plan.program
        self.batch, self.itemsize = batch, itemsize
        self.widths = {plan.width_names[w.name]: w.size(widths) for w in program.widths}
        self.matrices = {
            plan.name(v): (v.matrix.rows.size(widths), v.matrix.columns.size(widths))
            for d in program.declarations
            for v in d.variables
            if v.is_matrix
        }

    def rows(self, values: tuple[Value, ...]) -> int:
        """Rows of values under each other."""
        return sum(self.batch if v.batched else 1 for v in values)

    def entries(self, value: Value) -> int:
        """Numbers of a value."""
        size = self.widths.get(value.size) or int(value.size)
        return size * self.rows((value,))

    def elementwise(self, operation: Operation) -> Cost:
        """Everything read and written once; one operation an entry."""
        made = [self.entries(v) for v in writes(operation)]
        if isinstance(operation, VectorUpdate):
            made = [self.entries(operation.vector)]
        read = [self.entries(v) for v in reads(operation)]
        return Cost(self.itemsize * (sum(made) + sum(read)), float(max([*made, *read])))


def _weights(plan: Plan, sizes: _Sizes, operations: list[Operation]) -> Iterator[WeightCost]:
    names = {plan.name(v): name for name, v in plan.program.variables.items()}
    for matrix, shape in sizes.matrices.items():
        products = [o for o in operations if isinstance(o, MatrixProduct) and o.matrix == matrix]
        updates = [o for o in operations if isinstance(o, MatrixUpdate) and o.matrix == matrix]
        if not products and not updates:
            continue
        rows = sum(sizes.rows(u.lefts) for u in updates)
        size = sizes.itemsize * shape[0] * shape[1]
        delayed = bool(rows) and is_delayed(size, rows)
        costs: dict[Way, Cost] = {
            "plain": _plain(sizes, shape, products, updates),
            "in place": _in_place(sizes, shape, products, updates),
            "delayed": _delayed(sizes, shape, products, updates),
        }
        chosen: Way = "delayed" if delayed else "in place"
        yield WeightCost(names[matrix], shape, len(products), rows, chosen, costs)


def _products(
    sizes: _Sizes, shape: tuple[int, int], products: list[MatrixProduct], joined: bool
) -> Cost:
    """Products with a weight: each reads it once, joined ones together."""
    m, n = shape
    total = Cost()
    for product in products:
        rows = sizes.rows(product.operands)
        times = 1 if joined else len(product.operands)
        total += Cost(sizes.itemsize * (times * m * n + rows * (m + n)), 2.0 * rows * m * n)
    return total


def _plain(
    sizes: _Sizes,
    shape: tuple[int, int],
    products: list[MatrixProduct],
    updates: list[MatrixUpdate],
) -> Cost:
    m, n = shape
    total = _products(sizes, shape, products, joined=False)
    for update in updates:
        rows, uses = sizes.rows(update.lefts), len(update.lefts)
        numbers = (4 + 3 * (uses - 1)) * m * n + rows * (m + n)
        total += Cost(sizes.itemsize * numbers, 2.0 * rows * m * n)
    return total


def _in_place(
    sizes: _Sizes,
    shape: tuple[int, int],
    products: list[MatrixProduct],
    updates: list[MatrixUpdate],
) -> Cost:
    m, n = shape
    total = _products(sizes, shape, products, joined=True)
    for update in updates:
        rows = sizes.rows(update.lefts)
        total += Cost(sizes.itemsize * (2 * m * n + rows * (m + n)), 2.0 * rows * m * n)
    return total


def _delayed(
    sizes: _Sizes,
    shape: tuple[int, int],
    products: list[MatrixProduct],
    updates: list[MatrixUpdate],
) -> Cost:
    """With RANK/2 rows of factors in use on the average."""
    m, n = shape
    total = _products(sizes, shape, products, joined=True)
    if not updates:
        return total
    for product in products:
        rows = sizes.rows(product.operands)
        total += Cost(sizes.itemsize * RANK / 2 * (m + n), 2.0 * rows * RANK / 2 * (m + n))
    rows = sum(sizes.rows(u.lefts) for u in updates)
    share = min(1.0, rows / RANK)
    return total + Cost(
        sizes.itemsize * (2 * m * n * share + 2 * rows * (m + n)), 2.0 * rows * m * n
    )


def measured_machine(dtype: str = "float32") -> Machine:
    """What this machine does, the best of a few tries: reading a matrix, multiplying two."""
    side = _SIDE[np.dtype(dtype).itemsize]
    matrix, vector = np.ones((side, side), dtype), np.ones(side, dtype)
    out = np.empty(side, dtype)
    seconds = _fastest(lambda: np.matmul(matrix, vector, out=out))
    tile = np.ones((_TILE, _TILE), dtype)
    product = np.empty_like(tile)
    return Machine(
        bandwidth=matrix.nbytes / seconds,
        rate=2.0 * _TILE**3 / _fastest(lambda: np.matmul(tile, tile, out=product)),
    )


def _fastest(call: Callable[[], object]) -> float:
    found = []
    for _ in range(_REPEATS):
        start = time.perf_counter()
        call()
        found.append(time.perf_counter() - start)
    return min(found)

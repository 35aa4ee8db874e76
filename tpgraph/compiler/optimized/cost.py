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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
from tpgraph.compiler.plan import make_plan
from tpgraph.errors import TPError
from tpgraph.program import Program, Variable
from tpgraph.program.any_program import reads_program

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


@reads_program
def step_cost(
    program: Program, widths: Mapping[str, int], batch: int = 1, dtype: str = "float32"
) -> StepCost:
    """The cost of `sgd_step` of a network. Raises TPError where it has no loss."""
    if program.loss is None:
        raise TPError("the program has no loss", mend="declare one: loss (f - y)^2 / 2")
    plan = make_plan(program)
    sizes = check_widths(program, widths, batch)
    operations = [o for _, o in ordered(trace(plan, program.loss)).operations]
    found = _Sizes(sizes, batch, np.dtype(dtype).itemsize)
    rest = [o for o in operations if not isinstance(o, MatrixProduct | MatrixUpdate)]
    weights = tuple(_weights(program, found, operations))
    return StepCost(weights, sum((found.elementwise(o) for o in rest), Cost()))


class _Sizes:
    """Sizes of what a step reads and writes, in numbers and bytes."""

    def __init__(self, widths: Mapping[str, int], batch: int, itemsize: int) -> None:
        self.widths, self.batch, self.itemsize = widths, batch, itemsize

    def rows(self, values: Iterable[Value]) -> int:
        """Rows of values under each other."""
        return sum(self.batch if v.batched else 1 for v in values)

    def entries(self, value: Value) -> int:
        """Numbers of a value."""
        return value.size.size(self.widths) * self.rows((value,))

    def elementwise(self, operation: Operation) -> Cost:
        """Everything read and written once; one operation an entry."""
        made = [self.entries(v) for v in writes(operation)]
        if isinstance(operation, VectorUpdate):
            made = [self.entries(operation.vector)]
        read = [self.entries(v) for v in reads(operation)]
        return Cost(self.itemsize * (sum(made) + sum(read)), float(max([*made, *read])))


def _weights(
    program: Program, sizes: _Sizes, operations: Sequence[Operation]
) -> Iterator[WeightCost]:
    """The matrices that a step reads, in the order of their declarations."""
    for matrix in (v for d in program.declarations for v in d.variables if v.is_matrix):
        products = [o for o in operations if isinstance(o, MatrixProduct) and o.matrix == matrix]
        updates = [o for o in operations if isinstance(o, MatrixUpdate) and o.matrix == matrix]
        if products:
            yield _weight(sizes, matrix, products, updates)


def _weight(
    sizes: _Sizes,
    matrix: Variable,
    products: Sequence[MatrixProduct],
    updates: Sequence[MatrixUpdate],
) -> WeightCost:
    """What one matrix costs, in every way; on average half of the kept factors are in use."""
    m, n = (d.size(sizes.widths) for d in matrix.type.dimensions)
    read = sum(sizes.rows(p.operands) for p in products)
    rows = sum(sizes.rows(u.lefts) for u in updates)
    uses = sum(len(u.lefts) for u in updates)
    flops = 2.0 * (read + rows) * m * n
    alone = sum(len(p.operands) for p in products) * m * n + read * (m + n)
    joined = len(products) * m * n + read * (m + n)
    numbers: dict[Way, float] = {
        "plain": alone + (3 * uses + bool(uses)) * m * n + rows * (m + n),
        "in place": joined + 2 * bool(uses) * m * n + rows * (m + n),
        "delayed": joined,
    }
    kept = RANK / 2 * (m + n) if updates else 0.0
    made = min(1.0, rows / RANK)
    numbers["delayed"] += kept * len(products) + 2 * m * n * made + 2 * rows * (m + n)
    costs = {way: Cost(sizes.itemsize * count, flops) for way, count in numbers.items()}
    costs["delayed"] += Cost(0.0, 2.0 * read * kept)
    chosen: Way = "delayed" if rows and is_delayed(sizes.itemsize * m * n, rows) else "in place"
    return WeightCost(matrix.name, (m, n), len(products), rows, chosen, costs)


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

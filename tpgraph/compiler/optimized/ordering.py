"""Operations of a step in the order in which they are done, products with one matrix joined.

Products with one matrix, in one direction, that do not wait for each other are one product of
their stacked operands: the inputs of a recurrent network at all times, tokens, pixels. They are
joined by how many products of that matrix lie before them; a matrix whose products would then wait
for each other in a circle is left as it is. A weight is changed as soon as nothing reads it.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from tpgraph.compiler.optimized.operations import (
    MatrixProduct,
    MatrixUpdate,
    Operation,
    Value,
    VectorUpdate,
    reads,
    writes,
)
from tpgraph.compiler.optimized.tracing import TracedStep
from tpgraph.program import Variable

__all__ = ["Ordered", "ordered"]


@dataclass(frozen=True)
class Ordered:
    """Operations with their titles; those before `forward` give the loss."""

    operations: tuple[tuple[str, Operation], ...]
    forward: int


def ordered(step: TracedStep) -> Ordered:
    """The operations that loss and updates need, joined and in order."""
    titled = _titled(step)
    behind = [*titled[step.forward :], *(("", update) for update in step.updates)]
    wanted = [v for update in step.updates for v in reads(update)]
    whole = _needed([*titled[: step.forward], *behind], [step.loss, *wanted])
    early = {id(operation) for _, operation in titled[: step.forward]}
    before = [pair for pair in whole if id(pair[1]) in early]
    later = [pair for pair in whole if id(pair[1]) not in early]
    first, second = _arranged(_joined(before)), _arranged(_joined(later))
    return Ordered((*first, *second), len(first))


def _titled(step: TracedStep) -> list[tuple[str, Operation]]:
    """Every operation with the instruction that it belongs to."""
    found, title = [], ""
    for place, operation in enumerate(step.tape.operations):
        title = step.tape.titles.get(place, title)
        found.append((title, operation))
    return found


def _needed(
    titled: Sequence[tuple[str, Operation]], wanted: Iterable[Value]
) -> list[tuple[str, Operation]]:
    """The operations that lead to wanted values, and the updates."""
    alive, kept = set(wanted), []
    for title, operation in reversed(titled):
        made = writes(operation)
        if not made or any(v in alive for v in made):
            alive.update(reads(operation))
            kept.append((title, operation))
    return kept[::-1]


def _joined(titled: list[tuple[str, Operation]]) -> list[tuple[str, Operation]]:
    """The same with products of one matrix joined where no circle arises."""
    for matrix in dict.fromkeys(o.matrix for _, o in titled if isinstance(o, MatrixProduct)):
        for transposed in (False, True):
            tried = _join_one(titled, matrix, transposed)
            if tried is not None:
                titled = tried
    return titled


def _join_one(
    titled: list[tuple[str, Operation]], matrix: Variable, transposed: bool
) -> list[tuple[str, Operation]] | None:
    """The products of one matrix joined; None where that changes nothing or makes a circle."""
    depths = _depths(titled, matrix, transposed)
    ours = sorted(depths, key=lambda place: (depths[place], place))
    gone: dict[int, None] = {}
    result = list(titled)
    for _, group in groupby(ours, key=lambda place: depths[place]):
        places = list(group)
        if len(places) == 1:
            continue
        parts = [titled[place][1] for place in places]
        outs = tuple(v for part in parts for v in writes(part))
        operands = tuple(v for part in parts for v in reads(part))
        first = parts[0]
        assert isinstance(first, MatrixProduct), "depths are those of products"
        title = f"{titled[places[0]][0]}, and {len(places) - 1} more with the same matrix"
        result[places[0]] = (title, replace(first, outs=outs, operands=operands))
        gone.update(dict.fromkeys(places[1:]))
    if not gone:
        return None
    result = [pair for place, pair in enumerate(result) if place not in gone]
    arranged = _arranged(result)
    return arranged if len(arranged) == len(result) else None


def _depths(
    titled: Sequence[tuple[str, Operation]], matrix: Variable, transposed: bool
) -> dict[int, int]:
    """By the place of each product with the matrix: how many such lie on the way to it."""
    before: dict[Value, int] = {}
    found = {}
    for place, (_, operation) in enumerate(titled):
        depth = max((before.get(v, 0) for v in reads(operation)), default=0)
        if _direction(operation) == (matrix, transposed):
            found[place] = depth
            depth += 1
        for value in writes(operation):
            before[value] = depth
    return found


def _direction(operation: Operation) -> tuple[Variable, bool] | None:
    """The matrix and the way in which a product takes it."""
    if not isinstance(operation, MatrixProduct):
        return None
    return operation.matrix, operation.transposed


def _arranged(titled: Sequence[tuple[str, Operation]]) -> list[tuple[str, Operation]]:
    """In an order in which everything is there when it is read; shorter where there is a circle.

    Otherwise in the order given, updates as early as they can be.
    """
    makers = {v: place for place, (_, o) in enumerate(titled) for v in writes(o)}
    waits: list[set[int]] = []
    readers: dict[object, set[int]] = {}
    for place, (_, operation) in enumerate(titled):
        waits.append({makers[v] for v in reads(operation) if v in makers})
        for key in _weights_read(operation):
            readers.setdefault(key, set()).add(place)
    for place, (_, operation) in enumerate(titled):
        waits[place] |= readers.get(_weight_changed(operation), set()) - {place}
    followers: list[list[int]] = [[] for _ in titled]
    for place, needed in enumerate(waits):
        for earlier in needed:
            followers[earlier].append(place)
    left = [len(needed) for needed in waits]
    ready = [(_urgency(titled[place][1]), place) for place, n in enumerate(left) if not n]
    heapq.heapify(ready)
    found = []
    while ready:
        _, place = heapq.heappop(ready)
        found.append(titled[place])
        for follower in followers[place]:
            left[follower] -= 1
            if not left[follower]:
                heapq.heappush(ready, (_urgency(titled[follower][1]), follower))
    return found


def _urgency(operation: Operation) -> int:
    return 0 if isinstance(operation, MatrixUpdate | VectorUpdate) else 1


def _weights_read(operation: Operation) -> tuple[object, ...]:
    """Matrices by name and vectors by value, which updates change."""
    return (operation.matrix,) if isinstance(operation, MatrixProduct) else reads(operation)


def _weight_changed(operation: Operation) -> object:
    match operation:
        case MatrixUpdate(matrix):
            return matrix
        case VectorUpdate(vector):
            return vector
        case _:
            return None

"""Where the values of a step lie: arrays made once, shared by values that follow each other.

Operands and results of a joined product, and the factors of one update, are parts of one array
where they are made for no other. A value lies in the place of one that is not read any more and has
its shape; coordinatewise operations may write where they read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from tpgraph.compiler.optimized.operations import (
    Elementwise,
    MatrixProduct,
    MatrixUpdate,
    Operation,
    Value,
    reads,
    writes,
)
from tpgraph.types import Dimension

__all__ = ["ArrayPlaces", "Stack", "places_of"]


_Free: TypeAlias = dict[tuple[bool, Dimension], list[Value]]
"""By their shape: arrays whose values are not read any more."""


@dataclass(frozen=True, slots=True)
class Stack:
    """Arrays under each other, in one."""

    parts: tuple[Value, ...]


@dataclass
class ArrayPlaces:
    """`own`: values with an array of their own; `shared`: those in the place of another;
    `stacks`: of several values; `homes`: the stack and part in which a value lies.
    """

    own: list[Value] = field(default_factory=list)
    shared: dict[Value, Value] = field(default_factory=dict)
    stacks: list[Stack] = field(default_factory=list)
    homes: dict[Value, tuple[Stack, int]] = field(default_factory=dict)


def places_of(operations: Sequence[Operation], kept: Value) -> ArrayPlaces:
    """The places of everything that operations make; `kept` is read when all are done."""
    places = ArrayPlaces()
    made = {v for o in operations for v in writes(o)}
    for operation in operations:
        for values in _stacked(operation):
            _stack(places, values, made)
    last = _last_reads(operations)
    last[kept] = len(operations)
    free: _Free = {}
    for moment, operation in enumerate(operations):
        ends = [v for v in dict.fromkeys(reads(operation)) if last.get(v) == moment]
        ours = [_owner(places, v) for v in ends if v in made and v not in places.homes]
        over = isinstance(operation, Elementwise)
        if over:
            _release(free, ours)
        for value in writes(operation):
            if value not in places.homes:
                _place(places, value, free)
        if not over:
            _release(free, ours)
        unread = [v for v in writes(operation) if v not in last and v not in places.homes]
        _release(free, [_owner(places, v) for v in unread])
    return places


def _stacked(operation: Operation) -> Iterator[tuple[Value, ...]]:
    """The values that an operation wants under each other."""
    match operation:
        case MatrixProduct(outs, _, _, operands) if len(outs) > 1:
            yield outs
            yield operands
        case MatrixUpdate(_, lefts, rights) if len(lefts) > 1:
            yield lefts
            yield rights


def _stack(places: ArrayPlaces, values: tuple[Value, ...], made: set[Value]) -> None:
    stack = Stack(values)
    if stack in places.stacks:
        return
    places.stacks.append(stack)
    for part, value in enumerate(values):
        if value in made:
            places.homes.setdefault(value, (stack, part))


def _last_reads(operations: Sequence[Operation]) -> dict[Value, int]:
    return {v: moment for moment, o in enumerate(operations) for v in reads(o)}


def _owner(places: ArrayPlaces, value: Value) -> Value:
    return places.shared.get(value, value)


def _place(places: ArrayPlaces, value: Value, free: _Free) -> None:
    """In the place of the value that ended last, if one of this shape has."""
    ended = free.get((value.batched, value.size))
    if ended:
        places.shared[value] = ended.pop()
    else:
        places.own.append(value)


def _release(free: _Free, owners: Sequence[Value]) -> None:
    for owner in owners:
        free.setdefault((owner.batched, owner.size), []).append(owner)

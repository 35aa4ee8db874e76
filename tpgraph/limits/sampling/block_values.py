"""Functions of blocks of samples, some rows at a time, so that what is between fits a cache.

ψ₁(x¹, …), ψ₂(x¹, …), … of x (B, M, S)   with every part that they share computed once
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from tpgraph.functions import DELTA, Apply, Argument, Expression, Number, Primitive, inline
from tpgraph.limits.sampling.normals import Array

__all__ = ["values_of"]

_NUMBERS = 1 << 14
"""Of one array of a piece: some ten of them fit a core's cache."""


def values_of(expressions: Sequence[Expression], values: Sequence[Array]) -> list[Array]:
    """The values of expressions, as `tpgraph.functions.evaluate` gives them."""
    tape = _Tape.of(expressions)
    given = [np.asarray(v, dtype=np.float64) for v in values]
    shapes = tape.shapes(given)
    whole = np.broadcast_shapes(*(shapes[place] for place in tape.ends))
    if len(whole) < 3 or math.prod(whole) <= _NUMBERS or not tape.is_coordinatewise:
        return tape.run(given)
    found = [np.empty(shapes[place]) for place in tape.ends]
    rows = max(1, _NUMBERS // whole[2])
    for b in range(whole[0]):
        for start in range(0, whole[1], rows):
            piece = slice(b, b + 1), slice(start, start + rows)
            parts = tape.run([_part(v, piece) for v in given])
            for end, part in zip(found, parts, strict=True):
                _part(end, piece)[...] = part
    return found


def _part(values: Array, piece: tuple[slice, slice]) -> Array:
    """A piece of (B, M, S), of which an axis of length 1 stays."""
    if values.ndim < 3:
        return values
    first, second = (
        own if length > 1 else slice(None) for own, length in zip(piece, values.shape, strict=False)
    )
    return values[first, second]


_Step: TypeAlias = float | int | tuple[Primitive, tuple[int, ...]]


@dataclass(frozen=True)
class _Tape:
    """Steps in order: a number, the index of an argument, or a function of earlier places."""

    steps: tuple[_Step, ...]
    ends: tuple[int, ...]
    last: tuple[int, ...]

    @classmethod
    def of(cls, expressions: Sequence[Expression]) -> _Tape:
        places: dict[tuple[type, _Step], int] = {}
        steps: list[_Step] = []

        def place_of(expression: Expression) -> int:
            step: _Step
            match expression:
                case Number(value):
                    step = float(value)
                case Argument(index):
                    step = index
                case Apply(function, arguments):
                    assert isinstance(function, Primitive), "inline"
                    step = function, tuple(place_of(a) for a in arguments)
            key = type(step), step
            if key not in places:
                places[key] = len(steps)
                steps.append(step)
            return places[key]

        ends = tuple(place_of(inline(e)) for e in expressions)
        last = list(range(len(steps)))
        for place, step in enumerate(steps):
            for inner in step[1] if isinstance(step, tuple) else ():
                last[inner] = place
        for end in ends:
            last[end] = len(steps)
        return cls(tuple(steps), ends, tuple(last))

    @property
    def is_coordinatewise(self) -> bool:
        """Whether a piece tells its values: not of δ, as wide as a share of the whole's spread."""
        used = [step[0] for step in self.steps if isinstance(step, tuple)]
        return not any(f == DELTA or f.over_components for f in used)

    def shapes(self, values: Sequence[Array]) -> list[tuple[int, ...]]:
        """Of every step."""
        found: list[tuple[int, ...]] = []
        for step in self.steps:
            if isinstance(step, tuple):
                found.append(np.broadcast_shapes(*(found[i] for i in step[1])))
            else:
                found.append(() if isinstance(step, float) else values[step].shape)
        return found

    def run(self, values: Sequence[Array]) -> list[Array]:
        """The ends; what no later step reads is forgotten."""
        found: list[Array | None] = []
        for place, step in enumerate(self.steps):
            if isinstance(step, tuple):
                function, inner = step
                found.append(np.asarray(function.evaluate(*(found[i] for i in inner))))
                for i in inner:
                    if self.last[i] == place:
                        found[i] = None
            else:
                found.append(np.asarray(step) if isinstance(step, float) else values[step])
        ends = [found[place] for place in self.ends]
        assert all(end is not None for end in ends)
        return [np.asarray(end) for end in ends]

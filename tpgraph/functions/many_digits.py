"""Expressions of numbers of two floats, and what rounding leaves unknown of any value.

    (1 − cos h)/h² at h = 10⁻⁹ is 0 in floats, 1/2 in pairs of floats

What rounding leaves unknown is told by moving every part of an expression by its own, up or down;
which, is made of the function's name and of the numbers that it gets, so that what is computed
alike moves alike and y − y stays 0. Source: stochastic arithmetic, Vignes 1993 (CESTAC).
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from tpgraph.functions.double_word import Array, Truth, Twofold
from tpgraph.functions.double_word_table import TWOFOLD
from tpgraph.functions.evaluate import evaluate
from tpgraph.functions.expression import Apply, Argument, Expression, Number
from tpgraph.functions.inlining import inline, primitives_of
from tpgraph.functions.table import ADD, MUL

__all__ = [
    "are_far",
    "by_pairs",
    "floats_fail",
    "has_many_digits",
    "moved_by_rounding",
    "on_a_line",
    "trembled",
    "with_many_digits",
]

_FLOAT, _TWO_FLOATS = 1.5 * 2.0**-53, 2.0**-101
"""By how much a value is moved; 1 + 2⁻⁵³ would be 1 again."""
_FAR = 2.0**-30
"""How far off, relative to the mean size, is too far."""
_LINE = np.linspace(-5.0, 5.0, 128) + 0.013
_LEAST = float(np.finfo(np.float64).tiny)
_UNDERFLOW = "mul", "div", "pow", "exp"
_UNMOVED = "neg", "abs", "sign", "step", "relu", "min", "max"
_SIZES: Mapping[str, Callable[[Array], Array]] = {
    "sigmoid": np.ones_like,
    "silu": np.abs,
    "gelu": np.abs,
}
"""Of what is rounded in functions whose value may be much less: 1 + tanh(z/2) in sigmoid(z)."""
_MIX = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD1342543DE82EF95)


def has_many_digits(expression: Expression) -> bool:
    """Whether `with_many_digits` knows all functions in it."""
    return all(p.name in TWOFOLD for p in primitives_of(expression))


def with_many_digits(
    expression: Expression, arguments: Sequence[Twofold], is_moved: bool = False
) -> Twofold:
    """The value, of an expression over the table's functions alone; or moved by its rounding.

    Where two floats do not reach (sin of 10¹⁷, what is beyond 10³⁰⁰) it is that of floats, and
    moved it is not a number.
    """
    move = _moved_pair if is_moved else _plain_pair
    return _Walk(arguments, move, lambda q: Twofold.of(q.value)).of(expression)


def moved_by_rounding(expression: Expression, arguments: Sequence[Array]) -> Array:
    """The value in floats, every part of it moved by its rounding."""
    walk = _Walk(arguments, _moved_float, lambda q: np.asarray(float(q.value)))
    return np.asarray(walk.of(expression))


def by_pairs(expression: Expression, points: Sequence[Array]) -> Array:
    """The values at points that are floats, in pairs of floats, of what `has_many_digits`."""
    return with_many_digits(inline(expression), [Twofold.of(p) for p in points]).high


_T = TypeVar("_T")


def floats_fail(expression: Expression, points: Sequence[Array]) -> bool:
    """Whether floats are far from its values at points, which pairs of floats tell."""
    whole = inline(expression)
    with np.errstate(all="ignore"):
        found = np.asarray(evaluate(whole, points), dtype=np.float64)
        if not are_far(found, moved_by_rounding(whole, points)) or not has_many_digits(whole):
            return False
        return are_far(found, by_pairs(whole, points))


def on_a_line(expression: Expression) -> Callable[[Array], Array]:
    """An expression in Argument(0) alone as a function, in pairs of floats where floats fail."""
    whole = inline(expression)
    is_failing = floats_fail(whole, [_LINE])

    def value(z: Array) -> Array:
        with np.errstate(all="ignore"):
            found = by_pairs(whole, [z]) if is_failing else evaluate(whole, [z])
            return np.broadcast_to(found, np.shape(z))

    return value


def are_far(values: Array, others: Array, axis: tuple[int, ...] | None = None) -> bool:
    """Whether others are too far from values for their mean size, along an axis or over all."""
    with np.errstate(all="ignore"):
        size, distance = np.abs(values), np.abs(others - values)
        distance = np.where(np.isfinite(distance) | ~np.isfinite(values), distance, np.inf)
        return bool((distance.mean(axis=axis) > _FAR * size.mean(axis=axis)).any())


class _Walk(Generic[_T]):
    """The values of parts, each once, by a `function` of a primitive and the values it gets."""

    def __init__(
        self,
        arguments: Sequence[_T],
        function: Callable[[Apply, list[_T]], _T],
        constant: Callable[[Number], _T],
    ) -> None:
        self._arguments, self._function, self._constant = arguments, function, constant
        self._known: dict[Expression, _T] = {}

    def of(self, part: Expression) -> _T:
        """Its value; sums and products go from left to right, as any of their parts may be lost."""
        match part:
            case Argument(index):
                return self._arguments[index]
            case Number():
                return self._constant(part)
        if part not in self._known:
            first, *rest = map(self.of, part.arguments)
            if part.function in (ADD, MUL):
                for other in rest:
                    first = self._function(part, [first, other])
                self._known[part] = first
            else:
                self._known[part] = self._function(part, [first, *rest])
        return self._known[part]


def _in_floats(part: Apply, inner: Sequence[Array]) -> Array:
    function = part.function
    return np.asarray(function.evaluate(*inner), dtype=np.float64)  # type: ignore[union-attr]


def _plain_pair(part: Apply, inner: list[Twofold]) -> Twofold:
    found = TWOFOLD[part.function.name](*inner)
    reaches = np.isfinite(found.high) & np.isfinite(found.low)
    if reaches.all():
        return found
    return found.where(reaches, Twofold.of(_in_floats(part, [p.high for p in inner])))


def _moved_pair(part: Apply, inner: list[Twofold]) -> Twofold:
    found = TWOFOLD[part.function.name](*inner)
    highs = [p.high for p in inner]
    if part.function.name in _UNMOVED:
        return _plain_pair(part, inner)
    signs = _signs(part, highs)
    lost = _underflows(part, highs, found.high)
    size = np.abs(highs[0]) if part.function.name == "gelu" else np.abs(found.high)
    by = np.where(lost, _LEAST, _TWO_FLOATS * size)
    if part.function in (ADD, MUL):
        by = np.where(_are_whole([*highs, found.high]), 0.0, by)
    moved = found.plus(Twofold.of(by * signs))
    reaches = np.isfinite(moved.high) & np.isfinite(moved.low)
    if reaches.all():
        return moved
    own = _in_floats(part, highs)
    return moved.where(reaches, Twofold.of(np.where(np.isfinite(own), np.nan, own)))


def _moved_float(part: Apply, inner: list[Array]) -> Array:
    own = _in_floats(part, inner)
    if part.function.name in _UNMOVED:
        return own
    least = _SIZES.get(part.function.name)
    by = _FLOAT * (np.abs(own) if least is None else least(inner[0]))
    by = np.where(_underflows(part, inner, own), _LEAST, by)
    if part.function in (ADD, MUL):
        by = np.where(_are_whole([*inner, own]), 0.0, by)
    return np.asarray(own + np.where(np.isfinite(own), by, 0.0) * _signs(part, inner))


def _underflows(part: Apply, inner: Sequence[Array], own: Array) -> Truth:
    """Where it is too small for a float, though none of what it is made of is 0."""
    if part.function.name not in _UNDERFLOW:
        return np.zeros((), dtype=bool)
    lost = np.abs(own) < _LEAST
    if not lost.any() or part.function.name == "exp":
        return lost
    return np.asarray(lost & np.logical_and.reduce(np.broadcast_arrays(*(p != 0 for p in inner))))


def _are_whole(values: Sequence[Array]) -> Truth:
    """Whether all are whole numbers that floats hold: their sums and products are exact."""
    found = [(v == np.floor(v)) & (np.abs(v) < 2.0**53) for v in values]
    return np.asarray(np.logical_and.reduce(np.broadcast_arrays(*found)))


def _signs(part: Apply, inner: Sequence[Array]) -> Array:
    """±1 of what is computed: the same of the same, whatever the order of a sum or product."""
    return _up_or_down(part.function.name, inner, part.function in (ADD, MUL))


def trembled(value: Array, key: object) -> Array:
    """Values moved by their rounding; those under one key, which has a `repr`, alike."""
    return np.asarray(value * (1 + _FLOAT * _up_or_down(repr(key), [value], True)))


def _up_or_down(key: str, values: Sequence[Array], is_symmetric: bool) -> Array:
    total: npt.NDArray[np.uint64] = np.full((), zlib.crc32(key.encode()), np.uint64)
    with np.errstate(over="ignore"):
        for place, value in enumerate(values):
            bits = np.ascontiguousarray(value + 0.0).view(np.uint64).reshape(np.shape(value))
            mixed = bits * _MIX[0]
            mixed = (mixed ^ (mixed >> np.uint64(29))) * _MIX[1]
            total = total + (mixed if is_symmetric else mixed * np.uint64(2 * place + 1))
        total = (total ^ (total >> np.uint64(31))) * _MIX[0]
    return np.where(total >> np.uint64(63), 1.0, -1.0)

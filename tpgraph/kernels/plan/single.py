"""What a plan needs of single inputs: every node that is no pair's, on all inputs of one side.

Values are (N,), or (1,) where all inputs share them; of vectors of fixed dimension (N, d); of a
curve it is the function with its variances, of which expansions are made when they are asked for.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from tpgraph.functions import evaluate
from tpgraph.limits.exact.budget import PATIENT, Budget
from tpgraph.limits.exact.curves import Curve, CurveValues
from tpgraph.limits.exact.evaluation_points import InputSetting
from tpgraph.limits.exact.forms import Array, CentredGaussian, LinearForm
from tpgraph.limits.exact.gaussians import Gaussians
from tpgraph.limits.exact.pairs import SidedCurve, pair_expectation
from tpgraph.limits.planned.tape import NotPlanned, PairTape, TapeNode
from tpgraph.limits.regularity import number_reach, singular_at

__all__ = ["Jitter", "Side", "on_inputs"]

_NEAR = 1e-14
"""How far from its limit a scalar is looked at (`tpgraph.limits.singular_scalars`)."""
_ACCEPTED = 1e-6


@dataclass(frozen=True)
class Side:
    """The values of nodes by place, and what quadrature states as errors, relative, by place."""

    count: int
    values: Mapping[int, Any]
    errors: Mapping[int, float]

    def numbers(self, place: int) -> Array:
        """The values of a node of numbers."""
        found: Array = self.values[place]
        return found

    def curve(self, place: int) -> Curve:
        """The function of a curve's node."""
        found: Curve = self.values[place]
        return found


def on_inputs(
    tape: PairTape,
    places: Iterable[int],
    arrays: Mapping[str, Array],
    jitter: Jitter | None = None,
    is_known: bool = False,
) -> Side:
    """Compute the nodes of single inputs among the places, in order.

    Raises NotPlanned where a variance is 0, a function steep, or a value no number; NotClosed where
    quadrature does not settle. Functions are not asked again where inputs are some of those, moved
    by a jitter or not, that they were asked for: `is_known`.
    """
    count = max((len(rows) for rows in arrays.values()), default=1)
    work = _Single(tape, arrays, count)
    for place in places:
        node = tape.nodes[place]
        if not node.of_pairs:
            value = work.value(node, place)
            if isinstance(value, np.ndarray):
                if place in tape.positive and not (value > 0).all():
                    raise NotPlanned("a Gaussian without variance on some input")
                if not np.isfinite(value).all():
                    raise NotPlanned("a number that is not finite")
                if jitter is not None and node.op not in ("number", "fixed"):
                    value = jitter.moved(value)
            work.values[place] = value
    if not is_known:
        _require_gentle(tape, work.values)
    return Side(count, work.values, work.errors)


def _require_gentle(tape: PairTape, values: Mapping[int, Any]) -> None:
    """Raise NotPlanned for curves that are steep, and functions that are singular, on an input."""
    for place in tape.gentle:
        if values[place].steep:
            raise NotPlanned("a slope of a function that is steep")
    for regular in tape.regular:
        reaches = [
            number_reach(values[a].min() - _NEAR, values[a].max() + _NEAR)
            if isinstance(a, int)
            else a
            for a in regular.arguments
        ]
        if singular_at(regular.expression, reaches) is not None:
            raise NotPlanned("scalars near where a function is singular")


_PATTERN = 65521
"""Numbers that a generator draws, once: more than any kernel has steps for are walked through."""


@lru_cache(maxsize=8)
def _factors(seed: int, size: float) -> Array:
    """1 + size·u with u uniform on [−1, 1]."""
    return 1.0 + size * np.random.default_rng(seed).uniform(-1.0, 1.0, _PATTERN)


class Jitter:
    """Moves numbers by their rounding, in a pattern of its own each time.

    Inputs stand one group behind the other, `count` in each: the first stays as it is, every other
    is moved by the factors of a seed of its own, and all of them are computed at once.
    """

    def __init__(self, seeds: Sequence[int], count: int, size: float) -> None:
        self.count = count
        self.groups = tuple(slice(g * count, g * count + count) for g in range(len(seeds) + 1))
        """Where the inputs of every group are."""
        self._factors = [_factors(seed, size) for seed in seeds]
        self._at = 0

    def moved(self, values: Array) -> Array:
        """Values of inputs, or one that all share, each moved by at most its own rounding."""
        is_shared = len(values) == 1
        inside = [values if is_shared else values[group] for group in self.groups]
        shares = self._next(inside[0].shape)
        found = [inside[0], *(x * share for x, share in zip(inside[1:], shares, strict=True))]
        if is_shared:
            found = [np.repeat(one, self.count, axis=0) for one in found]
        return np.concatenate(found)

    def move_pairs(self, block: Array) -> None:
        """The same of the pairs of every group, in place."""
        shares = self._next((self.count, self.count))
        for group, share in zip(self.groups[1:], shares, strict=True):
            block[group, group] *= share

    def _next(self, shape: tuple[int, ...]) -> list[Array]:
        """Factors that were not used yet, of every seed; at the end from another place on."""
        size = math.prod(shape)
        first = self._at
        self._at = (first + size) % (_PATTERN - size) if size < _PATTERN else 0
        return [
            np.resize(own[first : first + size], shape)
            if size >= _PATTERN
            else own[first : first + size].reshape(shape)
            for own in self._factors
        ]


class _Single:
    def __init__(self, tape: PairTape, arrays: Mapping[str, Array], count: int) -> None:
        self.tape = tape
        self.arrays = arrays
        self.count = count
        self.values: dict[int, Any] = {}
        self.errors: dict[int, float] = {}

    def value(self, node: TapeNode, place: int) -> Any:
        """One node of those before it."""
        args = [self.values[place] for place in node.args]
        data: Any = node.data
        match node.op:
            case "number":
                return np.full(1, data)
            case "data":
                return self.arrays[data]
            case "fixed":
                return np.broadcast_to(np.array(data), (self.count, len(data)))
            case "rows":
                expression, kinds = data
                columns = [x if rows else x[:, None] for x, rows in zip(args, kinds, strict=True)]
                return self._evaluated(expression, columns)
            case "average":
                return args[0].mean(axis=1)
            case "entry":
                return args[0][:, data if args[0].shape[1] > 1 else 0]
            case "dot":
                return np.einsum("ij,ij->i", *args)
            case "value":
                return self._evaluated(data, args)
            case "named":
                return args[0]
            case "floor":
                return np.maximum(args[0], 0.0)
            case "sum":
                return sum((c * x for c, x in zip(data[0], args, strict=True)), data[1])
            case "product":
                return _product(data, args)
            case _:
                return self._expectation(node, place, args)

    def _evaluated(self, expression: Any, args: list[Array]) -> Array:
        with np.errstate(all="ignore"):
            return np.atleast_1d(np.asarray(evaluate(expression, args), dtype=float))

    def _expectation(self, node: TapeNode, place: int, args: list[Any]) -> Any:
        data: Any = node.data
        match node.op:
            case "curve":
                expression, weak, key = data
                form = LinearForm({CentredGaussian(str(key)): np.ones(1)}, args[0])
                return Curve(expression, form, args[1], tuple(args[2:]), weak)
            case "expected":
                return self._counted(place, args[0].expected(data))
            case "both":
                setting = InputSetting(Gaussians())
                f, g = (SidedCurve(curve, 0) for curve in args[:2])
                budget = Budget(PATIENT)
                return self._counted(place, pair_expectation(setting, f, g, args[2], budget))
            case _:
                raise AssertionError(node.op)

    def _counted(self, place: int, found: CurveValues) -> Array:
        if not found.error <= _ACCEPTED:
            raise NotPlanned(f"quadrature that stops at an error of {found.error:.0e}")
        self.errors[place] = found.error + found.rounding
        return found.value


def _product(data: Any, args: list[Array]) -> Array:
    coefficient, exponents = data
    total = np.full(1, coefficient)
    with np.errstate(all="ignore"):
        for x, e in zip(args, exponents, strict=True):
            base, power = np.sqrt(x) if e.denominator == 2 else x, e.numerator
            total = total * base**power if power > 0 else total / base**-power
    return total

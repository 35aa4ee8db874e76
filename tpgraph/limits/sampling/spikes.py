"""How high a spike of ψ may be that hides between the samples.

    a + b : s_a + s_b        a b : (|a| + s_a)(|b| + s_b) − |a| |b|        relu(a), |a| : s_a
    a^p, 0 < p < 1 : s_a^p

of parts whose spikes are at most s and whose samples are at most |a|. What is gentle (`gentle`) has
none; of what is not and no rule tells, it is the whole range. Where that is infinite a spike of ψ
may be as high as ψ was seen, or is where a part of it vanishes. Vectors are looked into as deep as
the Nonlin that makes them, products Ẑ + Σ c_i y_i as deep as those of the y_i: their spikes times
|c_i|, which is large where W or Wᵀ multiplies what is steep beside its size.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tpgraph.functions import (
    Apply,
    Argument,
    Expression,
    Number,
    evaluate,
    expand,
    inline,
    number,
    substitute,
)
from tpgraph.limits.closed_forms.gentle import is_gentle
from tpgraph.limits.closed_forms.steepness import delicate_places
from tpgraph.limits.regularity import GAUSSIAN, Reach, number_reach, reach_of
from tpgraph.limits.sampling.branches import opened
from tpgraph.limits.sampling.derivatives import Coordinatewise, Trace, TracedProduct
from tpgraph.limits.sampling.normals import Array
from tpgraph.limits.sampling.stretched import UNSEEN

__all__ = ["Spikes"]

_AROUND = 10.0 ** -np.arange(2.0, 300.0, 0.25)
"""Distances at which a spike is looked at; but at 0 the smaller ones are none."""
_NEAREST = 1024, 64
"""By so many samples the distribution near a pole is told."""
_SAFE = 2.0
_LOOKED_AT = 6
"""Samples of which one vector is moved."""
_LIPSCHITZ = ("relu", "abs", "leaky_relu", "neg")
_ADDED = ("add", "min", "max")


@dataclass(frozen=True)
class Spikes:
    """Of functions of the vectors of a trace, whose `reaches` are known by name."""

    trace: Trace
    reaches: Mapping[str, Reach]

    def height(self, psi: Coordinatewise) -> Array:
        """The height for every input, (M,); 0 where all is gentle."""
        if self._is_gentle_throughout(psi):
            return np.zeros(1)

        def of_argument(index: int) -> Array:
            step = self.trace.made.get(psi.vectors.get(index, ""))
            if isinstance(step, TracedProduct):
                return self._of_product(step)
            if step is None or step.is_gentle:
                return np.zeros(1)
            found = _Part(step.values, self._reaches(step), lambda _: np.zeros(1))
            return found.height(inline(expand(step.expression)))

        whole = _Part(psi.values, self._reaches(psi), of_argument)
        with np.errstate(all="ignore"):
            found = whole.height(inline(expand(psi.expression)))
        if np.isfinite(found).all():
            return found
        peak = self.peak(psi) if self._of_one_vector(psi) else self.between_samples(psi)
        return np.where(np.isfinite(found), found, np.maximum(whole.seen(psi.expression), peak))

    def _of_product(self, step: TracedProduct) -> Array:
        total = np.zeros(1)
        for name in self._steep_beneath(step):
            factor = np.abs(step.dot[name]).max(axis=0)
            own = self.height(self.trace.itself(name))
            total = total + factor * own
        return total

    def _steep_beneath(self, step: TracedProduct) -> list[str]:
        """The vectors of its Ż that are not gentle."""
        made = {name: self.trace.made.get(name) for name in step.dot}
        return [n for n, y in made.items() if isinstance(y, Coordinatewise) and not y.is_gentle]

    def peak(self, psi: Coordinatewise) -> float:
        """The largest |ψ| where a part of it vanishes, if it is a function of one vector.

        At a pole it is as large as its integral over what is so near that no sample is there.
        """
        if self._is_gentle_throughout(psi):
            return 0.0
        alone = self._of_one_vector(psi)
        if alone is None:
            return 0.0
        return _peak(*alone)

    def between_samples(self, psi: Coordinatewise) -> float:
        """The largest |ψ| near where a part of it vanishes as one vector moves, by some samples."""
        whole = opened(self.trace, psi)
        rows = np.broadcast_arrays(*(v[:1, :1] for v in whole.values))
        found = 0.0
        for name in dict.fromkeys(whole.vectors.values()):
            for sample in range(min(_LOOKED_AT, rows[0].shape[2])):
                inner = [
                    Argument(0) if whole.vectors.get(i) == name else number(float(row.flat[sample]))
                    for i, row in enumerate(rows)
                ]
                alone = substitute(whole.expression, inner)
                moving = next(whole.values[i] for i, v in whole.vectors.items() if v == name)
                found = max(found, _peak(alone, moving, above=True))
        return found

    def _of_one_vector(self, psi: Coordinatewise) -> tuple[Expression, Array] | None:
        """ψ in Argument(0), with the Nonlins that make its vectors put into it; its samples."""
        sources: dict[str, Array] = {}
        inner: list[Expression] = []
        for i, place in enumerate(_places(psi)):
            step = self.trace.made.get(psi.vectors.get(i, ""))
            if isinstance(step, Coordinatewise):
                sources |= {name: step.values[k] for k, name in step.vectors.items()}
                inner.append(substitute(inline(step.expression), _places(step)))
            else:
                sources |= {psi.vectors[i]: psi.values[i]} if i in psi.vectors else {}
                inner.append(place)
        if len(sources) != 1:
            return None
        (samples,) = sources.values()
        return substitute(inline(psi.expression), inner), samples

    def _is_gentle_throughout(self, psi: Coordinatewise) -> bool:
        """Whether it is gentle, and every vector that it reads."""
        return psi.is_gentle and all(map(self._is_gentle, psi.vectors.values()))

    def _is_gentle(self, name: str) -> bool:
        step = self.trace.made.get(name)
        if isinstance(step, TracedProduct):
            return not self._steep_beneath(step)
        return step is None or step.is_gentle

    def _reaches(self, psi: Coordinatewise) -> list[Reach]:
        """How far every argument of it reaches."""
        return [
            self.reaches.get(psi.vectors[i], GAUSSIAN)
            if i in psi.vectors
            else number_reach(float(np.min(value)), float(np.max(value)))
            for i, value in enumerate(psi.values)
        ]


def _peak(expression: Expression, samples: Array, above: bool = False) -> float:
    """The largest |f| of f in Argument(0), of these samples, near where a part of it vanishes.

    `above` what it is at the farthest of the distances that are near.
    """
    places = np.array([*delicate_places(expression), 0.0])
    with np.errstate(all="ignore"):
        near = np.add.outer(places, np.outer([-1.0, 1.0], _AROUND))
        found = np.abs(np.broadcast_to(evaluate(expression, [near]), near.shape))
        there = np.abs(np.broadcast_to(evaluate(expression, [places]), places.shape))
    found = np.where(np.isfinite(found), found, 0.0).max(axis=1)
    if above:
        far = found[:, 0].copy()
        found, there = np.maximum(found - far[:, None], 0.0), np.maximum(there - far, 0.0)
    is_pole = ~np.isfinite(there) | (found[:, -1] > found[:, 0])
    heights = [
        _near_pole(size, np.abs(samples - place)) if pole else size.max()
        for place, size, pole in zip(places, found, is_pole, strict=True)
    ]
    return float(max([*heights, *there[~is_pole]]))


def _near_pole(sizes: Array, distances: Array) -> float:
    """The height that has the integral of these `sizes`, at `_AROUND`, over what no sample is in.

    The probability of being nearer than r is taken to be c r^a, a ≤ 1, which the nearest tell.
    """
    count = distances.size
    far, near = (min(count, k) for k in _NEAREST)
    nearest = np.partition(distances.ravel(), [near - 1, far - 1])
    outer, inner = max(nearest[far - 1], _AROUND[-1]), max(nearest[near - 1], _AROUND[-1])
    growth = math.log(outer / inner)
    power = min(1.0, math.log(far / near) / growth) if growth > 0 else 1.0
    often = near / UNSEEN * np.minimum(1.0, _AROUND / inner) ** power
    hidden = np.minimum(1.0, often)
    return float(max((sizes[1:] * -np.diff(hidden)).sum(), sizes[-1] * hidden[-1], 0.0) * _SAFE)


def _places(psi: Coordinatewise) -> list[Expression]:
    """Argument(0) for every vector, and numbers of the first replicate and input."""
    return [
        Argument(0) if i in psi.vectors else number(float(np.ravel(value)[0]))
        for i, value in enumerate(psi.values)
    ]


def _root(name: str, arguments: Sequence[Expression]) -> float | None:
    """p of a^p, 0 < p < 1."""
    if name == "sqrt":
        return 0.5
    exponent = arguments[-1]
    if name == "pow" and isinstance(exponent, Number) and 0 < exponent.value < 1:
        return float(exponent.value)
    return None


@dataclass(frozen=True)
class _Part:
    """Expressions in the same arguments: their values and reaches, and the spikes in them."""

    values: Sequence[Array]
    reaches: Sequence[Reach]
    of_argument: Callable[[int], Array]

    def height(self, expression: Expression) -> Array:
        match expression:
            case Number():
                return np.zeros(1)
            case Argument(index):
                return self.of_argument(index)
            case Apply(function, arguments) if power := _root(function.name, arguments):
                return self.height(arguments[0]) ** power  # steep at 0, where it is least
            case Apply(function, arguments):
                inner = self._told(function.name, arguments)
                if inner is not None and not inner.any():
                    if is_gentle(expression, self.values):
                        return inner
                    inner = None  # What is not gentle is the expression itself.
                reach = reach_of(expression, self.reaches)
                width = reach.high - reach.low
                if inner is not None:
                    return np.minimum(inner, width)
                return np.full(1, width)

    def _told(self, name: str, arguments: Sequence[Expression]) -> Array | None:
        """By the rules; None where there is none."""
        if name in _ADDED or name in _LIPSCHITZ:
            return np.asarray(sum((self.height(a) for a in arguments), np.zeros(1)))
        if name == "mul":
            return self._of_product(arguments)
        if name == "pow" and isinstance(arguments[1], Number):
            times = arguments[1].value
            if times.denominator == 1 and times > 0:
                return self._of_product([arguments[0]] * int(times))
        inner = [self.height(a) for a in arguments]
        return np.zeros(1) if not any(h.any() for h in inner) else None

    def _of_product(self, factors: Sequence[Expression]) -> Array:
        heights = [self.height(factor) for factor in factors]
        most, least = np.ones(1), np.ones(1)
        if not any(height.any() for height in heights):
            return most - least
        for factor, height in zip(factors, heights, strict=True):
            seen = self.seen(factor)
            most, least = most * (seen + height), least * seen
        return np.asarray(most - least)

    def seen(self, expression: Expression) -> Array:
        """The largest |value| among the samples, (M,)."""
        with np.errstate(all="ignore"):
            found = np.abs(np.atleast_3d(evaluate(expression, self.values)))
        return np.asarray(found.max(axis=(0, 2)))

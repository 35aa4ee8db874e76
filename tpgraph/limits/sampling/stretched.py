"""Means of functions of Gaussians that are stretched, so that what is rare is sampled often.

    E ψ(Z) = E[w(Z) ψ(s Z)],   w(z) = s^r exp(−(s² − 1) zᵀC⁺z/2)   over the r Gaussians beneath ψ

The s > 1 is taken that spreads the sum over the most samples, of those that leave it no heavy tail
if there are any: then the mean is finite too. Where there are too many Gaussians for that, the
largest stretched value bounds what an event of probability 1/N may add.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from tpgraph.functions import Expression, evaluate, inline
from tpgraph.functions.double_word import Twofold
from tpgraph.functions.many_digits import has_many_digits, with_many_digits
from tpgraph.limits.sampling.checks import FINITE_VARIANCE, tail_index
from tpgraph.limits.sampling.derivatives import Coordinatewise, Trace, TracedProduct
from tpgraph.limits.sampling.gaussian import MatrixGaussians
from tpgraph.limits.sampling.normals import Array

__all__ = ["FEW", "UNSEEN", "Roots", "Stretched", "effective"]

FEW = 256.0
"""So many samples decide a mean that their number is no doubt."""
_ENOUGH = 64.0
"""So many decide a stretched one, whose weights fall off on both sides."""
UNSEEN = 2.0
"""The probability of what no sample saw, times their number."""
_STRETCHES = 1.5, 2.0, 3.0, 4.5
_MOST_ROOTS = 6
_LIGHT = 4.0
"""The least index of the tail of a stretched mean that is taken as it is."""


@dataclass
class Roots:
    """The Gaussians that a trace rests on: those of `families`, and initial vectors.

    `means` has the means of initial vectors; `groups` of them are jointly Gaussian: names and
    covariance.
    """

    trace: Trace
    families: dict[tuple[str, bool], MatrixGaussians] = field(default_factory=dict)
    means: dict[str, float] = field(default_factory=dict)
    groups: list[tuple[tuple[str, ...], Array]] = field(default_factory=list)

    def beneath(self, name: str) -> list[str]:
        """The products and initial vectors of which a vector is a function."""
        made = self.trace.made
        return [v for v in self.trace.beneath(name) if not isinstance(made.get(v), Coordinatewise)]

    def is_known(self, root: str) -> bool:
        """Whether it is there: an evaluation forgets how vectors were made when it is done."""
        return root in self.trace.made or root in self.means

    def squares(self, roots: Sequence[str]) -> tuple[int, Array] | None:
        """Their rank r, and zᵀC⁺z, (B, M, S); None where one is of no family and no group."""
        rank, total, told = 0, np.zeros((1, 1, 1)), 0
        for family in self.families.values():
            own = [name for name in roots if name in family.names]
            if own:
                z = np.stack(np.broadcast_arrays(*map(self._hat, own)), axis=2)
                total = total + (z * family.solve(own, z)).sum(axis=2)
                rank += family.rank(own)
                told += len(own)
        for names, covariance in self.groups:
            own = [name for name in roots if name in names]
            if own:
                places = [names.index(name) for name in own]
                part = covariance[np.ix_(places, places)]
                z = np.stack([self.trace.samples[n] - self.means[n] for n in own], axis=2)
                total = total + (z * (np.linalg.pinv(part, hermitian=True) @ z)).sum(axis=2)
                rank += int(np.linalg.matrix_rank(part, hermitian=True))
                told += len(own)
        return (rank, total) if told == len(roots) else None

    def _hat(self, name: str) -> Array:
        made = self.trace.made[name]
        assert isinstance(made, TracedProduct), name
        return made.hat


def _is_light(weighted: Array, own: Array) -> bool:
    """Whether stretched values, which so many samples make up, have no heavy tail."""
    return bool((own >= _ENOUGH).all()) and tail_index(np.abs(weighted), True) > _LIGHT


def effective(values: Array) -> Array:
    """(Σ|v|)²/Σ v² by input: how many of the samples (B, M, S) make up the deviations v."""
    return _share(values - np.median(values, axis=(0, 2), keepdims=True))


def _share(values: Array) -> Array:
    size = np.abs(values)
    largest = size.max(axis=(0, 2), keepdims=True)
    unit = np.divide(size, largest, out=np.zeros_like(size), where=largest > 0)
    squares = (unit**2).sum(axis=(0, 2))
    total = unit.sum(axis=(0, 2)) ** 2
    return np.asarray(np.divide(total, squares, out=np.zeros_like(total), where=squares > 0))


class Best(NamedTuple):
    """A mean (B, M) where one is better than that of samples, and a further error (M,).

    `is_finite` says that stretched values have no heavy tail, as those of an infinite mean have.
    """

    value: Array | None
    error: Array
    is_finite: bool = False


class Stretched:
    """ψ with every Gaussian beneath it s times as far from its mean."""

    def __init__(self, roots: Roots, psi: Coordinatewise) -> None:
        self._psi = psi
        self._roots = roots
        self._is_lost = roots.trace.is_lost(psi)
        self._beneath = dict.fromkeys(
            root for name in psi.vectors.values() for root in roots.beneath(name)
        )
        self._is_known = all(map(roots.is_known, self._beneath))

    def best(self, found: Array, index: float = math.inf) -> Best:
        """The mean of ψ = `found`, (B, M, S), of this tail `index`; ∞ where it has no such tail."""
        count = found.shape[0] * found.shape[2]
        few = self._is_known and len(self._beneath) <= _MOST_ROOTS
        square = self._roots.squares(tuple(self._beneath)) if few else None
        chosen, most, is_light = None, effective(found), FINITE_VARIANCE < index < math.inf
        centre = np.median(found, axis=(0, 2), keepdims=True)
        farthest = np.abs(found - centre).max(axis=(0, 2))
        for s in _STRETCHES if self._is_known else ():
            values = self._at(s)
            if values is None:
                break
            if s == _STRETCHES[0]:
                farthest = np.maximum(farthest, np.abs(values - centre).max(axis=(0, 2)))
            if square is None:
                continue
            rank, form = square
            weighted = (values - centre) * s**rank * np.exp(-(s * s - 1) / 2 * form)
            own = _share(weighted)
            is_own_light = index < math.inf and _is_light(weighted, own)
            least = most if chosen is not None else 4 * most
            if is_own_light > is_light or (is_own_light == is_light and (own > least).all()):
                chosen, most = weighted.mean(axis=2) + centre[:, :, 0], own
                is_light = is_own_light
        if chosen is not None and (most >= _ENOUGH).all():
            return Best(chosen, np.zeros(found.shape[1]), is_light)
        return Best(chosen, farthest * UNSEEN / count)

    def _at(self, s: float) -> Array | None:
        """ψ on stretched samples; None where it is no number there."""
        known: dict[str, Array | Twofold] = {}
        arguments = [
            self._vector(self._psi.vectors[i], s, known) if i in self._psi.vectors else v
            for i, v in enumerate(self._psi.values)
        ]
        found = _high(self._of(self._psi.expression, arguments))
        shape = np.broadcast_shapes(found.shape, *(_high(a).shape for a in arguments))
        return np.broadcast_to(found, shape) if np.isfinite(found).all() else None

    def _of(self, expression: Expression, arguments: Sequence[Array | Twofold]) -> Array | Twofold:
        """In pairs of floats where floats do not tell it."""
        with np.errstate(all="ignore"):
            if not self._is_lost or not has_many_digits(expression):
                values = [_high(a) for a in arguments]
                return np.asarray(evaluate(expression, values), dtype=float)
            pairs = [a if isinstance(a, Twofold) else Twofold.of(a) for a in arguments]
            return with_many_digits(inline(expression), pairs)

    def _vector(self, name: str, s: float, known: dict[str, Array | Twofold]) -> Array | Twofold:
        for own in reversed(self._roots.trace.beneath(name)):
            if own not in known:
                known[own] = self._made(own, s, known)
        return known[name]

    def _made(self, name: str, s: float, known: Mapping[str, Array | Twofold]) -> Array | Twofold:
        step = self._roots.trace.made.get(name)
        if isinstance(step, Coordinatewise):
            values = [
                known[step.vectors[i]] if i in step.vectors else v
                for i, v in enumerate(step.values)
            ]
            return self._of(step.expression, values)
        if isinstance(step, TracedProduct):
            total = s * step.hat
            for y, c in step.dot.items():
                total = total + c[:, :, None] * _high(known[y])
            return total
        mean = self._roots.means[name]
        return mean + s * (self._roots.trace.samples[name] - mean)


def _high(value: Array | Twofold) -> Array:
    return np.asarray(value.high if isinstance(value, Twofold) else value)

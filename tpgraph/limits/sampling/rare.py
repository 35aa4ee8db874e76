"""What no sample saw, and what few samples decide: means of rare and of large values.

    E ψ(Z) = E[w(Z) ψ(s Z)],   w(z) = s^r exp(−(s² − 1) zᵀC⁺z/2)   over the r Gaussians beneath ψ

A mean is in doubt where few samples make up nearly all of it, or where all are the same. Then the
Gaussians are stretched by the s > 1 that spreads the sum over the most samples; where there are too
many of them for that, the largest stretched value bounds what an event of probability 1/N may add.
What is not gentle (`gentle`) may hide a spike of its whole range between the samples.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from tpgraph.functions import Argument, Expression, evaluate, mul
from tpgraph.limits.closed_forms.gentle import is_gentle
from tpgraph.limits.regularity import Reach, number_power
from tpgraph.limits.sampling.checks import tail_index
from tpgraph.limits.sampling.derivatives import Coordinatewise, Trace, TracedProduct
from tpgraph.limits.sampling.gaussian import MatrixGaussians
from tpgraph.limits.sampling.normals import Array
from tpgraph.limits.sampling.spread import spread_by

__all__ = ["FEW_DECIDE", "Doubt", "RareEvents", "effective"]

FEW_DECIDE = "few samples decide its mean, and the error bar says what they may have missed"

_STRETCHES = 1.5, 2.0, 3.0, 4.5
_FEW = 64.0
_MOST_ROOTS = 6
_UNSEEN = 2.0
_FINITE_VARIANCE, _LEAST_INDEX = 2.2, 1.05


@dataclass(frozen=True)
class Doubt:
    """A mean in doubt: another value (B, M) of it if there is one, and a further error (M,).

    `is_poor` says that few samples decide it after all.
    """

    value: Array | None
    error: Array
    is_poor: bool = False


@dataclass
class RareEvents:
    """Means of functions of a trace's vectors; `drawn` has mean and group of initial vectors.

    A group is jointly Gaussian: names and covariance.
    """

    trace: Trace
    replicates: Sequence[int]
    families: dict[tuple[str, bool], MatrixGaussians] = field(default_factory=dict)
    drawn: dict[str, tuple[float, int]] = field(default_factory=dict)
    groups: list[tuple[tuple[str, ...], Array]] = field(default_factory=list)
    _doubts: int = 0

    def doubt(
        self,
        expression: Expression,
        names: Sequence[str | None],
        values: Sequence[Array],
        found: Array,
        reach: Reach,
    ) -> Doubt | None:
        """Of the mean of ψ = `found`, (B, M, S), whose vector arguments have these names."""
        count = found.shape[0] * found.shape[2]
        if found.shape[2] == 1:
            return None
        few = effective(found)
        spike = np.zeros(found.shape[1])
        if not self._is_gentle(expression, names, values):
            width = reach.high - reach.low
            size = np.abs(found).max(axis=(0, 2))
            spike = np.where(np.isfinite(width), width, size) * _UNSEEN / count
        index = tail_index(np.abs(found), not reach.has_pole) if reach.may_diverge else math.inf
        if (few >= _FEW).all() and index > _FINITE_VARIANCE:
            return Doubt(None, spike) if spike.any() else None
        value, error = _Stretched(self, expression, names, values).best(found)
        if error.any() and index <= _FINITE_VARIANCE:
            error = error / (1.0 - 1.0 / max(index, _LEAST_INDEX))
        return Doubt(value, np.maximum(error, spike), bool(error.any()))

    def of_power(self, name: str, power: int, reach: Reach) -> Doubt | None:
        """Of the mean of Z^power of a vector of this reach, where a Nonlin makes it."""
        if not isinstance(self.trace.made.get(name), Coordinatewise):
            return None
        samples, psi = self.trace.samples[name], mul(*[Argument(0)] * power)
        return self.doubt(psi, [name], [samples], samples**power, number_power(reach, power))

    def told(self, found: Array, doubt: Doubt | None) -> Array:
        """A mean (B, M), as the doubt has it."""
        if doubt is None:
            return found
        self._doubts += 1
        value = found if doubt.value is None else np.broadcast_to(doubt.value, found.shape)
        return spread_by(value, doubt.error, -self._doubts, self.replicates)

    def _is_gentle(
        self, expression: Expression, names: Sequence[str | None], values: Sequence[Array]
    ) -> bool:
        steps = (self.trace.made.get(name) for name in names if name is not None)
        inner = all(step.is_gentle for step in steps if isinstance(step, Coordinatewise))
        return inner and is_gentle(expression, values)


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


class _Stretched:
    """ψ with every Gaussian beneath it s times as far from its mean."""

    def __init__(
        self,
        rare: RareEvents,
        expression: Expression,
        names: Sequence[str | None],
        values: Sequence[Array],
    ) -> None:
        self.rare = rare
        self.expression = expression
        self.names = names
        self.values = values
        self.roots: dict[str, None] = {}
        self.is_known = True  # An evaluation forgets how vectors were made when it is done with it.
        for name in names:
            if name is not None:
                self._visit(name)

    def _visit(self, name: str) -> None:
        """Note the Gaussians beneath a vector, by the products or initial vectors they are of."""
        seen, pending = {name}, [name]
        while pending:
            own = pending.pop()
            made = self.rare.trace.made.get(own)
            below = list(made.vectors.values()) if isinstance(made, Coordinatewise) else []
            if isinstance(made, TracedProduct):
                below = list(made.dot)
            if not isinstance(made, Coordinatewise):
                self.roots[own] = None
                self.is_known = self.is_known and (made is not None or own in self.rare.drawn)
            pending += [other for other in below if other not in seen]
            seen.update(below)

    def best(self, found: Array) -> tuple[Array | None, Array]:
        """The mean by the stretch that spreads it over the most samples, and a further error."""
        count = found.shape[0] * found.shape[2]
        few = self.is_known and len(self.roots) <= _MOST_ROOTS
        square = self._squares() if few else None
        chosen, most = None, effective(found)
        centre = np.median(found, axis=(0, 2), keepdims=True)
        farthest = np.abs(found - centre).max(axis=(0, 2))
        for s in _STRETCHES if self.is_known else ():
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
            if (own > 4 * most).all():
                chosen, most = weighted.mean(axis=2) + centre[:, :, 0], own
        if chosen is not None and (most >= _FEW).all():
            return chosen, np.zeros(found.shape[1])
        return chosen, farthest * _UNSEEN / count

    def _at(self, s: float) -> Array | None:
        """ψ on stretched samples; None where it is no number there."""
        known: dict[str, Array] = {}
        arguments = [
            v if name is None else self._vector(name, s, known)
            for name, v in zip(self.names, self.values, strict=True)
        ]
        with np.errstate(all="ignore"):
            found = np.asarray(evaluate(self.expression, arguments), dtype=float)
        shape = np.broadcast_shapes(found.shape, *(np.shape(a) for a in arguments))
        return np.broadcast_to(found, shape) if np.isfinite(found).all() else None

    def _vector(self, name: str, s: float, known: dict[str, Array]) -> Array:
        for own in [*reversed(self._order(name)), name]:
            if own not in known:
                known[own] = self._made(own, s, known)
        return known[name]

    def _order(self, name: str) -> list[str]:
        """What is beneath a vector, last first."""
        found, pending = {name}, [name]
        made = self.rare.trace.made
        while pending:
            step = made.get(pending.pop())
            below: list[str] = []
            if isinstance(step, Coordinatewise):
                below = list(step.vectors.values())
            elif isinstance(step, TracedProduct):
                below = list(step.dot)
            pending += [other for other in below if other not in found]
            found.update(below)
        later = [other for other in reversed(made) if other in found]
        return later + [other for other in found if other not in made]

    def _made(self, name: str, s: float, known: Mapping[str, Array]) -> Array:
        step = self.rare.trace.made.get(name)
        if isinstance(step, Coordinatewise):
            values = [
                known[step.vectors[i]] if i in step.vectors else v
                for i, v in enumerate(step.values)
            ]
            with np.errstate(all="ignore"):
                return np.asarray(evaluate(step.expression, values), dtype=float)
        if isinstance(step, TracedProduct):
            total = s * step.hat
            for y, c in step.dot.items():
                total = total + c[:, :, None] * known[y]
            return total
        mean = self.rare.drawn[name][0]
        return mean + s * (self.rare.trace.samples[name] - mean)

    def _squares(self) -> tuple[int, Array] | None:
        """The number of Gaussians, and zᵀC⁺z, (B, M, S)."""
        rank, total = 0, np.zeros((1, 1, 1))
        left = list(self.roots)
        for family in self.rare.families.values():
            own = [name for name in left if name in family.names]
            if own:
                hats = [self._hat(name) for name in own]
                z = np.stack(np.broadcast_arrays(*hats), axis=2)
                total = total + (z * family.solve(own, z)).sum(axis=2)
                rank += family.rank(own)
                left = [name for name in left if name not in own]
        for names, covariance in self.rare.groups:
            some = [name for name in left if name in names]
            if some:
                places = [names.index(name) for name in some]
                part = covariance[np.ix_(places, places)]
                inverse = np.linalg.pinv(part, hermitian=True)
                centred = [self.rare.trace.samples[n] - self.rare.drawn[n][0] for n in some]
                z = np.stack(centred, axis=2)
                total = total + (z * (inverse @ z)).sum(axis=2)
                rank += int(
                    np.linalg.matrix_rank(covariance[np.ix_(places, places)], hermitian=True)
                )
                left = [name for name in left if name not in some]
        return None if left else (rank, total)

    def _hat(self, name: str) -> Array:
        made = self.rare.trace.made[name]
        assert isinstance(made, TracedProduct), name
        return made.hat

"""What no sample saw, and what few samples decide: means of rare and of large values.

A mean is in doubt where few samples make up nearly all of it, or where all are the same. Then its
Gaussians are stretched (`stretched`). What is not gentle may hide a spike between the samples
(`spikes`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from tpgraph.functions import (
    Argument,
    add,
    evaluate,
    inline,
    inside_jumps,
    is_kinked,
    mul,
    neg,
    number,
)
from tpgraph.limits.estimates import USELESS
from tpgraph.limits.regularity import Reach, number_power
from tpgraph.limits.sampling.branches import opened, unseen_products, usual
from tpgraph.limits.sampling.checks import FINITE_VARIANCE, tail_index
from tpgraph.limits.sampling.derivatives import Coordinatewise
from tpgraph.limits.sampling.normals import REPLICATES, Array
from tpgraph.limits.sampling.spikes import Spikes
from tpgraph.limits.sampling.spread import added_to, spread_by
from tpgraph.limits.sampling.stretched import FEW, UNSEEN, Roots, Stretched, effective

__all__ = ["FEW_DECIDE", "UNSEEN_DECIDES", "Doubt", "RareEvents", "says_nothing"]

FEW_DECIDE = "few samples decide its mean, and the error bar says what they may have missed"

UNSEEN_DECIDES = (
    f"what no sample sees may be more than {USELESS:g} times as large; more samples (--samples) or"
    " functions that are less steep would tell"
)

_FEW_LARGE, _SHARE = 8192.0, 0.25
_LOW_POWER = 6
_ROUNDING = 1e-12
_LEAST_INDEX = 1.05


@dataclass(frozen=True)
class Doubt:
    """A mean in doubt: another value (B, M) of it if there is one, and a further error (M,).

    `is_poor` says that few samples decide it after all, `is_finite` that it is known to be finite.
    """

    value: Array | None
    error: Array
    is_poor: bool = False
    is_finite: bool = False

    def mean(self, found: Array) -> Array:
        """The mean (B, M) that it leaves of one that was found."""
        return found if self.value is None else np.broadcast_to(self.value, found.shape)


Singles: TypeAlias = npt.NDArray[np.float32]


@dataclass(frozen=True)
class _Sizes:
    """|x|, as `shares` (B, M, S) of the `largest` of each input (M,), and (Σ x⁴)^½ of those.

    Single precision counts samples well enough.
    """

    shares: Singles
    largest: Array
    bulk: Array

    @classmethod
    def of(cls, samples: Array) -> _Sizes:
        size = np.abs(samples)
        largest = size.max(axis=(0, 2))
        unit = np.divide(1.0, largest, out=np.zeros_like(largest), where=largest > 0)
        shares = np.multiply(size, unit[:, None], out=size).astype(np.float32)
        squares = shares**2
        bulk = np.einsum("bms,bms->m", squares, squares, dtype=np.float64)
        return cls(shares, largest, np.sqrt(bulk))


@dataclass
class RareEvents:
    """Means of functions of the vectors that rest on these `roots`, in these replicates.

    `reaches` are those of vectors by name, as far as they are known. With an `aside` what products
    have is so many of its further errors off in all replicates alike.
    """

    roots: Roots
    replicates: Sequence[int]
    reaches: Mapping[str, Reach] = field(default_factory=dict)
    aside: float | None = None
    _doubts: int = 0
    _sizes: dict[str, _Sizes] = field(default_factory=dict)

    def doubt(
        self,
        psi: Coordinatewise,
        found: Array,
        reach: Reach,
        is_capped: bool = False,
    ) -> Doubt | None:
        """Of the mean of ψ = `found`, (B, M, S).

        With `is_capped` a spike of unbounded ψ is no higher than what was seen.
        """
        if found.shape[2] == 1:
            return None
        is_lost = self.roots.trace.is_lost(psi)
        apart = None if is_lost else self._of_branches(psi, found)
        if apart is None:
            return self._alone(psi, found, reach, is_capped)
        common, often, value, error = apart
        doubt = self._alone(common, often, reach, is_capped)
        usual_mean = often.mean(axis=2)
        if doubt is None:
            return Doubt(usual_mean + value, error, bool(error.any()))
        usual_mean = usual_mean if doubt.value is None else doubt.value
        is_poor = doubt.is_poor or bool(error.any())
        return Doubt(usual_mean + value, np.hypot(doubt.error, error), is_poor)

    def _of_branches(
        self, psi: Coordinatewise, found: Array
    ) -> tuple[Coordinatewise, Array, Array, Array] | None:
        """ψ without the branches that few samples take, and its samples (B, M, S).

        Then what they add to the mean (B, M), and a further error (M,).
        """
        whole = opened(self.roots.trace, psi)
        common = usual(whole.expression, whole.values)
        met = unseen_products(whole.expression, whole.values)
        if common == whole.expression and not met:
            return None
        seldom = replace(whole, expression=add(whole.expression, neg(common)))
        with np.errstate(all="ignore"):
            rest: Array = np.broadcast_to(evaluate(seldom.expression, seldom.values), found.shape)
        if not np.isfinite(rest).all():
            return None
        value, error, _ = Stretched(self.roots, seldom).best(rest)
        hidden = met + Spikes(self.roots.trace, self.reaches).height(seldom)
        error = np.maximum(error, hidden * UNSEEN / (found.shape[0] * found.shape[2]))
        mean: Array = rest.mean(axis=2) if value is None else value
        return replace(whole, expression=common), found - rest, mean, error

    def _alone(
        self, psi: Coordinatewise, found: Array, reach: Reach, is_capped: bool
    ) -> Doubt | None:
        """The doubt of what samples take both branches of."""
        count = found.shape[0] * found.shape[2]
        few = effective(found)
        spikes = Spikes(self.roots.trace, self.reaches)
        height = spikes.height(psi)
        if is_capped and not np.isfinite(reach.high - reach.low):
            seen = np.abs(found).max(axis=(0, 2))
            height = np.minimum(height, np.maximum(seen, spikes.peak(psi)))
        spike = np.broadcast_to(height, found.shape[1]) * UNSEEN / count
        index = tail_index(np.abs(found), not reach.has_pole) if reach.may_diverge else math.inf
        if (few >= _enough(reach, count)).all() and index > FINITE_VARIANCE:
            return Doubt(None, spike) if spike.any() else None
        value, error, is_finite = Stretched(self.roots, psi).best(found, index)
        if error.any() and index <= FINITE_VARIANCE:
            error = error / (1.0 - 1.0 / max(index, _LEAST_INDEX))
        return Doubt(value, np.maximum(error, spike), bool(error.any()), is_finite)

    def of_power(self, name: str, power: int, reach: Reach) -> Doubt | None:
        """Of the mean of Z^power of a vector of this reach, where a Nonlin makes it."""
        if not isinstance(self.roots.trace.made.get(name), Coordinatewise):
            return None
        itself = self.roots.trace.itself(name)
        psi = replace(itself, expression=mul(*[Argument(0)] * power))
        return self.doubt(psi, itself.values[0] ** power, number_power(reach, power), True)

    def of_slope(self, name: str, deviation: Array) -> Doubt | None:
        """Of E[Ẑ Z]/Var Ẑ with Ẑ of this deviation (B, M): a spike of Z of which none was seen."""
        samples = self.roots.trace.samples[name]
        height = Spikes(self.roots.trace, self.reaches).height(self.roots.trace.itself(name))
        if not height.any():
            return None
        usual = deviation.mean(axis=0)
        slope = height * np.divide(1.0, usual, out=np.zeros_like(usual), where=usual > 0)
        return Doubt(None, slope * UNSEEN / (samples.shape[2] * REPLICATES))

    def apart(self, x: str, y: str, factor: float) -> float:
        """A further error of E (Z^x − c Z^y)², c the factor, where they differ on few samples.

        0 where they do on many, or none has a branch or jump.
        """
        trace = self.roots.trace
        made = [trace.made.get(name) for name in (x, y)]
        are_told = x in trace.samples and y in trace.samples  # and not forgotten
        if not are_told or not any(map(_has_branches, made)):
            return 0.0
        pair = trace.samples[x], trace.samples[y]
        square = (pair[0] - factor * pair[1]) ** 2
        rounding = _ROUNDING**2 * float((pair[0] ** 2).max())
        share = REPLICATES / len(square)
        if share * np.count_nonzero(square > rounding) >= FEW:
            return 0.0
        own = add(Argument(0), neg(mul(number(factor), Argument(1))))
        psi = Coordinatewise(mul(own, own), pair, {0: x, 1: y})
        height = Spikes(self.roots.trace, self.reaches).between_samples(psi)
        far = Stretched(self.roots, psi).best(square)
        rare = float(far.error.max()) + (0.0 if far.value is None else float(far.value.mean()))
        found = max(height * UNSEEN / (share * square.size), rare)
        return found if found > rounding else 0.0

    def of_pairs(self, x: str, y: str) -> Array | None:
        """A further error (M, M′) of E[Z^x Z^y] on two inputs; None where samples resolve both.

        So where few samples make up a product: another may be as large as the largest of both.
        """
        made = [self.roots.trace.made.get(name) for name in (x, y)]
        if not any(isinstance(step, Coordinatewise) and _may_be_rare(step) for step in made):
            return None
        first, second = (self._sizes_of(name) for name in (x, y))
        unseen = np.multiply.outer(first.largest, second.largest)
        unseen *= UNSEEN / (first.shares.shape[2] * REPLICATES)
        few = _of_products(first, second, REPLICATES / len(first.shares))
        return None if few is None else np.where(few < FEW, unseen, 0.0)

    def _sizes_of(self, name: str) -> _Sizes:
        if name not in self._sizes:
            self._sizes[name] = _Sizes.of(self.roots.trace.samples[name])
        return self._sizes[name]

    def forget(self, name: str) -> None:
        """Of a vector whose samples go."""
        self._sizes.pop(name, None)

    def told(self, found: Array, doubt: Doubt | None) -> Array:
        """A mean (B, M), as the doubt has it."""
        if doubt is None:
            return found
        self._doubts += 1
        return spread_by(doubt.mean(found), doubt.error, -self._doubts, self.replicates)

    def told_of_product(self, found: Array, doubt: Doubt | None) -> Array:
        """A variance or slope (B, M), as the doubt has it."""
        if doubt is None or self.aside is None:
            return self.told(found, doubt)
        return np.asarray(doubt.mean(found) + self.aside * doubt.error)

    def told_square(self, found: Array, doubt: Doubt | None) -> Array:
        """A variance (B, M), as the doubt has it, which may leave nothing of it but adds to it."""
        told = self.told_of_product(found, doubt)
        lost = (told <= 0).any(axis=0)
        if doubt is None or not lost.any():
            return told
        value = doubt.mean(found)
        if self.aside is not None:
            return np.where(told > 0, told, value)
        return np.where(lost, added_to(value, doubt.error, -self._doubts, self.replicates), told)


def _of_products(first: _Sizes, second: _Sizes, share: float) -> Array | None:
    """(Σ |x y|)²/Σ x² y² on pairs of inputs, (M, M′): how many samples make them up.

    None where (Σ |x y|)²/√(Σ x⁴ Σ y⁴), which is less, says that they are many on all pairs.
    """
    totals = share * _gram(first.shares, second.shares) ** 2
    bound = np.multiply.outer(first.bulk, second.bulk)
    if (totals >= FEW * bound).all() and bound.all():
        return None
    squares = _gram(first.shares**2, second.shares**2)
    return np.divide(totals, squares, out=np.zeros_like(totals), where=squares > 0)


def _gram(x: Singles, y: Singles) -> Array:
    """Σ x y over samples and replicates, (M, M′)."""
    return np.asarray((x @ y.transpose(0, 2, 1)).sum(axis=0), dtype=np.float64)


def _may_be_rare(step: Coordinatewise) -> bool:
    """Whether samples may not tell its products with another: a jump's are 0 on all but few."""
    return not step.is_gentle or bool(inside_jumps(inline(step.expression)))


def _has_branches(step: object) -> bool:
    """Whether it is a Nonlin that may be another function where no sample is."""
    if not isinstance(step, Coordinatewise):
        return False
    return _may_be_rare(step) or is_kinked(inline(step.expression))


def says_nothing(values: Array, told: Array) -> bool:
    """Whether what no sample saw makes the error of a mean (B, M) useless on some input.

    Of a mean that is 0 by symmetry the error is what samples (B, M, S) vary by, which is no fault.
    """
    count = max(1, len(told) - 1)
    error = told.std(axis=0) / np.sqrt(count)
    usual = values.std(axis=(0, 2)) / math.sqrt(values.shape[0] * values.shape[2])
    size = np.maximum(np.abs(told.mean(axis=0)), USELESS * usual)
    return bool((error > USELESS * size + _ROUNDING).any())


def _enough(reach: Reach, count: int) -> float:
    """How many of all samples must decide a mean for it to be taken as it is.

    Of what grows like an exponential, or a high power, few are large beside many that are not:
    there `_FEW_LARGE` must, or this `_SHARE` of fewer samples in all.
    """
    grows = reach.exponent or reach.power > _LOW_POWER
    return max(FEW, min(_FEW_LARGE, _SHARE * count)) if grows else FEW

"""The algebra of samples: every Z of a program is joint sample values, on N inputs at once.

    ZInit     Z ~ N(μ, Σ)                          joint normals
    ZNonlin   Z^y = ψ(Z^{x¹}, …; θ̊)                elementwise
    ZMoment   θ̊ = E ψ(Z^{x¹}, …; θ̊)                a mean
    ZMatMul   Z^{Wx} = Ẑ + Ż                        `tpgraph.limits.sampling.products`

One network sees every input: initial vectors and params are drawn once, and so is what depends on
no data. Each replicate of samples is an evaluation of its own. Source: Tensor Programs IIb (arXiv
2105.03703), Definition B.3.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from fractions import Fraction

import numpy as np

from tpgraph.functions import Expression, evaluate
from tpgraph.limits.algebra import Algebra
from tpgraph.limits.atoms import MOVED, require_decided
from tpgraph.limits.boundary_layers import ON_THE_WAY, require_dominated
from tpgraph.limits.estimates import Basis
from tpgraph.limits.outputs import OutputLimit
from tpgraph.limits.regularity import Reach
from tpgraph.limits.sampling.branches import opened
from tpgraph.limits.sampling.checks import finite, normals_of, require_mean
from tpgraph.limits.sampling.curvature import curvature
from tpgraph.limits.sampling.derivatives import Coordinatewise, Trace, TracedProduct
from tpgraph.limits.sampling.far_out import require_finite
from tpgraph.limits.sampling.lifetimes import Release
from tpgraph.limits.sampling.lost_digits import rounding
from tpgraph.limits.sampling.more_digits import NO_DIGIT, NOTHING, MoreDigits
from tpgraph.limits.sampling.normals import REPLICATES, Array, NormalStock, replicate_size
from tpgraph.limits.sampling.products import SampledProducts
from tpgraph.limits.sampling.rare import (
    FEW_DECIDE,
    UNSEEN_DECIDES,
    Doubt,
    RareEvents,
    says_nothing,
)
from tpgraph.limits.sampling.readouts import (
    SAMPLED,
    Outputs,
    Readouts,
    known_readouts,
    readouts_first,
)
from tpgraph.limits.sampling.spread import Center
from tpgraph.limits.sampling.stretched import Roots
from tpgraph.program import InitialScalar, Moment, Nonlin, Program, Variable, require_room

__all__ = ["SampledAlgebra"]

_STILL = 1e-12
"""A standard deviation that is rounding."""
_NOISE = 1e-4
"""The most that is made of the rounding of a scalar that is 0, by roots."""


class SampledAlgebra(Algebra[Array]):
    """Z as sample values, on N inputs in B replicates.

    `scalars` has θ̊ as (B, M, 1), `trace.samples` every Z as (B, M, S), `outputs` what has a fixed
    dimension, and `products` the facts of every MatMul; M is N, or 1 of what is the same on all
    inputs. With `read` given, readouts are sampled only where equations or these names need their
    samples; `outputs` says whether they are random at all. With a `center` every replicate has for
    a Moment what that makes of all of them, and what products have is as far beside itself.
    `formulas` has scalars by closed forms, where there are such.
    """

    products: SampledProducts

    def __init__(
        self,
        program: Program,
        data: Mapping[str, Array],
        samples: int,
        seed: int,
        replicates: Sequence[int] = range(REPLICATES),
        read: Collection[str] | None = None,
        outputs: Outputs = None,
        center: Center | None = None,
        formulas: Callable[[str], Array | None] | None = None,
    ) -> None:
        known = known_readouts(program, outputs)
        program = readouts_first(program, known)
        super().__init__(program, data, len(replicates))
        self.readouts = Readouts(outputs == SAMPLED, known, seed)
        normals = normals_of(program, self.count, [x for x, rows in data.items() if len(rows) > 1])
        numbers = replicate_size(samples) * self.replicates * 2 * (normals + self.count)
        require_room(numbers, f"{samples:,} samples of every Z", "choose fewer samples or inputs")
        self.normals = NormalStock(normals, samples, seed, replicates)
        self.trace = Trace(replicates)
        self.digits = MoreDigits(self.trace)
        self._center = center
        self._formulas = formulas
        self.variances: dict[str, float] = {}
        names = program.variables if read is None else read
        wanted = {name for name in program.variables if name in names or program.uses[name]}
        aside = None if center is None else center.aside
        self.rare = RareEvents(Roots(self.trace), replicates, self.regularity.reaches, aside)
        self.products = SampledProducts(
            program,
            self.normals,
            self.rare,
            self.outputs,
            self.readouts,
            self.regularity,
            wanted,
        )

    @property
    def is_conditioned(self) -> bool:
        """Whether readouts have given values."""
        return self.readouts.has_known

    def closed_form(self, scalar: str) -> Array | None:
        """By formulas: samples do not tell 0 from what is small."""
        return None if self._formulas is None else self._formulas(scalar)

    def release(self, release: Release) -> None:
        """Forget samples that nothing will ask for."""
        for name in release.samples:
            self.trace.samples.pop(name, None)
            self.rare.forget(name)
            self.digits.forget(name)
        for name in release.made:
            self.trace.made.pop(name, None)
        for key in release.families:
            self.products.release(key)

    def draw(
        self, variables: tuple[Variable, ...], mean: tuple[float, ...], covariance: Array
    ) -> None:
        """Joint normals."""
        values, vectors = np.linalg.eigh(covariance)
        root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
        k, wide = len(variables), variables[0].is_wide
        size = 1 if wide else variables[0].dim.size({})
        if not wide and not covariance.any():
            joint = np.zeros((self.replicates, k, size, 1))
        elif not wide and self.readouts.is_sampled:
            drawn = np.einsum("ij,jds->ids", root, self.readouts.draw(k, size, 1))
            joint = np.broadcast_to(drawn, (self.replicates, *drawn.shape))
        else:
            normals = self.normals.take(k * size).reshape(self.replicates, k, size, -1)
            joint = np.einsum("ij,bjds->bids", root, normals)
        joint = joint + np.array(mean)[None, :, None, None]
        self.rare.roots.groups.append((tuple(v.name for v in variables), covariance))
        for i, variable in enumerate(variables):
            self.rare.roots.means[variable.name] = mean[i]
            if wide:
                self.trace.samples[variable.name] = joint[:, i]
            else:
                self.outputs[variable.name] = OutputLimit(joint[:, None, i])
            self.variances[variable.name] = float(covariance[i, i])

    def coordinates(self, vector: str) -> Array:
        """Its samples."""
        return self.trace.samples[vector]

    def number(self, scalar: Array) -> Array:
        """The number of every replicate."""
        return scalar

    def arguments(self, equation: Nonlin | Moment) -> tuple[Array, ...]:
        """The samples; of a scalar that is on one side of 0 at every width no noise beyond it."""
        found = super().arguments(equation)
        return tuple(
            np.clip(value, *self.at_width.ends(a))
            if a.name in self.scalars and _meets_zero(value)
            else value
            for value, a in zip(found, equation.arguments, strict=True)
        )

    def nonlin(self, equation: Nonlin, function: Expression, arguments: tuple[Array, ...]) -> None:
        """ψ elementwise, and how it was made, for its derivatives."""
        name = equation.out.name
        value = finite(function, arguments)
        shape = self.replicates, value.shape[1], self.normals.size
        psi = Coordinatewise.of(equation, arguments)
        psi, value = self.digits.of_vector(name, psi, np.broadcast_to(value, shape))
        self.trace.samples[name] = value
        self.trace.made[name] = psi
        self.trace.depend(name, (a.name for a in equation.arguments))

    def moment(self, equation: Moment, arguments: tuple[Array, ...], reach: Reach) -> Array:
        """The mean of samples. Raises TPTypeError where it diverges."""
        value = finite(equation.function, arguments)
        psi = Coordinatewise.of(equation, arguments)
        psi, value, rest = self.digits.of_mean(psi, value)
        shape = self.replicates, value.shape[1], 1
        found = np.broadcast_to(value.mean(axis=2, keepdims=True), shape)
        doubt = self.rare.doubt(psi, value, reach)
        if doubt is None or not doubt.is_finite:
            require_mean(value, reach)
        if reach.exponent > 2:
            require_finite(self.trace, psi)
        told = self.rare.told(found[:, :, 0], doubt)
        is_unknown = rest is not None and bool((rest > np.abs(found).mean(axis=(0, 2))).any())
        rest = rounding(equation.function, arguments) if rest is None else rest
        told = self.rare.told(told, Doubt(None, rest))
        bent = curvature(self.trace, psi, found[:, :, 0])
        if bent is not None:
            told = self.rare.told(told, Doubt(None, bent))
        if is_unknown and (rest > NOTHING).any():
            self.bases[equation.out.name] = Basis.UNKNOWN
            self.regularity.unknown.append((equation, NO_DIGIT))
        elif says_nothing(value, told):
            self.bases[equation.out.name] = Basis.UNKNOWN
            self.regularity.unknown.append((equation, UNSEEN_DECIDES))
        elif reach.may_diverge or (doubt is not None and doubt.is_poor):
            self.bases[equation.out.name] = Basis.HEAVY_TAIL
            if doubt is not None and doubt.is_poor:
                self.regularity.faults.append((equation, FEW_DECIDE))
        if self._center is not None:
            told = self._center.of(told)
        return told[:, :, None]

    def require_dominated(
        self,
        before: Nonlin | Moment,
        vanishing: Mapping[int, InitialScalar],
        moments: Collection[int] = (),
    ) -> None:
        """Means at widths on the way to the limit, of the same samples. Raises Escapes."""
        if any(a.is_wide and a.name not in self.trace.samples for a in before.arguments):
            return  # They were forgotten.
        name, is_vector = before.out.name, isinstance(before, Nonlin)
        decays = [float(self.decays[before.arguments[i].name]) for i in vanishing]
        values = list(self.arguments(before))

        def mean(values: Sequence[Array]) -> Array:
            with np.errstate(all="ignore"):
                found = np.asarray(evaluate(before.function, values))
            own = (found**2 if is_vector else found).mean(axis=2)
            return np.broadcast_to(own, (self.replicates, own.shape[1]))

        if moments:
            limit = mean(values)
        elif is_vector:
            limit = (self.trace.samples[name] ** 2).mean(axis=2)
        else:
            limit = self.scalars[name][:, :, 0]
        for sign in (1.0, -1.0) if moments else (1.0,):
            means = []
            for small in ON_THE_WAY:
                moved = list(values)
                for i, declaration in vanishing.items():
                    size = small ** (-1.0 / max(decays))
                    moved[i] = np.full((1, 1, 1), self.scales.near(declaration, size))
                for k, i in enumerate(moments, 1):  # apart, as what they differ by counts too
                    moved[i] = values[i] + sign * k * small
                means.append(mean(moved))
            require_dominated(means, limit)

    def require_decided(self, found: Nonlin | Moment) -> None:
        """The same with scalars and products moved by little. Raises Undecided."""
        whole = opened(self.trace, Coordinatewise.of(found, self.arguments(found)))
        noise = np.random.default_rng(0)
        limit = np.asarray(evaluate(whole.expression, whole.values), dtype=np.float64)
        for sign in (1.0, -1.0):
            moved = [
                self._moved(whole.vectors.get(i), value, sign, noise)
                for i, value in enumerate(whole.values)
            ]
            there = np.asarray(evaluate(whole.expression, moved), dtype=np.float64)
            require_decided(limit, there)

    def stays_still(self, variable: Variable) -> bool:
        """Whether its samples are equal up to rounding, where they are still there."""
        found = self.trace.samples.get(variable.name)
        return found is not None and bool(found.std() <= _STILL)

    def _moved(
        self, name: str | None, value: Array, sign: float, noise: np.random.Generator
    ) -> Array:
        """A scalar moved to one side, beyond 0 where it is noise; a product at random."""
        if name is None:
            size = np.abs(value).max(initial=0.0)
            is_noise = size < _NOISE and value.std() > size / 8
            return np.asarray(value + sign * (MOVED + 4 * size * is_noise))
        if not isinstance(self.trace.made.get(name), TracedProduct):
            return value
        size = np.abs(value) if value.std() > _STILL else 1.0
        return np.asarray(value + MOVED * size * noise.standard_normal(value.shape))

    def intervals(self, scalar: Array) -> tuple[Array, Array]:
        """The mean over replicates with three error bars."""
        values = scalar[:, :, 0]
        center = values.mean(axis=0)
        error = 3 * values.std(axis=0) / np.sqrt(max(1, len(values) - 1))
        return center - error, center + error

    def to_output(self, scalar: Array) -> Array:
        """(B, M, 1) as (B, M, 1, 1)."""
        return scalar[:, :, :, None]

    def to_scalar(self, values: Array) -> Array:
        """(B, M, 1, 1) as (B, M, 1)."""
        return values[:, :, 0]

    def outside(self, equation: Nonlin | Moment, decays: Sequence[Fraction]) -> None:
        """Numbers and samples, entry by entry."""
        super().outside(equation, decays)
        self.trace.depend(equation.out.name, (a.name for a in equation.arguments))


def _meets_zero(scalar: Array) -> bool:
    """Whether replicates lie on both sides of 0."""
    return bool((scalar < 0).any() and (scalar > 0).any())

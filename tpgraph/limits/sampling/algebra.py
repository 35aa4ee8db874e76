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

from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction

import numpy as np

from tpgraph.functions import Expression
from tpgraph.limits.algebra import Algebra
from tpgraph.limits.estimates import Basis
from tpgraph.limits.outputs import OutputLimit
from tpgraph.limits.regularity import Reach
from tpgraph.limits.sampling.checks import finite, mean, normals_of
from tpgraph.limits.sampling.derivatives import Coordinatewise, Trace
from tpgraph.limits.sampling.lifetimes import Release
from tpgraph.limits.sampling.normals import REPLICATES, Array, NormalStock, replicate_size
from tpgraph.limits.sampling.products import SampledProducts
from tpgraph.limits.sampling.rare import FEW_DECIDE, RareEvents
from tpgraph.limits.sampling.readouts import (
    SAMPLED,
    Outputs,
    Readouts,
    known_readouts,
    readouts_first,
)
from tpgraph.limits.sampling.stretched import Roots
from tpgraph.program import Moment, Nonlin, Program, Variable, require_room

__all__ = ["SampledAlgebra"]


class SampledAlgebra(Algebra[Array]):
    """Z as sample values, on N inputs in B replicates.

    `scalars` has θ̊ as (B, M, 1), `trace.samples` every Z as (B, M, S), `outputs` what has a fixed
    dimension, and `products` the facts of every MatMul; M is N, or 1 of what is the same on all
    inputs. With `read` given, readouts are sampled only where equations or these names need their
    samples; `outputs` says whether they are random at all.
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
    ) -> None:
        known = known_readouts(program, outputs)
        program = readouts_first(program, known)
        super().__init__(program, data, len(replicates))
        self.readouts = Readouts(outputs == SAMPLED, known, seed)
        normals = normals_of(program, self.count)
        numbers = replicate_size(samples) * self.replicates * 2 * (normals + self.count)
        require_room(numbers, f"{samples:,} samples of every Z", "choose fewer samples or inputs")
        self.normals = NormalStock(normals, samples, seed, replicates)
        self.trace = Trace(replicates)
        self.variances: dict[str, float] = {}
        names = program.variables if read is None else read
        wanted = {name for name in program.variables if name in names or program.uses[name]}
        self.rare = RareEvents(Roots(self.trace), replicates, self.regularity.reaches)
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

    def release(self, release: Release) -> None:
        """Forget samples that nothing will ask for."""
        for name in release.samples:
            self.trace.samples.pop(name, None)
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

    def nonlin(self, equation: Nonlin, function: Expression, arguments: tuple[Array, ...]) -> None:
        """ψ elementwise, and how it was made, for its derivatives."""
        name = equation.out.name
        vectors = {i: a.name for i, a in enumerate(equation.arguments) if a.is_wide}
        value = finite(function, arguments)
        shape = self.replicates, value.shape[1], self.normals.size
        self.trace.samples[name] = np.broadcast_to(value, shape)
        self.trace.made[name] = Coordinatewise(function, arguments, vectors)
        self.trace.depend(name, (a.name for a in equation.arguments))

    def moment(self, equation: Moment, arguments: tuple[Array, ...], reach: Reach) -> Array:
        """The mean of samples. Raises TPTypeError where it diverges."""
        value = finite(equation.function, arguments)
        shape = self.replicates, value.shape[1], 1
        found = np.broadcast_to(mean(value, reach)[:, :, None], shape)
        names = [a.name if a.is_wide else None for a in equation.arguments]
        doubt = self.rare.doubt(equation.function, names, arguments, value, reach)
        if reach.may_diverge or (doubt is not None and doubt.is_poor):
            self.bases[equation.out.name] = Basis.HEAVY_TAIL
        if doubt is not None and doubt.is_poor:
            self.regularity.faults.append((equation, FEW_DECIDE))
        return self.rare.told(found[:, :, 0], doubt)[:, :, None]

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

"""The algebra of sums: every Z is a sum of products of Gaussians and functions of linear forms.

    ZInit     Z ~ N(μ, Σ)                  a Gaussian and its mean
    ZNonlin   Z^y = ψ(Z^{x¹}, …; θ̊)        `expansion`
    ZMoment   θ̊ = E ψ(Z^{x¹}, …; θ̊)        `expectations`
    ZMatMul   Z^{Wx} = Ẑ + Ż               `products`

Covariances between inputs are computed only when they are asked for. Source: Tensor Programs IIb
(arXiv 2105.03703), Definition B.3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np

from tpgraph.functions import (
    JUMPING,
    Expression,
    applications,
    component,
    inline,
    number,
    reads_components,
)
from tpgraph.limits.algebra import Algebra
from tpgraph.limits.atoms import MOVED, undecided
from tpgraph.limits.exact.blocks import MomentBlocks
from tpgraph.limits.exact.disturbance import STILL, Disturbance
from tpgraph.limits.exact.expansion import expanded
from tpgraph.limits.exact.forms import Array, CentredGaussian
from tpgraph.limits.exact.gaussians import Drawn, Gaussians
from tpgraph.limits.exact.products import ExactProducts
from tpgraph.limits.exact.terms import Sum, constant, linear
from tpgraph.limits.not_closed import NotClosed
from tpgraph.limits.outputs import OutputLimit
from tpgraph.limits.regularity import Reach
from tpgraph.limits.vanishing import leading_in_width
from tpgraph.program import Moment, Nonlin, Program, Variable

__all__ = ["ExactAlgebra"]

_STILL = 1e-24
"""A variance that is rounding."""


class ExactAlgebra(Algebra[Sum]):
    """Z as a sum of products, on N inputs at once.

    `scalars` has θ̊, (N,) or (1,), `sums` every Z of width n, `outputs` what is of fixed dimension
    and deterministic, `entries` what is random of it, entry by entry, `products` the facts of every
    MatMul and `blocks` moments; in `alike` is what has entries of one distribution. With `hurry`
    it gives up on quadrature sooner. The `disturbance` moves every number within its error.
    """

    products: ExactProducts

    def __init__(
        self,
        program: Program,
        data: Mapping[str, Array],
        hurry: bool = False,
        disturbance: Disturbance = STILL,
    ) -> None:
        super().__init__(program, {name: disturbance.scaled(x) for name, x in data.items()})
        self.disturbance = disturbance
        self.sums: dict[str, Sum] = {}
        self.entries: dict[str, tuple[Sum, ...]] = {}
        self.alike: set[str] = set()
        self.gaussians = Gaussians()
        self.blocks = MomentBlocks(self.gaussians, self.count, self.sums, hurry, disturbance)
        self.products = ExactProducts(self)

    def draw(
        self, variables: tuple[Variable, ...], mean: tuple[float, ...], covariance: Array
    ) -> None:
        """Gaussians and their means."""
        family = Drawn([v.name for v in variables], self.disturbance.rounded(covariance))
        for k, (variable, m) in enumerate(zip(variables, mean, strict=True)):
            self.gaussians.family_of[variable.name] = family
            size = 1 if variable.is_wide else variable.dim.size({})
            if covariance[k, k]:
                drawn = [linear(CentredGaussian(variable.name, a), m) for a in range(size)]
            else:
                drawn = [constant(m)] * size
            if variable.is_wide:
                self.sums[variable.name] = drawn[0]
            else:
                self._bind_entries(variable, tuple(drawn))

    def _bind_entries(self, variable: Variable, entries: tuple[Sum, ...]) -> None:
        """A vector of fixed dimension, or a scalar made of some, as numbers where it is some."""
        name = variable.name
        if not all(entry.is_constant for entry in entries):
            self.entries[name] = entries
        elif variable.is_scalar:
            self.scalars[name] = entries[0].value
        else:
            values = np.broadcast_arrays(*(entry.value for entry in entries))
            self.outputs[name] = OutputLimit(np.stack(values, axis=-1)[None, :, :, None])

    def coordinates(self, vector: str) -> Sum:
        """Z as a sum."""
        return self.sums[vector]

    def coefficient(self, variance: float, slope: Array) -> Array:
        """The product, moved where it is too small for a float."""
        return self.disturbance.product(np.full(1, variance), slope)

    def number(self, scalar: Array) -> Sum:
        """A sum without Gaussians."""
        return constant(scalar)

    def nonlin(self, equation: Nonlin, function: Expression, arguments: tuple[Sum, ...]) -> None:
        """ψ multiplied out."""
        self.sums[equation.out.name] = expanded(function, arguments, self.disturbance)

    def moment(self, equation: Moment, arguments: tuple[Sum, ...], reach: Reach) -> Array:
        """E of every term. Raises NotClosed, also where it is not shown to be finite."""
        found = expanded(equation.function, arguments, self.disturbance)
        value, basis = self.blocks.with_basis(
            lambda: self.blocks.expected(found, is_sure=not reach.may_diverge)
        )
        self.bases[equation.out.name] = basis
        return value

    def intervals(self, scalar: Array) -> tuple[Array, Array]:
        """The values."""
        return scalar, scalar

    def to_output(self, scalar: Array) -> Array:
        """(N,) as (1, N, 1, 1)."""
        return scalar[None, :, None, None]

    def to_scalar(self, values: Array) -> Array:
        """(1, N, 1, 1) as (N,)."""
        return values[0, :, 0, 0]

    def stays_still(self, variable: Variable) -> bool:
        """Whether its mean square is its squared mean, where it has a Z, both in closed form."""
        found = self.sums.get(variable.name)
        if found is None:
            return False
        try:
            mean, square = (self.blocks.expected(x) for x in (found, found * found))
        except NotClosed:
            return False
        return not (square - mean**2 > _STILL).all()

    def require_decided(self, found: Nonlin | Moment) -> None:
        """Raise Undecided where all coordinates lie at a jump; of a share samples tell."""
        arguments = self.arguments(found)
        for part in applications(inline(found.function)):
            if part.function.name in JUMPING and not part.order:
                inner = expanded(part.arguments[0], arguments, self.disturbance)
                if inner.is_constant and (np.abs(inner.value) <= MOVED).any():
                    raise undecided()
        super().require_decided(found)

    def is_outside(self, variable: Variable) -> bool:
        """Whether it is made of data and readouts alone, whose random entries stand apart."""
        return variable.name in self.entries or super().is_outside(variable)

    def stays_random(self, variable: Variable) -> bool:
        """Whether its entries are random."""
        return variable.name in self.entries

    def outside(self, equation: Nonlin | Moment, decays: Sequence[Fraction]) -> None:
        """Numbers, or of random arguments sums, entry by entry."""
        if any(a.name in self.entries for a in equation.arguments):
            self._apply_random(equation, decays)
        else:
            super().outside(equation, decays)

    def _apply_random(self, equation: Nonlin | Moment, decays: Sequence[Fraction]) -> None:
        """What is made of readouts, entry by entry."""
        expression, growth = leading_in_width(equation.function, decays)
        if growth > 0:
            raise NotClosed("a random vector that grows with width")
        if growth < 0:
            expression = number(0)
        sizes = [a.dim.size({}) for a in equation.arguments if a.is_vector]
        size = max(sizes, default=1)
        entries = []
        for k in range(size):
            own = expression
            arguments = [self._entry(a, k) for a in equation.arguments]
            if reads_components(expression):
                own = component(expression, k, size)
                arguments = [self._entry(a, j) for a in equation.arguments for j in range(size)]
            entries.append(expanded(own, arguments, self.disturbance))
        if isinstance(equation, Moment):
            total = Sum()
            for entry in entries:
                total = total + entry
            entries = [total.scaled(1 / size)]
        self._bind_entries(equation.out, tuple(entries))
        if all(a.name in self.alike or a.name in self.scalars for a in equation.arguments):
            self.alike.add(equation.out.name)

    def as_entries(self, name: str) -> tuple[Sum, ...]:
        """A vector of fixed dimension, or a scalar, entry by entry."""
        if name in self.entries:
            return self.entries[name]
        variable = self.program.variables[name]
        size = variable.dim.size({}) if variable.is_vector else 1
        return tuple(self._entry(variable, k) for k in range(size))

    def _entry(self, variable: Variable, k: int) -> Sum:
        name = variable.name
        if name in self.scalars:
            return constant(self.scalars[name])
        if name in self.entries:
            entries = self.entries[name]
            return entries[k if len(entries) > 1 else 0]
        output = self.outputs[name]
        if output.power:
            raise NotClosed("a random vector that grows with width")
        return constant(output.values[0, :, k if output.values.shape[2] > 1 else 0, 0])

"""Products in the algebra of sums: Gaussians Ẑ, whose covariances wait until they are asked for.

Of wide operands they are σ² E[Z^x Z^y], of operands of fixed dimension s ⟨ξ, ξ̄⟩. Ż on input i has
the derivatives of x(ξ_i) alone, which no Gaussian of another input moves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Protocol

import numpy as np

from tpgraph.limits.algebra import Products
from tpgraph.limits.estimates import Basis
from tpgraph.limits.exact import gaussians
from tpgraph.limits.exact.blocks import MomentBlocks
from tpgraph.limits.exact.disturbance import Disturbance
from tpgraph.limits.exact.forms import Array, CentredGaussian
from tpgraph.limits.exact.gaussians import Gaussians
from tpgraph.limits.exact.slopes import derivative
from tpgraph.limits.exact.terms import Sum, linear
from tpgraph.limits.not_closed import NotClosed
from tpgraph.limits.outputs import OutputLimit
from tpgraph.program import MatMul
from tpgraph.program.scales import Asymptotic

__all__ = ["ExactProducts"]

_WORST_CONDITION = 1e5
_ROUNDING = 2.0**-48


class EvaluationState(Protocol):
    """What is known of a program so far: products read it and add to it."""

    sums: dict[str, Sum]
    outputs: dict[str, OutputLimit]
    entries: dict[str, tuple[Sum, ...]]
    alike: set[str]
    gaussians: Gaussians
    blocks: MomentBlocks
    disturbance: Disturbance
    bases: dict[str, Basis]


class ExactProducts(Products[Sum]):
    """The MatMuls of one evaluation, which binds what they make.

    `dots` has the coefficients of Ż, (N,) or (1,), and `families` every Ẑ by matrix and
    transposition.
    """

    def __init__(self, state: EvaluationState) -> None:
        super().__init__()
        self._at = state
        self.families: dict[tuple[str, bool], gaussians.ProductGaussians | gaussians.Operands] = {}

    def repeat(self, name: str, earlier: str) -> None:
        """The same sum."""
        if earlier in self._at.sums:
            self._at.sums[name] = self._at.sums[earlier]
            self.dots[name] = self.dots[earlier]
        elif earlier in self._at.entries:
            self._at.entries[name] = self._at.entries[earlier]
            self._at.alike.add(name)
        else:
            self._at.outputs[name] = self._at.outputs[earlier]

    def _extend(self, equation: MatMul, sigma2: float) -> None:
        """A new Ẑ of a wide operand."""
        key, name = (equation.matrix.name, equation.transpose), equation.out.name
        operand = equation.operand.name
        family = self.families.setdefault(
            key,
            gaussians.ProductGaussians(
                [], {}, self._rounded(sigma2), self._at.blocks, self._at.disturbance
            ),
        )
        assert isinstance(family, gaussians.ProductGaussians), (
            "a matrix has wide operands or fixed ones"
        )
        family.names.append(name)
        family.operand[name] = operand
        self._register(name, family, self._at.blocks.size(self._at.sums[operand]) > 1)

    def _rounded(self, number: float) -> float:
        return float(self._at.disturbance.rounded(np.full(1, number))[0])

    def _register(self, name: str, family: gaussians.JointGaussians, varies: bool) -> None:
        self._at.gaussians.family_of[name] = family
        if varies:
            self._at.blocks.varying.add(name)

    def slopes(self, equation: MatMul) -> dict[str, Array] | None:
        """E[∂Z^x/∂Ẑ], (N,) or (1,), term by term; by Stein's lemma where ∂Z^x is no function."""
        beneath = self._at.sums[equation.operand.name]
        other = self.families.get((equation.matrix.name, not equation.transpose))
        names = [] if other is None else other.names
        moving = [name for name in names if CentredGaussian(name) in beneath.gaussians]
        if other is None or not moving:
            return None
        found, basis = self._at.blocks.with_basis(lambda: self._slopes(beneath, other, moving))
        self._at.bases[equation.out.name] = basis
        return found

    def _slopes(
        self, beneath: Sum, other: gaussians.JointGaussians, moving: Sequence[str]
    ) -> dict[str, Array]:
        if self._at.blocks.expectations.is_steep(beneath):
            return self._by_stein(beneath, other, moving)
        try:
            slopes = {name: derivative(beneath, CentredGaussian(name)) for name in moving}
            return {name: self._at.blocks.expected(slope) for name, slope in slopes.items()}
        except NotClosed:
            return self._by_stein(beneath, other, moving)

    def _by_stein(
        self, beneath: Sum, family: gaussians.JointGaussians, names: Sequence[str]
    ) -> dict[str, Array]:
        """C⁺ b with C = Cov(Ẑ, Ẑ), b = E[Ẑ Z^x]. Raises NotClosed where C is nearly singular."""
        of = [CentredGaussian(name) for name in names]
        b = np.stack(
            np.broadcast_arrays(*(self._at.blocks.expected(linear(g) * beneath) for g in of)), -1
        )
        covariance = [np.broadcast_arrays(*(family.same(g, h) for h in of)) for g in of]
        rows = [np.stack(row, axis=-1) for row in covariance]
        C = np.stack(np.broadcast_arrays(*rows), axis=-2)
        size = np.sqrt(np.einsum("...ii->...i", C))
        if not (size > 0).all():
            raise NotClosed("a slope along a Gaussian without variance")
        unit = C / size[..., :, None] / size[..., None, :]
        condition = float(np.max(np.linalg.cond(unit)))
        if not condition < _WORST_CONDITION:
            raise NotClosed("slopes along Gaussians that nearly depend on each other")
        found = np.linalg.solve(unit, (b / size)[..., None])[..., 0] / size
        self._at.blocks.error += _ROUNDING * condition
        found = self._at.disturbance.within(found, _ROUNDING * condition * np.abs(found))
        return {name: found[..., k] for k, name in enumerate(names)}

    def hidden(self, equation: MatMul, variance: float) -> Sum:
        """A Gaussian whose covariances are moments of operands."""
        self._extend(equation, variance)
        return linear(CentredGaussian(equation.out.name))

    def bind(self, name: str, hat: Sum, dot: dict[str, Array]) -> None:
        """The sum."""
        for y, coefficient in dot.items():
            hat = hat + self._at.sums[y].scaled(coefficient)
        self.dots[name] = dot
        self._at.sums[name] = hat

    def input(self, equation: MatMul, operand: Array) -> Sum:
        """A Gaussian whose covariances are products of operands."""
        key, name = (equation.matrix.name, equation.transpose), equation.out.name
        family = self.families.setdefault(key, gaussians.Operands([], {}))
        assert isinstance(family, gaussians.Operands), "a matrix has wide operands or fixed ones"
        family.names.append(name)
        family.operand[name] = operand[0]
        self._register(name, family, len(operand[0]) > 1)
        return linear(CentredGaussian(name))

    def readout(self, equation: MatMul, variance: float, power: Fraction) -> None:
        """A Gaussian for each entry. Raises NotClosed where it grows."""
        if power:
            raise NotClosed("a readout that grows with width")
        name, d = equation.out.name, equation.out.dim.size({})
        if variance == 0.0:
            self._at.outputs[name] = OutputLimit(np.zeros((1, 1, d, 1)))
            return
        self._extend(equation, variance)
        self._at.entries[name] = tuple(linear(CentredGaussian(name, a)) for a in range(d))
        self._at.alike.add(name)

    def aligned(
        self, equation: MatMul, growth: Asymptotic, slopes: Mapping[str, Array]
    ) -> OutputLimit:
        """Numbers (1, N, d, 1)."""
        other = self.families[equation.matrix.name, not equation.transpose]
        assert isinstance(other, gaussians.Operands), "it has operands of fixed dimension"
        terms = [slope[:, None] * other.operand[made] for made, slope in slopes.items()]
        total = growth.coefficient * sum(terms, np.zeros((1, equation.out.dim.size({}))))
        return OutputLimit(np.asarray(total)[None, :, :, None], growth.exponent)

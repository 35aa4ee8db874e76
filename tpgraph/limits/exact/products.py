"""Products in the algebra of sums: Gaussians Ẑ, whose covariances wait until they are asked for.

Of wide operands they are σ² E[Z^x Z^y], of operands of fixed dimension s ⟨ξ, ξ̄⟩. Ż on input i has
the derivatives of x(ξ_i) alone, which no Gaussian of another input moves.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from tpgraph.limits.algebra import Products
from tpgraph.limits.exact import gaussians
from tpgraph.limits.exact.blocks import MomentBlocks
from tpgraph.limits.exact.forms import Array, CentredGaussian
from tpgraph.limits.exact.gaussians import Gaussians
from tpgraph.limits.exact.slopes import derivative
from tpgraph.limits.exact.terms import Sum, linear
from tpgraph.limits.outputs import OutputLimit
from tpgraph.program import MatMul
from tpgraph.program.scales import Asymptotic

__all__ = ["ExactProducts"]


class EvaluationState(Protocol):
    """What is known of a program so far: products read it and add to it."""

    sums: dict[str, Sum]
    outputs: dict[str, OutputLimit]
    entries: dict[str, tuple[Sum, ...]]
    alike: set[str]
    gaussians: Gaussians
    blocks: MomentBlocks


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
            key, gaussians.ProductGaussians([], {}, sigma2, self._at.blocks)
        )
        assert isinstance(family, gaussians.ProductGaussians), (
            "a matrix has wide operands or fixed ones"
        )
        family.names.append(name)
        family.operand[name] = operand
        self._register(name, family, self._at.blocks.size(self._at.sums[operand]) > 1)

    def _register(self, name: str, family: gaussians.JointGaussians, varies: bool) -> None:
        self._at.gaussians.family_of[name] = family
        if varies:
            self._at.blocks.varying.add(name)

    def slopes(self, equation: MatMul) -> dict[str, Array] | None:
        """E[∂Z^x/∂Ẑ], (N,) or (1,), term by term."""
        beneath = self._at.sums[equation.operand.name]
        other = self.families.get((equation.matrix.name, not equation.transpose))
        found = {}
        for name in other.names if other is not None else ():
            if CentredGaussian(name) in beneath.gaussians:
                slope = derivative(beneath, CentredGaussian(name))
                found[name] = self._at.blocks.expected(slope)
        return found or None

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

    def readout(self, equation: MatMul, variance: float) -> None:
        """A Gaussian for each entry."""
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
        """Numbers (1, N, d, 1). Raises TPTypeError where they grow."""
        factor = growth.limit(
            f"{equation.out} reads {equation.operand}, which depends on {equation.matrix}: it"
        )
        other = self.families[equation.matrix.name, not equation.transpose]
        assert isinstance(other, gaussians.Operands), "it has operands of fixed dimension"
        terms = [slope[:, None] * other.operand[made] for made, slope in slopes.items()]
        total = factor * sum(terms, np.zeros((1, equation.out.dim.size({}))))
        return OutputLimit(np.asarray(total)[None, :, :, None])

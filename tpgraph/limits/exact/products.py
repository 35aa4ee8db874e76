"""MatMul exactly: rules ZHat and ZDot, input layers and readouts, on N inputs at once.

    hidden    Z^{Wx} = Ẑ + Ż,  Cov(Ẑ^{Wx}, Ẑ^{Wy}) = σ² E[Z^x Z^y],
              Ż^{Wx} = σ² Σ_i Z^{y_i} E[∂Z^x/∂Ẑ^{Wᵀy_i}]
    input     Cov(Uξ, Uξ̄) = s ⟨ξ, ξ̄⟩
    readout   Cov(Vx, Vx̄) = σ² E[Z^x Z^x̄]; of x that depends on V a deterministic mean

For W of r × c with entries of variance s: σ² = s c for Wx and s r for Wᵀy. Ż on input i has the
derivatives of x(ξ_i) alone, which no Gaussian of another input moves. Source: Tensor Programs IIb
(arXiv 2105.03703), Definition B.3; unequal widths: Tensor Programs II (arXiv 2006.14548).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

import numpy as np

from tpgraph.errors import TPTypeError
from tpgraph.limits.exact import gaussians
from tpgraph.limits.exact.blocks import MomentBlocks
from tpgraph.limits.exact.forms import Array, CentredGaussian
from tpgraph.limits.exact.gaussians import Gaussians
from tpgraph.limits.exact.slopes import derivative
from tpgraph.limits.exact.terms import Sum, linear
from tpgraph.limits.outputs import STAYS_RANDOM, OutputLimit
from tpgraph.limits.scales import Asymptotic, DeclaredScales
from tpgraph.program import MatMul

__all__ = ["ExactProducts"]


class EvaluationState(Protocol):
    """What is known of a program so far: products read it and add to it."""

    scales: DeclaredScales
    sums: dict[str, Sum]
    outputs: dict[str, OutputLimit]
    entries: dict[str, tuple[Sum, ...]]
    alike: set[str]
    gaussians: Gaussians
    blocks: MomentBlocks


class ExactProducts:
    """The MatMuls of one evaluation, which binds what they make.

    `dots` has the coefficients of Ż, (N,) or (1,), `families` every Ẑ by matrix and transposition,
    and `repeats` the first of products that are written more than once. The products named in
    `independent` have Ẑ alone.
    """

    def __init__(self, state: EvaluationState, independent: Collection[str]) -> None:
        self._at = state
        self._independent = independent
        self.dots: dict[str, dict[str, Array]] = {}
        self.repeats: dict[str, str] = {}
        self.families: dict[tuple[str, bool], gaussians.ProductGaussians | gaussians.Operands] = {}
        self._made: dict[tuple[str, bool, str], str] = {}

    def apply(self, equation: MatMul) -> None:
        """Bind the product. Raises TPTypeError where it has no limit."""
        key = equation.matrix.name, equation.transpose, equation.operand.name
        if key in self._made:
            self._repeat(equation.out.name, self._made[key])
            return
        self._made[key] = equation.out.name
        self._at.scales.require_one_base(equation.matrix, equation.span)
        wide_in, wide_out = equation.operand.is_wide, equation.out.is_wide
        if wide_in and wide_out:
            self._hidden(equation)
        elif wide_out:
            self._input(equation)
        elif wide_in:
            self._readout(equation)
        else:
            raise TPTypeError(f"{equation.matrix} has no width: it has no limit")

    def _repeat(self, name: str, earlier: str) -> None:
        """The same product once more, which is the same variable."""
        self.repeats[name] = earlier
        if earlier in self._at.sums:
            self._at.sums[name] = self._at.sums[earlier]
            self.dots[name] = self.dots[earlier]
        elif earlier in self._at.entries:
            self._at.entries[name] = self._at.entries[earlier]
            self._at.alike.add(name)
        else:
            self._at.outputs[name] = self._at.outputs[earlier]

    def _variance(self, equation: MatMul) -> float:
        """σ² = s c of a product with W, s r of one with Wᵀ, over the coordinates of the operand."""
        growth = self._at.scales.entry_variance(equation.matrix)
        growth *= self._at.scales.size(equation.operand.dim)
        return growth.limit(f"the variance of {equation.out}")

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

    def _slopes(self, equation: MatMul) -> dict[str, Array]:
        """E[∂Z^x/∂Ẑ] by each Ẑ of the transposed matrix on which x depends."""
        beneath = self._at.sums[equation.operand.name]
        other = self.families.get((equation.matrix.name, not equation.transpose))
        found = {}
        for name in other.names if other is not None else ():
            if CentredGaussian(name) in beneath.gaussians:
                slope = derivative(beneath, CentredGaussian(name))
                found[name] = self._at.blocks.expected(slope)
        return found

    def _hidden(self, equation: MatMul) -> None:
        """width → width: Ẑ + Ż."""
        name, sigma2 = equation.out.name, self._variance(equation)
        other = self.families.get((equation.matrix.name, not equation.transpose))
        dot: dict[str, Array] = {}
        slopes = {} if name in self._independent else self._slopes(equation)
        for made, slope in slopes.items():
            assert isinstance(other, gaussians.ProductGaussians), "it has wide operands"
            y = other.operand[made]
            dot[y] = dot.get(y, np.zeros(1)) + sigma2 * slope
        self._extend(equation, sigma2)
        total = linear(CentredGaussian(name))
        self.dots[name] = {y: c for y, c in dot.items() if c.any()}
        for y, coefficient in self.dots[name].items():
            total = total + self._at.sums[y].scaled(coefficient)
        self._at.sums[name] = total

    def _input(self, equation: MatMul) -> None:
        """fixed → width: Gaussian, with covariance s ⟨ξ, ξ̄⟩ for entries of variance s."""
        name = equation.out.name
        if equation.operand.name in self._at.entries:
            raise TPTypeError(
                f"{equation.operand} depends on a readout, which stays random in the limit",
                mend=STAYS_RANDOM,
            )
        operand = self._at.outputs[equation.operand.name]
        s = self._at.scales.entry_variance(equation.matrix)
        growth = Asymptotic(s.coefficient, s.exponent + 2 * operand.power)
        y = np.sqrt(growth.limit(f"the variance of {name}")) * operand.values[0, :, :, 0]
        key = equation.matrix.name, equation.transpose
        family = self.families.setdefault(key, gaussians.Operands([], {}))
        assert isinstance(family, gaussians.Operands), "a matrix has wide operands or fixed ones"
        family.names.append(name)
        family.operand[name] = y
        self._register(name, family, len(y) > 1)
        self._at.sums[name] = linear(CentredGaussian(name))
        self.dots[name] = {}

    def _readout(self, equation: MatMul) -> None:
        """width → fixed: Gaussian over initializations, or where x knows V a deterministic mean.

        V x = n E[V_α Z^x_α], and E[V_α Z^x] = Σ_i Cov(V_α, Ẑ^{Vᵀy_i}) E[∂Z^x/∂Ẑ^{Vᵀy_i}].
        """
        name, d = equation.out.name, equation.out.dim.size({})
        slopes = self._slopes(equation)
        if slopes:
            self._at.outputs[name] = OutputLimit(self._aligned(equation, slopes)[None, :, :, None])
            return
        sigma2 = self._variance(equation)
        if sigma2 == 0.0:
            self._at.outputs[name] = OutputLimit(np.zeros((1, 1, d, 1)))
            return
        self._extend(equation, sigma2)
        self._at.entries[name] = tuple(linear(CentredGaussian(name, a)) for a in range(d))
        self._at.alike.add(name)

    def _aligned(self, equation: MatMul, slopes: dict[str, Array]) -> Array:
        """The deterministic readout of a vector that depends on the readout matrix, (N, d)."""
        s = self._at.scales.entry_variance(equation.matrix)
        size = self._at.scales.size(equation.operand.dim)
        growth = Asymptotic(np.sqrt(s.coefficient), s.exponent / 2) * size
        factor = growth.limit(
            f"{equation.out} reads {equation.operand}, which depends on {equation.matrix}: it"
        )
        other = self.families[equation.matrix.name, not equation.transpose]
        assert isinstance(other, gaussians.Operands), "it has operands of fixed dimension"
        terms = [slope[:, None] * other.operand[made] for made, slope in slopes.items()]
        return np.asarray(factor * sum(terms, np.zeros((1, equation.out.dim.size({})))))

"""Products in the algebra of samples: Ẑ is drawn given the earlier Ẑ of its matrix.

Between inputs i and j the covariance is that of x(ξ_i) and x(ξ_j), and Ż on input i has the
derivatives of x(ξ_i) alone, which no Gaussian of another input moves.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from fractions import Fraction

import numpy as np

from tpgraph.errors import TPTypeError
from tpgraph.functions import Argument
from tpgraph.limits.algebra import Products
from tpgraph.limits.estimates import LEAST
from tpgraph.limits.outputs import OutputLimit
from tpgraph.limits.regularity import Regularity
from tpgraph.limits.sampling.checks import require_mean
from tpgraph.limits.sampling.derivatives import Coordinatewise, TracedProduct
from tpgraph.limits.sampling.gaussian import MatrixGaussians
from tpgraph.limits.sampling.more_digits import NO_DIGIT
from tpgraph.limits.sampling.normals import Array, NormalStock
from tpgraph.limits.sampling.rare import RareEvents
from tpgraph.limits.sampling.readouts import Readouts
from tpgraph.limits.sampling.residual import Operand
from tpgraph.limits.sampling.spread import is_unsteady, scattered
from tpgraph.program import MatMul, Program
from tpgraph.program.scales import Asymptotic

__all__ = ["SampledProducts"]


class SampledProducts(Products[Array]):
    """The MatMuls of one evaluation, which binds what they make in `trace` and `outputs`.

    `hats` has Cov(Ẑ, Ẑ), (B, M, M), of each product by name, `hat_covariances` Cov(Ẑ, Ẑ^y),
    (B, M, M_y), with the earlier ones of the matrix, `dots` the coefficients of Ż, (B, M). `read`
    names the readouts whose samples are needed; of those that are `growing` all this is without
    their powers of the width. `is_unsteady` says whether replicates differ much in what they make
    of a product.
    """

    def __init__(
        self,
        program: Program,
        normals: NormalStock,
        rare: RareEvents,
        outputs: dict[str, OutputLimit],
        readouts: Readouts,
        regularity: Regularity,
        read: Collection[str],
    ) -> None:
        super().__init__()
        self.program = program
        self.normals = normals
        self.trace = rare.roots.trace
        self.rare = rare
        self.outputs = outputs
        self.readouts = readouts
        self.regularity = regularity
        self.hats: dict[str, Array] = {}
        self.growing: set[str] = set()
        self.hat_covariances: dict[str, dict[str, Array]] = {}
        self.families = rare.roots.families
        self.is_unsteady = False
        self._operands: dict[str, Array] = {}
        self._hidden: dict[str, float] = {}
        products = [e for e in program.equations if isinstance(e, MatMul)]
        self._read = {self._key(e) for e in products if e.out.name in read}

    def release(self, key: tuple[str, bool]) -> None:
        """Forget the normals and the wide operands of a matrix's products, after the last one."""
        family = self.families.get(key)
        if family is not None:
            family.release()
            for name in family.names:
                if self.program.equation_of[name].inputs[-1].is_wide:
                    self._operands.pop(name, None)

    def repeat(self, name: str, earlier: str) -> None:
        """The same samples, to the last digit."""
        if earlier in self.outputs:
            self.outputs[name] = self.outputs[earlier]
        if earlier in self.trace.samples:
            samples = self.trace.samples[earlier]
            self.trace.samples[name] = samples
            self.trace.made[name] = Coordinatewise(Argument(0), (samples,), {0: earlier})
            self.dots[name] = self.dots[earlier]
        self.trace.depend(name, iter([earlier]))
        if earlier in self.hats:
            self.hats[name] = self.hats[earlier]
        if earlier in self.hat_covariances:
            known = self.hat_covariances[earlier]
            self.hat_covariances[name] = {**known, earlier: self.hats[earlier]}

    @staticmethod
    def _key(equation: MatMul, opposite: bool = False) -> tuple[str, bool]:
        return equation.matrix.name, equation.transpose != opposite

    def _family(self, equation: MatMul, opposite: bool = False) -> MatrixGaussians:
        return self.families.setdefault(self._key(equation, opposite), MatrixGaussians())

    def _covariances(self, x: Array, family: MatrixGaussians, factor: float) -> list[Array]:
        """The products factor · x yᵀ with the operand y of every earlier product of the family."""
        operands = (self._operands[name] for name in family.names)
        return [factor * (x @ y.transpose(0, 2, 1)) for y in operands]

    def _of_operand(self, equation: MatMul, sigma2: float) -> tuple[Array, list[Array]]:
        """Cov(Ẑ, Ẑ) for a wide operand x, and with the earlier products: σ² E[Z^x Z^y]."""
        family, name = self._family(equation), equation.out.name
        if equation.operand.name in self.trace.gone:
            raise TPTypeError(f"it is made of {equation.operand.name}, and {NO_DIGIT}")
        x = self.trace.samples[equation.operand.name]
        reach = self.regularity.of(equation.operand)
        factor = sigma2 / self.normals.size
        covariances = self._covariances(x, family, factor)
        self._operands[name] = x
        own = factor * (x @ x.transpose(0, 2, 1))
        if sigma2:
            _require_resolved(own, x)
        doubt = self.rare.of_power(equation.operand.name, 2, reach) if x.shape[1] == 1 else None
        if reach.may_diverge and (doubt is None or not doubt.is_finite):
            require_mean(x * x, reach)
        if doubt is not None and sigma2:
            own = sigma2 * self.rare.told_square(own[:, :, 0] / sigma2, doubt)[:, :, None]
        if x.shape[1] == 1:
            self._hidden[name] = self._unseen_beside(equation, x)
        variance = np.diagonal(own, axis1=1, axis2=2)
        self.is_unsteady |= is_unsteady(variance, variance)
        return self._record(name, family, own, covariances)

    def _record(
        self, name: str, family: MatrixGaussians, own: Array, covariances: list[Array]
    ) -> tuple[Array, list[Array]]:
        self.hats[name] = own
        self.hat_covariances[name] = dict(zip(family.names, covariances, strict=True))
        return own, covariances

    def _hat(
        self, equation: MatMul, own: Array, covariances: list[Array], operand: Operand
    ) -> Array:
        """Samples of Ẑ; what is left of it beside earlier ones and lost is entered as an error."""
        family = self._family(equation)
        found = family.extend(equation.out.name, own, covariances, self.normals.take, operand)
        assert found is not None, "normals were given"
        lost = max(family.lost, self._hidden.pop(equation.out.name, 0.0))
        return scattered(found, lost, len(family.names), self.trace.replicates)

    def _unseen_beside(self, equation: MatMul, x: Array) -> float:
        """√E (x − c y)², beside √E x², of what no sample shows, over earlier operands y.

        So x = sign(z − 1e-6) and y = sign(z), which differ between the samples.
        """
        family, most = self._family(equation), 0.0
        operand, size = equation.operand.name, float((x * x).mean())
        for name in family.names:
            y = self._operands[name]
            earlier = self.program.equation_of[name].inputs[-1].name
            square = float((y * y).mean()) if y.shape == x.shape else 0.0
            if square and size and earlier != operand:
                apart = self.rare.apart(operand, earlier, float((x * y).mean()) / square)
                most = max(most, apart / size)
        return math.sqrt(most)

    def slopes(self, equation: MatMul) -> Mapping[str, Array] | None:
        """E[∂Z^x/∂Ẑ], (B, M), from samples, with what they may have missed."""
        other, x = self._family(equation, opposite=True), equation.operand.name
        if not self.trace.dependent(x, other):
            return None
        found = self.trace.expected(x, other)
        return {name: self._with_unseen(x, name, slope) for name, slope in found.items()}

    def _with_unseen(self, x: str, name: str, slope: Array) -> Array:
        deviation = np.sqrt(np.diagonal(self.hats[name], axis1=1, axis2=2))
        return self.rare.told_of_product(slope, self.rare.of_slope(x, deviation))

    def hidden(self, equation: MatMul, variance: float) -> Array:
        """Samples of Ẑ given the earlier ones."""
        own, covariances = self._of_operand(equation, variance)
        return self._hat(equation, own, covariances, self._wide(equation, variance))

    def _wide(self, equation: MatMul, variance: float) -> Operand:
        return Operand(self.trace.samples[equation.operand.name], variance / self.normals.size)

    def bind(self, name: str, hat: Array, dot: dict[str, Array]) -> None:
        """Samples of Z, and how it was made."""
        total = hat
        parts = []
        for y, coefficient in dot.items():
            own = self.trace.samples[y]
            total = total + coefficient[:, :, None] * own
            parts.append(coefficient * _length(own))
        whole = _length(total)
        self.is_unsteady |= any(is_unsteady(part, whole) for part in parts)
        self.dots[name] = {y: np.broadcast_to(c, (len(hat), c.shape[1])) for y, c in dot.items()}
        self.trace.samples[name] = total
        self.trace.made[name] = TracedProduct(hat, dot)
        self.trace.depend(name, iter(dot), is_product=True)

    def input(self, equation: MatMul, operand: Array) -> Array:
        """Samples of Ẑ given the earlier ones."""
        family, name = self._family(equation), equation.out.name
        operand = np.broadcast_to(operand, (self.normals.replicates, *operand.shape[1:]))
        covariances = self._covariances(operand, family, 1.0)
        self._operands[name] = operand
        own, _ = self._record(name, family, operand @ operand.transpose(0, 2, 1), covariances)
        return self._hat(equation, own, covariances, Operand(operand))

    def readout(self, equation: MatMul, variance: float, power: Fraction) -> None:
        """Samples of every entry, where they are needed."""
        if power:
            self.growing.add(equation.out.name)
        name, d = equation.out.name, equation.out.dim.size({})
        if variance == 0.0:
            self.outputs[name] = OutputLimit(np.zeros((self.normals.replicates, 1, d, 1)))
            self.hats[name] = np.zeros((self.normals.replicates, 1, 1))
            return
        own, covariances = self._of_operand(equation, variance)
        normals = self.normals if self._key(equation) in self._read else None
        family = self._family(equation)
        operand = self._wide(equation, variance)
        found = self.readouts.extend(name, d, family, own, covariances, operand, normals)
        if found is not None:
            self.outputs[name] = OutputLimit(found, power)

    def aligned(
        self, equation: MatMul, growth: Asymptotic, slopes: Mapping[str, Array]
    ) -> OutputLimit:
        """Numbers (B, M, d, 1)."""
        terms = [slope[:, :, None] * self._operands[name] for name, slope in slopes.items()]
        shape = self.normals.replicates, 1, equation.out.dim.size({})
        total = sum(terms, np.zeros(shape))[..., None]
        return OutputLimit(growth.coefficient * total, growth.exponent)


def _length(samples: Array) -> Array:
    """√E Z², (B, M)."""
    return np.asarray(np.sqrt(np.einsum("bms,bms->bm", samples, samples) / samples.shape[2]))


def _require_resolved(own: Array, x: Array) -> None:
    """Raise TPTypeError where x varies and σ² E x² is too small for a float."""
    square = np.diagonal(own, axis1=1, axis2=2)
    if (x.any(axis=2) & (square < LEAST)).any():
        raise TPTypeError("its variance is too small for a float", expected="larger values")

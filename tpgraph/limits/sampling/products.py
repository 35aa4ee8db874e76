"""MatMul by samples: rules ZHat and ZDot, input layers and readouts, on N inputs at once.

    hidden    Z^{Wx} = Ẑ + Ż,  Cov(Ẑ^{Wx}, Ẑ^{Wy}) = σ² E[Z^x Z^y],
              Ż^{Wx} = σ² Σ_i Z^{y_i} E[∂Z^x/∂Ẑ^{Wᵀy_i}]
    input     Cov(Uξ, Uξ̄) = s ⟨ξ, ξ̄⟩
    readout   Cov(Vx, Vx̄) = σ² E[Z^x Z^x̄]; of x that depends on V a deterministic mean

For W of r × c with entries of variance s: σ² = s c for Wx and s r for Wᵀy, which is σ_W² and
(r/c) σ_W². Between inputs i and j the covariance is that of x(ξ_i) and x(ξ_j), and Ż on input i has
the derivatives of x(ξ_i) alone, which no Gaussian of another input moves. Source: Tensor Programs
IIb (arXiv 2105.03703), Definition B.3; unequal widths: Tensor Programs II (arXiv 2006.14548).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from tpgraph.errors import TPTypeError
from tpgraph.functions import Argument
from tpgraph.limits.outputs import STAYS_RANDOM, OutputLimit
from tpgraph.limits.regularity import Regularity
from tpgraph.limits.sampling.checks import mean
from tpgraph.limits.sampling.derivatives import Coordinatewise, Trace, TracedProduct
from tpgraph.limits.sampling.gaussian import MatrixGaussians
from tpgraph.limits.sampling.normals import Array, NormalStock
from tpgraph.limits.sampling.readouts import Readouts
from tpgraph.limits.scales import Asymptotic, DeclaredScales
from tpgraph.program import MatMul, Program

__all__ = ["SampledProducts"]


class SampledProducts:
    """The MatMuls of one evaluation, which binds what they make in `trace` and `outputs`.

    `hats` has Cov(Ẑ, Ẑ), (B, M, M), of each product by name, `hat_covariances` Cov(Ẑ, Ẑ^y),
    (B, M, M_y), with the earlier ones of the matrix, `dots` the coefficients of Ż, (B, M);
    `repeats` names the first of products that are written more than once. The products named in
    `independent` have Ẑ alone, as if their matrix were drawn anew, and `read` names the readouts
    whose samples are needed.
    """

    def __init__(
        self,
        program: Program,
        scales: DeclaredScales,
        normals: NormalStock,
        trace: Trace,
        outputs: dict[str, OutputLimit],
        readouts: Readouts,
        regularity: Regularity,
        independent: Collection[str],
        read: Collection[str],
    ) -> None:
        self.program = program
        self.scales = scales
        self.normals = normals
        self.trace = trace
        self.outputs = outputs
        self.readouts = readouts
        self.regularity = regularity
        self._independent = independent
        self.hats: dict[str, Array] = {}
        self.hat_covariances: dict[str, dict[str, Array]] = {}
        self.dots: dict[str, dict[str, Array]] = {}
        self._families: dict[tuple[str, bool], MatrixGaussians] = {}
        self._operands: dict[str, Array] = {}
        self.repeats: dict[str, str] = {}
        self._made: dict[tuple[str, bool, str], str] = {}
        products = [e for e in program.equations if isinstance(e, MatMul)]
        self._read = {self._key(e) for e in products if e.out.name in read}

    def apply(self, equation: MatMul) -> None:
        """Bind the product. Raises TPTypeError where it has no limit."""
        self._apply(equation)
        if equation.out.is_wide:
            self.regularity.add_product(equation, self.dots[equation.out.name])

    def _apply(self, equation: MatMul) -> None:
        key = equation.matrix.name, equation.transpose, equation.operand.name
        if key in self._made:
            self._repeat(equation.out.name, self._made[key])
            return
        self._made[key] = equation.out.name
        self.scales.require_one_base(equation.matrix, equation.span)
        wide_in, wide_out = equation.operand.is_wide, equation.out.is_wide
        if wide_in and wide_out:
            self._hidden(equation)
        elif wide_out:
            self._input(equation)
        elif wide_in:
            self._readout(equation)
        else:
            raise TPTypeError(f"{equation.matrix} has no width: it has no limit")

    def release(self, key: tuple[str, bool]) -> None:
        """Forget the normals and the wide operands of a matrix's products, after the last one."""
        family = self._families.get(key)
        if family is not None:
            family.release()
            for name in family.names:
                if self.program.equation_of[name].inputs[-1].is_wide:
                    self._operands.pop(name, None)

    def _repeat(self, name: str, earlier: str) -> None:
        """The same product once more, which is the same variable to the last digit."""
        self.repeats[name] = earlier
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
        return self._families.setdefault(self._key(equation, opposite), MatrixGaussians())

    def _variance(self, equation: MatMul) -> float:
        """σ² = s c of a product with W, s r of one with Wᵀ, over the coordinates of the operand."""
        growth = self.scales.entry_variance(equation.matrix)
        growth *= self.scales.size(equation.operand.dim)
        return growth.limit(f"the variance of {equation.out}")

    def _covariances(self, x: Array, family: MatrixGaussians, factor: float) -> list[Array]:
        """The products factor · x yᵀ with the operand y of every earlier product of the family."""
        operands = (self._operands[name] for name in family.names)
        return [factor * (x @ y.transpose(0, 2, 1)) for y in operands]

    def _of_operand(self, equation: MatMul, sigma2: float) -> tuple[Array, list[Array]]:
        """Cov(Ẑ, Ẑ) for a wide operand x, and with the earlier products: σ² E[Z^x Z^y]."""
        family, name = self._family(equation), equation.out.name
        x = self.trace.samples[equation.operand.name]
        reach = self.regularity.of(equation.operand)
        if reach.may_diverge:
            mean(x * x, reach)
        factor = sigma2 / self.normals.size
        covariances = self._covariances(x, family, factor)
        self._operands[name] = x
        return self._record(name, family, factor * (x @ x.transpose(0, 2, 1)), covariances)

    def _record(
        self, name: str, family: MatrixGaussians, own: Array, covariances: list[Array]
    ) -> tuple[Array, list[Array]]:
        self.hats[name] = own
        self.hat_covariances[name] = dict(zip(family.names, covariances, strict=True))
        return own, covariances

    def _hat(self, equation: MatMul, own: Array, covariances: list[Array]) -> Array:
        """Samples of Ẑ."""
        found = self._family(equation).extend(
            equation.out.name, own, covariances, self.normals.take
        )
        assert found is not None, "normals were given"
        return found

    def _hidden(self, equation: MatMul) -> None:
        """width → width: Ẑ + Ż."""
        sigma2, x = self._variance(equation), equation.operand.name
        other = self._family(equation, opposite=True)
        dot: dict[str, Array] = {}
        if equation.out.name not in self._independent and self.trace.dependent(x, other):
            for made, slope in self.trace.expected(x, other).items():
                y = self._operand_of(made)
                dot[y] = dot.get(y, 0.0) + sigma2 * slope
        hat = self._hat(equation, *self._of_operand(equation, sigma2))
        self._bind(equation.out.name, hat, {y: c for y, c in dot.items() if c.any()})

    def _operand_of(self, name: str) -> str:
        made = self.program.equation_of[name]
        assert isinstance(made, MatMul), name
        return made.operand.name

    def _bind(self, name: str, hat: Array, dot: Mapping[str, Array]) -> None:
        total = hat
        for y, coefficient in dot.items():
            total = total + coefficient[:, :, None] * self.trace.samples[y]
        self.dots[name] = {y: np.broadcast_to(c, (len(hat), c.shape[1])) for y, c in dot.items()}
        self.trace.samples[name] = total
        self.trace.made[name] = TracedProduct(hat, dot)
        self.trace.depend(name, iter(dot), is_product=True)

    def _input(self, equation: MatMul) -> None:
        """fixed → width: Gaussian, with covariance s ⟨ξ, ξ̄⟩ for entries of variance s."""
        operand, name = self.outputs[equation.operand.name], equation.out.name
        if operand.is_random:
            raise TPTypeError(
                f"{equation.operand} depends on a readout, which stays random in the limit",
                mend=STAYS_RANDOM,
            )
        s = self.scales.entry_variance(equation.matrix)
        growth = Asymptotic(s.coefficient, s.exponent + 2 * operand.power)
        y = np.sqrt(growth.limit(f"the variance of {name}")) * operand.values[:, :, :, 0]
        family = self._family(equation)
        covariances = self._covariances(y, family, 1.0)
        self._operands[name] = y
        own, _ = self._record(name, family, y @ y.transpose(0, 2, 1), covariances)
        self._bind(name, self._hat(equation, own, covariances), {})

    def _readout(self, equation: MatMul) -> None:
        """width → fixed: Gaussian over initializations, or where x knows V a deterministic mean.

        V x = n E[V_α Z^x_α], and E[V_α Z^x] = Σ_i Cov(V_α, Ẑ^{Vᵀy_i}) E[∂Z^x/∂Ẑ^{Vᵀy_i}].
        """
        other, x, name = self._family(equation, opposite=True), equation.operand, equation.out.name
        d = equation.out.dim.size({})
        if self.trace.dependent(x.name, other):
            self.outputs[name] = self._aligned(equation, other)
            return
        sigma2 = self._variance(equation)
        if sigma2 == 0.0:
            self.outputs[name] = OutputLimit(np.zeros((self.normals.replicates, 1, d, 1)))
            self.hats[name] = np.zeros((self.normals.replicates, 1, 1))
            return
        own, covariances = self._of_operand(equation, sigma2)
        normals = self.normals if self._key(equation) in self._read else None
        family = self._family(equation)
        found = self.readouts.extend(name, d, family, own, covariances, normals)
        if found is not None:
            self.outputs[name] = OutputLimit(found)

    def _aligned(self, equation: MatMul, other: MatrixGaussians) -> OutputLimit:
        """The deterministic readout of a vector that depends on the readout matrix."""
        s = self.scales.entry_variance(equation.matrix)
        size = self.scales.size(equation.operand.dim)
        growth = Asymptotic(np.sqrt(s.coefficient), s.exponent / 2) * size
        if equation.out in self.program.outputs:
            growth.limit(
                f"{equation.out} reads {equation.operand}, which depends on {equation.matrix}: it"
            )
        slopes = self.trace.expected(equation.operand.name, other)
        terms = [slope[:, :, None] * self._operands[name] for name, slope in slopes.items()]
        shape = self.normals.replicates, 1, equation.out.dim.size({})
        total = sum(terms, np.zeros(shape))[..., None]
        if growth.exponent < 0:
            return OutputLimit(0.0 * total)
        return OutputLimit(growth.coefficient * total, growth.exponent)

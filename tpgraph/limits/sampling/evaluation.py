"""The Master Theorem by samples: every Z of a program as joint sample values.

    ZInit     Z ~ N(μ, Σ)                          joint normals
    ZNonlin   Z^y = ψ(Z^{x¹}, …; θ̊)                elementwise
    ZMoment   θ̊ = E ψ(Z^{x¹}, …; θ̊)                a mean
    ZHat      Cov(Ẑ^{Wx}, Ẑ^{Wy}) = σ² E[Z^x Z^y]   conditionally on the earlier Ẑ of W
    ZDot      Ż^{Wx} = σ² Σ_i Z^{y_i} E[∂Z^x/∂Ẑ^{Wᵀy_i}]

For W of r × c with entries of variance s: σ² = s c for Wx and s r for Wᵀy, which is σ_W² and
(r/c) σ_W². Each replicate of samples is an evaluation of its own. Source: Tensor Programs IIb
(arXiv 2105.03703), Definition B.3; unequal widths: Tensor Programs II (arXiv 2006.14548).
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import assert_never

import numpy as np

from tpgraph.errors import Span, TPDataError, TPError, TPTypeError
from tpgraph.functions import Expression, inline
from tpgraph.limits.sampling.checks import divides, finite, mean, normals_of
from tpgraph.limits.sampling.derivatives import Coordinatewise, Product, Trace
from tpgraph.limits.sampling.gaussian import Family
from tpgraph.limits.sampling.normals import REPLICATES, Array, Normals
from tpgraph.limits.sampling.outputs import Output, apply
from tpgraph.limits.scales import Asymptotic, Scales
from tpgraph.limits.vanishing import at_limit
from tpgraph.program import (
    Data,
    Declaration,
    Equation,
    InitialMatrix,
    InitialScalar,
    InitialVectors,
    MatMul,
    Moment,
    Nonlin,
    Parameter,
    Program,
    Target,
    Variable,
)

__all__ = ["Evaluation"]


class Evaluation:
    """One program being evaluated; `run` goes through it.

    Afterwards `scalars` has θ̊ as (replicates, 1), `trace.samples` every Z as (replicates, S),
    `outputs` what has a fixed dimension; `hats` Var Ẑ and `hat_covariances` Cov(Ẑ, Ẑ^y) with the
    earlier Ẑ of the matrix, and `dots` the coefficients of Ż, of each MatMul. What depends on
    targets that were not given is in `unknown` and nowhere else.
    """

    def __init__(
        self, program: Program, data: Mapping[str, Array], samples: int, seed: int
    ) -> None:
        self.program = program
        self.data = data
        self.scales = Scales(program)
        self.normals = Normals(normals_of(program), samples, seed)
        self.trace = Trace()
        self.scalars: dict[str, Array] = {}
        self.outputs: dict[str, Output] = {}
        self.unknown: set[str] = set()
        self.hats: dict[str, Array] = {}
        self.hat_covariances: dict[str, dict[str, Array]] = {}
        self.dots: dict[str, dict[str, Array]] = {}
        self._families: dict[tuple[str, bool], Family] = {}
        self._operands: dict[str, Array] = {}
        self._decays = {
            d.variable.name: self.scales.decay(d)
            for d in program.declarations
            if isinstance(d, InitialScalar)
        }

    def run(self) -> None:
        """Evaluate every declaration and equation, in order. Raises TPError."""
        for declaration in self.program.declarations:
            self._declare(declaration)
        for equation in self.program.equations:
            if any(v.name in self.unknown for v in equation.inputs):
                self.unknown.add(equation.out.name)
                continue
            try:
                self._apply(equation)
            except TPError as error:
                if not error.message.startswith("in the limit of "):
                    error.message = f"in the limit of {equation.out}: {error.message}"
                raise error.at(equation.span) from None

    def _declare(self, declaration: Declaration) -> None:
        match declaration:
            case InitialScalar(variable, _, limit):
                self.scalars[variable.name] = np.full((REPLICATES, 1), limit)
            case InitialVectors(variables, mean, covariance):
                self._initial(variables, np.array(mean), np.array(covariance))
            case Parameter(variable):
                if variable.is_vector:
                    variance = self.scales.entry_variance(variable)
                    s = variance.limit(f"the variance of {variable}", declaration.span)
                    self._initial((variable,), np.zeros(1), np.array([[s]]))
            case InitialMatrix():
                pass
            case Data(variable) | Target(variable):
                self._given(variable, isinstance(declaration, Data), declaration.span)
            case _:
                assert_never(declaration)

    def _given(self, variable: Variable, required: bool, span: Span | None) -> None:
        size = variable.dim.size({})
        if variable.name not in self.data:
            if required:
                raise TPDataError(
                    f"no value was given for {variable}",
                    span,
                    f"{size} numbers",
                    "give the data: the limit is that of a network on one sample",
                )
            self.unknown.add(variable.name)
            return
        value = np.asarray(self.data[variable.name], dtype=float).reshape(-1)
        if value.shape != (size,) or not np.isfinite(value).all():
            raise TPDataError(
                f"the value of {variable} does not fit", span, f"{size} finite numbers"
            )
        self.outputs[variable.name] = Output(np.tile(value[None, :, None], (REPLICATES, 1, 1)))

    def _initial(self, variables: tuple[Variable, ...], center: Array, covariance: Array) -> None:
        values, vectors = np.linalg.eigh(covariance)
        root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
        k, wide = len(variables), variables[0].is_wide
        size = 1 if wide else variables[0].dim.size({})
        if not wide and not covariance.any():
            joint = np.zeros((REPLICATES, k, size, 1))
        else:
            normals = self.normals.take(k * size).reshape(REPLICATES, k, size, -1)
            joint = np.einsum("ij,bjds->bids", root, normals)
        joint = joint + center[None, :, None, None]
        for i, variable in enumerate(variables):
            if wide:
                self.trace.samples[variable.name] = joint[:, i, 0]
            else:
                self.outputs[variable.name] = Output(joint[:, i])
            self.hats[variable.name] = np.full(REPLICATES, covariance[i, i])

    def _apply(self, equation: Equation) -> None:
        match equation:
            case MatMul():
                self._matmul(equation)
            case Nonlin() | Moment() if self._is_outside(equation):
                self._apply_outside(equation)
            case Nonlin(out, _, arguments):
                expression, values = self._filled(equation)
                vectors = {i: a.name for i, a in enumerate(arguments) if a.is_wide}
                made = Coordinatewise(expression, values, vectors)
                value = finite(expression, values)
                self.trace.samples[out.name] = np.broadcast_to(
                    value, (REPLICATES, self.normals.size)
                )
                self.trace.made[out.name] = made
                self.trace.depend(out.name, (a.name for a in arguments))
            case Moment(out, _, arguments):
                expression, values = self._filled(equation)
                value = finite(expression, values)
                self.scalars[out.name] = mean(value)[:, None]
                self.trace.depend(out.name, iter(()))
            case _:
                assert_never(equation)

    def _filled(self, equation: Nonlin | Moment) -> tuple[Expression, tuple[Array, ...]]:
        """ψ in the limit of its vanishing scalars, and the values of all arguments."""
        expression = equation.function
        for i, argument in enumerate(equation.arguments):
            if self._decays.get(argument.name) and divides(inline(expression)):
                expression = at_limit(expression, i)
        return expression, tuple(self._coordinates(a) for a in equation.arguments)

    def _coordinates(self, variable: Variable) -> Array:
        if variable.is_wide:
            return self.trace.samples[variable.name]
        if variable.name in self.scalars:
            return self.scalars[variable.name]
        raise TPTypeError(
            f"{variable} depends on a readout, which stays random in the limit",
            expected="scalars with deterministic limits, as the Master Theorem requires",
            mend="give the readout's value as a scalar, or choose the mup parametrization",
        )

    def _is_outside(self, equation: Nonlin | Moment) -> bool:
        return not any(a.is_wide for a in equation.arguments) and (
            any(a.name in self.outputs for a in equation.arguments)
        )

    def _apply_outside(self, equation: Nonlin | Moment) -> None:
        """What is made of data and readouts."""
        arguments = [
            self.outputs[a.name]
            if a.name in self.outputs
            else Output(self.scalars[a.name][:, :, None])
            for a in equation.arguments
        ]
        decays = [self._decays.get(a.name, Fraction(0)) for a in equation.arguments]
        found = apply(equation.function, arguments, decays)
        name = equation.out.name
        self.trace.depend(name, (a.name for a in equation.arguments))
        if not np.isfinite(found.values).all():
            raise TPTypeError("the value is not a finite number")
        if isinstance(equation, Nonlin):
            shape = (REPLICATES, equation.out.dim.size({}), found.values.shape[2])
            self.outputs[name] = Output(np.broadcast_to(found.values, shape), found.power)
            return
        average = Output(found.values.mean(axis=1, keepdims=True), found.power)
        if average.is_random or average.power:
            self.outputs[name] = average
        else:
            self.scalars[name] = average.values[:, :, 0]

    def _matmul(self, equation: MatMul) -> None:
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

    def _family(self, equation: MatMul, opposite: bool = False) -> Family:
        key = equation.matrix.name, equation.transpose != opposite
        return self._families.setdefault(key, Family())

    def _variance(self, equation: MatMul) -> float:
        """σ² = s c of a product with W, s r of one with Wᵀ, over the coordinates of the operand."""
        growth = self.scales.entry_variance(equation.matrix)
        growth *= self.scales.size(equation.operand.dim)
        return growth.limit(f"the variance of {equation.out}")

    def _extend(self, equation: MatMul, sigma2: float, normal: Array) -> Array:
        """The Ẑ of a wide operand, by the covariance σ² E[Z^x Z^y]."""
        family, name = self._family(equation), equation.out.name
        x = self.trace.samples[equation.operand.name]
        self._operands[name] = x
        variance = sigma2 * mean(x * x)
        covariances = [sigma2 * (x * self._operands[y]).mean(axis=1) for y in family.names]
        return self._record(name, family, variance, covariances, normal)

    def _record(
        self, name: str, family: Family, variance: Array, covariances: list[Array], normal: Array
    ) -> Array:
        self.hats[name] = variance
        self.hat_covariances[name] = dict(zip(family.names, covariances, strict=True))
        return family.extend(name, variance, covariances, normal)

    def _hidden(self, equation: MatMul) -> None:
        """Width → width: Ẑ + Ż."""
        sigma2, x, name = self._variance(equation), equation.operand.name, equation.out.name
        other = self._family(equation, opposite=True)
        dot: dict[str, Array] = {}
        if self.trace.dependent(x, other):
            expected = self.trace.expected(x, other)
            for made, slope in zip(other.names, expected.T, strict=True):
                y = self._operand_of(made)
                dot[y] = dot.get(y, np.zeros(REPLICATES)) + sigma2 * slope
        hat = self._extend(equation, sigma2, self.normals.take()[:, 0])
        self._bind(name, hat, {y: c for y, c in dot.items() if c.any()})

    def _operand_of(self, name: str) -> str:
        made = self.program.equation_of[name]
        assert isinstance(made, MatMul), name
        return made.operand.name

    def _bind(self, name: str, hat: Array, dot: dict[str, Array]) -> None:
        total = hat
        for y, coefficient in dot.items():
            total = total + coefficient[:, None] * self.trace.samples[y]
        self.dots[name] = dot
        self.trace.samples[name] = total
        self.trace.made[name] = Product(hat, dot)
        self.trace.depend(name, iter(dot), is_product=True)

    def _input(self, equation: MatMul) -> None:
        """Fixed → width: Gaussian, with covariance s ⟨ξ, ξ̄⟩ for entries of variance s."""
        operand, name = self.outputs[equation.operand.name], equation.out.name
        if operand.is_random:
            raise TPTypeError(
                f"{equation.operand} depends on a readout, which stays random in the limit",
                mend="choose the mup parametrization, in which readouts are deterministic",
            )
        s = self.scales.entry_variance(equation.matrix)
        growth = Asymptotic(s.coefficient, s.exponent + 2 * operand.power)
        size = growth.limit(f"the variance of {name}")
        y = np.sqrt(size) * operand.values[:, :, 0]
        family = self._family(equation)
        covariances = [np.einsum("bd,bd->b", y, self._operands[other]) for other in family.names]
        self._operands[name] = y
        variance = np.einsum("bd,bd->b", y, y)
        normal = self.normals.take()[:, 0]
        self._bind(name, self._record(name, family, variance, covariances, normal), {})

    def _readout(self, equation: MatMul) -> None:
        """Width → fixed: Gaussian over initializations, or where x knows V a deterministic mean.

        V x = n E[V_α Z^x_α], and E[V_α Z^x] = Σ_i Cov(V_α, Ẑ^{Vᵀy_i}) E[∂Z^x/∂Ẑ^{Vᵀy_i}].
        """
        other, x, name = self._family(equation, opposite=True), equation.operand, equation.out.name
        d = equation.out.dim.size({})
        if self.trace.dependent(x.name, other):
            self.outputs[name] = Output(self._aligned(equation, other)[:, :, None])
            return
        sigma2 = self._variance(equation)
        if sigma2 == 0.0:
            self.outputs[name] = Output(np.zeros((REPLICATES, d, 1)))
            self.hats[name] = np.zeros(REPLICATES)
            return
        self.outputs[name] = Output(self._extend(equation, sigma2, self.normals.take(d)))

    def _aligned(self, equation: MatMul, other: Family) -> Array:
        """The deterministic readout of a vector that depends on the readout matrix, (…, d)."""
        s = self.scales.entry_variance(equation.matrix)
        size = self.scales.size(equation.operand.dim)
        growth = Asymptotic(np.sqrt(s.coefficient), s.exponent / 2) * size
        factor = growth.limit(
            f"{equation.out} reads {equation.operand}, which depends on {equation.matrix}: it"
        )
        slopes = self.trace.expected(equation.operand.name, other)
        directions = np.stack([self._operands[name] for name in other.names], axis=1)
        return np.asarray(factor * np.einsum("bk,bkd->bd", slopes, directions))

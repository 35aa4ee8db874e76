"""The Master Theorem by samples: every Z of a program as joint sample values, on N inputs at once.

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
from typing import assert_never

import numpy as np

from tpgraph.errors import TPTypeError
from tpgraph.functions import Expression, inline
from tpgraph.limits.given import given_value, in_limit_of
from tpgraph.limits.outputs import STAYS_RANDOM, OutputLimit, apply
from tpgraph.limits.regularity import Reach, Regularity, number_reach
from tpgraph.limits.sampling.checks import finite, mean, normals_of
from tpgraph.limits.sampling.derivatives import Coordinatewise, Trace
from tpgraph.limits.sampling.lifetimes import Release
from tpgraph.limits.sampling.normals import REPLICATES, Array, NormalStock, replicate_size
from tpgraph.limits.sampling.products import SampledProducts
from tpgraph.limits.sampling.readouts import (
    SAMPLED,
    Outputs,
    Readouts,
    known_readouts,
    readouts_first,
)
from tpgraph.limits.scales import DeclaredScales
from tpgraph.limits.vanishing import at_limit, divides
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
    require_room,
)

__all__ = ["SampledEvaluation"]


class SampledEvaluation:
    """One program being evaluated on N inputs in B replicates; `run` goes through it.

    Afterwards `scalars` has θ̊ as (B, M, 1), `trace.samples` every Z as (B, M, S), `outputs` what
    has a fixed dimension, and `products` the facts of every MatMul; M is N, or 1 of what is the
    same on all inputs. What depends on targets that were not given is in `unknown` and nowhere
    else. `data` are arrays (N, d). With `read` given, readouts are sampled only where equations or
    these names need their samples; `outputs` says whether they are random at all.
    The products named in `independent` have no Ż.
    """

    def __init__(
        self,
        program: Program,
        data: Mapping[str, Array],
        samples: int,
        seed: int,
        replicates: Sequence[int] = range(REPLICATES),
        read: Collection[str] | None = None,
        outputs: Outputs = None,
        independent: Collection[str] = (),
    ) -> None:
        known = known_readouts(program, outputs)
        program = readouts_first(program, known)
        self.program = program
        self.readouts = Readouts(outputs == SAMPLED, known, seed)
        self.data = data
        self.replicates = len(replicates)
        self.count = max((len(rows) for rows in data.values()), default=1)
        self.scales = DeclaredScales(program)
        normals = normals_of(program, self.count)
        numbers = replicate_size(samples) * self.replicates * 2 * (normals + self.count)
        require_room(numbers, f"{samples:,} samples of every Z", "choose fewer samples or inputs")
        self.normals = NormalStock(normals, samples, seed, replicates)
        self.trace = Trace()
        self.regularity = Regularity()
        self.scalars: dict[str, Array] = {}
        self.outputs: dict[str, OutputLimit] = {}
        self.unknown: set[str] = set()
        self.variances: dict[str, float] = {}
        names = program.variables if read is None else read
        wanted = {name for name in program.variables if name in names or program.uses[name]}
        self.products = SampledProducts(
            program,
            self.scales,
            self.normals,
            self.trace,
            self.outputs,
            self.readouts,
            self.regularity,
            independent,
            wanted,
        )
        self._decays = {
            d.variable.name: self.scales.decay(d)
            for d in program.declarations
            if isinstance(d, InitialScalar)
        }

    @property
    def is_conditioned(self) -> bool:
        """Whether readouts have given values."""
        return self.readouts.has_known

    def run(self, after: Callable[[int], None] | None = None) -> None:
        """Evaluate every declaration and equation, in order. Raises TPError.

        `after` is called with −1 behind the declarations, and with the number of every equation.
        """
        for declaration in self.program.declarations:
            self._declare(declaration)
        for number, equation in enumerate(self.program.equations):
            if after is not None:
                after(number - 1)
            if any(v.name in self.unknown for v in equation.inputs):
                self.unknown.add(equation.out.name)
                continue
            with in_limit_of(equation):
                self._apply(equation)
        if after is not None:
            after(len(self.program.equations) - 1)

    def release(self, release: Release) -> None:
        """Forget samples that nothing will ask for."""
        for name in release.samples:
            self.trace.samples.pop(name, None)
        for name in release.made:
            self.trace.made.pop(name, None)
        for key in release.families:
            self.products.release(key)

    def _declare(self, declaration: Declaration) -> None:
        match declaration:
            case InitialScalar(variable, _, limit):
                self.scalars[variable.name] = np.full((self.replicates, 1, 1), limit)
            case InitialVectors(variables, mean, covariance):
                self._initial(variables, np.array(mean), np.array(covariance))
            case Parameter(variable):
                if variable.is_vector:
                    variance = self.scales.entry_variance(variable)
                    s = variance.limit(f"the variance of {variable}", declaration.span)
                    self._initial((variable,), np.zeros(1), np.array([[s]]))
            case InitialMatrix():
                pass
            case Data() | Target():
                self._given(declaration)
            case _:
                assert_never(declaration)

    def _given(self, declaration: Data | Target) -> None:
        name, value = declaration.variable.name, given_value(declaration, self.data)
        if value is None:
            self.unknown.add(name)
            return
        shape = self.replicates, *value.shape, 1
        self.outputs[name] = OutputLimit(np.broadcast_to(value[None, :, :, None], shape))

    def _initial(self, variables: tuple[Variable, ...], center: Array, covariance: Array) -> None:
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
        joint = joint + center[None, :, None, None]
        for i, variable in enumerate(variables):
            if wide:
                self.trace.samples[variable.name] = joint[:, i]
            else:
                self.outputs[variable.name] = OutputLimit(joint[:, None, i])
            self.variances[variable.name] = float(covariance[i, i])

    def _apply(self, equation: Equation) -> None:
        match equation:
            case MatMul():
                self.products.apply(equation)
            case Nonlin() | Moment() if self._is_outside(equation):
                self._apply_outside(equation)
            case Nonlin(out, _, arguments):
                expression, values = self._filled(equation)
                vectors = {i: a.name for i, a in enumerate(arguments) if a.is_wide}
                self.regularity.add(equation, expression, self._reaches(arguments))
                value = finite(expression, values)
                shape = self.replicates, value.shape[1], self.normals.size
                self.trace.samples[out.name] = np.broadcast_to(value, shape)
                self.trace.made[out.name] = Coordinatewise(expression, values, vectors)
                self.trace.depend(out.name, (a.name for a in arguments))
            case Moment(out, _, arguments):
                expression, values = self._filled(equation)
                reach = self.regularity.add(equation, expression, self._reaches(arguments))
                value = finite(expression, values)
                shape = self.replicates, value.shape[1], 1
                self.scalars[out.name] = np.broadcast_to(mean(value, reach)[:, :, None], shape)
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

    def _reaches(self, arguments: Sequence[Variable]) -> dict[str, Reach]:
        """Where the scalars among the arguments lie, on any input: three error bars wide."""
        found = {}
        for name in (a.name for a in arguments if a.name in self.scalars):
            values = self.scalars[name][:, :, 0]
            center = values.mean(axis=0)
            error = 3 * values.std(axis=0) / np.sqrt(max(1, len(values) - 1))
            found[name] = number_reach((center - error).min(), (center + error).max())
        return found

    def _coordinates(self, variable: Variable) -> Array:
        if variable.is_wide:
            return self.trace.samples[variable.name]
        if variable.name in self.scalars:
            return self.scalars[variable.name]
        raise TPTypeError(
            f"{variable} depends on a readout, which stays random in the limit",
            expected="scalars with deterministic limits, as the Master Theorem requires",
            mend=STAYS_RANDOM,
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
            else OutputLimit(self.scalars[a.name][:, :, :, None])
            for a in equation.arguments
        ]
        decays = [self._decays.get(a.name, Fraction(0)) for a in equation.arguments]
        found = apply(equation.function, arguments, decays)
        name = equation.out.name
        self.trace.depend(name, (a.name for a in equation.arguments))
        if not np.isfinite(found.values).all():
            raise TPTypeError("the value is not a finite number")
        if isinstance(equation, Nonlin):
            self.outputs[name] = self._broadcast(found, equation.out.dim.size({}))
            return
        average = OutputLimit(found.values.mean(axis=2, keepdims=True), found.power)
        average = self._broadcast(average, 1)
        if average.is_random or average.power:
            self.outputs[name] = average
        else:
            self.scalars[name] = average.values[:, :, 0]

    def _broadcast(self, output: OutputLimit, entries: int) -> OutputLimit:
        """The same with all its replicates and entries."""
        _, inputs, _, samples = output.values.shape
        shape = self.replicates, inputs, entries, samples
        return OutputLimit(np.broadcast_to(output.values, shape), output.power)

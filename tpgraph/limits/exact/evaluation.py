"""The Master Theorem exactly: every Z of a program as a sum of products, on N inputs at once.

    ZInit     Z ~ N(μ, Σ)                  a Gaussian and its mean
    ZNonlin   Z^y = ψ(Z^{x¹}, …; θ̊)        `expansion`
    ZMoment   θ̊ = E ψ(Z^{x¹}, …; θ̊)        `expectations`
    ZMatMul   Z^{Wx} = Ẑ + Ż               `products`

Covariances between inputs are computed only when they are asked for. Source: Tensor Programs IIb
(arXiv 2105.03703), Definition B.3.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction
from typing import assert_never

import numpy as np

from tpgraph.errors import TPTypeError
from tpgraph.functions import Expression, arguments_of, inline
from tpgraph.limits.exact.blocks import MomentBlocks
from tpgraph.limits.exact.expansion import expanded
from tpgraph.limits.exact.forms import Array, CentredGaussian
from tpgraph.limits.exact.gaussians import Drawn, Gaussians
from tpgraph.limits.exact.products import ExactProducts
from tpgraph.limits.exact.terms import NotClosed, Sum, constant, linear
from tpgraph.limits.given import given_value, in_limit_of
from tpgraph.limits.outputs import STAYS_RANDOM, OutputLimit, apply
from tpgraph.limits.regularity import Reach, Regularity, number_reach
from tpgraph.limits.scales import DeclaredScales
from tpgraph.limits.vanishing import at_limit, divides, leading
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

__all__ = ["ExactEvaluation"]


class ExactEvaluation:
    """One program being evaluated on N inputs; `run` goes through it.

    Afterwards `scalars` has θ̊, (N,) or (1,), `sums` every Z of width n, `outputs` what is of fixed
    dimension and deterministic, `entries` what is random of it, entry by entry, `products` the
    facts of every MatMul and `blocks` moments; in `alike` is what has entries of one distribution.
    What depends on targets that were not given is in `unknown` and nowhere else. `data` are arrays
    (N, d). The products named in `independent` have no Ż; with `hurry` it gives up on quadrature
    sooner.
    """

    def __init__(
        self,
        program: Program,
        data: Mapping[str, Array],
        independent: Collection[str] = (),
        hurry: bool = False,
    ) -> None:
        self.program = program
        self.data = data
        self.count = max((len(rows) for rows in data.values()), default=1)
        self.scales = DeclaredScales(program)
        self.sums: dict[str, Sum] = {}
        self.scalars: dict[str, Array] = {}
        self.outputs: dict[str, OutputLimit] = {}
        self.entries: dict[str, tuple[Sum, ...]] = {}
        self.alike: set[str] = set()
        self.unknown: set[str] = set()
        self.gaussians = Gaussians()
        self.blocks = MomentBlocks(self.gaussians, self.count, self.sums, hurry)
        self.products = ExactProducts(self, independent)
        self.regularity = Regularity()
        self._decays = {
            d.variable.name: self.scales.decay(d)
            for d in program.declarations
            if isinstance(d, InitialScalar)
        }

    def run(self) -> None:
        """Evaluate every declaration and equation, in order. Raises TPError, and NotClosed."""
        for declaration in self.program.declarations:
            self._declare(declaration)
        for equation in self.program.equations:
            if any(v.name in self.unknown for v in equation.inputs):
                self.unknown.add(equation.out.name)
                continue
            try:
                with in_limit_of(equation):
                    self._apply(equation)
            except NotClosed as error:
                raise NotClosed(error.reason, equation.out.name, equation.span) from None

    def _declare(self, declaration: Declaration) -> None:
        match declaration:
            case InitialScalar(variable, _, limit):
                self.scalars[variable.name] = np.full(1, limit)
            case InitialVectors(variables, mean, covariance):
                self._initial(variables, mean, np.array(covariance))
            case Parameter(variable):
                if variable.is_vector:
                    variance = self.scales.entry_variance(variable)
                    s = variance.limit(f"the variance of {variable}", declaration.span)
                    self._initial((variable,), (0.0,), np.array([[s]]))
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
        self.outputs[name] = OutputLimit(value[None, :, :, None])

    def _initial(
        self, variables: tuple[Variable, ...], mean: tuple[float, ...], covariance: Array
    ) -> None:
        family = Drawn([v.name for v in variables], covariance)
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

    def _apply(self, equation: Equation) -> None:
        match equation:
            case MatMul():
                self.products.apply(equation)
                self.regularity.add_product(equation, self.products.dots.get(equation.out.name, ()))
            case Nonlin() | Moment() if self._is_outside(equation):
                self._apply_outside(equation)
            case Nonlin(out):
                self.sums[out.name] = self._expanded(equation)
            case Moment(out):
                self.scalars[out.name] = self.blocks.expected(self._expanded(equation))
            case _:
                assert_never(equation)

    def _expanded(self, equation: Nonlin | Moment) -> Sum:
        """ψ of its arguments, in the limit of its vanishing scalars."""
        expression = equation.function
        for i, argument in enumerate(equation.arguments):
            if self._decays.get(argument.name) and divides(inline(expression)):
                expression = at_limit(expression, i)
        sums = [self._coordinates(a) for a in equation.arguments]
        reach = self.regularity.add(equation, expression, self._reaches(equation.arguments))
        if isinstance(equation, Moment) and reach.may_diverge:
            raise NotClosed("an expectation that may diverge")
        return expanded(expression, sums)

    def _reaches(self, arguments: Sequence[Variable]) -> dict[str, Reach]:
        """Where the scalars among the arguments lie, on any input."""
        names = [a.name for a in arguments if a.name in self.scalars]
        return {n: number_reach(self.scalars[n].min(), self.scalars[n].max()) for n in names}

    def _coordinates(self, variable: Variable) -> Sum:
        if variable.is_wide:
            return self.sums[variable.name]
        if variable.name in self.scalars:
            return constant(self.scalars[variable.name])
        raise TPTypeError(
            f"{variable} depends on a readout, which stays random in the limit",
            expected="scalars with deterministic limits, as the Master Theorem requires",
            mend=STAYS_RANDOM,
        )

    def _is_outside(self, equation: Nonlin | Moment) -> bool:
        return not any(a.is_wide for a in equation.arguments) and any(
            a.name in self.outputs or a.name in self.entries for a in equation.arguments
        )

    def _apply_outside(self, equation: Nonlin | Moment) -> None:
        """What is made of data and readouts."""
        decays = [self._decays.get(a.name, Fraction(0)) for a in equation.arguments]
        if any(a.name in self.entries for a in equation.arguments):
            self._apply_random(equation, decays)
            return
        arguments = [
            self.outputs[a.name]
            if a.name in self.outputs
            else OutputLimit(self.scalars[a.name][None, :, None, None])
            for a in equation.arguments
        ]
        found = apply(equation.function, arguments, decays)
        if not np.isfinite(found.values).all():
            raise TPTypeError("the value is not a finite number")
        name = equation.out.name
        if isinstance(equation, Nonlin):
            shape = (1, found.values.shape[1], equation.out.dim.size({}), 1)
            self.outputs[name] = OutputLimit(np.broadcast_to(found.values, shape), found.power)
            return
        average = OutputLimit(found.values.mean(axis=2, keepdims=True), found.power)
        if average.power:
            self.outputs[name] = average
        else:
            self.scalars[name] = average.values[0, :, 0, 0]

    def _apply_random(self, equation: Nonlin | Moment, decays: Sequence[Fraction]) -> None:
        """What is made of readouts, entry by entry."""
        expression: Expression = equation.function
        for index in dict.fromkeys(arguments_of(expression)):
            if decays[index]:
                expression, order = leading(expression, index)
                if order:
                    raise NotClosed("a random vector that grows with width")
        sizes = [a.dim.size({}) for a in equation.arguments if a.is_vector]
        size = max(sizes, default=1)
        entries = []
        for k in range(size):
            arguments = [self._entry(a, k) for a in equation.arguments]
            entries.append(expanded(expression, arguments))
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

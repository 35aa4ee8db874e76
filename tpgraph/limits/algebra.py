"""An algebra of the limit: what a Z is, and how it is drawn, put into ψ, averaged and multiplied.

The rules of the Master Theorem (`tpgraph.limits.rules`) are the same whatever Z is made of: sums of
products of Gaussians (`tpgraph.limits.exact`), or sample values (`tpgraph.limits.sampling`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction
from typing import Generic, TypeVar

import numpy as np

from tpgraph.errors import TPRandomError, TPTypeError
from tpgraph.functions import Expression, arguments_of, inline, is_kinked
from tpgraph.limits.at_width import ReachesAtWidth
from tpgraph.limits.estimates import Array, Basis
from tpgraph.limits.joint_scales import JointScales
from tpgraph.limits.jump_changes import Densities
from tpgraph.limits.outputs import STAYS_RANDOM, OutputLimit, apply
from tpgraph.limits.regularity import Reach, Regularity
from tpgraph.limits.written_at import written_at
from tpgraph.program import (
    InitialMatrix,
    InitialScalar,
    InitialVectors,
    MatMul,
    Moment,
    Nonlin,
    Parameter,
    Program,
    Variable,
)
from tpgraph.program.formula_text import formula_text
from tpgraph.program.reach import descendants
from tpgraph.program.scales import Asymptotic, DeclaredScales

__all__ = ["Algebra", "Products"]

Z = TypeVar("Z")


class Products(ABC, Generic[Z]):
    """The Gaussians Ẑ of one program's matrices, and the derivatives by them.

    `dots` has the coefficients of Ż by product, `repeats` the first of products that are written
    more than once, `made` the name of each by matrix, transposition and operand.
    """

    def __init__(self) -> None:
        self.dots: dict[str, dict[str, Array]] = {}
        self.repeats: dict[str, str] = {}
        self.made: dict[tuple[str, bool, str], str] = {}

    @abstractmethod
    def hidden(self, equation: MatMul, variance: float) -> Z:
        """Ẑ^{Wx} of a wide operand: Cov(Ẑ^{Wx}, Ẑ^{Wy}) = σ² E[Z^x Z^y]."""

    @abstractmethod
    def input(self, equation: MatMul, operand: Array) -> Z:
        """Ẑ^{Uξ} of an operand (B, M, d) that is scaled by √s: Cov(Ẑ^{Uξ}, Ẑ^{Uξ̄}) = ⟨ξ, ξ̄⟩."""

    @abstractmethod
    def readout(self, equation: MatMul, variance: float, power: Fraction) -> None:
        """Bind V x, Gaussian over initializations: Cov(Vx, Vx̄) = n^(2·`power`) σ² E[Z^x Z^x̄]."""

    @abstractmethod
    def aligned(
        self, equation: MatMul, growth: Asymptotic, slopes: Mapping[str, Array]
    ) -> OutputLimit:
        """V x of an x that depends on V: `growth` · Σ_i y_i E[∂Z^x/∂Ẑ^{Vᵀy_i}]."""

    @abstractmethod
    def slopes(self, equation: MatMul) -> Mapping[str, Array] | None:
        """E[∂Z^x/∂Ẑ] by every product Ẑ with the transpose beneath x; None where there is none."""

    @abstractmethod
    def bind(self, name: str, hat: Z, dot: dict[str, Array]) -> None:
        """Let Z be Ẑ + Σ_y c_y Z^y with the coefficients `dot`."""

    @abstractmethod
    def repeat(self, name: str, earlier: str) -> None:
        """The same product once more, which is the same variable."""


class Algebra(ABC, Generic[Z]):
    """One program on N inputs while its rules are applied, and what is known of it afterwards.

    `outputs` has what is of fixed dimension, in `replicates` evaluations side by side, `scalars`
    every θ̊, `bases` how what an equation computes is known, and `decays` the powers of n by which
    scalars vanish; `made_at_random` are the names that depend on what is drawn, `left_to_samples`
    those whose limit need not be that of what comes before, as samples alone tell. What depends on
    targets that were not given is in `unknown` and nowhere else. `data` are arrays (N, d).
    """

    products: Products[Z]

    def __init__(self, program: Program, data: Mapping[str, Array], replicates: int = 1) -> None:
        self.program = program
        self.data = data
        self.replicates = replicates
        self.count = max((len(rows) for rows in data.values()), default=1)
        self.scales = DeclaredScales(program)
        self.at_width = ReachesAtWidth(program, self.scales)
        self.regularity = Regularity()
        self.densities = Densities(program)
        self.joint_scales = JointScales(program)
        self.scalars: dict[str, Array] = {}
        self.bases: dict[str, Basis] = {}
        self.outputs: dict[str, OutputLimit] = {}
        self.unknown: set[str] = set()
        self.left_to_samples: list[str] = []
        drawn = (InitialMatrix, InitialVectors, Parameter)
        random = [v.name for d in program.declarations if isinstance(d, drawn) for v in d.variables]
        self.made_at_random = descendants(program, random)
        self.decays = {
            d.variable.name: self.scales.decay(d)
            for d in program.declarations
            if isinstance(d, InitialScalar)
        }

    def bases_with_inputs(self) -> dict[str, Basis]:
        """How every number is known, by name: no surer than all that it is made of."""
        found: dict[str, Basis] = {}
        for equation in self.program.equations:
            name = equation.out.name
            inputs = [v.name for v in equation.inputs] + list(self.products.dots.get(name, ()))
            own = self.bases.get(name, Basis.CLOSED_FORM)
            found[name] = max([own, *(found.get(v, Basis.CLOSED_FORM) for v in inputs)])
        return found

    @abstractmethod
    def draw(
        self, variables: tuple[Variable, ...], mean: tuple[float, ...], covariance: Array
    ) -> None:
        """Bind initial vectors of one dimension, jointly N(`mean`, `covariance`)."""

    @abstractmethod
    def coordinates(self, vector: str) -> Z:
        """Z of a wide vector."""

    @abstractmethod
    def number(self, scalar: Array) -> Z:
        """θ̊ as an argument of ψ."""

    @abstractmethod
    def nonlin(self, equation: Nonlin, function: Expression, arguments: tuple[Z, ...]) -> None:
        """Let Z be ψ of the arguments."""

    @abstractmethod
    def moment(self, equation: Moment, arguments: tuple[Z, ...], reach: Reach) -> Array:
        """E ψ of the arguments, of a Moment in its limit, where ψ reaches so far."""

    @abstractmethod
    def intervals(self, scalar: Array) -> tuple[Array, Array]:
        """Where θ̊ lies, errors included: the ends on every input, (M,)."""

    @abstractmethod
    def to_output(self, scalar: Array) -> Array:
        """θ̊ as an output's values, (B, M, 1, 1)."""

    @abstractmethod
    def to_scalar(self, values: Array) -> Array:
        """θ̊ of an output's values, (B, M, 1, 1)."""

    def closed_form(self, scalar: str) -> Array | None:
        """θ̊ of a scalar where a closed form tells it, on every input; else None."""
        return self.scalars[scalar] if self.bases.get(scalar) == Basis.CLOSED_FORM else None

    def coefficient(self, variance: float, slope: Array) -> Array:
        """σ² E[∂Z^x/∂Ẑ] of Ż."""
        return variance * slope

    def arguments(self, equation: Nonlin | Moment) -> tuple[Z, ...]:
        """The Z or θ̊ of every argument; of what has none and is not used, 0.

        Raises TPRandomError where one stays random in the limit.
        """
        used = set(arguments_of(equation.function))
        zero = self.number(self.to_scalar(np.zeros((self.replicates, 1, 1, 1))))
        return tuple(
            self._argument(a) if i in used or a.name not in self.densities.kept else zero
            for i, a in enumerate(equation.arguments)
        )

    def _argument(self, variable: Variable) -> Z:
        if variable.is_wide:
            return self.coordinates(variable.name)
        if variable.name in self.scalars:
            return self.number(self.scalars[variable.name])
        self.require_bounded(variable.name)
        raise TPRandomError(
            f"{formula_text(self.program, variable)} depends on a readout,"
            " which stays random in the limit",
            expected="scalars with deterministic limits, as the Master Theorem requires",
            mend=STAYS_RANDOM,
        )

    def singular(self, equation: Nonlin | Moment, psi: Expression, reason: str) -> None:
        """Say that ψ may jump or have a pole at the limits of what it reads. Raises TPTypeError."""
        raise TPTypeError(
            reason,
            expected="functions that are continuous at the limits of their scalars",
            mend="keep the scalar away from there, as in 1/(s + 1)",
        )

    def in_doubt(
        self, equation: Nonlin | Moment, psi: Expression, reason: str, scalars: str
    ) -> None:
        """Say that errors of scalars reach to where ψ jumps or has a pole. Raises TPTypeError."""
        raise TPTypeError(
            f"{reason}: {scalars}, so that it is not known whether this has a limit",
            expected="scalars whose error bars end before a pole or a jump",
            mend="take more samples (samples=…, --samples), which tell the scalar from there if its"
            " limit is elsewhere, or keep it away, as in 1/(s + 1)",
        )

    def require_dominated(
        self,
        before: Nonlin | Moment,
        vanishing: Mapping[int, InitialScalar],
        moments: Collection[int] = (),
    ) -> None:
        """Look at what an equation makes `before` its scalars vanish. Raises Escapes.

        So for Moments among its arguments, which come to their limits from both sides. An algebra
        without samples leaves that to one that has them.
        """
        del vanishing, moments
        self.left_to_samples.append(before.out.name)

    def require_decided(self, found: Nonlin | Moment) -> None:
        """Look at what an equation makes where it jumps. Raises Undecided.

        An algebra without samples leaves that to one that has them.
        """
        self.left_to_samples.append(found.out.name)

    def may_lie(self, variable: Variable) -> bool:
        """Whether a share of the coordinates may come to lie at one point."""
        if not variable.is_wide:
            return variable.name in self.made_at_random
        found = {variable.name: variable}
        stack = [variable]
        while stack:
            made = self.program.equation_of.get(stack.pop().name)
            if isinstance(made, Nonlin):
                if is_kinked(inline(made.function)):  # On a branch it may be constant.
                    return True
                read = [a for a in made.arguments if a.is_wide and a.name not in found]
                found |= {a.name: a for a in read}
                stack += read
        return any(map(self.stays_still, found.values()))

    def stays_still(self, variable: Variable) -> bool:
        """Whether a wide vector does not vary, as far as that is known here."""
        return False

    def is_outside(self, variable: Variable) -> bool:
        """Whether it has been made of data and readouts alone."""
        return variable.name in self.outputs

    def require_bounded(self, name: str) -> None:
        """Raise TPTypeError, at its equation, where what is outside grows with the width."""
        found = self.outputs.get(name)
        if found is not None and found.power:
            equation = self.program.equation_of[name]
            place = written_at(self.program, equation)
            Asymptotic(1.0, found.power).limit(formula_text(self.program, equation.out), place)

    def stays_random(self, variable: Variable) -> bool:
        """Whether what is outside is random over initializations."""
        return self.outputs[variable.name].is_random

    def outside(self, equation: Nonlin | Moment, decays: Sequence[Fraction]) -> None:
        """Bind what is made of data and readouts, entry by entry."""
        arguments = [
            self.outputs[a.name]
            if a.name in self.outputs
            else OutputLimit(self.to_output(self.scalars[a.name]))
            for a in equation.arguments
        ]
        found = apply(equation.function, arguments, decays)
        if not np.isfinite(found.values).all():
            raise TPTypeError("the value is not a finite number")
        name = equation.out.name
        if isinstance(equation, Nonlin):
            self.outputs[name] = self._broadcast(found, equation.out.dim.size({}))
            return
        average = OutputLimit(found.values.mean(axis=2, keepdims=True), found.power)
        average = self._broadcast(average, 1)
        if average.is_random or average.power:
            self.outputs[name] = average
        else:
            self.scalars[name] = self.to_scalar(average.values)

    def _broadcast(self, output: OutputLimit, entries: int) -> OutputLimit:
        """The same with all its replicates and entries."""
        _, inputs, _, samples = output.values.shape
        shape = self.replicates, inputs, entries, samples
        return OutputLimit(np.broadcast_to(output.values, shape), output.power)

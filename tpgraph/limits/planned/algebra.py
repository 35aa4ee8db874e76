"""The rules of the Master Theorem on inputs that are not known yet: every number is a node.

The algebra of sums (`tpgraph.limits.exact.algebra`) with unknowns for what differs between inputs,
so that its structure, which terms there are and which expectations close, is found once for all
data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, cast

import numpy as np

from tpgraph.functions import Expression
from tpgraph.limits.exact.algebra import ExactAlgebra
from tpgraph.limits.exact.forms import Array, CentredGaussian
from tpgraph.limits.exact.gaussians import Window
from tpgraph.limits.exact.products import ExactProducts
from tpgraph.limits.exact.terms import Sum, constant, linear
from tpgraph.limits.outputs import OutputLimit
from tpgraph.limits.planned.planned_moments import PlannedBlocks
from tpgraph.limits.planned.tape import NotPlanned, PairTape, Regular
from tpgraph.limits.planned.unknowns import as_array, is_unknown, place_of, unknown_of
from tpgraph.limits.regularity import Reach
from tpgraph.limits.rules import evaluate
from tpgraph.limits.singular_scalars import reaches
from tpgraph.limits.vanishing import leading_in_width
from tpgraph.program import Data, MatMul, Moment, Nonlin, Program, Variable
from tpgraph.program.scales import Asymptotic

__all__ = ["PlanningAlgebra", "planned"]


def planned(program: Program, closes: bool = True) -> PlanningAlgebra:
    """A program's rules applied on unknowns. Raises NotPlanned, NotClosed and TPError.

    With `closes` False expectations over pairs stay as they are, for a tape that is read.
    """
    found = PlanningAlgebra(program, closes)
    evaluate(found)
    return found


@dataclass
class _PlannedOperands:
    """Products of one matrix with vectors of fixed dimension: c ⟨y(ξ_i), y(ξ_j)⟩."""

    names: list[str]
    operand: dict[str, tuple[float, int]]
    tape: PairTape

    def related(self, a: CentredGaussian, b: CentredGaussian) -> bool:
        """Whether neither starts at 0."""
        return bool(self.operand[a.name][0] and self.operand[b.name][0])

    def same(self, a: CentredGaussian, b: CentredGaussian) -> Array:
        """c ⟨y(ξ_i), y(ξ_i)⟩."""
        return self._product("dot", a, b, False)

    def block(self, a: CentredGaussian, b: CentredGaussian, window: Window) -> Array:
        """c ⟨y(ξ_i), y(ξ_j)⟩."""
        return self._product("gram", a, b, True)

    def _product(self, op: str, a: CentredGaussian, b: CentredGaussian, of_pairs: bool) -> Array:
        (r, x), (s, y) = self.operand[a.name], self.operand[b.name]
        first, second = (self.tape.nodes[z] for z in (x, y))
        if first.op == second.op == "fixed":
            return np.full(1, float(np.dot(first.data, second.data)))
        low = 0.0 if op == "dot" and x == y else -np.inf
        place = self.tape.emit(op, (x, y), None, of_pairs, low)
        return as_array(self.tape, place) * (r * s)


class PlannedProducts(ExactProducts):
    """The MatMuls of one program, whose inputs are rows of the tape."""

    def __init__(self, at: PlanningAlgebra) -> None:
        super().__init__(at)
        self._algebra = at

    def input(self, equation: MatMul, operand: Array) -> Sum:
        """A Gaussian whose covariances are products of rows; `operand` tells the factor."""
        key, name = (equation.matrix.name, equation.transpose), equation.out.name
        at = self._algebra
        families: dict[tuple[str, bool], Any] = cast(Any, self.families)
        family = families.setdefault(
            key,
            _PlannedOperands([], {}, at.tape),
        )
        family.names.append(name)
        rows = at.rows.get(equation.operand.name)
        if rows is None:
            given = tuple(float(x) for x in operand[0, 0])
            family.operand[name] = (float(any(given)), at.tape.emit("fixed", (), given))
        else:
            family.operand[name] = (float(operand.flat[0]), rows)
        self._register(name, family, False)
        return linear(CentredGaussian(name))

    def aligned(
        self, equation: MatMul, growth: Asymptotic, slopes: Mapping[str, Array]
    ) -> OutputLimit:
        """Raises NotPlanned: what is made of unknown rows has no place in a tape."""
        raise NotPlanned("a readout of vectors that depend on its matrix")


class PlanningAlgebra(ExactAlgebra):
    """One program on unknowns; `rows` has the nodes of its vectors of fixed dimension."""

    def __init__(self, program: Program, closes: bool = True) -> None:
        ones = {d.variable.name: np.ones((1, d.variable.dim.size({}))) for d in program.data}
        super().__init__(program, ones)
        self.tape = PairTape()
        self.closes = closes
        self.rows: dict[str, int] = {}
        self.planned = PlannedBlocks(self.gaussians, self.sums, self.tape, closes)
        self.blocks = self.planned
        self.products = PlannedProducts(self)
        for declaration in program.declarations:
            if isinstance(declaration, Data):
                name = declaration.variable.name
                self.rows[name] = self.tape.emit("data", (), name)

    def stays_still(self, variable: Variable) -> bool:
        """Not known yet."""
        return False

    def intervals(self, scalar: Array) -> tuple[Array, Array]:
        """What the operations of a node say of it."""
        if not is_unknown(scalar):
            return super().intervals(scalar)
        node = self.tape.nodes[place_of(self.tape, scalar)]
        return np.full(1, node.low), np.full(1, node.high)

    def singular(self, equation: Nonlin | Moment, psi: Expression, reason: str) -> None:
        """To be asked again with the numbers, where some are not known yet."""
        arguments = equation.arguments
        if not any(self._is_unknown(a) or a.name in self.rows for a in arguments):
            super().singular(equation, psi, reason)
        if any(a.name in self.rows and a.name in self.made_at_random for a in arguments):
            raise NotPlanned("vectors of fixed dimension that the network makes")
        reaches = tuple(self._reach(a) for a in arguments)
        self.tape.regular.append(Regular(psi, reaches))

    def in_doubt(
        self, equation: Nonlin | Moment, psi: Expression, reason: str, scalars: str
    ) -> None:
        """To be asked again as well."""
        del scalars
        self.singular(equation, psi, reason)

    def _reach(self, variable: Variable) -> Reach | int:
        """Where an argument lies, or the node that will tell."""
        if self._is_unknown(variable):
            return place_of(self.tape, self.scalars[variable.name])
        if variable.name in self.scalars:
            return reaches(self, (variable,))[variable.name]
        return self.regularity.of(variable)

    def outside(self, equation: Nonlin | Moment, decays: Sequence[Fraction]) -> None:
        """Functions of rows."""
        arguments = equation.arguments
        if any(a.name in self.entries for a in arguments):
            self._apply_random(equation, decays)
            return
        if not any(a.name in self.rows or self._is_unknown(a) for a in arguments):
            super().outside(equation, decays)
            return
        if not all(a.name in self.rows or a.name in self.scalars for a in arguments):
            raise NotPlanned("data beside vectors that all inputs share")
        if any(self.outputs[a.name].power for a in arguments if a.name in self.rows):
            raise NotPlanned("a vector of fixed dimension that grows with width")
        expression, power = leading_in_width(equation.function, decays)
        if power < 0:
            raise NotPlanned("a vector of fixed dimension that vanishes")
        places = [
            self.rows[a.name] if a.name in self.rows else place_of(self.tape, self.scalars[a.name])
            for a in arguments
        ]
        kinds = tuple(a.name in self.rows for a in arguments)
        found = self.tape.emit("rows", places, (expression, kinds))
        name = equation.out.name
        if isinstance(equation, Moment):
            if power:
                raise NotPlanned("a scalar that grows with width")
            self.scalars[name] = as_array(self.tape, self.tape.emit("average", (found,)))
            return
        self.rows[name] = found
        size = equation.out.dim.size({})
        self.outputs[name] = OutputLimit(np.ones((1, 1, size, 1)), power)

    def _is_unknown(self, variable: Variable) -> bool:
        return is_unknown(self.scalars.get(variable.name))

    def _entry(self, variable: Variable, k: int) -> Sum:
        if variable.name in self.rows:
            place = self.tape.emit("entry", (self.rows[variable.name],), k)
            return constant(as_array(self.tape, place))
        return super()._entry(variable, k)

    def moment_of(self, x: str, y: str) -> Array:
        """E[Z^x(ξ_i) Z^y(ξ_j)], of several entries their mean."""
        if x in self.unknown or y in self.unknown:
            raise NotPlanned("what depends on targets")
        if x in self.sums:
            return self.blocks.whole(x, y)
        if x in self.scalars and y in self.scalars:
            return self._lifted(self.scalars[x], 0) * self._lifted(self.scalars[y], 1)
        if x in self.rows and y in self.rows:
            gram = self.tape.emit("gram", (self.rows[x], self.rows[y]), None, True)
            return as_array(self.tape, gram) * (1 / self.program.variables[x].dim.size({}))
        if x in self.outputs and y in self.outputs:
            if x in self.rows or y in self.rows:
                raise NotPlanned("data beside vectors that all inputs share")
            left, right = (self.outputs[name].values[0, 0, :, 0] for name in (x, y))
            return np.full(1, float(np.mean(left * right)))
        return self._over_entries(x, y)

    def covariance_of(self, f: str, g: str) -> Array:
        """Cov(f_a(ξ_i), g_a(ξ_j)) of readouts over initializations."""
        known = (*self.outputs, *self.scalars)
        if f in known and g in known:
            return np.zeros(1)
        moment = self.moment_of(f, g)
        if f in self.entries and g in self.entries:
            centres = self._over_entries(f, g, centres=True)
        elif f in self.sums and g in self.sums:
            means = [self.blocks.expected(self.sums[x]) for x in (f, g)]
            centres = self._lifted(means[0], 0) * self._lifted(means[1], 1)
        else:
            centres = np.zeros(1)
        return moment + centres * -1.0

    def _over_entries(self, x: str, y: str, centres: bool = False) -> Array:
        pairs = list(zip(self.as_entries(x), self.as_entries(y), strict=True))
        if x in self.alike and y in self.alike:
            pairs = pairs[:1]
        total = np.zeros(1)
        for first, second in pairs:
            if centres:
                means = [self.blocks.expected(z) for z in (first, second)]
                total = total + self._lifted(means[0], 0) * self._lifted(means[1], 1)
            else:
                total = total + self.planned.moment(first, second)
        return total * (1 / len(pairs))

    def _lifted(self, value: Array, side: int) -> Array:
        found = unknown_of(value)
        return value if found is None else found.lifted(side)

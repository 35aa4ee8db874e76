"""Vectors that tend to no random variable: a jump's difference quotient, whose limit is a density.

    y = (step(x + ε g) − step(x))/ε  is ±1/ε on a share ε of the coordinates,  mean(y) → E[δ(x) g]

Such a y has no Z, and Wy no variance; but where y enters a mean linearly that has a limit, in which
y's expression with Dirac's δ stands in for it, and where it enters with a factor that vanishes it
is of no account. `Densities` keeps the expressions until then.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tpgraph.errors import TPTypeError
from tpgraph.functions import Expression, arguments_of, differentiate, inline
from tpgraph.limits.composition import with_expressions
from tpgraph.limits.written_at import written_at
from tpgraph.program import Equation, MatMul, Moment, Nonlin, Program
from tpgraph.program.formula_text import formula_text

__all__ = ["Densities"]


@dataclass
class Densities:
    """What has a δ in it, by name: its equation before the limit, or None where there is none.

    `origins` has the equation where each δ came from.
    """

    program: Program
    kept: dict[str, Nonlin | Moment | None] = field(default_factory=dict)
    origins: dict[str, Equation] = field(default_factory=dict)

    def composed(self, equation: Nonlin | Moment) -> Nonlin | Moment:
        """The equation with the expressions of what is kept put into it.

        Raises TPTypeError where something without an expression enters otherwise than linearly.
        """
        for i, variable in enumerate(equation.arguments):
            has_none = variable.name in self.kept and self.kept[variable.name] is None
            if has_none and not _is_affine(equation.function, i):
                origin = self.origins[variable.name]
                raise self._grows(origin)
        told = {name: inner for name, inner in self.kept.items() if inner is not None}
        return with_expressions(equation, told)

    def keep(self, equation: Equation, found: Nonlin | Moment | None = None) -> None:
        """Note that what the equation makes has no Z, but perhaps an expression."""
        name = equation.out.name
        before = [self.origins[v.name] for v in equation.inputs if v.name in self.origins]
        self.kept[name] = None if found is not None and self.reads(found) else found
        self.origins[name] = before[0] if before else equation

    def reads(self, equation: Nonlin | Moment) -> bool:
        """Whether what has no Z is used in it."""
        used = set(arguments_of(equation.function))
        return any(a.name in self.kept for i, a in enumerate(equation.arguments) if i in used)

    def multiplies(self, product: MatMul) -> bool:
        """Whether the operand of a product has no Z."""
        return product.operand.name in self.kept

    def require_none_last(self) -> None:
        """Raise TPTypeError where what has no limit is an output, or nothing reads it."""
        for name in self.kept:
            variable = self.program.variables[name]
            if variable in self.program.outputs or not self.program.uses[name]:
                origin = self.origins[name]
                raise self._grows(origin)

    def _grows(self, origin: Equation) -> TPTypeError:
        return TPTypeError(
            f"{formula_text(self.program, origin.out)} changes by a jump where its arguments change"
            " a little: its mean square grows without bound in the limit",
            written_at(self.program, origin),
            expected="a function without jumps, or a mean that is linear in it",
            mend="smooth the jump, such as sigmoid(10 * z) for step(z)",
        )


def _is_affine(function: Expression, index: int) -> bool:
    return index not in set(arguments_of(differentiate(inline(function), index)))

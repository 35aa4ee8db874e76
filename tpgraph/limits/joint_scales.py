"""Vectors that have limits together with scalars: how fast is told by their expressions.

    z = ε x,   mean(ε x/(z + 2 ε |x|)) → E[x/(x + 2 |x|)]

In the limit z is 0, and what ε/z comes to is lost. So the equation of a Nonlin that reads vanishing
scalars is kept, and put into those that ask for more of it than its limit. What a product makes of
a vector that vanishes has no such expression, and is refused there.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tpgraph.errors import TPTypeError
from tpgraph.functions import operation_count
from tpgraph.limits.composition import with_expressions
from tpgraph.program import MatMul, Moment, Nonlin, Program
from tpgraph.program.formula_text import formula_text

__all__ = ["JointScales"]

_LARGEST = 2000
"""Operations of an expression that is still put into others."""


@dataclass
class JointScales:
    """Nonlins that read vanishing scalars before the limit; which of them, and products, vanish."""

    program: Program
    made: dict[str, Nonlin] = field(default_factory=dict)
    vanishing: set[str] = field(default_factory=set)

    def keep(self, equation: Nonlin, vanishes: bool, reads_scalars: bool) -> None:
        """Note a Nonlin, where it or what it is made of reads scalars that vanish."""
        if not reads_scalars and not any(a.name in self.made for a in equation.arguments):
            return
        whole = with_expressions(equation, self.made)
        if isinstance(whole, Nonlin) and operation_count(whole.function) <= _LARGEST:
            self.made[equation.out.name] = whole
        if vanishes:
            self.vanishing.add(equation.out.name)

    def keep_product(self, equation: MatMul) -> None:
        """Note a product with a vector that vanishes."""
        if equation.operand.name in self.vanishing:
            self.vanishing.add(equation.out.name)

    def reads(self, equation: Nonlin | Moment) -> bool:
        """Whether it reads a Nonlin that is kept."""
        return any(a.name in self.made for a in equation.arguments)

    def vanishing_in(self, equation: Nonlin | Moment) -> list[int]:
        """The places of vectors that vanish together with a scalar."""
        return [i for i, a in enumerate(equation.arguments) if a.name in self.vanishing]

    def whole(self, equation: Nonlin | Moment) -> Nonlin | Moment:
        """The equation with the expressions of all Nonlins that are kept."""
        return with_expressions(equation, self.made)

    def require_told(self, equation: Nonlin | Moment) -> None:
        """Raise TPTypeError where a vector that vanishes has no expression."""
        for argument in equation.arguments:
            if argument.name in self.vanishing:
                raise _untold(formula_text(self.program, argument))


def _untold(vector: str) -> TPTypeError:
    return TPTypeError(
        f"{vector} tends to 0 as a scalar does, and how fast is not followed through the product"
        " that makes it",
        expected="vectors that are scaled behind their products",
        mend="multiply by the scalar there: W x * ε for W (ε * x)",
    )

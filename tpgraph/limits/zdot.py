"""The coefficients of rule ZDot in symbols: E[φ′(Z^h)] of Ż^{Wx} = σ² Σ_y E[∂Z^x/∂Ẑ^{Wᵀy}] Z^y.

The derivative goes through every Nonlin, and every Ż, between x and the Gaussian:

    ∂x/∂x = 1,   y = ψ(x¹, …): Σ_i ∂_iψ(x¹, …) ∂x^i,   y = Ẑ + Σ_i c_i Z^{y_i}: Σ_i c_i ∂y_i
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tpgraph.functions import (
    Expression,
    add,
    arguments_of,
    evaluate,
    gradient,
    mul,
    number,
    operation_count,
    rename_arguments,
    simplify,
)
from tpgraph.limits.estimates import VectorLimit
from tpgraph.program import Equation, InitialScalar, MatMul, Nonlin, Program, Variable

__all__ = ["Slope", "slope_of"]

_LONGEST, _DEEPEST = 12, 12


@dataclass(frozen=True)
class Slope:
    """∂Z^x/∂Ẑ^g: an `expression` in `arguments`, or None where it is too long to read."""

    gaussian: Variable
    expression: Expression | None = None
    arguments: tuple[Variable, ...] = ()

    @property
    def is_number(self) -> bool:
        """Whether it depends on nothing."""
        return self.expression is not None and not list(arguments_of(self.expression))


def slope_of(
    program: Program, product: MatMul, y: str, vectors: Mapping[str, VectorLimit]
) -> Slope | None:
    """The slope that stands beside Z^y in Ż of a product; None where no product Wᵀy came before."""
    for equation in program.equations:
        if equation is product:
            return None
        if (
            isinstance(equation, MatMul)
            and equation.matrix == product.matrix
            and equation.transpose != product.transpose
            and equation.operand.name == y
        ):
            return _ChainRule(program, equation.out, vectors).slope(product.operand)
    return None


class _ChainRule:
    """The chain rule from one Gaussian."""

    def __init__(
        self, program: Program, gaussian: Variable, vectors: Mapping[str, VectorLimit]
    ) -> None:
        self.program = program
        self.gaussian = gaussian
        self.vectors = vectors
        self.arguments: dict[Variable, int] = {}
        self.moving = {gaussian.name}
        for equation in program.equations:
            if any(name in self.moving for name in self._beneath(equation)):
                self.moving.add(equation.out.name)

    def _beneath(self, equation: Equation) -> Iterable[str]:
        """The vectors of which Z is a function, next to its own Ẑ."""
        if isinstance(equation, Nonlin):
            return [a.name for a in equation.vectors]
        found = self.vectors.get(equation.out.name)
        return found.dot if isinstance(equation, MatMul) and found is not None else ()

    def slope(self, x: Variable) -> Slope:
        """∂Z^x."""
        expression = self._of(x, _DEEPEST)
        if expression is None or operation_count(expression) > _LONGEST:
            return Slope(self.gaussian)
        return Slope(self.gaussian, simplify(expression), tuple(self.arguments))

    def _of(self, x: Variable, depth: int) -> Expression | None:
        """∂Z^x, None where it takes more than `depth` steps or is too long."""
        if x == self.gaussian:
            return number(1)
        if x.name not in self.moving:
            return number(0)
        equation = self.program.equation_of[x.name]
        if depth == 0 or any(self._vanishes(v) for v in equation.inputs):
            return None
        slopes = self._slopes(equation)
        inner = {y: self._of(y, depth - 1) for y in slopes}
        terms = [mul(slopes[y], e) for y, e in inner.items() if e is not None and e != number(0)]
        found = add(*terms)
        if None in inner.values() or operation_count(found) > 4 * _LONGEST:
            return None
        if not list(arguments_of(found)):
            return number(float(evaluate(found, ())))
        return found

    def _slopes(self, equation: Equation) -> dict[Variable, Expression]:
        """∂Z by the vectors beneath, in the numbering of `arguments`."""
        found: dict[Variable, Expression] = {}
        if isinstance(equation, MatMul):
            for y, c in self.vectors[equation.out.name].dot.items():
                found[self.program.variables[y]] = number(float(f"{c.value:.6g}"))
        elif isinstance(equation, Nonlin):
            for index, slope in gradient(equation.function).items():
                by = equation.arguments[index]
                if by.name in self.moving:
                    places = [
                        self.arguments.setdefault(a, len(self.arguments))
                        for a in equation.arguments
                    ]
                    own = rename_arguments(slope, places)
                    found[by] = add(found[by], own) if by in found else own
        return found

    def _vanishes(self, variable: Variable) -> bool:
        declaration = self.program.declaration_of.get(variable.name)
        return isinstance(declaration, InitialScalar) and declaration.limit == 0

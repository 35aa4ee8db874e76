"""Which coordinates change their sign with the weights of their own position.

Coordinate α of a vector v ~ N(0, σ²), and row α of a matrix W with all that W makes at α, have a
distribution that is symmetric in the sign. Flipped at α alone, they leave scalars and vectors at
other positions as they are, up to what vanishes with width. A mean of coordinates that are odd
under some flip has expectation 0, and so is of order n^(−1/2) in place of 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from tpgraph.functions import MUL, Apply, Argument, Expression, parity
from tpgraph.program.equations import InitialVectors, MatMul, Moment, Nonlin, Parameter
from tpgraph.program.graph import Program

__all__ = ["LocalSigns"]

Flip: TypeAlias = tuple[str, bool]
"""What changes its sign: a vector, or a matrix that makes vectors (transposed if True)."""
Signs: TypeAlias = Mapping[Flip, int]
"""−1 of a flip under which the coordinates are odd, 0 where they are neither."""


class LocalSigns:
    """The signs of every wide vector of a program; what stands in none is even."""

    def __init__(self, program: Program) -> None:
        self._signs: dict[str, Signs] = {}
        self._beneath: dict[str, frozenset[Flip]] = {}
        for declaration in program.declarations:
            match declaration:
                case InitialVectors(variables, mean) if not any(mean):
                    for variable in variables:
                        self._begin(variable.name, (variables[0].name, False))
                case Parameter(variable) if variable.is_vector:
                    self._begin(variable.name, (variable.name, False))
        for equation in program.equations:
            sources = (self._beneath.get(v.name, frozenset()) for v in equation.inputs)
            beneath = frozenset().union(*sources)
            match equation:
                case MatMul(out, matrix, transpose):
                    own, other = (matrix.name, transpose), (matrix.name, not transpose)
                    # Wx of an x that is made from Wᵀy has a part along y.
                    mixed = dict.fromkeys(beneath, 0) if other in beneath else {}
                    self._signs[out.name] = {**mixed, own: 0 if mixed else -1}
                    beneath |= {own}
                case Nonlin(out):
                    self._signs[out.name] = self._of(equation)
            self._beneath[equation.out.name] = beneath

    def _begin(self, name: str, source: Flip) -> None:
        self._signs[name] = {source: -1}
        self._beneath[name] = frozenset({source})

    def is_centred(self, equation: Moment | MatMul) -> bool:
        """Whether a mean, or the sum that a readout is, has expectation 0 by symmetry."""
        if isinstance(equation, Moment):
            return -1 in self._of(equation).values()
        source = (equation.matrix.name, not equation.transpose)
        signs = self._signs.get(equation.operand.name, {})
        product = Apply(MUL, (Argument(0), Argument(1)))
        found = _signs_of(product, ({source: -1}, signs))
        return -1 in found.values()

    def _of(self, equation: Nonlin | Moment) -> Signs:
        return _signs_of(
            equation.function,
            tuple(self._signs.get(a.name, {}) if a.is_wide else {} for a in equation.arguments),
        )


def _signs_of(function: Expression, arguments: tuple[Signs, ...]) -> Signs:
    found = {}
    for source in dict.fromkeys(s for signs in arguments for s in signs):
        odd = frozenset(i for i, signs in enumerate(arguments) if signs.get(source) == -1)
        mixed = frozenset(i for i, signs in enumerate(arguments) if signs.get(source) == 0)
        own = parity(function, odd, mixed)
        if own != 1:
            found[source] = own or 0
    return found

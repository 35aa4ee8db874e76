"""Which coordinates change their sign with the weights of their own position.

Coordinate α of a vector v ~ N(0, σ²), and row α of a matrix W with all that W makes at α, have a
distribution that is symmetric in the sign. Flipped at α alone, they leave scalars and vectors at
other positions as they are, up to what vanishes with width. A mean of coordinates that are odd
under some flip has expectation 0, and so is of order n^(−1/2) in place of 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from tpgraph.functions import MUL, Apply, Argument, Expression, parity
from tpgraph.program.equations import InitialVectors, MatMul, Moment, Nonlin, Parameter
from tpgraph.program.graph import Program

__all__ = ["LocalSigns"]

Flip: TypeAlias = tuple[str, bool]
"""What changes its sign: a vector, or a matrix that makes vectors (transposed if True)."""


@dataclass(frozen=True, slots=True)
class Signs:
    """Sets of flips as bits: those under which coordinates are odd, and neither odd nor even."""

    odd: int = 0
    mixed: int = 0


class LocalSigns:
    """The signs of every wide vector of a program; what stands in none is even."""

    def __init__(self, program: Program) -> None:
        self._bits: dict[Flip, int] = {}
        self._signs: dict[str, Signs] = {}
        self._beneath: dict[str, int] = {}
        for declaration in program.declarations:
            match declaration:
                case InitialVectors(variables, mean) if not any(mean):
                    for variable in variables:
                        self._begin(variable.name, (variables[0].name, False))
                case Parameter(variable) if variable.is_vector:
                    self._begin(variable.name, (variable.name, False))
        for equation in program.equations:
            beneath = 0
            for variable in equation.inputs:
                beneath |= self._beneath.get(variable.name, 0)
            match equation:
                case MatMul(out, matrix, transpose):
                    own = self._bit((matrix.name, transpose))
                    # Wx of an x that is made from Wᵀy has a part along y.
                    if beneath & self._bit((matrix.name, not transpose)):
                        self._signs[out.name] = Signs(mixed=beneath | own)
                    else:
                        self._signs[out.name] = Signs(odd=own)
                    beneath |= own
                case Nonlin(out):
                    self._signs[out.name] = self._of(equation)
            self._beneath[equation.out.name] = beneath

    def _bit(self, flip: Flip) -> int:
        return 1 << self._bits.setdefault(flip, len(self._bits))

    def _begin(self, name: str, source: Flip) -> None:
        bit = self._bit(source)
        self._signs[name] = Signs(odd=bit)
        self._beneath[name] = bit

    def is_centred(self, equation: Moment | MatMul) -> bool:
        """Whether a mean, or the sum that a readout is, has expectation 0 by symmetry."""
        if isinstance(equation, Moment):
            return self._of(equation).odd != 0
        row = Signs(odd=self._bit((equation.matrix.name, not equation.transpose)))
        operand = self._signs.get(equation.operand.name, Signs())
        product = Apply(MUL, (Argument(0), Argument(1)))
        return _signs_of(product, (row, operand)).odd != 0

    def _of(self, equation: Nonlin | Moment) -> Signs:
        return _signs_of(
            equation.function,
            tuple(
                self._signs.get(a.name, Signs()) if a.is_wide else Signs()
                for a in equation.arguments
            ),
        )


def _signs_of(function: Expression, arguments: tuple[Signs, ...]) -> Signs:
    """Flips that do the same to every argument are asked about at once."""
    alike: dict[tuple[frozenset[int], frozenset[int]], int] = {(_NONE, _NONE): -1}
    for i, signs in enumerate(arguments):
        split: dict[tuple[frozenset[int], frozenset[int]], int] = {}
        for (odd, mixed), flips in alike.items():
            split[odd | {i}, mixed] = flips & signs.odd
            split[odd, mixed | {i}] = flips & signs.mixed
            split[odd, mixed] = flips & ~(signs.odd | signs.mixed)
        alike = {which: flips for which, flips in split.items() if flips}
    del alike[_NONE, _NONE]  # flips of other vectors, an endless number
    found = {-1: 0, 0: 0}
    for (odd, mixed), flips in alike.items():
        own = parity(function, odd, mixed)
        if own != 1:
            found[own or 0] |= flips
    return Signs(found[-1], found[0])


_NONE: frozenset[int] = frozenset()

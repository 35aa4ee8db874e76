"""Which means change their sign with a whole matrix or initial vector.

−W has the distribution of W. Where a mean is odd under such a flip, and every scalar beneath it
even, its limit is 0, as it is its own negative, and it is of order n^(−1/2) in place of 1:

    mean(tanh(W x + V' V x)),  x = tanh(U ξ)      odd in U, whatever W and V' V have in common

Scalars that change their sign are random, such as readouts, or vanish themselves, so that what is
proportional to them is told by their size.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from tpgraph.functions import Expression, parity
from tpgraph.program.equations import (
    Declaration,
    InitialMatrix,
    InitialVectors,
    MatMul,
    Moment,
    Parameter,
)
from tpgraph.program.graph import Program
from tpgraph.program.variables import Variable

__all__ = ["GlobalSigns"]

Flips: TypeAlias = int
"""A set of flips, by their bits."""


class GlobalSigns:
    """The flips under which the variables of a program are odd, or neither odd nor even."""

    def __init__(self, program: Program) -> None:
        self._odd: dict[str, Flips] = {}
        self._mixed: dict[str, Flips] = {}
        self._of_scalars: dict[str, Flips] = {}
        for place, declaration in enumerate(program.declarations):
            for variable in declaration.variables:
                self._bind(variable, _is_symmetric(declaration) << place, 0, 0)
        for equation in program.equations:
            beneath = self._beneath(equation.inputs)
            if isinstance(equation, MatMul):
                x, own = equation.operand.name, self._odd[equation.matrix.name]
                mixed = self._mixed[x]
                odd = (self._odd[x] ^ own) & ~mixed
            else:
                odd, mixed = self._through(equation.function, equation.arguments)
            self._bind(equation.out, odd, mixed, beneath)

    def is_centred(self, equation: Moment) -> bool:
        """Whether a mean has limit 0 by a flip of no scalar beneath it."""
        return bool(self._odd[equation.out.name] & ~self._beneath(equation.inputs))

    def _bind(self, out: Variable, odd: Flips, mixed: Flips, beneath: Flips) -> None:
        self._odd[out.name], self._mixed[out.name] = odd, mixed
        own = 0 if out.is_wide or out.is_matrix else odd | mixed
        self._of_scalars[out.name] = beneath | own

    def _beneath(self, inputs: Sequence[Variable]) -> Flips:
        """The flips of scalars."""
        found = 0
        for v in inputs:
            found |= self._of_scalars[v.name]
        return found

    def _through(self, function: Expression, arguments: Sequence[Variable]) -> tuple[Flips, Flips]:
        """The flips under which ψ is odd, and is neither."""
        odd = mixed = 0
        for flips, are_odd, are_mixed in self._alike(arguments):
            sign = parity(function, are_odd, are_mixed)
            if sign == -1:
                odd |= flips
            elif sign is None:
                mixed |= flips
        return odd, mixed

    def _alike(
        self, arguments: Sequence[Variable]
    ) -> Iterator[tuple[Flips, frozenset[int], frozenset[int]]]:
        """Flips that do the same to all arguments, which are odd and mixed under them."""
        signs = [(self._odd[v.name], self._mixed[v.name]) for v in arguments]
        rest = 0
        for odd, mixed in signs:
            rest |= odd | mixed
        while rest:
            one = rest & -rest
            are_odd = frozenset(i for i, (odd, _) in enumerate(signs) if odd & one)
            are_mixed = frozenset(i for i, (_, mixed) in enumerate(signs) if mixed & one)
            same = rest
            for i, (odd, mixed) in enumerate(signs):
                same &= odd if i in are_odd else mixed if i in are_mixed else ~(odd | mixed)
            yield same, are_odd, are_mixed
            rest &= ~same


def _is_symmetric(declaration: Declaration) -> bool:
    """Whether all of it may be flipped at once."""
    match declaration:
        case InitialVectors(_, mean):
            return not any(mean)
        case InitialMatrix() | Parameter():
            return True
        case _:
            return False

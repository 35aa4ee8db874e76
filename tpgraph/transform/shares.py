"""What an equation passes of its output's error signal to each of its inputs.

A program of many equations has few different functions, and few patterns in which their arguments
recur. Slopes are worked out once for each, and so are their sums (`tpgraph.transform.share_sums`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from tpgraph.functions import Argument, Expression, add, compact, mul, number
from tpgraph.program import MatMul, Moment, Nonlin, Variable
from tpgraph.transform.emit import Emitter, Formula
from tpgraph.transform.error_scales import Scales
from tpgraph.transform.powers import ONE, WidthPower, size
from tpgraph.types import Dimension

__all__ = ["Part", "PointwiseShare", "ProductShare", "Shares", "itself"]

_ITSELF = Argument(0)


@dataclass(frozen=True, slots=True)
class ProductShare:
    """The contribution factor · matrix · operand, or with the transpose."""

    matrix: Variable
    transpose: bool
    operand: Variable
    factor: WidthPower


@dataclass(frozen=True, slots=True)
class PointwiseShare:
    """The contribution factor · function(arguments), or its mean for a scalar.

    Of one `Shares`, equal functions of equal patterns are one object, and so are equal factors.
    """

    function: Expression
    arguments: tuple[Variable, ...]
    factor: WidthPower
    mean: bool = False


Part: TypeAlias = ProductShare | PointwiseShare


def itself(variable: Variable, factor: WidthPower = ONE) -> PointwiseShare:
    """factor · variable."""
    return PointwiseShare(_ITSELF, (variable,), factor)


_Share: TypeAlias = tuple[Expression, tuple[int, ...]] | None
"""A function, and which of an equation's arguments and dy it reads; None for 0."""


class Shares:
    """The rules of `tpgraph.transform.reverse` for one equation, each worked out once."""

    def __init__(self, emitter: Emitter, scales: Scales) -> None:
        self._emitter = emitter
        self._scales = scales
        self._known: dict[tuple[int, tuple[int, ...], bool], dict[int, _Share]] = {}
        self._factors: dict[tuple[int, int, int, Dimension | None], WidthPower] = {}

    def product(self, equation: MatMul, dy: Variable) -> ProductShare:
        """What the operand of a MatMul gets."""
        factor = self._factor(equation.operand, equation.out)
        return ProductShare(equation.matrix, not equation.transpose, dy, factor)

    def pointwise(
        self, equation: Nonlin | Moment, dy: Variable, active: Collection[str]
    ) -> Iterator[tuple[Variable, PointwiseShare]]:
        """What every active argument of a coordinatewise equation gets, unless it is 0."""
        read = (*equation.arguments, dy)
        place: dict[str, int] = {}
        pattern = tuple([place.setdefault(v.name, i) for i, v in enumerate(read)])
        one = dy.name in self._emitter.ones
        known = self._known.setdefault((id(equation.function), pattern, one), {})
        vector = next((a for a in equation.arguments if a.is_vector), None)
        for i, variable in enumerate(equation.arguments):
            if pattern[i] != i or variable.name not in active:
                continue
            if i not in known:
                known[i] = self._share(equation, read, [p == i for p in pattern[:-1]], one)
            share = known[i]
            if share is not None:
                function, used = share
                factor, mean = self._scaled(equation, variable, vector)
                yield (
                    variable,
                    PointwiseShare(function, tuple([read[k] for k in used]), factor, mean),
                )

    def _share(
        self,
        equation: Nonlin | Moment,
        read: Sequence[Variable],
        moving: Sequence[bool],
        one: bool,
    ) -> _Share:
        """Σ_i ∂_i function · dy over the places that move; without dy where that is 1."""
        partials = [self._emitter.partial(equation.function, i) for i, m in enumerate(moving) if m]
        slope = add(*partials)
        if slope == number(0):
            return None
        formula = Formula()
        inner = formula.call(slope, read[:-1])
        whole = inner if one else mul(inner, formula.ref(read[-1]))
        function, arguments = compact(whole, formula.arguments)
        names = [v.name for v in read]
        return function, tuple([names.index(a.name) for a in arguments])

    def _scaled(
        self, equation: Nonlin | Moment, variable: Variable, vector: Variable | None
    ) -> tuple[WidthPower, bool]:
        """The factor of a share, and whether a mean is taken of it."""
        if vector is None:
            return self._factor(variable, equation.out), False
        scalar = variable.is_scalar
        if scalar and isinstance(equation, Nonlin):
            return self._factor(variable, equation.out, 1, vector.dim), True
        if not scalar and isinstance(equation, Moment):
            return self._factor(variable, equation.out, -1, vector.dim), False
        return self._factor(variable, equation.out), scalar

    def _factor(
        self, variable: Variable, out: Variable, times: int = 0, dim: Dimension | None = None
    ) -> WidthPower:
        """S_variable / S_out, times or by the size of a dimension."""
        above, below = self._scales.of(variable), self._scales.of(out)
        key = id(above), id(below), times, dim
        if key not in self._factors:
            found = above / below
            if dim is not None:
                found = found * size(dim) if times > 0 else found / size(dim)
            self._factors[key] = found
        return self._factors[key]

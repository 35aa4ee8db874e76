"""One component of an expression of vectors with few components, as an expression of them all."""

from __future__ import annotations

from tpgraph.functions.expression import Apply, Argument, Defined, Expression, Number
from tpgraph.functions.inlining import inline
from tpgraph.functions.table import PRIMITIVES

__all__ = ["component"]


def component(expression: Expression, number: int, size: int) -> Expression:
    """Component `number` of ψ, where component j of argument i is `Argument(i · size + j)`.

    held_max(z) is the largest of z₀, …, z_{size−1}, which here has a derivative.
    """
    return _component(inline(expression), number, size)


def _component(expression: Expression, number: int, size: int) -> Expression:
    match expression:
        case Number():
            return expression
        case Argument(index):
            return Argument(index * size + number)
        case Apply(function, (inner,)) if not isinstance(function, Defined) and (
            function.over_components
        ):
            largest = _component(inner, 0, size)
            for other in range(1, size):
                largest = Apply(PRIMITIVES["max"], (largest, _component(inner, other, size)))
            return largest
        case Apply(function, arguments, order):
            parts = tuple(_component(argument, number, size) for argument in arguments)
            return Apply(function, parts, order)

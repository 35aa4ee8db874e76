"""Divided differences, and what is left of them in the limit.

    φ*(x, δ; ε) = (φ(x + ε δ) − φ(x)) / ε,   at ε = 0:  Σ_i ∂_i φ(x) δ_i

A divided difference is an ordinary quotient by an argument ε that tends to 0; `at_zero` takes the
limit of every such quotient by l'Hôpital's rule. For ε ≥ 1e-4 its rounding error, 1e-16/ε, is far
below what it is compared with. Source: Tensor Programs IIb (arXiv 2105.03703), Eq. 84.
"""

from __future__ import annotations

from collections.abc import Mapping

from tpgraph.errors import TPTypeError
from tpgraph.functions.derivative import differentiate, simplify
from tpgraph.functions.expression import (
    Apply,
    Argument,
    Expression,
    Number,
    arguments_of,
    number,
    substitute,
)
from tpgraph.functions.table import DIV, add, div, mul, neg

__all__ = ["at_zero", "divided_difference"]


def divided_difference(
    expression: Expression, arity: int, changes: Mapping[int, int], epsilon: int
) -> Expression:
    """(φ(x + ε δ) − φ(x)) / ε, with δ_i the argument `changes[i]` and ε the argument `epsilon`.

    `arity` is the number of φ's own arguments. Where φ is affine in what changes, the result is
    Σ ∂_i φ δ_i, without ε.

    >>> from tpgraph.functions import PRIMITIVES, to_text
    >>> square = Apply(PRIMITIVES["tanh"], (Argument(0),))
    >>> to_text(divided_difference(square, 1, {0: 1}, 2), ["x", "δ", "ε"])
    '(tanh(x + ε * δ) - tanh(x)) / ε'
    """
    slopes = {i: simplify(differentiate(expression, i)) for i in changes}
    if not any(set(arguments_of(slope)) & set(changes) for slope in slopes.values()):
        return add(*(mul(slopes[i], Argument(changes[i])) for i in changes))
    moved: list[Expression] = [Argument(i) for i in range(arity)]
    for i, change in changes.items():
        moved[i] = add(Argument(i), mul(Argument(epsilon), Argument(change)))
    return div(add(substitute(expression, moved), neg(expression)), Argument(epsilon))


def at_zero(expression: Expression, index: int) -> Expression:
    """The limit of the expression as the argument `index` tends to 0 from above.

    A quotient whose denominator vanishes there is the quotient of the derivatives by ε, so that a
    divided difference becomes Σ ∂_i φ(x) δ_i. Raises TPTypeError where the numerator does not
    vanish with it: the expression grows without bound.

    >>> from tpgraph.functions import PRIMITIVES, to_text
    >>> square = Apply(PRIMITIVES["tanh"], (Argument(0),))
    >>> to_text(at_zero(divided_difference(square, 1, {0: 1}, 2), 2), ["x", "δ", "ε"])
    "tanh'(x) * δ"
    """
    match expression:
        case Argument(i):
            return number(0) if i == index else expression
        case Number():
            return expression
        case Apply(function, (above, below), 0) if function == DIV:
            denominator = at_zero(below, index)
            if denominator != number(0):
                return div(at_zero(above, index), denominator)
            if _vanishing(above, index) != number(0):
                raise TPTypeError("a quotient by what tends to 0 grows without bound in the limit")
            slope = simplify(div(differentiate(above, index), differentiate(below, index)))
            return at_zero(slope, index)
        case Apply(function, arguments, order):
            inner = tuple(at_zero(argument, index) for argument in arguments)
            return simplify(Apply(function, inner, order))


def _vanishing(expression: Expression, index: int) -> Expression:
    """The expression at 0, with a term and its negative cancelled."""
    value = at_zero(expression, index)
    match value:
        case Apply(_, (first, Apply(_, (second,)))) if value == add(first, neg(second)):
            return number(0) if first == second else value
        case _:
            return value

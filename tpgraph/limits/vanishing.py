"""Expressions in the limit of an argument that vanishes as width grows, such as ε = 1/√n."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from fractions import Fraction

from tpgraph.errors import TPTypeError
from tpgraph.functions import (
    DIV,
    JUMPING,
    MUL,
    POW,
    Apply,
    Argument,
    Expression,
    Number,
    arguments_of,
    arguments_within,
    div,
    inline,
    mul,
)
from tpgraph.functions.divided import POLE, POLE_MEND, at_zero

__all__ = ["at_limit", "is_delicate", "is_delicate_in", "leading", "leading_in_width"]

_HIGHEST_POLE = 6
_DELICATE = JUMPING | {"log"}


def at_limit(expression: Expression, index: int) -> Expression:
    """The limit as the argument `index` tends to 0: divided differences become derivatives.

    Raises TPTypeError where there is a pole.
    """
    return at_zero(_as_products(inline(expression), index), index)


def leading(expression: Expression, index: int) -> tuple[Expression, int]:
    """The coefficient of ε^−k, k the order of the pole at 0 of the argument `index`, and k."""
    raised = _as_products(inline(expression), index)
    for order in range(_HIGHEST_POLE):
        try:
            return at_zero(raised, index), order
        except TPTypeError:
            raised = _times(raised, Argument(index))
    raise TPTypeError(POLE, mend=POLE_MEND)


def leading_in_width(
    expression: Expression, decays: Sequence[Fraction]
) -> tuple[Expression, Fraction]:
    """The coefficient of n^p, and the largest p, where argument i vanishes like n^−decays[i]."""
    growth = Fraction(0)
    for index in dict.fromkeys(arguments_of(expression)):
        if decays[index]:
            expression, order = leading(expression, index)
            growth += order * decays[index]
    return expression, growth


def is_delicate(expression: Expression) -> bool:
    """Whether its value where a scalar is 0 need not be its limit: a quotient, a power, a jump."""
    return isinstance(expression, Apply) and (
        expression.function in (DIV, POW)
        or expression.function.name in _DELICATE
        or any(map(is_delicate, expression.arguments))
    )


def is_delicate_in(expression: Expression, places: Collection[int]) -> bool:
    """Whether what becomes of these arguments, which tend to 0, asks for more than that they do."""
    return not arguments_within(expression, _delicate).isdisjoint(places)


def _delicate(part: Apply) -> tuple[Expression, ...]:
    """What is divided by, raised to no whole power ≥ 0, or within a jump or a logarithm."""
    function, inner = part.function, part.arguments
    if function == DIV:
        return inner[1:]
    if function == POW:
        exponent = inner[1]
        whole = exponent.value if isinstance(exponent, Number) else Fraction(-1)
        return () if whole.denominator == 1 and whole >= 0 else inner
    return inner if function.name in _DELICATE else ()


def _times(expression: Expression, factor: Expression) -> Expression:
    """The product; (a / b) c is (a c) / b, for l'Hôpital's rule."""
    match expression:
        case Apply(function, (above, below), 0) if function == DIV:
            return div(mul(above, factor), below)
        case _:
            return mul(expression, factor)


def _as_products(expression: Expression, index: int) -> Expression:
    """Small powers of what vanishes as products, which fold to 0."""
    match expression:
        case Apply(function, (base, Number(exponent)), 0) if (
            function == POW
            and index in arguments_of(base)
            and exponent.denominator == 1
            and 2 <= exponent <= _HIGHEST_POLE
        ):
            return mul(*[_as_products(base, index)] * int(exponent))
        case Apply(function, arguments, order):
            inner = tuple(_as_products(argument, index) for argument in arguments)
            if function == MUL and order == 0:
                return mul(*inner)
            return Apply(function, inner, order)
        case _:
            return expression

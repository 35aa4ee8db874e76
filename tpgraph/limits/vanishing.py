"""Expressions in the limit of an argument that vanishes as width grows, such as ε = 1/√n."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from fractions import Fraction

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
    inline,
    mul,
    number,
    power,
    substitute,
)
from tpgraph.functions.divided import at_zero, leading_term

__all__ = ["at_limit", "is_delicate", "is_delicate_in", "leading_in_width"]

_HIGHEST_POWER = 6
_DELICATE = JUMPING | {"log", "sqrt"}


def at_limit(expression: Expression, index: int) -> Expression:
    """The limit as the argument `index` tends to 0: divided differences become derivatives.

    Raises TPTypeError where there is a pole.
    """
    return at_zero(_as_products(inline(expression), index), index)


def leading_in_width(
    expression: Expression, decays: Sequence[Fraction]
) -> tuple[Expression, Fraction]:
    """The coefficient of n^p, and the largest p, where argument i vanishes like n^−decays[i].

    All are powers of one t that tends to 0. What is 0 in every order that is looked at is 0.
    """
    places = [i for i in dict.fromkeys(arguments_of(expression)) if decays[i]]
    if not places:
        return expression, Fraction(0)
    unit = math.lcm(*(decays[i].denominator for i in places))
    t = Argument(1 + max(arguments_of(expression)))
    values: list[Expression] = [Argument(i) for i in range(t.index)]
    for i in places:
        values[i] = power(t, number(decays[i] * unit))
    found = leading_term(substitute(inline(expression), values), t.index)
    if found is None:
        return number(0), Fraction(0)
    exponent, coefficient = found
    return coefficient, -exponent / unit


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


def _as_products(expression: Expression, index: int) -> Expression:
    """Small powers of what vanishes as products, which fold to 0."""
    match expression:
        case Apply(function, (base, Number(exponent)), 0) if (
            function == POW
            and index in arguments_of(base)
            and exponent.denominator == 1
            and 2 <= exponent <= _HIGHEST_POWER
        ):
            return mul(*[_as_products(base, index)] * int(exponent))
        case Apply(function, arguments, order):
            inner = tuple(_as_products(argument, index) for argument in arguments)
            if function == MUL and order == 0:
                return mul(*inner)
            return Apply(function, inner, order)
        case _:
            return expression

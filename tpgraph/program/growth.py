"""How ψ(x¹, …, x^k) scales with width where its arguments do: exponents e of n^e.

A sum is as large as its largest term, a product as all factors together; what is homogeneous keeps
the power of its argument; another function of what vanishes is as large as its first Taylor
coefficient that is not 0, and one that is bounded stays so. Terms that cancel are not looked for.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from tpgraph.errors import TPError
from tpgraph.functions import (
    BOUNDED,
    HOMOGENEOUS,
    LIKE_RELU,
    Apply,
    Argument,
    Expression,
    Function,
    Number,
    Primitive,
    evaluate,
    expand,
    function_derivative,
    inline,
)

__all__ = ["UNKNOWN", "ZERO", "growth", "largest"]

ZERO = -math.inf
"""Of what is 0."""
UNKNOWN = math.nan
"""Where the rules do not reach."""

_HIGHEST_ORDER = 8


def largest(exponents: Sequence[float]) -> float:
    """Of a sum; UNKNOWN where one is."""
    return UNKNOWN if any(map(math.isnan, exponents)) else max(exponents, default=ZERO)


def growth(expression: Expression, sizes: Sequence[float]) -> float:
    """e of ψ ~ n^e for arguments of these exponents; ZERO or UNKNOWN where there is none."""
    return _growth(inline(expand(expression)), sizes)


def _growth(expression: Expression, sizes: Sequence[float]) -> float:
    match expression:
        case Number(value):
            return 0.0 if value else ZERO
        case Argument(index):
            return sizes[index]
        case Apply(Primitive() as function, arguments):
            inner = [_growth(argument, sizes) for argument in arguments]
            return _applied(function, arguments, inner)
        case _:
            raise AssertionError(expression)


def _applied(function: Primitive, arguments: Sequence[Expression], inner: Sequence[float]) -> float:
    name, first = function.name, inner[0]
    if any(map(math.isnan, inner)):
        return UNKNOWN
    match name:
        case "add" | "max" | "min":
            return largest(inner)
        case "neg":
            return first
        case "mul":
            return ZERO if ZERO in inner else sum(inner)
        case "div":
            return first - inner[1] if inner[1] != ZERO else UNKNOWN
        case "pow":
            return _power(first, arguments[1])
    if name in HOMOGENEOUS:
        return first * float(HOMOGENEOUS[name]) if first > ZERO else ZERO
    if first == 0:
        return 0.0
    if first < 0:
        return _near_zero(function, first)
    if name in BOUNDED:
        return 0.0
    return first if name in LIKE_RELU else UNKNOWN


def _power(base: float, exponent: Expression) -> float:
    if base == 0:
        return 0.0
    if not isinstance(exponent, Number):
        return UNKNOWN
    if base == ZERO:
        return ZERO if exponent.value > 0 else UNKNOWN
    return base * float(exponent.value)


def _near_zero(function: Function, exponent: float) -> float:
    """Of φ(z) for z ~ n^exponent that vanishes."""
    order = _first_order(function)
    if order is None:
        return UNKNOWN
    return exponent * order if order else 0.0


@lru_cache(maxsize=1024)
def _first_order(function: Function) -> int | None:
    """The first k with φ⁽ᵏ⁾(0) ≠ 0; None where it is not found.

    At two components that are 0: a function over all of them, as softmax, is taken there too.
    """
    try:
        for order in range(_HIGHEST_ORDER):
            with np.errstate(all="ignore"):
                values = evaluate(function_derivative(function, order), [np.zeros(2)])
            if not np.isfinite(values).all():
                return None
            if np.any(values):
                return order
    except TPError:
        return None
    return None

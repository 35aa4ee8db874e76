"""Whether points spread over a Gaussian resolve a function: what bends in it bends over many.

    tanh(a), a of size 1, is gentle;   tanh(10⁶ a), a/(|a| + 1e-8), 10⁷ relu(a + 1e-7) are not

Sums, products and the homogeneous relu and |·| have no length of their own, any other function of
the table has 1; a quotient has that over which its denominator nearly vanishes. What is not gentle
may be resolved, but the points do not tell.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from tpgraph.functions import DIV, MUL, POW, Apply, Expression, Number, evaluate, expand, inline
from tpgraph.limits.estimates import Array

__all__ = ["is_gentle", "may_be_singular"]

_WIDEST = 12.0
_NEAREST = 0.02
_LARGEST_FACTOR = 50.0
_LOOKED_AT = 512
_SINGULAR = ("sqrt", "log")
_WITHOUT_LENGTH = ("add", "mul", "neg", "relu", "leaky_relu", "abs", "min", "max")


def is_gentle(expression: Expression, values: Sequence[Array]) -> bool:
    """Whether ψ is gentle at these values of its arguments, points along the last axis."""
    some = [np.asarray(v)[..., :_LOOKED_AT] for v in values]
    return _gentle(inline(expand(expression)), some)


def may_be_singular(expression: Expression, values: Sequence[Array]) -> bool:
    """Whether a divisor, or what has a root or logarithm, may vanish between neighbours of a line.

    The values of the arguments lie in order along the last axis. Where such a part is no further
    from 0 than from its value at a neighbour it may vanish beside it, and ψ may jump there, which
    no point shows and no derivative knows: tanh(1/a).
    """
    parts = _singular_parts(inline(expand(expression)))
    with np.errstate(all="ignore"):
        return any(_vanishes_between(np.asarray(evaluate(part, values), float)) for part in parts)


def _singular_parts(expression: Expression) -> Iterator[Expression]:
    if not isinstance(expression, Apply):
        return
    function, arguments = expression.function, expression.arguments
    if function == DIV:
        yield arguments[1]
    elif function.name in _SINGULAR or (function == POW and not _is_whole(arguments[1])):
        yield arguments[0]
    for argument in arguments:
        yield from _singular_parts(argument)


def _is_whole(exponent: Expression) -> bool:
    """Whether it is a number 0, 1, 2, …"""
    if not isinstance(exponent, Number):
        return False
    return exponent.value.denominator == 1 and exponent.value >= 0


def _vanishes_between(found: Array) -> bool:
    if found.ndim == 0:
        return False
    least = np.minimum(np.abs(found[..., 1:]), np.abs(found[..., :-1]))
    return bool((least <= np.abs(np.diff(found, axis=-1))).any())


def _gentle(expression: Expression, values: Sequence[Array]) -> bool:
    if not isinstance(expression, Apply):
        return True
    function, arguments = expression.function, expression.arguments
    if function == MUL and any(_is_large(a, values) for a in arguments):
        return False
    if function == DIV:
        if _is_small(arguments[1], values):
            return False
    elif function == POW:
        exponent = arguments[1]
        if not isinstance(exponent, Number) or exponent.value.denominator != 1:
            return False
        if exponent.value < 0 and _is_small(arguments[0], values):
            return False
    elif function.name in _SINGULAR:
        if _is_small(arguments[0], values):
            return False
    elif function.name not in _WITHOUT_LENGTH and not _is_within(arguments[0], values):
        return False
    return all(_gentle(a, values) for a in arguments)


def _of(expression: Expression, values: Sequence[Array]) -> Array:
    with np.errstate(all="ignore"):
        return np.abs(evaluate(expression, values))


def _is_large(expression: Expression, values: Sequence[Array]) -> bool:
    """Whether it is a large number, the same for all points."""
    if isinstance(expression, Number):
        return abs(float(expression.value)) > _LARGEST_FACTOR
    found = _of(expression, values)
    is_number = found.ndim == 0 or found.shape[-1] == 1
    return is_number and not bool((found <= _LARGEST_FACTOR).all())


def _is_small(expression: Expression, values: Sequence[Array]) -> bool:
    """Whether it comes near 0, beside its size."""
    found = _of(expression, values)
    return not bool(found.min() > _NEAREST * np.sqrt(np.mean(found**2)))


def _is_within(expression: Expression, values: Sequence[Array]) -> bool:
    found = _of(expression, values)
    return bool(np.sqrt(np.mean(found**2)) <= _WIDEST)

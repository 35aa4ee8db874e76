"""How large a derivative will be, counted before it is written out.

The chain rule repeats its arguments: each order of tanh or sigmoid has about five times the
operations of the one before.

    size(∂ f(e¹, …, e^k)) = Σ_j  size(∂_j f) + Σ_i (uses of argument i in ∂_j f) · size(eⁱ)
                                 + size(∂e^j) + 1,   over the e^j that are not constant
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

from tpgraph.functions.expression import (
    Apply,
    Argument,
    Defined,
    Expression,
    Function,
    Number,
    arguments_of,
    operation_count,
)
from tpgraph.functions.table import ADD, MUL

__all__ = ["derivative_size"]

_Partial = tuple[int, dict[int, int]]
"""Operations of a partial derivative, and how often it uses each argument."""


def derivative_size(expression: Expression) -> int:
    """Operations of the expression's derivative, without derivatives by name in it; from above."""
    return max(0, _sizes(expression, {})[1])


def _sizes(expression: Expression, known: dict[int, tuple[int, int]]) -> tuple[int, int]:
    """Operations of an expression and of its derivative, −1 for a derivative that is zero.

    `known` has those of the parts met before, by identity.
    """
    match expression:
        case Number():
            return 0, -1
        case Argument():
            return 0, 0
        case Apply(function, arguments):
            if id(expression) not in known:
                inner = [_sizes(argument, known) for argument in arguments]
                known[id(expression)] = _chained(function, inner)
            return known[id(expression)]


def _chained(function: Function, inner: list[tuple[int, int]]) -> tuple[int, int]:
    sizes = [size for size, _ in inner]
    total = 1 + sum(sizes)
    moving = [(j, slope) for j, (_, slope) in enumerate(inner) if slope >= 0]
    if not moving:
        return total, -1
    if function == ADD:
        return total, len(moving) + sum(slope for _, slope in moving)
    if function == MUL:
        return total, sum(total - sizes[j] + slope + 2 for j, slope in moving)
    partials = _partials(function, len(inner))
    found = 0
    for j, slope in moving:
        size, uses = partials[j]
        found += size + sum(count * sizes[i] for i, count in uses.items()) + slope + 2
    return total, found


@lru_cache(maxsize=1024)
def _partials(function: Function, arity: int) -> tuple[_Partial, ...]:
    """Every partial derivative of a function at its own arguments."""
    if isinstance(function, Defined):
        uses = Counter(arguments_of(function.body))
        body, slope = _sizes(function.body, {})
        return ((max(body, slope, 1), {i: k * (slope + 2) for i, k in uses.items()}),) * arity
    made = function.partials(tuple(Argument(i) for i in range(arity)))
    return tuple((operation_count(part), dict(Counter(arguments_of(part)))) for part in made)

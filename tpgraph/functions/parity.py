"""Whether an expression is even or odd when the signs of some of its arguments change."""

from __future__ import annotations

import math
from collections.abc import Set
from functools import lru_cache

from tpgraph.functions.expression import Apply, Argument, Defined, Expression, Number
from tpgraph.functions.table import ADD, DIV, MUL, NEG, POW

__all__ = ["parity"]

_ODD = ("tanh", "erf", "sin", "sinh", "arctan", "sign")
_EVEN = ("cos", "cosh", "abs")
_FIRST = frozenset({0})


@lru_cache(maxsize=4096)
def parity(
    expression: Expression, odd: Set[int] = _FIRST, mixed: Set[int] = frozenset()
) -> int | None:
    """1 of an even function, −1 of an odd one, else None.

    Arguments in `odd` change their sign, those in `mixed` change to something else, and all others
    stay. What is found is true; a symmetry that does not show in the text is not found.
    """
    match expression:
        case Number(value):
            return 1 if value else None
        case Argument(index):
            return None if index in mixed else -1 if index in odd else 1
        case Apply(function, arguments, order):
            inner = [parity(a, odd, mixed) for a in arguments]
            if function == ADD:
                return inner[0] if len(set(inner)) == 1 else None
            if all(p == 1 for p in inner):
                return 1
            if None in inner:
                return None
            if function in (MUL, DIV):
                return math.prod(p for p in inner if p is not None)
            if function == POW:
                return _of_power(arguments[1])
            if isinstance(function, Defined):
                body = parity(function.body) if len(arguments) == 1 else None
                return None if body is None else body * (-1) ** order
            own = -1 if function.name in _ODD or function == NEG else 1
            known = function.name in (*_ODD, *_EVEN) or function == NEG
            return own * (-1) ** order if known else None


def _of_power(exponent: Expression) -> int | None:
    """Of what is odd to this power."""
    match exponent:
        case Number(k) if k.denominator == 1:
            return -1 if k.numerator % 2 else 1
        case _:
            return None

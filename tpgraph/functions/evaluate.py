"""The value of an expression: the reference semantics of coordinatewise functions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tpgraph.functions.derivative import expand
from tpgraph.functions.expression import (
    Apply,
    Argument,
    Array,
    Defined,
    Expression,
    Number,
)

__all__ = ["evaluate"]


def evaluate(expression: Expression, arguments: Sequence[Array]) -> Array:
    """The value at `arguments` (numpy arrays or numbers that broadcast), in float64.

    Sums and products go from left to right. numpy's own rules hold where a function is undefined
    (log of a negative number is nan, with numpy's warning).
    """
    return _evaluate(expand(expression), arguments, {})


def _evaluate(expression: Expression, arguments: Sequence[Array], known: dict[int, Array]) -> Array:
    """The value; `known` has those of the parts met before, which derivatives share."""
    match expression:
        case Number(value):
            return np.asarray(float(value))
        case Argument(index):
            return np.asarray(arguments[index], dtype=float)
        case Apply(function, inner):
            if id(expression) not in known:
                values = [_evaluate(argument, arguments, known) for argument in inner]
                known[id(expression)] = (
                    _evaluate(expand(function.body), values, {})
                    if isinstance(function, Defined)
                    else np.asarray(function.evaluate(*values))
                )
            return known[id(expression)]

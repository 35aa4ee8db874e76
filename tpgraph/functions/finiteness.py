"""Which part of a function is not finite where what it reads is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tpgraph.functions.evaluate import evaluate
from tpgraph.functions.expression import Apply, Array, Expression

__all__ = ["innermost_not_finite"]


def innermost_not_finite(
    expression: Expression, inputs: Sequence[Array]
) -> tuple[Expression, tuple[float, ...]] | None:
    """A part that is not finite where its arguments are, with their values at one coordinate."""
    if not isinstance(expression, Apply):
        return None
    for argument in expression.arguments:
        found = innermost_not_finite(argument, inputs)
        if found is not None:
            return found
    own = np.asarray(evaluate(expression, inputs))
    bad = ~np.isfinite(own)
    if not bad.any():
        return None
    place = np.unravel_index(int(bad.argmax()), own.shape)
    inner = (np.broadcast_to(evaluate(a, inputs), own.shape) for a in expression.arguments)
    return expression, tuple(float(a[place]) for a in inner)

"""Smoothness of one-argument expressions: their jumps, their kinks.

Everything here is about expressions in `Argument(0)` alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from scipy.optimize import brentq

from tpgraph.functions import (
    ADD,
    NEG,
    Apply,
    Expression,
    evaluate,
    expand,
    inline,
)
from tpgraph.limits.closed_forms.recognition import affine

__all__ = ["has_kinks", "jumps", "kinks"]

_KINKED = ("relu", "abs", "step", "sign", "min", "max", "leaky_relu")
_FARTHEST, _STEPS, _MOST_KINKS = 40.0, 8000, 24


@lru_cache(maxsize=4096)
def jumps(expression: Expression) -> bool:
    """Whether its derivative is more than the table's: it contains a step or a sign."""
    return any(name in ("step", "sign") for name, _ in _inside(inline(expand(expression))))


@lru_cache(maxsize=4096)
def has_kinks(expression: Expression) -> bool:
    """Whether a function with kinks or jumps is in it, of any arguments."""
    return any(True for _ in _inside(inline(expand(expression))))


@lru_cache(maxsize=4096)
def kinks(expression: Expression) -> tuple[float, ...] | None:
    """Where it is not smooth, within |z| ≤ 40; None where that is in too many places.

    A pair of roots nearer than 1/100 may be missed, which quadrature then tells by its error.
    """
    found: list[float] = []
    for name, arguments in _inside(inline(expand(expression))):
        inner = arguments[0]
        if name in ("min", "max"):
            inner = Apply(ADD, (arguments[0], Apply(NEG, (arguments[1],))))
        line = affine(inner)
        if line is None:
            found += _roots(inner)
        elif line[0]:
            found.append(-line[1] / line[0])
    places = tuple(sorted(dict.fromkeys(found)))
    return places if len(places) <= _MOST_KINKS else None


def _roots(expression: Expression) -> list[float]:
    """Where it changes its sign."""

    def value(z: float) -> float:
        with np.errstate(all="ignore"):
            return float(evaluate(expression, [np.asarray(z)]))

    z = np.linspace(-_FARTHEST, _FARTHEST, _STEPS + 1) + 1e-9
    with np.errstate(all="ignore"):
        signs = np.sign(np.broadcast_to(evaluate(expression, [z]), z.shape))
    places = np.flatnonzero((signs[:-1] * signs[1:] < 0) & np.isfinite(signs[1:]))
    if len(places) > _MOST_KINKS:
        return [float(z[k]) for k in places]
    return [float(brentq(value, z[k], z[k + 1], xtol=1e-15)) for k in places]


def _inside(expression: Expression) -> Iterator[tuple[str, tuple[Expression, ...]]]:
    """The calls of functions with kinks that depend on something."""
    if isinstance(expression, Apply):
        if expression.function.name in _KINKED:
            yield expression.function.name, expression.arguments
        for argument in expression.arguments:
            yield from _inside(argument)

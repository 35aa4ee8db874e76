"""Smoothness of one-argument expressions: their jumps, their kinks.

Everything here is about expressions in `Argument(0)` alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np

from tpgraph.functions import (
    ADD,
    JUMPING,
    KINKED,
    NEG,
    Apply,
    Argument,
    Expression,
    add,
    applications,
    expand,
    inline,
    is_kinked,
    mul,
    number,
    substitute,
)
from tpgraph.functions.many_digits import on_a_line
from tpgraph.limits.closed_forms.recognition import affine
from tpgraph.limits.closed_forms.sign_changes import sign_changes
from tpgraph.limits.closed_forms.steepness import delicate_places

__all__ = ["has_kinks", "jumps", "kinks", "kinks_between"]

_FARTHEST, _STEPS, _MOST_KINKS = 40.0, 8000, 24
_DISTANCES = 10.0 ** -np.arange(2.0, 12.0, 0.25)
_SHORTEST, _SAME = 1.0, 1e-13


@lru_cache(maxsize=4096)
def jumps(expression: Expression) -> bool:
    """Whether its derivative is more than the table's: it contains a step or a sign."""
    return any(part.function.name in JUMPING for part in applications(inline(expand(expression))))


@lru_cache(maxsize=4096)
def has_kinks(expression: Expression) -> bool:
    """Whether a function with kinks or jumps is in it, of any arguments."""
    return is_kinked(inline(expand(expression)))


@lru_cache(maxsize=4096)
def kinks(expression: Expression) -> tuple[float, ...] | None:
    """Where it is not smooth, within |z| ≤ 40; None where that is in too many places.

    What is inside of another is looked at first: between its kinks, and near where a part of it
    vanishes, the other may have two roots that an even grid steps over.
    """
    found: list[float] = []
    for name, arguments in reversed(list(_inside(inline(expand(expression))))):
        inner = arguments[0]
        if name in ("min", "max"):
            inner = Apply(ADD, (arguments[0], Apply(NEG, (arguments[1],))))
        line = affine(inner)
        if line is None:
            found += _roots(inner, found)
        elif line[0]:
            found.append(-line[1] / line[0])
    places = tuple(sorted(dict.fromkeys(found)))
    return places if len(places) <= _MOST_KINKS else None


def kinks_between(expression: Expression, low: float, high: float) -> tuple[float, ...] | None:
    """As `kinks`, and where it is not smooth between low and high.

    There it is looked at in its own length, where that is far from |z| ≤ 40 or much shorter.
    """
    found = kinks(expression)
    half, centre = (high - low) / 2, (high + low) / 2
    is_seen = max(-low, high) <= _FARTHEST and half >= _SHORTEST
    if found is None or is_seen or not 0 < half < np.inf or not has_kinks(expression):
        return found
    unit = half / _FARTHEST
    line = add(mul(number(unit), Argument(0)), number(centre))
    near = kinks(substitute(expression, [line]))
    if near is None:
        return None
    places = sorted(found)
    for place in (centre + unit * z for z in near):
        if all(abs(place - p) > _SAME * max(unit, abs(p)) for p in found):
            places.append(place)
    return tuple(sorted(places)) if len(places) <= _MOST_KINKS else None


def _roots(expression: Expression, known: Sequence[float]) -> list[float]:
    """Where it changes its sign; as many places as an oscillation has where it does so often."""
    delicate = np.array([*delicate_places(expression), *known])
    around = np.add.outer(delicate, np.concatenate([-_DISTANCES, _DISTANCES])).ravel()
    ends = np.sort(delicate)
    even = np.linspace(-_FARTHEST, _FARTHEST, _STEPS + 1) + 1e-9
    z = np.unique(np.concatenate([even, around, (ends[1:] + ends[:-1]) / 2]))
    return sign_changes(on_a_line(expression), z)


def _inside(expression: Expression) -> Iterator[tuple[str, tuple[Expression, ...]]]:
    """The calls of functions with kinks that depend on something."""
    if isinstance(expression, Apply):
        if expression.function.name in KINKED:
            yield expression.function.name, expression.arguments
        for argument in expression.arguments:
            yield from _inside(argument)

"""Where a function of one variable changes within a length that quadrature and samples step over.

A function is steep only where something in it vanishes or comes near 0: the h of h/(|h| + 1e-8),
the 10⁶ (z − 0.3) of a tanh, the z of √z. So those places are sought for every part of the
expression, and there the function is tried at distances from 1 down to 1e-12. Everything here is
about expressions in `Argument(0)` alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

import numpy as np
from scipy.optimize import minimize_scalar

from tpgraph.functions import Apply, Argument, Expression, expand, inline
from tpgraph.functions.many_digits import on_a_line
from tpgraph.limits.closed_forms.sign_changes import crossings, sign_changes
from tpgraph.limits.estimates import Array

__all__ = ["delicate_places", "steep_places"]

_FARTHEST, _STEPS = 40.0, 4000
_MOST_PLACES = 48
_DISTANCES = 10.0 ** -np.arange(0.0, 12.25, 0.25)
_NEAR, _USUAL, _ZERO = 0.05, 8.0, 1e-15
_LEAST_SLOPE, _ROUNDING = 1e-3, 1e-10


@lru_cache(maxsize=4096)
def steep_places(
    expression: Expression, width: float = 1.0, steeper: float = 12.0, centre: float = 0.0
) -> tuple[float, ...]:
    """Where its slope within `width`/20 is so many times `steeper` than around.

    Within 40 `width` of the centre.

    An oscillation, which vanishes in too many places, is not steep.
    """
    value = on_a_line(expression)
    size = _size(value(centre + width * np.linspace(-_USUAL, _USUAL, 401)))
    found: list[float] = []
    for place in delicate_places(expression, width, centre):
        is_new = not found or place - found[-1] > _DISTANCES[-1] * max(width, abs(place))
        if is_new and _is_steep(value, place, width, size * _ROUNDING, steeper):
            found.append(place if abs(place) > _ZERO * width else 0.0)
    return tuple(found)


def _is_steep(
    value: Callable[[Array], Array], place: float, width: float, rounding: float, steeper: float
) -> bool:
    distances = np.maximum(width * _DISTANCES, 1e-15 * abs(place))
    z = np.concatenate([-distances, distances[::-1]])
    found = value(place + z)
    with np.errstate(all="ignore"):
        changes, lengths = np.abs(np.diff(found)), np.diff(z)
        counts = np.isfinite(changes) & (changes > rounding) & (lengths > 0)
        slopes = np.where(counts, changes / lengths, 0.0)
    is_coarse = np.abs(z[1:] + z[:-1]) > 2 * _NEAR * width
    usual = slopes[is_coarse].max() + _LEAST_SLOPE * _size(found) / width
    return bool(slopes[~is_coarse].max() > steeper * usual)


def _size(values: Array) -> float:
    return float(np.max(np.abs(values), where=np.isfinite(values), initial=0.0))


@lru_cache(maxsize=4096)
def delicate_places(
    expression: Expression, width: float = 1.0, centre: float = 0.0
) -> tuple[float, ...]:
    """Where a part of it vanishes or is nearest to 0; none where too many are.

    Within 40 `width` of the centre.
    """
    found: set[float] = set()
    z = centre + width * (np.linspace(-_FARTHEST, _FARTHEST, _STEPS + 1) + 1e-9)
    for part in dict.fromkeys(_parts(inline(expand(expression)))):
        if isinstance(part, Argument):
            found.add(0.0)
            continue
        own = list(_zeros(on_a_line(part), z))
        if len(own) <= _MOST_PLACES:
            found.update(own)
    return tuple(sorted(found)) if len(found) <= 4 * _MOST_PLACES else ()


def _parts(expression: Expression) -> Iterator[Expression]:
    match expression:
        case Argument(0):
            yield expression
        case Apply(_, arguments):
            inner = [part for argument in arguments for part in _parts(argument)]
            if inner:
                yield from inner
                yield expression


def _zeros(value: Callable[[Array], Array], z: Array) -> Iterator[float]:
    """Changes of sign, and least distances from 0."""
    found = value(z)

    def size(place: float) -> float:
        return abs(float(value(np.asarray(place))))

    places = crossings(found)
    yield from sign_changes(value, z, places[: _MOST_PLACES + 1])
    crossing = np.zeros(len(z) - 1, dtype=bool)
    crossing[places] = True
    near = np.abs(found)
    dips = (near[1:-1] < near[:-2]) & (near[1:-1] < near[2:]) & ~crossing[1:] & ~crossing[:-1]
    for k in np.flatnonzero(dips)[: _MOST_PLACES + 1]:
        least = minimize_scalar(
            size, bounds=(z[k], z[k + 2]), method="bounded", options={"xatol": 1e-13}
        )
        yield _short(float(least.x))


def _short(place: float) -> float:
    """The short decimal that is as near to a minimum as floats tell."""
    short = round(place, 7)
    return short if abs(place - short) <= 1e-8 * max(1.0, abs(place)) else place

"""Where a function of one variable changes its sign between points, to the last digit.

By halving: what jumps, or is no number at 0/0, has a change of sign as well.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from tpgraph.limits.estimates import Array

__all__ = ["crossings", "sign_changes"]

_HALVINGS = 80


def crossings(values: Array) -> npt.NDArray[np.intp]:
    """The k with finite values of different sign at k and k + 1."""
    signs = np.where(np.isfinite(values), np.sign(values), 0.0)
    return np.flatnonzero(signs[:-1] * signs[1:] < 0)


def sign_changes(
    value: Callable[[Array], Array], z: Array, found: npt.NDArray[np.intp] | None = None
) -> list[float]:
    """The places between z_k and z_{k+1}, for the k that are `found`, by default all `crossings`.

    `value` maps points to values of the same shape. A z where it is 0 has a sign on either side.
    """
    if found is None:
        values = value(z)
        z, values = z[values != 0], values[values != 0]
        found = crossings(values)
    low, high = z[found], z[found + 1]
    sign = np.sign(value(low))
    for _ in range(_HALVINGS):
        middle = low + (high - low) / 2
        own = sign * value(middle)
        is_there = ~(own > 0) & ~(own < 0)
        low = np.where((own > 0) | is_there, middle, low)
        high = np.where((own < 0) | is_there, middle, high)
        if np.all((low == high) | (np.nextafter(low, high) == high)):
            break
    return [float(place) for place in np.where(np.abs(low) < np.abs(high), low, high)]

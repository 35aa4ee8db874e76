"""Functions that outgrow the Gaussian density so far out that no quadrature looks there.

    E exp(|z|³/100) = ∞, though to 50 deviations the density falls faster

g = log |f| is looked at where floats still hold f: of g = c z^p + a z² + b z + … the third
differences tell p, as z g‴/g″ = p − 2, whatever a and b. Above 2 nothing outweighs c z^p.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tpgraph.errors import TPTypeError
from tpgraph.limits.estimates import Array

__all__ = ["diverges", "outgrows"]

_FARTHEST, _POINTS = 1e6, 4096
_LEAST = 300.0
"""log |f| where it is looked at; below, the function is no exponential."""
_ABOVE_TWO = 0.1
_BENT = 1e-6
"""The least g″ beside g; below, as of exp(z), it is rounding."""


def outgrows(function: Callable[[Array], Array], mean: Array, root: Array) -> bool:
    """Whether f(m + √p z) grows faster than exp(c z²) for every c, for one of these (N,)."""
    sizes = np.geomspace(1.0, _FARTHEST, _POINTS)
    for sign in (-1.0, 1.0):
        reach = _last(_log(function, mean, root, sign * sizes), sizes)
        step = reach / 8
        far = reach[:, None] - step[:, None] * np.arange(3.0, -1.0, -1.0)
        g = _log(function, mean, root, sign * far)
        second = g[:, 1:-1] * -2 + g[:, :-2] + g[:, 2:]
        third = second[:, 1] - second[:, 0]
        with np.errstate(all="ignore"):
            above = third / second[:, 1] * (reach - 1.5 * step) / step
        is_bent = second[:, 1] > _BENT * g[:, -1]
        if ((g[:, -1] > _LEAST) & is_bent & (above > _ABOVE_TWO)).any():
            return True
    return False


def diverges() -> TPTypeError:
    """What is said of an expectation that is infinite for that."""
    return TPTypeError(
        "the expectation seems to diverge: far out it grows faster than densities fall",
        expected="functions that grow slower than exp(z²/2)",
    )


def _log(function: Callable[[Array], Array], mean: Array, root: Array, z: Array) -> Array:
    with np.errstate(all="ignore"):
        return np.asarray(np.log(np.abs(function(mean[:, None] + root[:, None] * z))))


def _last(g: Array, sizes: Array) -> Array:
    """The farthest of the sizes before f is infinite or no number, by row."""
    known = np.logical_and.accumulate(np.isfinite(g) | (g == -np.inf), axis=1)
    return np.asarray(sizes[np.maximum(known.sum(axis=1) - 1, 0)])

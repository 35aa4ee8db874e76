"""How much of a function of a Gaussian is rounding, as where large parts of it cancel.

    r(z) = |f(z − 3δ) − 3 f(z − δ) + 3 f(z + δ) − f(z + 3δ)|/√20,   δ = 10⁻⁹ standard deviations

What is smooth leaves 8 δ³ f‴ of it, less than floats resolve; independent errors of the four values
leave their own size: 10⁵ (tanh(z + 10⁻⁵) − tanh z) has 10⁻¹¹. Two quadrature rules do not show it:
their points are on grids, whose roundings are alike and do not average out.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tpgraph.limits.estimates import Array

__all__ = ["rounding_of"]

_FARTHEST, _POINTS = 8.0, 64
_STEP = 1e-9
_WEIGHTS = np.array([1.0, -3.0, 3.0, -1.0])
_USUAL = 1e-14
"""Below this share it is within what every rule states."""


def rounding_of(
    function: Callable[[Array], Array], mean: Array, root: Array, square: Array
) -> float:
    """√E r² beside √E f² (`square`), the greatest of all means m and root variances √p, (N,)."""
    z = np.linspace(-_FARTHEST, _FARTHEST, _POINTS)
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) * (z[1] - z[0])
    near = z[:, None] + _STEP * np.array([-3.0, -1.0, 1.0, 3.0])
    with np.errstate(all="ignore"):
        values = function(mean[:, None] + root[:, None] * near.ravel())
        left = values.reshape(len(values), _POINTS, 4) @ _WEIGHTS
        shares = np.where(np.isfinite(left), left, 0.0) ** 2 @ density / (_WEIGHTS @ _WEIGHTS)
        found = np.sqrt(np.divide(shares, square, out=np.zeros_like(shares), where=square > 0))
    largest = float(found.max(initial=0.0))
    return largest if largest > _USUAL else 0.0

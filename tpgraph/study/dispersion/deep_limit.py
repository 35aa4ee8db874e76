"""The NTK of fully connected networks as theory has it, where width is large: on the diagonal.

    q_1 = σ_w² q_0 + σ_b²,   q_{l+1} = σ_w² E[φ(√q_l z)²] + σ_b²,   q_0 = |ξ|²/M₀
    Θ_1 = M₀ q_0 + 1,        Θ_{L+1} = M E[φ(√q_L z)²] + 1 + σ_w² E[φ′(√q_L z)²] Θ_L

in the standard parametrization, where Θ is of order M; what a finite network's mean differs from.
Source: Seleznova & Kutyniok, 2012.04477, equations (5), (8) and Lemma 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from tpgraph.errors import TPLimitError
from tpgraph.study.activations import activation
from tpgraph.study.dispersion.deep_kernel import Point
from tpgraph.study.phase.moments import moments_of

__all__ = ["deep_limit"]

Array: TypeAlias = npt.NDArray[np.float64]


def deep_limit(
    points: Sequence[Point],
    width: int,
    depth: int,
    input_norm: float = 1.0,
    input_dim: int | None = None,
) -> Array:
    """Logarithms of Θ_L(ξ, ξ), L = 1 … depth, (points, depth); nan where a mean does not settle.

    `width` is M, `input_norm` q_0, `input_dim` M₀ (default M).

    >>> np.exp(deep_limit([("relu", 2.0, 0.0)], width=10, depth=3))
    array([[11., 22., 33.]])
    """
    found = np.full((len(points), depth), np.nan)
    first = (width if input_dim is None else input_dim) * input_norm + 1
    for name in dict.fromkeys(point[0] for point in points):
        at = [i for i, point in enumerate(points) if point[0] == name]
        variances = np.array([points[i][1:] for i in at])
        found[at] = _of_one_activation(name, variances, width, depth, input_norm, first)
    return found


def _of_one_activation(
    name: str, variances: Array, width: int, depth: int, input_norm: float, first: float
) -> Array:
    moments = moments_of(activation(name))
    sigma_w2, sigma_b2 = variances.T
    log = np.full((len(variances), depth), np.nan)
    theta, q = np.full(len(variances), first), sigma_w2 * input_norm + sigma_b2
    log[:, 0] = np.log(theta)
    for layer in range(1, depth):
        safe = np.where(q > 0, q, 1.0)  # E[φ′²] is for q > 0; at q = 0 it meets σ_w² q_0 = 0
        try:
            square = moments.V(q)
            slope = moments.D(safe)
        except TPLimitError:
            break
        theta = width * square + 1 + sigma_w2 * slope * theta
        log[:, layer] = np.log(theta)
        q = sigma_w2 * square + sigma_b2
    return log

"""What NTK theory says of trained fully connected networks: κ₁, κ₂ and Theorem 3.

Fully connected, standard parametrization, constant width M, W ~ N(0, σ_w²/M), b ~ N(0, σ_b²):

    q̂^l = E[φ(h^l)φ(h̄^l)],   q^{l+1} = σ_w² q̂^l + σ_b²
    p^l = σ_w² p^{l+1} E[φ′(h^l)φ′(h̄^l)],   p^L = 1
    Θ = Σ_l p^l (M_{l−1} q̂^{l−1} + 1) = M Σ_{l≥2} p^l q̂^{l−1} + O(1)

The sum is α κ₁ on the diagonal and α κ₂ beside it in Seleznova & Kutyniok (2012.04477), Lemma 2;
the input's share l = 1 is of order M₀, its dimension. Depth L counts all matrices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from tpgraph.errors import TPDataError
from tpgraph.functions import Function
from tpgraph.study.phase.moments import moments_of

__all__ = ["Kappas", "kappas", "trained_variance"]

Array: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Kappas:
    """κ₁ (depths) and κ₂ (correlations, depths), summed over layers: α κ of the paper.

    `depths` are 2, …, `correlations` those of the inputs, which have x·x/d = 1.
    """

    depths: Array
    correlations: Array
    kappa_1: Array
    kappa_2: Array


def kappas(
    function: str | Function,
    sigma_w2: float,
    sigma_b2: float,
    depth: int,
    correlations: Sequence[float],
) -> Kappas:
    """κ₁ and κ₂ of networks of depth 2, …, `depth`, by input correlation.

    Raises TPDataError for a depth under 2 or correlations outside of [−1, 1].
    """
    if depth < 2 or not all(-1 <= c <= 1 for c in correlations):
        raise TPDataError(
            f"no κ for depth {depth} and correlations {list(correlations)}",
            expected="a depth of at least 2, correlations between −1 and 1",
        )
    moments = moments_of(function)
    q = np.array(sigma_w2 + sigma_b2)
    q_sr = sigma_w2 * np.asarray(correlations, dtype=float) + sigma_b2
    one, two = np.zeros(()), np.zeros(q_sr.shape)
    ones, twos = [], []
    for _ in range(2, depth + 1):
        hat, hat_sr = moments.V(q), moments.G(q, q_sr, q)
        one = hat + sigma_w2 * moments.D(q) * one
        two = hat_sr + sigma_w2 * moments.G_prime(q, q_sr, q) * two
        q, q_sr = sigma_w2 * hat + sigma_b2, sigma_w2 * hat_sr + sigma_b2
        ones.append(one)
        twos.append(two)
    depths = np.arange(2, depth + 1, dtype=float)
    return Kappas(depths, np.array(correlations, dtype=float), np.array(ones), np.array(twos).T)


def trained_variance(q: float, q_sr: float, ratio: float, samples: int) -> float:
    """Var f_∞(x) ≈ (1 + A²/S)(q̄ − q̄_sr) + (A − 1)² q̄_sr, A = S/(κ̄₁/κ̄₂ + S − 1).

    `q`, `q_sr` are the output's variance and covariance of two inputs at initialization, `ratio`
    is κ̄₁/κ̄₂, S = `samples` those trained on. It is exact where all inputs are alike: the kernels
    have one value on the diagonal and one beside it.
    Source: Seleznova & Kutyniok, Theorem 3.
    """
    A = samples / (ratio + samples - 1)
    return (1 + A**2 / samples) * (q - q_sr) + (A - 1) ** 2 * q_sr

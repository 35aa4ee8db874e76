"""E[f(u) g(v)] for pairs of Gaussians by Mehler's expansion, with a bound of what it leaves out.

    E[f(m + √p z₁) g(n + √q z₂)] = Σ_k ρ^k a_k b_k,   |Σ_{k>K}| ≤ |ρ|^(K+1) √(r_f r_g),
    r_f = E f² − Σ_{k≤K} a_k²

a_k, b_k are the normalized Hermite coefficients (`lines`), ρ the correlation of z₁ and z₂; the
bound is Cauchy–Schwarz's. Source: Mehler 1866; Parseval.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from tpgraph.limits.closed_forms.line_quadrature import HermiteCoefficients

__all__ = ["LONG_TERMS", "TERMS", "Expansion", "expansion"]

Array: TypeAlias = npt.NDArray[np.float64]

TERMS, LONG_TERMS = 160, 1024
_ROUNDING = 4e-16


@dataclass(frozen=True)
class Expansion:
    """a_k, and for every K the largest √(r_f/E f²) over inputs."""

    coefficients: HermiteCoefficients
    tails: Array
    is_odd: bool
    is_even: bool

    @property
    def size(self) -> Array:
        """√E f², (N,)."""
        return np.sqrt(self.coefficients.square)


def expansion(found: HermiteCoefficients) -> Expansion:
    """The tails of an expansion: `tails`[K] is what the terms 0 … K leave out."""
    scale = np.where(found.square > 0, found.square, 1.0)[:, None]
    shares = 1.0 - np.cumsum(found.values**2, axis=1) / scale
    tails = np.sqrt(np.maximum(shares, _ROUNDING)).max(axis=0)
    small = np.abs(found.values) <= 1e-15 * np.sqrt(scale)
    is_odd, is_even = bool(small[:, ::2].all()), bool(small[:, 1::2].all())
    return Expansion(found, tails, is_odd, is_even)


def bounds(first: Expansion, second: Expansion, rho: float) -> Array:
    """The relative bound |ρ|^(K+1) √(r_f r_g) by K."""
    powers = rho ** np.arange(1, len(first.tails) + 1)
    return np.asarray(powers * first.tails * second.tails)


def terms_needed(first: Expansion, second: Expansion, rho: float, tolerance: float) -> int | None:
    """The number of terms whose bound is within the tolerance; None where there are not enough."""
    enough = np.flatnonzero(bounds(first, second, rho) <= tolerance)
    return int(enough[0]) + 1 if enough.size else None


def reach(first: Expansion, second: Expansion, tolerance: float) -> float:
    """The largest |ρ| for which all terms are within the tolerance."""
    whole = float(first.tails[-1] * second.tails[-1])
    return 1.0 if whole <= tolerance else (tolerance / whole) ** (1 / len(first.tails))


def series(a: Array, b: Array, rho: Array, step: int, start: int) -> Array:
    """Σ_k a_k b_k ρ^k over k = start, start + step, …; a and b are (terms, …) that broadcast."""
    x = rho if step == 1 else rho * rho
    indices = range(start, len(a), step)
    total = np.zeros(np.broadcast_shapes(a.shape[1:], b.shape[1:], rho.shape))
    for k in reversed(indices):
        total *= x
        total += a[k] * b[k]
    return total * rho if start else total

"""Gaussian expectations in closed form: dual activations.

    (u, v) ~ N(0, [[p, c], [c, q]]),   φ̂(p, c, q) = E[φ(u) φ(v)]

for the functions of the table whose dual is known, and for their derivatives φ′, which are named
with a prime. Arguments are numbers or arrays that broadcast. Sources: Cho & Saul 2009 (relu, step);
Williams 1997 (erf); gelu, abs, sign and leaky relu follow from those by Stein's lemma and by
linearity; polynomials by Isserlis. What has no closed form is `quadrature`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from tpgraph.errors import TPTypeError
from tpgraph.limits.estimates import Estimate

__all__ = ["DUALS", "Dual", "dual", "quadrature"]

Array: TypeAlias = npt.NDArray[np.float64]
Dual: TypeAlias = Callable[[Array, Array, Array], Array]
"""(p, c, q) ↦ E[φ(u) φ(v)]."""

_MOST_POINTS = 2049


def _correlation(p: Array, c: Array, q: Array) -> Array:
    """c/√(pq) within [−1, 1]; 0 where a variance is."""
    size = np.sqrt(p * q)
    return np.clip(np.divide(c, size, out=np.zeros_like(size), where=size > 0), -1.0, 1.0)


def _abs(p: Array, c: Array, q: Array) -> Array:
    """(2/π) √(pq) (√(1−ρ²) + ρ arcsin ρ)."""
    rho = _correlation(p, c, q)
    return 2 / np.pi * np.sqrt(p * q) * (np.sqrt(1 - rho**2) + rho * np.arcsin(rho))


def _sign(p: Array, c: Array, q: Array) -> Array:
    """(2/π) arcsin ρ."""
    return 2 / np.pi * np.arcsin(_correlation(p, c, q))


def _relu(p: Array, c: Array, q: Array) -> Array:
    """√(pq)/(2π) (√(1−ρ²) + (π − arccos ρ) ρ), which is (c + E|u||v|)/4."""
    return (c + _abs(p, c, q)) / 4


def _step(p: Array, c: Array, q: Array) -> Array:
    """(π − arccos ρ)/(2π), for p, q > 0."""
    return (np.pi - np.arccos(_correlation(p, c, q))) / (2 * np.pi)


def _erf(p: Array, c: Array, q: Array) -> Array:
    """(2/π) arcsin(2c/√((1+2p)(1+2q)))."""
    return 2 / np.pi * np.arcsin(2 * c / np.sqrt((1 + 2 * p) * (1 + 2 * q)))


def _erf_prime(p: Array, c: Array, q: Array) -> Array:
    """(4/π)/√((1+2p)(1+2q) − 4c²)."""
    return 4 / np.pi / np.sqrt((1 + 2 * p) * (1 + 2 * q) - 4 * c**2)


def _gelu_parts(p: Array, c: Array, q: Array) -> tuple[Array, Array, Array]:
    """D = (1+p)(1+q) − c², E[Φ(u)Φ(v)] and E[Φ′(u)Φ′(v)] = 1/(2π√D)."""
    D = (1 + p) * (1 + q) - c**2
    both = 0.25 + np.arcsin(c / np.sqrt((1 + p) * (1 + q))) / (2 * np.pi)
    return D, both, 1 / (2 * np.pi * np.sqrt(D))


def _gelu(p: Array, c: Array, q: Array) -> Array:
    """E[ΦΦ] c + A (pq − c² + c²/(1+p) + c²/(1+q)), A = E[Φ′Φ′]; from E[u v Φ(u) Φ(v)] by Stein."""
    _, both, A = _gelu_parts(p, c, q)
    return c * both + A * (p * q - c**2 + c**2 / (1 + p) + c**2 / (1 + q))


def _gelu_prime(p: Array, c: Array, q: Array) -> Array:
    """E[ΦΦ] + A c (1/(1+p) + 1/(1+q) + 1/D), of φ′(u) = Φ(u) + u Φ′(u)."""
    D, both, A = _gelu_parts(p, c, q)
    return both + A * c * (1 / (1 + p) + 1 / (1 + q) + 1 / D)


def _sin(p: Array, c: Array, q: Array) -> Array:
    """½(e^c − e^−c) e^(−(p+q)/2)."""
    return np.asarray(np.exp(-(p + q) / 2) * np.sinh(c))


def _cos(p: Array, c: Array, q: Array) -> Array:
    """½(e^c + e^−c) e^(−(p+q)/2)."""
    return np.asarray(np.exp(-(p + q) / 2) * np.cosh(c))


def _exp(p: Array, c: Array, q: Array) -> Array:
    """e^((p+q)/2 + c)."""
    return np.asarray(np.exp((p + q) / 2 + c))


DUALS: Mapping[str, Dual] = MappingProxyType(
    {
        "relu": _relu,
        "relu'": _step,
        "step": _step,
        "abs": _abs,
        "abs'": _sign,
        "sign": _sign,
        "erf": _erf,
        "erf'": _erf_prime,
        "gelu": _gelu,
        "gelu'": _gelu_prime,
        "sin": _sin,
        "sin'": _cos,
        "cos": _cos,
        "cos'": _sin,
        "exp": _exp,
        "exp'": _exp,
    }
)
"""Closed forms by the function's name, with a prime for its derivative."""


def dual(name: str, p: npt.ArrayLike, c: npt.ArrayLike, q: npt.ArrayLike) -> Array:
    """E[φ(u) φ(v)] of the table's function φ, or of its derivative under φ's name with a prime.

    Raises TPTypeError for a function that has no closed form here.
    """
    if name not in DUALS:
        raise TPTypeError(
            f"E[{name}(u) {name}(v)] has no closed form here", expected=", ".join(DUALS)
        )
    arrays = np.broadcast_arrays(*(np.asarray(x, dtype=float) for x in (p, c, q)))
    return DUALS[name](*arrays)


def quadrature(
    function: Callable[[Array, Array], Array], p: float, c: float, q: float, reach: float = 12.0
) -> Estimate:
    """E f(u, v) for a smooth f, by the trapezoid rule on the square |z| ≤ reach.

    u = √p z₁, v = (c z₁ + √(pq − c²) z₂)/√p. The points are doubled until two results agree to
    1e-13; the error is their difference, and is large where f has kinks.
    """
    slope = c / np.sqrt(p) if p > 0 else 0.0
    rest = np.sqrt(max(q - slope**2, 0.0))
    points, before, error = 33, np.inf, np.inf
    value = 0.0
    while points <= _MOST_POINTS:
        z = np.linspace(-reach, reach, points)
        w = np.exp(-(z**2) / 2)
        u, v = np.sqrt(p) * z[:, None], slope * z[:, None] + rest * z[None, :]
        value = float(w @ np.broadcast_to(function(u, v), (points, points)) @ w / w.sum() ** 2)
        error = abs(value - before)
        if error <= 1e-13 * (1 + abs(value)):
            break
        points, before = 2 * points - 1, value
    return Estimate(value, error)

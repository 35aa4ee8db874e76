"""Closed forms for polynomials times exponentials of Gaussians, sin and cos among them.

    (u, v) ~ N((m, n), [[p, c], [c, q]]),   E[u^a e^(λu) v^b e^(μv)]
        = e^(λm + μn + (λ²p + 2λμc + μ²q)/2) E[U^a V^b],
    (U, V) ~ N((m + λp + μc, n + λc + μq), same covariance),

λ and μ complex: the tilted measure (Cameron–Martin), then Isserlis with means.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["Exponential", "isserlis", "mixed"]

Array: TypeAlias = npt.NDArray[np.float64]
Number: TypeAlias = Any
"""A real or complex array or number."""


@dataclass(frozen=True, slots=True)
class Exponential:
    """`coefficient` · z^`power` · exp(`rate` z)."""

    coefficient: complex
    power: int = 0
    rate: complex = 0.0

    @property
    def conjugate(self) -> Exponential:
        """The complex conjugate on real z."""
        return Exponential(
            complex(self.coefficient).conjugate(), self.power, complex(self.rate).conjugate()
        )


def mixed(
    first: Sequence[Exponential],
    second: Sequence[Exponential],
    means: tuple[Array, Array],
    p: Array,
    c: Array,
    q: Array,
) -> Array:
    """E[f(u) g(v)] for real sums f, g of exponentials."""
    total: Number = 0.0
    pairs = [(s, t) for s in first for t in second]
    while pairs:
        s, t = pairs.pop()
        size, other = 1.0, (s.conjugate, t.conjugate)
        if other != (s, t) and other in pairs:
            pairs.remove(other)
            size = 2.0
        value = size * s.coefficient * t.coefficient * _moment(s, t, means, p, c, q)
        total = total + value.real
    return np.asarray(total)


def _moment(
    s: Exponential, t: Exponential, means: tuple[Array, Array], p: Array, c: Array, q: Array
) -> Number:
    lam, mu = _real(s.rate), _real(t.rate)
    m, n = means
    exponent: Number = _real(lam * lam) * p / 2 + _real(mu * mu) * q / 2
    exponent = exponent + _real(lam * mu) * c
    if m.any() or n.any():
        exponent = exponent + lam * m + mu * n
    size: Number = np.exp(exponent) if lam or mu else np.ones(1)
    if not s.power and not t.power:
        return size
    M, N = m + lam * p + mu * c, n + lam * c + mu * q
    return size * isserlis(s.power, t.power, (M, N), (p, c, q))


def _real(z: complex) -> complex | float:
    """A number without an imaginary part as a float, so that arrays stay real."""
    z = complex(z)
    return z.real if z.imag == 0 else z


def isserlis(
    a: int,
    b: int,
    means: tuple[Number, Number],
    covariance: tuple[Number, Number, Number],
    one: Number = 1.0,
) -> Number:
    """E[U^a V^b] of a Gaussian pair with these means and (Var U, Cov, Var V).

    Of all that adds and multiplies, arrays as well as polynomials in letters; `one` is their 1.
    """
    (M, N), (p, c, q) = means, covariance
    if a == 0 and b == 0:
        return one
    if a == 0:
        return isserlis(b, 0, (N, M), (q, c, p), one)
    total = M * isserlis(a - 1, b, means, covariance, one)
    if a > 1:
        total = total + (a - 1) * p * isserlis(a - 2, b, means, covariance, one)
    if b:
        total = total + b * c * isserlis(a - 1, b - 1, means, covariance, one)
    return total

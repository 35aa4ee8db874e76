"""Closed forms for polynomials times error functions, jumps and bells of centred Gaussians.

    (u, v) ~ N(0, [[p, c], [c, q]]),   E[u^a F(u) v^b G(v)],   F, G ∈ {1, erf(αz), e^(−γz²)}

with sign(z) = erf(∞ z) and δ(z) as the bell of γ = ∞, so that relu, leaky relu, abs, step, sign,
erf, gelu and all their derivatives, δ included, are sums of these. By Stein's lemma

    E[u^a ψ(u, v)] = p E[∂_u(u^(a−1) ψ)] + c E[u^(a−1) ∂_v ψ],

∂ erf(αz) = (2α/√π) e^(−α²z²), and a bell is a factor (1 + 2γp)^(−1/2) and a Gaussian of smaller
covariance; what remains is E[erf(αu) erf(βv)] = (2/π) arcsin(2αβ c / √((1 + 2α²p)(1 + 2β²q))).
Sources: Williams 1997 (erf); Cho & Saul 2009 (α = ∞).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from tpgraph.limits.estimates import LEAST
from tpgraph.limits.planned.unknowns import correlation, is_unknown

__all__ = ["ErrorTerm", "derived", "expectation", "is_lost", "is_lost_in", "mixed", "multiplied"]

Array: TypeAlias = npt.NDArray[np.float64]
_NEAR_ONE = 0.9

Kind: TypeAlias = Literal["one", "erf", "bell"]


@dataclass(frozen=True, slots=True)
class ErrorTerm:
    """`coefficient` · z^`power` · F(z), F = 1, erf(`rate` z) or exp(−`rate` z²).

    A bell of infinite rate is the density δ.
    """

    coefficient: float
    power: int = 0
    kind: Kind = "one"
    rate: float = 0.0

    @property
    def is_odd(self) -> bool:
        """Whether it changes its sign with z."""
        return bool((self.power + (self.kind == "erf")) % 2)

    @property
    def shape(self) -> tuple[int, Kind, float]:
        """All but the coefficient."""
        return self.power, self.kind, self.rate


Terms: TypeAlias = tuple[ErrorTerm, ...]


def collected(terms: Sequence[ErrorTerm]) -> Terms:
    """Equal shapes once."""
    found: dict[tuple[int, Kind, float], float] = {}
    for term in terms:
        if not (term.kind == "bell" and term.rate == math.inf and term.power):
            found[term.shape] = found.get(term.shape, 0.0) + term.coefficient
    return tuple(ErrorTerm(c, *shape) for shape, c in found.items() if c)


def is_lost(coefficient: complex) -> bool:
    """Whether a coefficient that is not 0 is too small for a float, or too large."""
    return not LEAST <= abs(coefficient) < math.inf


def is_lost_in(first: complex, second: complex) -> bool:
    """Whether the product of two coefficients is lost; it is not where one of them is 0."""
    return first != 0 and second != 0 and is_lost(first * second)


def multiplied(first: Terms, second: Terms) -> Terms | None:
    """The product, or None where it leaves the class, or floats."""
    found = []
    for s in first:
        for t in second:
            joined = _joined(s, t)
            if joined is None:
                return None
            if is_lost_in(s.coefficient, t.coefficient):
                return None
            coefficient = s.coefficient * t.coefficient
            found.append(ErrorTerm(coefficient, s.power + t.power, *joined))
    return collected(found)


def _joined(s: ErrorTerm, t: ErrorTerm) -> tuple[Kind, float] | None:
    if s.kind == "one" or t.kind == "one":
        return (t.kind, t.rate) if s.kind == "one" else (s.kind, s.rate)
    if s.kind == t.kind == "bell" and math.isfinite(s.rate + t.rate):
        return "bell", s.rate + t.rate
    if s.kind == t.kind == "erf" and s.rate == t.rate == math.inf:
        return "one", 0.0
    return None


def derived(terms: Terms) -> Terms | None:
    """The derivative, with 2δ for that of sign; None for that of δ."""
    found = []
    for t in terms:
        if t.kind == "bell" and t.rate == math.inf:
            return None
        if t.power:
            found.append(ErrorTerm(t.coefficient * t.power, t.power - 1, t.kind, t.rate))
        if t.kind == "erf":
            size = 2.0 if t.rate == math.inf else 2 * t.rate / math.sqrt(math.pi)
            found.append(ErrorTerm(t.coefficient * size, t.power, "bell", t.rate**2))
        elif t.kind == "bell":
            slope = -2 * t.rate * t.coefficient
            found.append(ErrorTerm(slope, t.power + 1, "bell", t.rate))
    return collected(found)


@dataclass(frozen=True, slots=True)
class _Pair:
    """The covariance of (u, v) by its variances and ρ; (1, 0, 0) parts may be smaller arrays."""

    p: Array
    rho: Array
    q: Array

    def swapped(self) -> _Pair:
        return _Pair(self.q, self.rho, self.p)

    @property
    def c(self) -> Array:
        return _array(self.rho * np.sqrt(self.p * self.q))


def expectation(terms: Terms, p: Array) -> Array:
    """E f(u), u ~ N(0, p), for f the sum of `terms`."""
    return mixed(terms, (ErrorTerm(1.0),), p, np.zeros_like(p), np.ones_like(p))


def mixed(first: Terms, second: Terms, p: Array, rho: Array, q: Array) -> Array:
    """E[f(u) g(v)] for sums of terms, for variances p, q > 0 and the correlation ρ, |ρ| ≤ 1."""
    pair = _Pair(p, rho, q)
    total: Array | float = 0.0
    for s in first:
        for t in second:
            if s.is_odd == t.is_odd:
                value = _moment(s.shape, t.shape, pair)
                total = total + s.coefficient * t.coefficient * value
    return _array(total)


def _array(value: Array | float) -> Array:
    """A number as an array; what is not known yet as it is."""
    return value if is_unknown(value) else np.asarray(value)  # type: ignore[return-value]


Shape: TypeAlias = tuple[int, Kind, float]


def _moment(first: Shape, second: Shape, pair: _Pair) -> Array | float:
    """E[u^a F(u) v^b G(v)]."""
    (a, f, _), (b, g, _) = first, second
    if (a + b + (f == "erf") + (g == "erf")) % 2:
        return 0.0
    if f == "bell":
        return _tilted(first, second, pair)
    if g == "bell":
        return _tilted(second, first, pair.swapped())
    if a:
        return _stein(first, second, pair)
    if b:
        return _stein(second, first, pair.swapped())
    return 1.0 if f == "one" else _arcsin(first[2], second[2], pair)


def _tilted(first: Shape, second: Shape, pair: _Pair) -> Array | float:
    """The bell of u as a change of measure, for u^a."""
    a, _, gamma = first
    if gamma == math.inf:
        if a:
            return 0.0
        size = 1 / np.sqrt(2 * np.pi * pair.p)
        rest = pair.q * np.maximum((1 - pair.rho) * (1 + pair.rho), 0.0)
        return _array(size * _alone(second, _array(rest)))
    k = 1 / (1 + 2 * gamma * pair.p)
    # 1 − (1 − k) ρ², of which nothing would be left where k is small and |ρ| is 1.
    rest = np.maximum((1 - pair.rho) * (1 + pair.rho), 0.0)
    q = _array(pair.q * (k + (1 - k) * rest))
    rho = correlation(pair.rho * np.sqrt(k * pair.q), np.sqrt(q))
    inner = _moment((a, "one", 0.0), second, _Pair(pair.p * k, rho, q))
    return _array(np.sqrt(k) * inner)


def _alone(shape: Shape, q: Array) -> Array | float:
    """E[v^b G(v)]; 0 where v is."""
    b, g, rate = shape
    if g == "one":
        return _pairings(b) * q ** (b // 2) if b % 2 == 0 else 0.0
    if g == "bell":
        k = 1 / (1 + 2 * rate * q)
        return _array(np.sqrt(k) * _alone((b, "one", 0.0), q * k))
    if b % 2 == 0:
        return 0.0
    if rate == math.inf:
        half = (b - 1) // 2
        size = math.sqrt(2 / math.pi) * 2**half * math.factorial(half)
        return _array(size * np.sqrt(q) * q**half)
    size = 2 * rate / math.sqrt(math.pi)
    lower = (b - 1) * _alone((b - 2, g, rate), q) if b > 1 else 0.0
    return _array(q * (lower + size * _alone((b - 1, "bell", rate**2), q)))


def _stein(first: Shape, second: Shape, pair: _Pair) -> Array | float:
    """E[u · u^(a−1) F(u) v^b G(v)] by Stein's lemma."""
    (a, f, alpha), (b, g, beta) = first, second
    lower = (a - 1, f, alpha)
    total: Array | float = 0.0
    if a > 1:
        total = total + (a - 1) * pair.p * _moment((a - 2, f, alpha), second, pair)
    if f == "erf" and not (alpha == math.inf and a > 1):
        size = _slope(alpha)
        total = total + size * pair.p * _moment((a - 1, "bell", alpha**2), second, pair)
    if b:
        total = total + b * pair.c * _moment(lower, (b - 1, g, beta), pair)
    if g == "erf" and not (beta == math.inf and b):
        total = total + _slope(beta) * pair.c * _moment(lower, (b, "bell", beta**2), pair)
    return total


def _slope(alpha: float) -> float:
    """The constant of ∂ erf(αz), 2 for sign."""
    return 2.0 if alpha == math.inf else 2 * alpha / math.sqrt(math.pi)


def _arcsin(alpha: float, beta: float, pair: _Pair) -> Array:
    """E[erf(αu) erf(βv)].

    Near ρ = 1 the angle is found from its cosine as well, of which 1 − ρ² has no digits:
    (1 − ρ²)(1 − x)(1 − y) + x + y − x y, with x = 1/(1 + 2α²p).
    """
    sizes = [
        1.0 if rate == math.inf else 2 * rate**2 * p / (1 + 2 * rate**2 * p)
        for rate, p in ((alpha, pair.p), (beta, pair.q))
    ]
    if alpha == beta == math.inf:
        return _array(2 / np.pi * np.arcsin(pair.rho))
    rho = _array(pair.rho * np.sqrt(sizes[0] * sizes[1]))
    if is_unknown(rho) or np.max(np.abs(rho), initial=0.0) < _NEAR_ONE:
        return _array(2 / np.pi * np.arcsin(rho))
    x, y = (
        0.0 if rate == math.inf else 1 / (1 + 2 * rate**2 * p)
        for rate, p in ((alpha, pair.p), (beta, pair.q))
    )
    rest = np.maximum((1 - pair.rho) * (1 + pair.rho), 0.0)
    square = rest * (1 - x) * (1 - y) + x + y - x * y
    return _array(2 / np.pi * np.arctan2(rho, np.sqrt(square)))


def _pairings(count: int) -> int:
    """(count − 1)!!"""
    return math.factorial(count) // ((1 << count // 2) * math.factorial(count // 2))

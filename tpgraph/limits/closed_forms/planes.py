"""E[f(u) g(v)] for a list of pairs by two-dimensional quadrature.

Smooth f, g along the axes of the ellipse, z± = (z₁ ± z₂)/√2, in which nearly equal u and v take few
points across; with kinks by Gauss–Legendre panels between them, the inner variable conditionally
on the outer one. The points are doubled until two results agree, whose panels share no ends but
the kinks and their shadows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from tpgraph.limits.closed_forms.graded_quadrature import graded
from tpgraph.limits.closed_forms.line_quadrature import REACH, coefficients

__all__ = ["PairFunction", "Pairs", "plane"]

Array: TypeAlias = npt.NDArray[np.float64]
Indices: TypeAlias = npt.NDArray[np.intp]

_CHUNK = 1 << 20
_LEVELS = 5
_ONE = 1 - 4e-16
_AGREEMENT = 4e-14


@dataclass(frozen=True)
class PairFunction:
    """f at m + √p z for the inputs of every pair, where f is not smooth, and where it is steep."""

    function: Callable[[Array, Indices], Array]
    mean: Array
    root: Array
    kinks: Sequence[float]
    steep: Sequence[float] = ()

    def at(self, rows: Indices, z: Array) -> Array:
        """Values (pairs, …) at z; `rows` says which pairs."""
        shape = (-1,) + (1,) * (z.ndim - 1)
        x = self.mean[rows].reshape(shape) + self.root[rows].reshape(shape) * z
        return self.function(x, rows)


@dataclass(frozen=True)
class Pairs:
    """Values (P,) and the largest change by doubling, relative to `size`."""

    value: Array
    error: float


def plane(
    first: PairFunction,
    second: PairFunction,
    rho: Array,
    size: Array,
    spend: Callable[[float], None],
) -> Pairs:
    """E[f(u) g(v)] for pairs with correlations ρ, (P,); `spend` hears of its evaluations before."""
    if first.steep or second.steep:
        return _steep(first, second, rho, size)
    rule = _smooth if not first.kinks and not second.kinks else _kinked
    if rule is _smooth and (np.abs(rho) > _ONE).all():
        return _line(first, second, rho, size)
    before: Array | None = None
    error, value = np.inf, np.zeros(rho.shape)
    for level in range(_LEVELS):
        spend(len(rho) * 1500.0 * 4**level)
        value = rule(first, second, rho, level)
        if before is not None:
            error = float(np.max(np.abs(value - before) / size))
            if error <= _AGREEMENT:
                break
        before = value
    return Pairs(value, error)


def _line(first: PairFunction, second: PairFunction, rho: Array, size: Array) -> Pairs:
    """Pairs with ρ = ±1, which are functions of one Gaussian."""
    found, errors = np.empty(rho.shape), [0.0]
    for rows in _chunks(len(rho), 1024):

        def product(z: Array, rows: Indices = rows) -> Array:
            return first.at(rows, z) * second.at(rows, np.sign(rho[rows])[:, None] * z)

        unit = np.ones(len(rows))
        own = coefficients(product, 0 * unit, unit)
        found[rows] = own.values[:, 0]
        errors.append(own.error * float(np.max(np.sqrt(own.square) / size[rows])))
    return Pairs(found, max(errors))


def _steep(first: PairFunction, second: PairFunction, rho: Array, size: Array) -> Pairs:
    """Pairs with ρ = ±1 by graded panels; there is no such rule for others."""
    if not (np.abs(rho) > _ONE).all():
        return Pairs(np.zeros(rho.shape), np.inf)
    rows, unit = np.arange(len(rho)), np.ones(len(rho))
    sign = np.sign(rho)[:, None]
    own = [_places(replace(f, kinks=(*f.kinks, *f.steep)), rows) for f in (first, second)]
    places = np.concatenate([own[0], sign * own[1]], axis=1)

    def product(z: Array) -> Array:
        return first.at(rows, z) * second.at(rows, sign * z)

    found = graded(product, 0 * unit, unit, 1, places)
    share = float(np.max(found.absolute / size, initial=0.0))
    return Pairs(found.values[:, 0], found.loose * share)


def _chunks(count: int, cost: int) -> list[Indices]:
    return np.array_split(np.arange(count), min(count, max(1, -(-count * cost // _CHUNK))))


def _smooth(first: PairFunction, second: PairFunction, rho: Array, level: int) -> Array:
    """Trapezoid along, Gauss–Hermite across."""
    long = np.linspace(-REACH, REACH, 96 * 2**level + 1)
    weight = np.exp(-(long**2) / 2) * (long[1] - long[0]) / np.sqrt(2 * np.pi)
    t, w = np.polynomial.hermite_e.hermegauss(min(8 * 2**level, 128))
    w = w / np.sqrt(2 * np.pi)
    found = np.empty(rho.shape)
    for rows in _chunks(len(rho), len(long) * len(t)):
        r = rho[rows][:, None, None]
        sign = np.where(r < 0, -1.0, 1.0)
        along = np.sqrt((1 + np.abs(r)) / 2) * long[None, :, None]
        across = np.sqrt((1 - np.abs(r)) / 2) * t[None, None, :]
        f = first.at(rows, along + across)
        g = second.at(rows, sign * (along - across))
        found[rows] = np.einsum("pst,s,t->p", f * g, weight, w)
    return found


def _kinked(first: PairFunction, second: PairFunction, rho: Array, level: int) -> Array:
    """z₁ between the kinks of f and the shadows of those of g, then z₂ given z₁."""
    cuts = 2 ** (level + 1) + 1  # prime to the next
    x, w = np.polynomial.legendre.leggauss(16)
    found = np.empty(rho.shape)
    inner_count = (len(second.kinks) + 1) * cuts * 16
    outer_count = (len(first.kinks) + 3 * len(second.kinks) + 1) * cuts * 16
    for rows in _chunks(len(rho), inner_count * outer_count):
        r = rho[rows][:, None]
        rest = np.sqrt(np.maximum((1 - r) * (1 + r), 0.0))
        own = _places(first, rows)
        other = _places(second, rows)
        shadow = np.divide(other, r, out=np.full(other.shape, REACH), where=r != 0)
        blur = 6 * np.divide(rest, np.abs(r), out=np.full(r.shape, REACH), where=r != 0)
        edges = np.concatenate([own, shadow, shadow - blur, shadow + blur], axis=1)
        z, weight = _panels(edges, cuts, x, w)
        f = first.at(rows, z)
        r3, rest3 = r[:, :, None], rest[:, :, None]
        kink = other[:, None, :] - r3 * z[:, :, None]
        scaled = np.divide(kink, rest3, out=np.sign(kink) * REACH, where=rest3 > 0)
        flat = scaled.reshape(z.size, scaled.shape[2])
        y, inner = _panels(flat, cuts, x, w)
        y, inner = y.reshape(*z.shape, -1), inner.reshape(*z.shape, -1)
        g = second.at(rows, r3 * z[:, :, None] + rest3 * y)
        found[rows] = (f * weight * (g * inner).sum(axis=2)).sum(axis=1)
    return found


def _places(curve: PairFunction, rows: Indices) -> Array:
    """The kinks in z, (pairs, kinks)."""
    root = curve.root[rows][:, None]
    kinks = np.asarray(curve.kinks, dtype=float)[None, :]
    gap = kinks - curve.mean[rows][:, None]
    return np.asarray(np.divide(gap, root, out=np.sign(gap) * REACH, where=root > 0))


def _panels(edges: Array, cuts: int, x: Array, w: Array) -> tuple[Array, Array]:
    """Nodes and Gaussian weights of the panels between the edges, cut evenly, (rows, points)."""
    size = len(edges)
    inner = np.sort(np.clip(edges, -REACH, REACH), axis=1)
    ends = np.concatenate([np.full((size, 1), -REACH), inner, np.full((size, 1), REACH)], axis=1)
    lengths = np.diff(ends)[:, :, None] / cuts
    starts = ends[:, :-1, None] + lengths * np.arange(cuts)
    z = starts[..., None] + lengths[..., None] * (x + 1) / 2
    weight = np.broadcast_to(lengths[..., None] * w / 2, z.shape)
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    return z.reshape(size, -1), (weight * density).reshape(size, -1)

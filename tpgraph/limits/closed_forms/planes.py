"""E[f(u) g(v)] for a list of pairs by two-dimensional quadrature.

Smooth f, g along the axes of the ellipse, z± = (z₁ ± z₂)/√2, in which nearly equal u and v take few
points across; with kinks by Gauss–Legendre panels between them: along the axes (`bands`), of nearly
equal u and v the inner variable conditionally on the outer one, of equal ones on one line. Points
are added until two results agree, whose panels share no ends but the kinks and their shadows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from tpgraph.limits.closed_forms.bands import NARROWEST, Axis, band, band_nodes
from tpgraph.limits.closed_forms.graded_quadrature import graded
from tpgraph.limits.closed_forms.line_quadrature import REACH, coefficients

__all__ = ["PairFunction", "Pairs", "plane"]

Array: TypeAlias = npt.NDArray[np.float64]
Indices: TypeAlias = npt.NDArray[np.intp]
Spend: TypeAlias = Callable[[float], None]
"""Hears of evaluations before they are made, and raises where they are too many."""

_CHUNK = 1 << 20
_LEVELS = 5
_ONE = 1 - 4e-16
_AGREEMENT = 4e-14
_NODES = 16
_BLUR = 8.5
"""Widths beyond which a jump is behind the rounding of what it is smoothed to."""
_NODE_OF_DENSITY = 0.25
"""What it costs, of an evaluation."""


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
    spend: Spend,
) -> Pairs:
    """E[f(u) g(v)] for pairs with correlations ρ, (P,); `spend` hears of its evaluations before."""
    if first.steep or second.steep:
        return _steep(first, second, rho, size)
    is_smooth = not first.kinks and not second.kinks
    if is_smooth and (np.abs(rho) > _ONE).all():
        return _line(first, second, rho, size)
    rule = _smooth if is_smooth else _bent
    value, errors = np.zeros(rho.shape), np.full(rho.shape, np.inf)
    left = np.arange(len(rho))
    for level in range(_LEVELS):
        found = rule(first, second, rho, _Stage(left, level, spend))
        if level:
            errors[left] = np.abs(found - value[left]) / size[left]
        value[left] = found
        left = left[~(errors[left] <= _AGREEMENT)]
        if not left.size:
            break
    return Pairs(value, float(np.max(errors, initial=0.0)))


@dataclass(frozen=True)
class _Stage:
    """Which pairs are to be computed, how finely, and who hears of it."""

    pairs: Indices
    level: int
    spend: Spend

    @property
    def cuts(self) -> int:
        """Panels of what is between two kinks, prime to those of the next level."""
        return (2 << self.level) + 1

    def chunks(self, cost: int) -> list[Indices]:
        """The pairs in parts, of this many evaluations for each pair."""
        return [self.pairs[part] for part in _chunks(len(self.pairs), cost)]

    def of(self, chosen: npt.NDArray[np.bool_]) -> _Stage:
        """The same of some of its pairs."""
        return replace(self, pairs=self.pairs[chosen])


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


def _smooth(first: PairFunction, second: PairFunction, rho: Array, stage: _Stage) -> Array:
    """Trapezoid along, Gauss–Hermite across."""
    long = np.linspace(-REACH, REACH, 96 * 2**stage.level + 1)
    weight = np.exp(-(long**2) / 2) * (long[1] - long[0]) / np.sqrt(2 * np.pi)
    t, w = np.polynomial.hermite_e.hermegauss(min(8 * 2**stage.level, 128))
    w = w / np.sqrt(2 * np.pi)
    found = []
    stage.spend(2.0 * len(stage.pairs) * len(long) * len(t))
    for rows in stage.chunks(len(long) * len(t)):
        r = rho[rows][:, None, None]
        sign = np.where(r < 0, -1.0, 1.0)
        along = np.sqrt((1 + np.abs(r)) / 2) * long[None, :, None]
        across = np.sqrt((1 - np.abs(r)) / 2) * t[None, None, :]
        f = first.at(rows, along + across)
        g = second.at(rows, sign * (along - across))
        found.append(np.einsum("pst,s,t->p", f * g, weight, w))
    return np.concatenate(found)


def _bent(first: PairFunction, second: PairFunction, rho: Array, stage: _Stage) -> Array:
    """Functions with kinks, by how wide the density of the pairs is."""
    width = np.sqrt(np.maximum((1 - rho) * (1 + rho), 0.0))[stage.pairs]
    is_line = np.abs(rho[stage.pairs]) > _ONE
    is_wide = ~is_line & (width >= NARROWEST)
    found = np.empty(len(stage.pairs))
    ways = (_bent_line, is_line), (_wide, is_wide), (_narrow, ~is_line & ~is_wide)
    for rule, chosen in ways:
        if chosen.any():
            found[chosen] = rule(first, second, rho, stage.of(chosen))
    return found


def _bent_line(first: PairFunction, second: PairFunction, rho: Array, stage: _Stage) -> Array:
    """Pairs with ρ = ±1: panels of one Gaussian between all kinks."""
    x, w = np.polynomial.legendre.leggauss(_NODES)
    found = []
    size = stage.cuts * _NODES * (len(first.kinks) + len(second.kinks) + 1)
    stage.spend(2.0 * len(stage.pairs) * size)
    for rows in stage.chunks(size):
        sign = np.sign(rho[rows])[:, None]
        edges = np.concatenate([_places(first, rows), sign * _places(second, rows)], axis=1)
        z, weight = _panels(edges, stage.cuts, x, w)
        found.append((first.at(rows, z) * second.at(rows, sign * z) * weight).sum(axis=1))
    return np.concatenate(found)


def _wide(first: PairFunction, second: PairFunction, rho: Array, stage: _Stage) -> Array:
    """Pair after pair, along the axes."""
    kinks = len(first.kinks) + len(second.kinks)
    nodes = sum(band_nodes(kinks, float(rho[k]), stage.level) for k in stage.pairs)
    stage.spend(_NODE_OF_DENSITY * nodes)
    found = []
    for row in stage.pairs[:, None]:
        lines = _axis_of(first, row), _axis_of(second, row)
        found.append(band(*lines, float(rho[row[0]]), stage.level))
    return np.array(found)


def _axis_of(curve: PairFunction, row: Indices) -> Axis:
    """The function of one pair, in its own z."""

    def function(z: Array) -> Array:
        return np.asarray(curve.at(row, z[None])[0])

    return Axis(function, _places(curve, row)[0])


@dataclass(frozen=True)
class _Outer:
    """Nodes of z₁ of many pairs, one after another: whose they are, where, and their weights.

    `inside` are the kinks of g on the line of every node, in its units, (nodes, kinks) in order,
    ±REACH where they are beyond; `counts` says how many are not.
    """

    owner: Indices
    z: Array
    weight: Array
    inside: Array
    counts: Indices


def _outer(
    first: PairFunction, second: PairFunction, rho: Array, rows: Indices, cuts: int
) -> _Outer:
    """z₁ between the kinks of f and the shadows of those of g, in panels that have a length."""
    x, w = np.polynomial.legendre.leggauss(_NODES)
    r = rho[rows][:, None]
    rest = np.sqrt((1 - r) * (1 + r))
    other = _places(second, rows)
    shadow, blur = other / r, _BLUR * rest / np.abs(r)
    edges = np.concatenate([_places(first, rows), shadow, shadow - blur, shadow + blur], axis=1)
    z, weight = _panels(edges, cuts, x, w)
    which, node = np.nonzero(weight > 0)
    z, weight = z[which, node], weight[which, node]
    kinks = (other[which] - r[which] * z[:, None]) / rest[which]
    inside = np.clip(np.sort(kinks, axis=1), -REACH, REACH)
    counts = (np.abs(inside) < REACH).sum(axis=1)
    return _Outer(rows[which], z, weight, inside, counts)


def _narrow(first: PairFunction, second: PairFunction, rho: Array, stage: _Stage) -> Array:
    """z₁ between the kinks of f and the shadows of those of g, then z₂ given z₁.

    On most lines of z₂ there is none of the kinks, and what is between two is enough.
    """
    found = np.zeros(rho.shape)
    x, w = np.polynomial.legendre.leggauss(_NODES)
    places = len(first.kinks) + 3 * len(second.kinks) + 1
    line = stage.cuts * _NODES
    for rows in stage.chunks(places * line * (1 + len(second.kinks))):
        outer = _outer(first, second, rho, rows, stage.cuts)
        stage.spend(float((outer.counts + 1).sum()) * line)
        f = first.at(outer.owner, outer.z) * outer.weight
        for count in np.unique(outer.counts):
            nodes = np.flatnonzero(outer.counts == count)
            for part in _chunks(len(nodes), (count + 1) * line):
                chosen = nodes[part]
                owner = outer.owner[chosen]
                low = (outer.inside[chosen] <= -REACH).sum(axis=1)
                columns = low[:, None] + np.arange(count)
                edges = np.take_along_axis(outer.inside[chosen], columns, axis=1)
                y, weight = _panels(edges, stage.cuts, x, w)
                r = rho[owner][:, None]
                at = r * outer.z[chosen][:, None] + np.sqrt((1 - r) * (1 + r)) * y
                shares = f[chosen] * (second.at(owner, at) * weight).sum(axis=1)
                found += np.bincount(owner, shares, len(found))
    return found[stage.pairs]


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

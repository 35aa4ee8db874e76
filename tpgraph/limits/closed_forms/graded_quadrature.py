"""One-dimensional Gaussian expectations of what is steep somewhere, or grows far out.

    a_k = E[f(m + √p z) h_k(z)],   E|f|,   E f²,   as in `line_quadrature`

Gauss–Legendre panels of at most half a unit, which shrink geometrically towards the places where f
is steep and end in them, so that every scale on the way is resolved; they reach as far as f times
the density does. Two rules on panels of different ends say the error, and what is left in the
innermost and in the outermost panels, beyond which nothing is known, is error too: 1/√|z| is
integrable, 1/|z| is not. What is 0 in all panels may be a spike that they step over, and is looked
at more deeply.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tpgraph.limits.closed_forms.line_quadrature import HermiteCoefficients, hermite
from tpgraph.limits.estimates import Array

__all__ = ["GradedSums", "graded"]

_RULES = (16, 0.1234321), (20, 0.0)
"""Nodes, and the share of a panel by which the ends are shifted."""

_REACHES = 13.0, 25.0, 37.0
_PANEL = 0.5
_RATIO = 0.25
_DEPTH, _DEEPEST = 26, 480
_AT_ONCE = 1 << 21
_ACCEPTED = 1e-12
_LEAST = 1e-290


@dataclass(frozen=True)
class GradedSums:
    """a_k (N, K), E|f| and E f² (N,); `loose` and `loose_square` are their relative errors."""

    values: Array
    absolute: Array
    square: Array
    loose: float
    loose_square: float

    @property
    def coefficients(self) -> HermiteCoefficients:
        """As of a function of finite variance."""
        error = max(self.loose, self.loose_square)
        return HermiteCoefficients(self.values, self.square, error)


@dataclass(frozen=True)
class _Panels:
    starts: Array
    lengths: Array
    is_last: Array


def graded(
    function: Callable[[Array], Array], mean: Array, root: Array, count: int, places: Array
) -> GradedSums:
    """The sums for every mean m and root √p, (N,); `places` are those in z, (N, K)."""
    found: list[GradedSums] = []
    unseen: list[GradedSums] = []
    if not places.size:
        with np.errstate(all="ignore"):
            places = np.nan_to_num(-mean / root, posinf=0.0, neginf=0.0)[:, None]
    for depth in (_DEPTH, _DEEPEST):
        for reach in _REACHES:
            rough, fine = (
                _sums(function, mean, root, count, _panels(places, reach, depth, shift), rule)
                for rule, shift in _RULES
            )
            own = _compared(rough, fine)
            is_seen = bool((fine.square > _LEAST).all())
            (found if is_seen else unseen).append(own)
            if is_seen and max(own.loose, own.loose_square) <= _ACCEPTED:
                return own
        if places.any() or mean.any():
            break  # Only near 0 floats go on to be dense.
    return min(found or unseen[-1:], key=lambda sums: (sums.loose, sums.loose_square))


def _panels(places: Array, reach: float, depth: int, shift: float) -> _Panels:
    """Panels of every row, (N, P), and which end at a place or at the ends."""
    own = np.arange(-reach, reach + _PANEL / 2, _PANEL) + shift * _PANEL
    own[0] = -reach
    steps = (1 - shift) * _PANEL * _RATIO ** np.arange(depth)
    around = [places[:, :, None] + sign * steps for sign in (-1.0, 1.0)]
    edges = [np.broadcast_to(own, (len(places), len(own))), places]
    edges += [a.reshape(len(places), -1) for a in around]
    whole = np.sort(np.clip(np.concatenate(edges, axis=1), -reach, reach), axis=1)
    starts, ends = whole[:, :-1], whole[:, 1:]
    is_last = (starts == -reach) | (ends == reach)
    for place in places.T[:, :, None]:
        is_last = is_last | (starts == place) | (ends == place)
    return _Panels(starts, ends - starts, is_last)


@dataclass(frozen=True)
class _Raw:
    values: Array
    absolute: Array
    square: Array
    last: Array
    last_square: Array


def _sums(
    function: Callable[[Array], Array],
    mean: Array,
    root: Array,
    count: int,
    panels: _Panels,
    rule: int,
) -> _Raw:
    x, w = np.polynomial.legendre.leggauss(rule)
    rows, width = panels.starts.shape
    values, parts = np.zeros((rows, count)), np.zeros((4, rows))
    step = max(1, _AT_ONCE // (rows * rule * (count + 4)))
    for k in range(0, width, step):
        lengths = panels.lengths[:, k : k + step, None]
        z = panels.starts[:, k : k + step, None] + lengths * (x + 1) / 2
        density = lengths * w / 2 / np.sqrt(2 * np.pi) * np.exp(-(z**2) / 4)
        z, flat = z.reshape(rows, -1), density.reshape(rows, -1)
        with np.errstate(all="ignore"):
            half = np.where(flat > 0, function(mean[:, None] + root[:, None] * z) * flat, 0.0)
            other = np.where(flat > 0, half / flat * np.exp(-(z**2) / 4), 0.0)
            values += np.einsum("np,knp->nk", half, hermite(z, count))
            shares = np.abs(half) * np.exp(-(z**2) / 4)
            squares = np.abs(half * other)
            is_last = np.repeat(panels.is_last[:, k : k + step], rule, axis=1)
            parts += [m.sum(axis=1) for m in (shares, squares, shares * is_last, squares * is_last)]
    return _Raw(values, *parts)


def _compared(rough: _Raw, fine: _Raw) -> GradedSums:
    absolute, square = (np.maximum(v, _LEAST) for v in (fine.absolute, fine.square))
    with np.errstate(all="ignore"):
        scale = np.minimum(absolute, np.sqrt(square))[:, None]
        change = np.abs(fine.values - rough.values) / scale
        loose = change.max(initial=0.0) + (fine.last / absolute).max()
        drift = np.abs(fine.square - rough.square) / square + fine.last_square / square
    return GradedSums(fine.values, fine.absolute, fine.square, _known(loose), _known(drift.max()))


def _known(error: float) -> float:
    return float(error) if np.isfinite(error) else np.inf

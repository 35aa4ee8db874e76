"""The heights at which an engine's splines pass columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from tpgraph.notation.engines.engine import GraphvizEdge
from tpgraph.notation.scene.geometry import PointArray
from tpgraph.notation.scene.scene import Point

__all__ = ["crossed_heights"]

_HALVINGS = 20  # of the part of a piece in which it passes a column


def crossed_heights(
    passed: Sequence[tuple[GraphvizEdge, Sequence[float]]],
) -> Iterator[tuple[float, ...]]:
    """For each spline, which runs along throughout, its heights at some places along."""
    found = [(_piece(edge, along), along) for edge, places in passed for along in places]
    heights: list[float] = []
    if found:
        pieces = np.array([piece for piece, _ in found]).transpose(1, 2, 0)
        heights = _heights(pieces, np.array([along for _, along in found])).tolist()
    last = 0
    for _, places in passed:
        first, last = last, last + len(places)
        yield tuple(heights[first:last])


def _piece(edge: GraphvizEdge, along: float) -> tuple[Point, ...]:
    """The Bezier piece of a spline that passes a place, or its last."""
    last = len(edge.points) - 4
    start = next((i for i in range(0, last, 3) if edge.points[i + 3][0] >= along), last)
    return edge.points[start : start + 4]


def _heights(pieces: PointArray, along: PointArray) -> PointArray:
    """Where Bezier pieces, given as points × coordinates × pieces, pass so many places."""
    low, high = np.zeros_like(along), np.ones_like(along)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        before = _at(pieces[:, 0], middle) < along
        low, high = np.where(before, middle, low), np.where(before, high, middle)
    return _at(pieces[:, 1], low)


def _at(p: PointArray, t: PointArray) -> PointArray:
    """One coordinate of Bezier pieces at their parameters."""
    s = 1 - t
    found: PointArray = s**3 * p[0] + 3 * t * s**2 * p[1] + 3 * t * t * s * p[2] + t**3 * p[3]
    return found

"""Which lines of a picture cross each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tpgraph.notation.scene.geometry import flatten
from tpgraph.notation.scene.scene import Edge

__all__ = ["crossings"]

_PIECES = 8  # of a Bezier curve


def crossings(edges: Sequence[Edge]) -> list[tuple[int, int]]:
    """Pairs of edges, by their numbers, that meet and have no mark in common."""
    lines = [np.array(flatten(edge.points, edge.curve, _PIECES)) for edge in edges]
    low = np.array([line.min(axis=0) for line in lines]).reshape(len(lines), 2)
    high = np.array([line.max(axis=0) for line in lines]).reshape(len(lines), 2)
    found = []
    for i, line in enumerate(lines):
        near = (low[i + 1 :] <= high[i]).all(axis=1) & (high[i + 1 :] >= low[i]).all(axis=1)
        for j in (int(k) + i + 1 for k in np.flatnonzero(near)):
            ends = edges[i].source, edges[i].target, edges[j].source, edges[j].target
            if len(set(ends)) == len(ends) and _meet(line, lines[j]):
                found.append((i, j))
    return found


def _meet(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two polylines have a point in common: a piece of each has ends beside the other's."""
    a, b, c, d = one[:-1, None], one[1:, None], other[None, :-1], other[None, 1:]
    first = _side(a, b, c) * _side(a, b, d) < 0
    return bool((first & (_side(c, d, a) * _side(c, d, b) < 0)).any())


def _side(a: np.ndarray, b: np.ndarray, p: np.ndarray) -> np.ndarray:
    """On which side of the line from a to b a point lies."""
    along, to = b - a, p - a
    side: np.ndarray = along[..., 0] * to[..., 1] - along[..., 1] * to[..., 0]
    return side

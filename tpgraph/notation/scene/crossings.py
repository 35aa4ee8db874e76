"""Which lines of a picture cross each other, and which run through marks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from tpgraph.notation.scene.geometry import Sides, box_shape, flatten, meets, sides_of
from tpgraph.notation.scene.scene import Edge, Node, Scene
from tpgraph.notation.scene.shapes import gate_polygon

__all__ = ["crossings", "meetings", "through_marks", "times_met"]

_PIECES = 8  # of a Bezier curve
_INTO = 0.5  # pt that a line has to enter a mark
_AT_ONCE = 1 << 18  # pairs of pieces that are looked at together


def crossings(edges: Sequence[Edge]) -> list[tuple[int, int]]:
    """Pairs of edges, by their numbers, that meet and have no mark in common."""
    lines = [np.array(flatten(edge.points, edge.curve, _PIECES)) for edge in edges]
    ends = [(edge.source, edge.target) for edge in edges]
    return [(i, j) for i, j in meetings(lines) if len({*ends[i], *ends[j]}) == 4]


def meetings(lines: Sequence[np.ndarray]) -> list[tuple[int, int]]:
    """Pairs of polylines, by their numbers, that cross: a piece of each has ends beside the
    other's. Pieces are compared with those alone that begin before they end, along the axis on
    which the lines are longer.
    """
    if not lines:
        return []
    start = np.concatenate([line[:-1] for line in lines])
    end = np.concatenate([line[1:] for line in lines])
    owner = np.repeat(np.arange(len(lines)), [len(line) - 1 for line in lines])
    low, high = np.minimum(start, end), np.maximum(start, end)
    axis = int(np.argmax(high.max(axis=0) - low.min(axis=0)))
    order = np.argsort(low[:, axis], kind="stable")
    start, end, owner, low, high = (values[order] for values in (start, end, owner, low, high))
    last = np.searchsorted(low[:, axis], high[:, axis], side="right")
    found: set[tuple[int, int]] = set()
    for i, j in _pairs(last):
        near = (owner[i] != owner[j]) & (low[i] <= high[j]).all(axis=1)
        near &= (low[j] <= high[i]).all(axis=1)
        i, j = i[near], j[near]
        cross = _cross(start[i], end[i], start[j], end[j])
        one, other = owner[i][cross], owner[j][cross]
        met = np.sort(np.minimum(one, other) * len(lines) + np.maximum(one, other))
        each = met[np.diff(met, prepend=-1) > 0].tolist()
        found.update(divmod(pair, len(lines)) for pair in each)
    return sorted(found)


def _pairs(last: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The pairs (i, j) with i < j < last[i], some at once."""
    first = np.arange(len(last))
    counts = last - first - 1
    before = np.concatenate([[0], np.cumsum(counts)])
    begin = 0
    while begin < len(last):
        stop = int(np.searchsorted(before, before[begin] + _AT_ONCE, side="right")) - 1
        stop = min(max(stop, begin + 1), len(last))
        i = np.repeat(first[begin:stop], counts[begin:stop])
        step = np.arange(len(i)) - np.repeat(before[begin:stop] - before[begin], counts[begin:stop])
        yield i, i + 1 + step
        begin = stop


def through_marks(scene: Scene) -> list[int]:
    """The numbers of edges that run through marks from which they neither come nor go."""
    sides = [_outline(node) for node in scene.nodes]
    low = np.array([(n.x - n.width / 2, n.y - n.height / 2) for n in scene.nodes])
    high = np.array([(n.x + n.width / 2, n.y + n.height / 2) for n in scene.nodes])
    found = []
    for number, edge in enumerate(scene.edges):
        line = flatten(edge.points, edge.curve, _PIECES)
        left, right = np.min(line, axis=0), np.max(line, axis=0)
        near = np.flatnonzero((low <= right).all(axis=1) & (high >= left).all(axis=1))
        others = (k for k in near if scene.nodes[k].id not in (edge.source, edge.target))
        if any(meets(a, b, sides[k], -_INTO) for k in others for a, b in pairwise(line)):
            found.append(number)
    return found


def _outline(node: Node) -> Sides:
    """The sides of a gate, or of the box of another mark."""
    if node.is_gate:
        corners = gate_polygon(node)
        around = pairwise((*corners, corners[0]))
        turned = sum(ax * by - ay * bx for (ax, ay), (bx, by) in around)
        return sides_of(corners if turned > 0 else corners[::-1])
    half, rise = node.width / 2, node.height / 2
    return sides_of(box_shape((node.x - half, node.y - rise, node.x + half, node.y + rise)))


def times_met(one: np.ndarray, other: np.ndarray) -> int:
    """How often two polylines cross."""
    return int(np.count_nonzero(_cross(one[:-1, None], one[1:, None], other[:-1], other[1:])))


def _cross(a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray) -> np.ndarray:
    """Whether a piece from a to b and one from c to d have each its ends beside the other."""
    first = _side(a, b, c) * _side(a, b, d) < 0
    found: np.ndarray = first & (_side(c, d, a) * _side(c, d, b) < 0)
    return found


def _side(a: np.ndarray, b: np.ndarray, p: np.ndarray) -> np.ndarray:
    """On which side of the line from a to b a point lies."""
    along, to = b - a, p - a
    side: np.ndarray = along[..., 0] * to[..., 1] - along[..., 1] * to[..., 0]
    return side

"""Which lines of a picture cross each other, and which run through marks."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from tpgraph.notation.scene.geometry import Sides, box_shape, flatten, meets, sides_of
from tpgraph.notation.scene.scene import Edge, Node, Scene
from tpgraph.notation.scene.shapes import gate_polygon

__all__ = ["crossings", "lines_meet", "through_marks", "times_met"]

_PIECES = 8  # of a Bezier curve
_INTO = 0.5  # pt that a line has to enter a mark


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
            if len(set(ends)) == len(ends) and lines_meet(line, lines[j]):
                found.append((i, j))
    return found


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


def lines_meet(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two polylines have a point in common."""
    return times_met(one, other) > 0


def times_met(one: np.ndarray, other: np.ndarray) -> int:
    """How often two polylines cross: a piece of each has ends beside the other's."""
    a, b, c, d = one[:-1, None], one[1:, None], other[None, :-1], other[None, 1:]
    first = _side(a, b, c) * _side(a, b, d) < 0
    return int(np.count_nonzero(first & (_side(c, d, a) * _side(c, d, b) < 0)))


def _side(a: np.ndarray, b: np.ndarray, p: np.ndarray) -> np.ndarray:
    """On which side of the line from a to b a point lies."""
    along, to = b - a, p - a
    side: np.ndarray = along[..., 0] * to[..., 1] - along[..., 1] * to[..., 0]
    return side

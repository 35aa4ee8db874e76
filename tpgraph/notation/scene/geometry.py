"""Boxes, convex shapes and Bezier lines: the plane geometry of pictures, each piece of it once."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, TypeAlias

import numpy as np

from tpgraph.notation.scene.scene import Point

__all__ = [
    "Box",
    "PointArray",
    "Shape",
    "Sides",
    "bezier_point",
    "box_around",
    "box_shape",
    "contains",
    "flat_curves",
    "flatten",
    "grown",
    "hairline",
    "meets",
    "overlap",
    "sides_of",
    "straight",
    "union",
]

Box = tuple[float, float, float, float]
"""left, bottom, right, top."""

Shape = tuple[Point, ...]
"""The corners of a convex polygon, counter-clockwise."""

Sides = tuple[tuple[float, float, float, float], ...]
"""The sides of a convex polygon: a point of each and its normal of length 1, which leads out."""

PointArray: TypeAlias = "np.ndarray[Any, np.dtype[np.float64]]"
"""Points, one a row."""


def box_shape(box: Box) -> Shape:
    """The corners of a box."""
    left, bottom, right, top = box
    return (left, bottom), (right, bottom), (right, top), (left, top)


def hairline(a: Point, b: Point) -> Shape:
    """A segment as a very thin shape."""
    length = math.dist(a, b) or 1.0
    nx, ny = 0.005 * (a[1] - b[1]) / length, 0.005 * (b[0] - a[0]) / length
    if a == b:
        nx = ny = 0.005
    return (
        (a[0] - nx, a[1] - ny), (b[0] - nx, b[1] - ny),
        (b[0] + nx, b[1] + ny), (a[0] + nx, a[1] + ny),
    )  # fmt: skip


def box_around(points: Iterable[Point], margin: float = 0.0) -> Box:
    """The box of some points, `margin` wider on every side."""
    xs, ys = zip(*points, strict=True)
    return min(xs) - margin, min(ys) - margin, max(xs) + margin, max(ys) + margin


def union(boxes: Iterable[Box]) -> Box:
    """The box around all; a point if there is none."""
    found = list(boxes)
    if not found:
        return 0.0, 0.0, 0.0, 0.0
    lefts, bottoms, rights, tops = zip(*found, strict=True)
    return min(lefts), min(bottoms), max(rights), max(tops)


def grown(box: Box, by: float) -> Box:
    """The box, `by` wider on every side."""
    return box[0] - by, box[1] - by, box[2] + by, box[3] + by


def contains(box: Box, point: Point) -> bool:
    """Whether a point lies in a box or on its edge."""
    return box[0] <= point[0] <= box[2] and box[1] <= point[1] <= box[3]


def overlap(a: Box, b: Box, gap: float = 0.0) -> bool:
    """Whether two boxes come nearer than `gap`."""
    return a[0] < b[2] + gap and b[0] < a[2] + gap and a[1] < b[3] + gap and b[1] < a[3] + gap


def straight(a: Point, b: Point) -> tuple[Point, Point, Point]:
    """The Bezier piece that is a straight line from a to b, without its start."""
    x, y = (b[0] - a[0]) / 3, (b[1] - a[1]) / 3
    return (a[0] + x, a[1] + y), (b[0] - x, b[1] - y), b


def bezier_point(p: Sequence[Point], t: float) -> Point:
    """The point of a cubic Bezier curve p0 c1 c2 p1 at a parameter from 0 to 1."""
    a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
    return (
        a * p[0][0] + b * p[1][0] + c * p[2][0] + d * p[3][0],
        a * p[0][1] + b * p[1][1] + c * p[2][1] + d * p[3][1],
    )


def flatten(points: Sequence[Point], curve: bool, steps: int = 16) -> tuple[Point, ...]:
    """A line as a polyline: Bezier pieces p0 c1 c2 p1 ... in `steps` parts each."""
    if not curve:
        return tuple(points)
    xs, ys = flat_curves([points], steps)[0].T.tolist()
    return (*zip(xs, ys, strict=True),)


def flat_curves(curves: Sequence[Sequence[Point]], steps: int = 16) -> list[PointArray]:
    """Bezier curves as the polylines of `flatten`."""
    known = np.array([point for curve in curves for point in curve])
    sizes = np.array([len(curve) for curve in curves])
    starts, pieces = np.cumsum(sizes) - sizes, (sizes - 1) // 3
    before = np.cumsum(pieces) - pieces
    at = np.repeat(starts - 3 * before, pieces) + 3 * np.arange(pieces.sum())
    first, second, third, fourth = _weights(steps)
    a, b, c, d = (known[at + k, None] for k in range(4))
    flat = first * a + second * b + third * c + fourth * d
    return [
        np.concatenate((known[start : start + 1], flat[i : i + count].reshape(-1, 2)))
        for start, i, count in zip(starts.tolist(), before.tolist(), pieces.tolist(), strict=True)
    ]


@cache
def _weights(steps: int) -> tuple[PointArray, PointArray, PointArray, PointArray]:
    """What the four points of a Bezier piece contribute to each of so many parts."""
    t = np.arange(1, steps + 1)[:, None] / steps
    s = 1 - t
    return s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t


def sides_of(shape: Shape) -> Sides:
    """The sides of a convex shape."""
    found = []
    for (px, py), (qx, qy) in zip(shape, (*shape[1:], shape[0]), strict=True):
        ex, ey = qx - px, qy - py
        length = math.hypot(ex, ey)
        if length != 0.0:
            found.append((px, py, ey / length, -ex / length))
    return tuple(found)


def meets(a: Point, b: Point, sides: Sides, gap: float) -> bool:
    """Whether the segment ab enters a convex shape grown by `gap` on every side.

    Each side, moved outwards by the gap, cuts off the part of the segment that lies beyond it.
    """
    low, high = 0.0, 1.0
    (ax, ay), (bx, by) = a, b
    for px, py, nx, ny in sides:
        start = (ax - px) * nx + (ay - py) * ny - gap
        end = (bx - px) * nx + (by - py) * ny - gap
        if start >= 0 and end >= 0:
            return False
        if start > 0 > end or start < 0 < end:
            t = start / (start - end)
            low, high = (max(low, t), high) if start > 0 else (low, min(high, t))
            if low >= high:
                return False
    return True

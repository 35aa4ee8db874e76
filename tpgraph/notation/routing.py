"""Lines between marks: straight where nothing is in the way, else the simplest curve around it.

Everything is in the frame's coordinates, along and across. A line's candidates are tried from the
plainest on: the straight line, one bend, an arc beside the row, at last a curve that passes every
column where Graphviz kept a gap for it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tpgraph.notation.obstacles import Obstacles, flatten
from tpgraph.notation.scene import Point

__all__ = ["Columns", "End", "Line", "route"]

CLEARANCE = 2.0
_STEEPEST = 2.2  # across per along of a straight line
_SAGS = (1.0, 1.2, 0.85, 1.5)
_SHOULDERS = (0.3, 0.18, 0.1)
_CLOSE = 0.01


@dataclass(frozen=True, slots=True)
class End:
    """Where a line starts or ends: a mark's centre with its radius, or with radius 0 a port."""

    mark: str
    at: Point
    radius: float = 0.0
    square: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """Corners, or with `curve` Bezier points; `flat` is the line as a polyline."""

    points: tuple[Point, ...]
    curve: bool
    flat: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns between the ends of a line: where they begin and end, and the gap's height."""

    spans: tuple[tuple[float, float], ...]
    heights: tuple[float, ...]


def route(start: End, end: End, between: Columns, obstacles: Obstacles) -> Line:
    """The plainest line from one mark to another that keeps clear of all others."""
    best: tuple[int, Line] | None = None
    for points, curve in _candidates(start, end, between):
        line = _clipped(points, curve, start, end)
        hits = obstacles.hits(line.flat, (start.mark, end.mark), CLEARANCE)
        if hits == 0:
            return line
        if best is None or hits < best[0]:
            best = hits, line
    assert best is not None
    return best[1]


def _candidates(
    start: End, end: End, between: Columns
) -> Iterator[tuple[tuple[Point, ...], bool]]:
    (x0, y0), (x1, y1) = start.at, end.at
    dx, dy = x1 - x0, y1 - y0
    if abs(dy) <= _STEEPEST * dx:
        yield (start.at, end.at), False
    if not between.heights or min(y0, y1) - 4 < between.heights[0] < max(y0, y1) + 4:
        yield _bend(start.at, end.at, 0.5), True
        yield _bend(start.at, end.at, 0.7), True
        yield _bend(start.at, end.at, 0.3), True
    if between.heights:
        yield from _arcs(start.at, end.at, between)
        yield _through(start.at, end.at, between), True
    if abs(dy) > _STEEPEST * dx:
        yield (start.at, end.at), False


def _bend(a: Point, b: Point, turn: float) -> tuple[Point, ...]:
    """From a to b, level at both ends."""
    dx = b[0] - a[0]
    return a, (a[0] + turn * dx, a[1]), (b[0] - (1 - turn) * dx, b[1]), b


def _arcs(a: Point, b: Point, between: Columns) -> Iterator[tuple[tuple[Point, ...], bool]]:
    """Arcs whose middle is as far beside the line as the gaps are, or somewhat farther."""
    dx = b[0] - a[0]
    below = min(between.heights) < min(a[1], b[1])
    far = min(between.heights) if below else max(between.heights)
    for shoulder in _SHOULDERS:
        for sag in _SAGS:
            middle = (a[1] + b[1]) / 2
            level = middle + (far - middle) * sag
            control = (level - (a[1] + b[1]) / 8) * 4 / 3
            yield (
                (a, (a[0] + shoulder * dx, control), (b[0] - shoulder * dx, control), b),
                True,
            )


def _through(a: Point, b: Point, between: Columns) -> tuple[Point, ...]:
    """Level through every gap, bent between the columns."""
    stops = [(a, a)]
    for (left, right), height in zip(between.spans, between.heights, strict=True):
        stops.append(((left, height), (right, height)))
    stops.append((b, b))
    points: list[Point] = [a]
    for (_, leave), (arrive, after) in zip(stops, stops[1:], strict=False):
        points += _bend(leave, arrive, 0.5)[1:]
        if after != arrive:
            points += _straight(arrive, after)
    return tuple(points)


def _straight(a: Point, b: Point) -> tuple[Point, Point, Point]:
    third = (b[0] - a[0]) / 3, (b[1] - a[1]) / 3
    return (a[0] + third[0], a[1] + third[1]), (b[0] - third[0], b[1] - third[1]), b


def _clipped(points: Sequence[Point], curve: bool, start: End, end: End) -> Line:
    """The line between the outlines of its marks."""
    ends = list(points)
    ends[0] = _leave(start, points[1])
    ends[-1] = _leave(end, points[-2])
    return Line(tuple(ends), curve, flatten(ends, curve))


def _leave(end: End, toward: Point) -> Point:
    """Where the line towards a point leaves the mark's outline."""
    if end.radius == 0.0:
        return end.at
    dx, dy = toward[0] - end.at[0], toward[1] - end.at[1]
    distance = max(abs(dx), abs(dy)) if end.square else math.hypot(dx, dy)
    if distance < _CLOSE:
        return end.at
    scale = end.radius / distance
    return end.at[0] + scale * dx, end.at[1] + scale * dy

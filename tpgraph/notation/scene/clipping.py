"""Lines cut where they leave a strip: the pieces of polylines and Bezier curves that lie in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from tpgraph.notation.scene.geometry import bezier_point
from tpgraph.notation.scene.scene import Point

__all__ = ["clipped"]

_HALVINGS = 40
_SAMPLES = 16  # of a curve, between which it meets a border once at most


def clipped(
    points: Sequence[Point],
    curve: bool,
    coordinate: Callable[[Point], float],
    low: float,
    high: float,
) -> list[tuple[Point, ...]]:
    """The pieces of a line where its coordinate is between two numbers, in their order.

    `points` are the corners of a polyline, or with `curve` the control points p0 c1 c2 p1 ….
    """
    degree = 3 if curve else 1
    pieces: list[tuple[Point, ...]] = []
    ends: Point | None = None
    for i in range(0, len(points) - 1, degree):
        for part in _inside(tuple(points[i : i + degree + 1]), coordinate, low, high):
            if ends == part[0] and pieces:
                pieces[-1] = (*pieces[-1], *part[1:])
            else:
                pieces.append(part)
            ends = part[-1]
    return pieces


def _inside(
    piece: tuple[Point, ...], coordinate: Callable[[Point], float], low: float, high: float
) -> Iterator[tuple[Point, ...]]:
    """The parts of one segment or Bezier curve that lie between."""
    steps = _SAMPLES if len(piece) > 2 else 1
    marks = [0.0]
    for i in range(steps):
        start, end = i / steps, (i + 1) / steps
        found = (_meeting(piece, coordinate, border, start, end) for border in (low, high))
        marks += sorted(t for t in found if t is not None)
    marks.append(1.0)
    kept: tuple[float, float] | None = None
    for start, end in pairwise(marks):
        if end <= start or not low <= coordinate(_at(piece, (start + end) / 2)) <= high:
            continue
        if kept is not None and kept[1] == start:
            kept = kept[0], end
            continue
        if kept is not None:
            yield _part(piece, *kept)
        kept = start, end
    if kept is not None:
        yield _part(piece, *kept)


def _meeting(
    piece: tuple[Point, ...],
    coordinate: Callable[[Point], float],
    border: float,
    start: float,
    end: float,
) -> float | None:
    """Where a piece crosses a border between two parameters; None where it does not."""
    before = coordinate(_at(piece, start)) < border
    if before == (coordinate(_at(piece, end)) < border):
        return None
    for _ in range(_HALVINGS):
        middle = (start + end) / 2
        if (coordinate(_at(piece, middle)) < border) == before:
            start = middle
        else:
            end = middle
    return (start + end) / 2


def _at(piece: tuple[Point, ...], t: float) -> Point:
    """A point of a segment or a cubic curve."""
    if len(piece) > 2:
        return bezier_point(piece, t)
    (ax, ay), (bx, by) = piece
    return (1 - t) * ax + t * bx, (1 - t) * ay + t * by


def _part(piece: tuple[Point, ...], start: float, end: float) -> tuple[Point, ...]:
    """A Bezier curve of any degree between two parameters, its ends kept to the bit."""
    front = piece if end >= 1 else _split(piece, end)[0]
    return front if start <= 0 else _split(front, start / min(end, 1.0))[1]


def _split(piece: tuple[Point, ...], t: float) -> tuple[tuple[Point, ...], tuple[Point, ...]]:
    """De Casteljau: both parts of a Bezier curve that is cut at a parameter."""
    rows = [list(piece)]
    while len(rows[-1]) > 1:
        last = rows[-1]
        rows.append(
            [((1 - t) * a[0] + t * b[0], (1 - t) * a[1] + t * b[1]) for a, b in pairwise(last)]
        )
    return tuple(row[0] for row in rows), tuple(row[-1] for row in reversed(rows))

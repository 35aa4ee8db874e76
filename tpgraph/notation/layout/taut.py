"""The shortest line from one place to another that passes every column where it is free.

It is a string pulled taut between the marks, rounded where it bends: no detour, no step.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import atan, inf, tan
from typing import TypeAlias

from tpgraph.notation.scene.geometry import straight
from tpgraph.notation.scene.scene import Point

__all__ = ["Door", "rounded", "taut"]

_ROUND = 30.0  # pt along on each side of a bend in which the line turns
_SHARE = 0.45  # of the way to the next bend that the same may take at most

Door: TypeAlias = tuple[float, float, float]
"""A place along, and the lowest and the highest at which a line may pass there."""


def taut(start: Point, doors: Sequence[Door], end: Point) -> list[Point]:
    """The corners of the shortest line through doors that follow each other along."""
    corners, at = [start], 0
    passed = [*doors, (end[0], end[1], end[1])]
    while at < len(passed):
        corner, at = _next_corner(corners[-1], passed, at)
        corners.append(corner)
    return corners


def _next_corner(apex: Point, doors: Sequence[Door], first: int) -> tuple[Point, int]:
    """Where a straight line through doors from `first` on must end, and the first door behind."""
    lower, upper = (-inf, apex, first), (inf, apex, first)
    for number, (along, low, high) in enumerate(doors[first:], first):
        run = max(along - apex[0], 1e-9)
        least, most = (low - apex[1]) / run, (high - apex[1]) / run
        if least > upper[0]:
            return upper[1], upper[2] + 1
        if most < lower[0]:
            return lower[1], lower[2] + 1
        if least >= lower[0]:
            lower = least, (along, low), number
        if most <= upper[0]:
            upper = most, (along, high), number
    return (doors[-1][0], doors[-1][1]), len(doors)


def rounded(corners: Iterable[Point]) -> tuple[Point, ...]:
    """Bezier points of a line through corners, which turns around each and not before it."""
    line = [*corners]
    slopes = [(b[1] - a[1]) / max(b[0] - a[0], 1e-9) for a, b in pairwise(line)]
    points = [line[0]]
    for i, corner in enumerate(line[1:-1], 1):
        before, behind = slopes[i - 1], slopes[i]
        least = min(corner[0] - line[i - 1][0], line[i + 1][0] - corner[0])
        reach = min(_ROUND, _SHARE * least)
        here = tan((atan(before) + atan(behind)) / 2)
        turn = corner[0] - reach, corner[1] - reach * before
        points += straight(points[-1], turn)
        points += _bent(turn, before, corner, here)
        points += _bent(corner, here, (corner[0] + reach, corner[1] + reach * behind), behind)
    return (*points, *straight(points[-1], line[-1]))


def _bent(a: Point, slope: float, b: Point, other: float) -> tuple[Point, ...]:
    """The Bezier points behind a of the cubic with these slopes at its ends."""
    third = (b[0] - a[0]) / 3
    return (a[0] + third, a[1] + third * slope), (b[0] - third, b[1] - third * other), b

"""The display list: the few kinds of marks that every painter knows, and the room they take.

Lengths in pt, y upwards; later marks lie above earlier ones.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import assert_never

from tpgraph.notation.labels.mathtext import Outline, Rule
from tpgraph.notation.scene.geometry import Box, box_around, flatten, union
from tpgraph.notation.scene.scene import (
    Label,
    Point,
)
from tpgraph.notation.scene.style import Dash

__all__ = [
    "Bezier",
    "Disc",
    "DisplayMark",
    "Lettering",
    "MarkGroup",
    "Paint",
    "Picture",
    "Polygon",
    "Rectangle",
    "bounds_of",
    "ink_box",
    "letterings",
    "turned",
]


@dataclass(frozen=True, slots=True)
class Paint:
    """A fill and a stroke; None is none. Joins are mitred, ends are butt."""

    fill: str | None = None
    stroke: str | None = None
    width: float = 0.0
    dash: Dash = ()


@dataclass(frozen=True, slots=True)
class Disc:
    """A circle."""

    x: float
    y: float
    radius: float
    paint: Paint


@dataclass(frozen=True, slots=True)
class Rectangle:
    """An upright rectangle, with rounded corners if `radius` is positive."""

    left: float
    bottom: float
    right: float
    top: float
    radius: float
    paint: Paint


@dataclass(frozen=True, slots=True)
class Polygon:
    """Straight lines through the points, back to the first one if `closed`."""

    points: tuple[Point, ...]
    closed: bool
    paint: Paint


@dataclass(frozen=True, slots=True)
class Bezier:
    """Cubic Bezier pieces: p0 c1 c2 p1 c1 c2 p2 ..."""

    points: tuple[Point, ...]
    paint: Paint


@dataclass(frozen=True, slots=True)
class Lettering:
    """An outline whose baseline starts at (x, y), turned by `rotation` degrees about it.

    `plain` says it in plain text; `label` is what is set, for painters that have it set anew.
    """

    plain: str
    outline: Outline
    x: float
    y: float
    rotation: float
    color: str
    label: Label


@dataclass(frozen=True, slots=True)
class MarkGroup:
    """Marks that belong together: `kind` is a word or two, `data` names what they stand for."""

    kind: str
    marks: tuple[DisplayMark, ...]
    title: str = ""
    data: tuple[tuple[str, str], ...] = ()


DisplayMark = Disc | Rectangle | Polygon | Bezier | Lettering | MarkGroup


@dataclass(frozen=True, slots=True)
class Picture:
    """A display list with the box it is painted into."""

    bounds: Box
    marks: tuple[DisplayMark, ...]
    background: str | None
    title: str

    @property
    def width(self) -> float:
        """In points."""
        return self.bounds[2] - self.bounds[0]

    @property
    def height(self) -> float:
        """In points."""
        return self.bounds[3] - self.bounds[1]


def bounds_of(mark: DisplayMark) -> Box:
    """The box of a mark, its stroke included."""
    match mark:
        case Disc(x, y, radius, paint):
            reach = radius + paint.width / 2
            return x - reach, y - reach, x + reach, y + reach
        case Rectangle(left, bottom, right, top, _, paint):
            half = paint.width / 2
            return left - half, bottom - half, right + half, top + half
        case Polygon(points, _, paint):
            return box_around(points, paint.width / 2)
        case Bezier(points, paint):
            return box_around(flatten(points, True), paint.width / 2)
        case Lettering(_, shape, x, y, rotation):
            return ink_box(shape.ink, x, y, rotation)
        case MarkGroup():
            return union(bounds_of(part) for part in mark.marks)
        case _:
            assert_never(mark)


def letterings(marks: Iterable[DisplayMark]) -> Iterator[Lettering]:
    """Every label of marks."""
    for mark in marks:
        if isinstance(mark, MarkGroup):
            yield from letterings(mark.marks)
        elif isinstance(mark, Lettering):
            yield mark


def turned(point: Point, degrees: float) -> Point:
    """A point turned about the origin, counter-clockwise."""
    angle = math.radians(degrees)
    cos, sin = math.cos(angle), math.sin(angle)
    return point[0] * cos - point[1] * sin, point[0] * sin + point[1] * cos


def ink_box(ink: Rule, x: float, y: float, rotation: float) -> Box:
    """The box of what is black of a label that starts at (x, y)."""
    if not rotation:
        return x + ink.left, y + ink.bottom, x + ink.right, y + ink.top
    sides = (ink.left, ink.right), (ink.bottom, ink.top)
    corners = (turned(corner, rotation) for corner in product(*sides))
    return box_around((x + dx, y + dy) for dx, dy in corners)

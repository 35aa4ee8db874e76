"""Lines between marks: straight where nothing is in the way, else the simplest curve around it.

Everything is in the frame's coordinates, along and across. A line's candidates are tried from the
plainest on: the straight line, one bend, an arc beside the row, at last a curve that passes every
column where Graphviz kept a gap for it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Literal, TypeAlias, assert_never

import numpy as np

from tpgraph.notation.layout.hindrances import Hindrances, TriedLine
from tpgraph.notation.layout.taut import Door, rounded, taut
from tpgraph.notation.layout.threads import Threads
from tpgraph.notation.scene.geometry import PointArray, flat_curves, straight
from tpgraph.notation.scene.scene import Point

__all__ = ["OUTLINES", "Columns", "LineEnd", "Route", "WantedLine", "leaving", "routes"]

MarkOutline = Literal["circle", "square", "diamond"]
OUTLINES: dict[str, MarkOutline] = {"scalar": "square", "data": "diamond"}
"""Of marks that are no circles, by their kinds."""

CLEARANCE = 2.0
_STEEPEST = 2.2  # across per along of a straight line
_STEEPEST_STEP = 0.5  # across per along of a bend between level pieces
_SAGS = (0.85, 1.0, 1.15, 1.4, 1.8, 2.4)
_HIGHER, _HIGHEST = 20.0, 40.0  # pt that an arc may rise above its gap before a bent line is better
_SHOULDERS = (0.3, 0.18, 0.1, 0.04)
_NEAR = 4.0
_LEVEL = 1.0  # pt that a line runs level at least before it bends
_CLOSE = 0.01
_SHORTER = 0.95  # of the length of a line from which a shorter one is worth a label
_DASHED = 2  # labels that give way to a dashed line, which should have no steps


@dataclass(frozen=True, slots=True)
class LineEnd:
    """Where a line starts or ends: a mark's centre with its radius, or with radius 0 a port."""

    mark: str
    at: Point
    radius: float = 0.0
    outline: MarkOutline = "circle"


@dataclass(frozen=True)
class Route:
    """Corners, or with `curve` Bezier points."""

    points: tuple[Point, ...]
    curve: bool

    @property
    def flat(self) -> tuple[Point, ...]:
        """The line as a polyline."""
        xs, ys = self.array.T.tolist()
        return (*zip(xs, ys, strict=True),)

    @cached_property
    def array(self) -> PointArray:
        """The same as an array."""
        return flat_curves([self.points])[0] if self.curve else np.array(self.points)

    @staticmethod
    def flatten(lines: Iterable[Route]) -> None:
        """Have the curves among some lines know themselves as arrays, found all at once."""
        curves = [line for line in lines if line.curve]
        if curves:
            found = flat_curves([curve.points for curve in curves])
            for curve, array in zip(curves, found, strict=True):
                curve.__dict__["array"] = array  # where a cached property is kept

    @property
    def length(self) -> float:
        """How long it is, in pt."""
        return float(np.hypot(*np.diff(self.array, axis=0).T).sum())

    def moved(self, by: float) -> Route:
        """The line `by` pt farther along; what is known of it moves with it."""
        if by == 0.0:
            return self
        found = Route(tuple([(x + by, y) for x, y in self.points]), self.curve)
        if "array" in self.__dict__:
            found.__dict__["array"] = np.add(self.array, (by, 0.0))
        return found


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns between the ends of a line: where they begin and end, the height at which the
    line should pass, and the lowest and highest at which it may. The column where it starts ends at
    `leave`, that where it ends begins at `arrive`; `doors` finds what a taut line passes.
    """

    spans: tuple[tuple[float, float], ...] = ()
    heights: tuple[float, ...] = ()
    free: tuple[tuple[float, float], ...] = ()
    leave: float = 0.0
    arrive: float = 0.0
    doors: Callable[[], Sequence[Door]] = tuple

    def runs(self, start: float) -> Iterator[tuple[float, float, float]]:
        """Level pieces (from, to, height), as few as the free heights permit."""
        level, first = start, 0
        while first < len(self.spans):
            low, high = self.free[first]
            last = first + 1
            while last < len(self.spans):
                below, above = self.free[last]
                if max(low, below) > min(high, above):
                    break
                low, high = max(low, below), min(high, above)
                last += 1
            level = min(max(level, low), high)
            yield self.spans[first][0], self.spans[last - 1][1], level
            first = last

    def is_stepped(self, start: float) -> bool:
        """Whether level pieces would follow each other with steps between them."""
        pieces = [*self.runs(start)]
        return any(
            abs(high - low) > _STEEPEST_STEP * (begin - end)
            for (_, end, low), (begin, _, high) in pairwise(pieces)
        )


@dataclass(frozen=True, slots=True)
class WantedLine:
    """A line wanted from one mark to another; of `others`, if they are given, it is to cross as few
    as it can. A dashed line is straight if it can be, however steep.
    """

    start: LineEnd
    end: LineEnd
    between: Columns
    dashed: bool = False
    others: Threads | None = None

    @property
    def marks(self) -> tuple[str, str]:
        """The marks that it joins."""
        return self.start.mark, self.end.mark


_Search: TypeAlias = Generator[Route, int, tuple[Route, int]]
"""Asks for every line that it tries how much is in its way."""


def routes(wanted: Sequence[WantedLine], hindrances: Hindrances) -> list[tuple[Route, int]]:
    """For each request the plainest line that keeps clear of all marks and labels but its own.

    The number tells how much is in its way all the same: 0 if nothing is. Lines of one call do not
    know of each other; they are tested together, the first that each tries, then the next.
    """
    found: dict[int, tuple[Route, int]] = {}
    searches = [(number, _search(request)) for number, request in enumerate(wanted)]
    tried = [(number, search, next(search)) for number, search in searches]
    while tried:
        Route.flatten(line for _, _, line in tried)
        tested = [TriedLine(line.array, wanted[number].marks) for number, _, line in tried]
        hits = hindrances.hits(tested, CLEARANCE)
        before, tried = tried, []
        for (number, search, _), count in zip(before, hits, strict=True):
            try:
                tried.append((number, search, search.send(count)))
            except StopIteration as end:
                found[number] = end.value
    return [found[number] for number in range(len(wanted))]


def _search(wanted: WantedLine) -> _Search:
    """The candidates from the plainest on, until nothing is in the way of one."""
    start, end, between, others = wanted.start, wanted.end, wanted.between, wanted.others
    best: tuple[int, Route] | None = None
    for points, curve in _candidates(start, end, between, wanted.dashed, others is not None):
        line = _clipped(points, curve, start, end)
        hits = yield line
        if best is None or hits < best[0]:
            best = hits, line
        if hits == 0:
            break
    assert best is not None
    if others is None and not _is_smooth(best[1]) and between.is_stepped(start.at[1]):
        string = _clipped(_strung(start, end, between), True, start, end)
        hits = yield string
        if hits <= best[0] + (_DASHED if wanted.dashed else 1):  # labels give way
            best = best[0], string
    if others is not None and between.heights:
        best = yield from _relaxed(best, wanted, others)
    return best[1], best[0]


def _is_smooth(line: Route) -> bool:
    """Whether a line has no steps: it is straight, or of one curve."""
    return not line.curve or len(line.points) == 4


def _relaxed(
    best: tuple[int, Route], wanted: WantedLine, others: Threads
) -> Generator[Route, int, tuple[int, Route]]:
    """A line that crosses fewer others, if there is one, or a shorter one to which a label gives
    way.
    """
    (hits, line), start, end, between = best, wanted.start, wanted.end, wanted.between
    crossed = others.crossings(line.array)
    strung = _clipped(_strung(start, end, between), True, start, end)
    count = others.crossings(strung.array)
    if strung.length < _SHORTER * line.length and count <= crossed:
        found = yield strung
        if found <= hits + 1:
            hits, line, crossed = found, strung, count
    for points in _ways(start.at, end.at, between) if crossed else ():
        other = _clipped(points, True, start, end)
        count = others.crossings(other.array)
        if count < crossed and (yield other) <= hits:
            line, crossed = other, count
    return hits, line


def _candidates(
    start: LineEnd, end: LineEnd, between: Columns, dashed: bool, strung: bool
) -> Iterator[tuple[tuple[Point, ...], bool]]:
    a, b = start.at, end.at
    steep = abs(b[1] - a[1]) > _STEEPEST * (b[0] - a[0])
    if dashed or not steep:
        yield (a, b), False
    if not between.heights or _is_between(between.heights, a[1], b[1]):
        for turn in (0.5, 0.7, 0.3):
            yield _bend(a, b, turn), True
    if between.heights and strung:
        yield _strung(start, end, between), True
    if between.heights:
        yield from _arcs(a, b, between, 0.0, _HIGHER)
        yield from ((points, True) for points in _ways(a, b, between))
        yield from _arcs(a, b, between, _HIGHER, _HIGHEST)
    if steep:
        yield (a, b), False


def _is_between(heights: Sequence[float], a: float, b: float) -> bool:
    low, high = min(a, b) - _NEAR, max(a, b) + _NEAR
    return all(low < height < high for height in heights)


def _bend(a: Point, b: Point, turn: float) -> tuple[Point, ...]:
    """From a to b, level at both ends."""
    dx = b[0] - a[0]
    return a, (a[0] + turn * dx, a[1]), (b[0] - (1 - turn) * dx, b[1]), b


def _arcs(
    a: Point, b: Point, between: Columns, least: float, most: float
) -> Iterator[tuple[tuple[Point, ...], bool]]:
    """Arcs whose middle is as far beside the line as the gaps are, or `least` to `most` farther."""
    dx, middle = b[0] - a[0], (a[1] + b[1]) / 2
    far = max(between.heights, key=lambda height: abs(height - middle))
    for sag in _SAGS:
        if not least <= max(0.0, abs(far - middle) * (sag - 1)) < most:
            continue
        level = middle + (far - middle) * sag
        control = (level - (a[1] + b[1]) / 8) * 4 / 3
        for shoulder in _SHOULDERS:
            c, d = (a[0] + shoulder * dx, control), (b[0] - shoulder * dx, control)
            yield (a, c, d, b), True


def _strung(start: LineEnd, end: LineEnd, between: Columns) -> tuple[Point, ...]:
    """The shortest curve through the columns, from one outline to the other."""
    corners = taut(start.at, between.doors(), end.at)
    corners[0], corners[-1] = leaving(start, corners[1]), leaving(end, corners[-2])
    return rounded(corners)


def _ways(a: Point, b: Point, between: Columns) -> Iterator[tuple[Point, ...]]:
    """Curves that pass the columns where the line should."""
    for start_share in (1.0, 0.4):
        for end_share in (1.0, 0.4):
            yield _through(a, b, between, start_share, end_share)
    yield _through_gaps(a, b, between)


def _through(
    a: Point, b: Point, between: Columns, start_share: float, end_share: float
) -> tuple[Point, ...]:
    """Level past the columns, bent between them.

    Of the gaps at its ends it takes these shares to bend, so that the rest is free for labels.
    """
    points: list[Point] = [a]
    at, share = a, start_share
    for left, right, height in between.runs(a[1]):
        turned = at[0] + share * (left - at[0]), height
        points += _bend(at, turned, 0.5)[1:]
        points += straight(turned, (right, height))
        at, share = (right, height), 1.0
    last = b[0] - end_share * (b[0] - at[0]), at[1]
    if end_share < 1.0:
        points += straight(at, last)
    return (*points, *_bend(last, b, 0.5)[1:])


def _through_gaps(a: Point, b: Point, between: Columns) -> tuple[Point, ...]:
    """As `_through`, but level in the columns of both ends as well."""
    start = max(a[0] + _LEVEL, between.leave), a[1]
    end = min(b[0] - _LEVEL, between.arrive), b[1]
    inner = _through(start, end, between, 1.0, 1.0)
    return (a, *straight(a, start)[:2], *inner, *straight(end, b))


def _clipped(points: Sequence[Point], curve: bool, start: LineEnd, end: LineEnd) -> Route:
    """The line between the outlines of its marks."""
    ends = leaving(start, points[1]), *points[1:-1], leaving(end, points[-2])
    return Route(ends, curve)


def leaving(end: LineEnd, toward: Point) -> Point:
    """Where the line towards a point leaves the mark's outline."""
    if end.radius == 0.0:
        return end.at
    dx, dy = toward[0] - end.at[0], toward[1] - end.at[1]
    match end.outline:
        case "circle":
            distance = math.hypot(dx, dy)
        case "square":
            distance = max(abs(dx), abs(dy))
        case "diamond":
            distance = abs(dx) + abs(dy)
        case _:
            assert_never(end.outline)
    if distance < _CLOSE:
        return end.at
    scale = end.radius / distance
    return end.at[0] + scale * dx, end.at[1] + scale * dy

"""Wires between the parts of a picture: along channels between columns and between strips.

A wire leaves its vector on any side, keeps to the channels where no marks are, and reaches its gate
straight at the wide side; its corners are rounded. Wires of one vector may share their way; others
keep apart.
"""

from __future__ import annotations

import heapq
import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from types import MappingProxyType

from tpgraph.notation.layout.obstacles import Obstacle, Obstacles
from tpgraph.notation.scene.geometry import Box, flatten, meets, straight
from tpgraph.notation.scene.scene import Point
from tpgraph.progress import counted

__all__ = ["WireRequest", "round_corners", "route_wires"]

_MARGIN = 160.0  # pt by which a wire may leave the box around its ends
_BEND = 24.0  # a corner costs as much as so many pt
_SHARED = 6.0  # the length beside another wire costs so many times as much
_HIT = 4000.0
_CLEAR = 2.4
_RADIUS = 16.0
_SHARP, _TIGHT = 2.0, 0.6


@dataclass(frozen=True, slots=True)
class WireRequest:
    """A wire from a mark's centre to a port, which it reaches in the direction `arrive` (±1).

    It keeps `within` a box, if there is one; wires to its gate of one `kind` may take each other's
    ports, unless that is None. Wires of a later `round` are found after the others.
    """

    source: str
    target: str
    start: Point
    radius: float
    end: Point
    arrive: int
    within: Box | None = None
    kind: int | None = 0
    round: int = 0

    @property
    def turn(self) -> tuple[int, float]:
        """When it is found among others: short ones first."""
        (a, b), (c, d) = self.start, self.end
        return self.round, abs(a - c) + abs(b - d)


@dataclass
class _Grid:
    """The channels: where lines may run across (xs) and along (ys), and what lies there."""

    xs: Sequence[float]
    ys: Sequence[float]
    obstacles: Obstacles
    taken: dict[tuple[str, float], list[tuple[float, float, str]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    met: dict[tuple[Point, Point], tuple[Obstacle, ...]] = field(default_factory=dict)
    beside: dict[tuple[Point, Point], tuple[int, list[tuple[float, str]]]] = field(
        default_factory=dict
    )
    """Of a piece of a channel: of how many wires it knows, and those that run along it."""

    def hits(self, a: Point, b: Point, request: WireRequest) -> int:
        """How much lies in the way from a to b."""
        found = self.met.get((a, b))
        if found is None:
            found = self.met[a, b] = self.obstacles.met(a, b, _CLEAR)
        if not found:
            return 0
        own = frozenset((request.source, request.target))
        return sum(
            item.owner not in own or meets(a, b, item.sides, item.room(own, _CLEAR))
            for item in found
        )

    def shared(self, a: Point, b: Point, source: str) -> float:
        """The length for which wires of other vectors run here already."""
        axis, at, low, high = _span(a, b)
        taken = self.taken.get((axis, at))
        if not taken:
            return 0.0
        known, beside = self.beside.get((a, b), (0, []))
        if known < len(taken):
            for first, last, other in taken[known:]:
                length = min(high, last) - max(low, first)
                if length > 0.0:
                    beside.append((length, other))
            self.beside[a, b] = len(taken), beside
        return sum(length for length, other in beside if other != source)

    def take(self, points: Sequence[Point], source: str) -> None:
        """Remember a wire."""
        for a, b in pairwise(points):
            axis, at, low, high = _span(a, b)
            self.taken[axis, at].append((low, high, source))


def _span(a: Point, b: Point) -> tuple[str, float, float, float]:
    if a[0] == b[0]:
        return "x", a[0], min(a[1], b[1]), max(a[1], b[1])
    return "y", a[1], min(a[0], b[0]), max(a[0], b[0])


def route_wires(
    requests: Sequence[WireRequest],
    xs: Sequence[float],
    ys: Sequence[float],
    obstacles: Obstacles,
    known: Mapping[int, tuple[Point, ...]] = MappingProxyType({}),
) -> list[tuple[Point, ...]]:
    """The corners of every wire, from the mark's outline to the port; those that are `known`, by
    their numbers, stay.
    """
    grid = _Grid(sorted(xs), sorted(ys), obstacles)
    found = dict(known)
    for i, points in known.items():
        grid.take(points, requests[i].source)
    order = sorted(set(range(len(requests))) - known.keys(), key=lambda i: requests[i].turn)
    for i in counted("lines", order):
        points = _WireSearch(requests[i], grid).path()
        grid.take(points, requests[i].source)
        found[i] = _from_outline(points, requests[i].radius)
    return [found[i] for i in range(len(requests))]


_WireState = tuple[float, float, int]


class _WireSearch:
    """A* over the crossings of the channels; a state is a point and the way it was reached."""

    def __init__(self, request: WireRequest, grid: _Grid) -> None:
        self.request = request
        self.grid = grid
        low, high = sorted((request.start[0], request.end[0]))
        left, bottom, right, top = request.within or (-math.inf, -math.inf, math.inf, math.inf)
        low, high = max(low - _MARGIN, left), min(high + _MARGIN, right)
        near = (x for x in grid.xs if low < x < high)
        self.prices: dict[tuple[Point, Point], float] = {}
        self.xs = sorted({*near, request.start[0]})
        inside = (y for y in grid.ys if bottom < y < top)
        self.ys = sorted({*inside, request.start[1], request.end[1]})

    def path(self) -> tuple[Point, ...]:
        """The corners of the best way."""
        x, y = self.request.start
        first: _WireState = (x, y, 0)
        cost = {first: 0.0}
        before: dict[_WireState, _WireState] = {}
        heap: list[tuple[float, _WireState]] = [(self._rest(first), first)]
        done: set[_WireState] = set()
        while heap:
            _, state = heapq.heappop(heap)
            if state in done:
                continue
            done.add(state)
            if (state[0], state[1]) == self.request.end:
                return self._corners(state, before)
            for after in self._next(state):
                total = cost[state] + self._step(state, after)
                if total < cost.get(after, math.inf):
                    cost[after], before[after] = total, state
                    heapq.heappush(heap, (total + self._rest(after), after))
        return (self.request.start, self.request.end)

    def _rest(self, state: _WireState) -> float:
        (ex, ey), (x, y, _) = self.request.end, state
        return abs(ex - x) + abs(ey - y)

    def _next(self, state: _WireState) -> Iterator[_WireState]:
        x, y, way = state
        for to in _neighbours(self.xs, x):
            yield (to, y, 1)
        if way != 3:
            for to in _neighbours(self.ys, y):
                yield (x, to, 2)
        ex, ey = self.request.end
        if y == ey and (ex - x) * self.request.arrive > 0:
            yield (ex, ey, 1)

    def _step(self, state: _WireState, after: _WireState) -> float:
        here, to = (state[0], state[1]), (after[0], after[1])
        price = self.prices.get((here, to))
        if price is None:
            price = self.prices[here, to] = self._price(here, to)
        return price if state[2] in (0, after[2]) else price + _BEND

    def _price(self, here: Point, to: Point) -> float:
        """Of a straight piece: its length, what is in its way, and what runs along it."""
        length = abs(to[0] - here[0]) + abs(to[1] - here[1])
        price = length + _HIT * self.grid.hits(here, to, self.request)
        return price + _SHARED * self.grid.shared(here, to, self.request.source)

    def _corners(
        self, state: _WireState, before: dict[_WireState, _WireState]
    ) -> tuple[Point, ...]:
        states = [state]
        while states[-1] in before:
            states.append(before[states[-1]])
        points = [(x, y) for x, y, _ in reversed(states)]
        kept = [points[0]]
        for a, b, c in zip(points, points[1:], points[2:], strict=False):
            if not (a[0] == b[0] == c[0] or a[1] == b[1] == c[1]):
                kept.append(b)
        return (*kept, points[-1])


def _neighbours(values: Sequence[float], at: float) -> Iterator[float]:
    index = bisect_left(values, at)
    present = index < len(values) and values[index] == at
    if index > 0:
        yield values[index - 1]
    if index + present < len(values):
        yield values[index + present]


def _from_outline(points: tuple[Point, ...], radius: float) -> tuple[Point, ...]:
    (x, y), (a, b) = points[0], points[1]
    length = math.dist(points[0], points[1]) or 1.0
    start = x + radius * (a - x) / length, y + radius * (b - y) / length
    return (start, *points[1:])


def round_corners(points: Sequence[Point], obstacles: Obstacles) -> tuple[Point, ...]:
    """A polyline as Bezier pieces with round corners, as round as what stands there permits."""
    curve: list[Point] = [points[0]]
    for i in range(1, len(points) - 1):
        a, b, c = points[i - 1], points[i], points[i + 1]
        room = min(_half(a, b, i == 1), _half(b, c, i == len(points) - 2), _RADIUS)
        while room > _SHARP and _cuts(_corner(a, b, c, room), obstacles):
            room *= 0.7
        curve += straight(curve[-1], _toward(b, a, room))
        curve += _corner(a, b, c, room)[1:]
    curve += straight(curve[-1], points[-1])
    return tuple(curve)


def _corner(a: Point, b: Point, c: Point, room: float) -> list[Point]:
    enter, leave = _toward(b, a, room), _toward(b, c, room)
    return [enter, _toward(enter, b, 0.55 * room), _toward(leave, b, 0.55 * room), leave]


def _cuts(corner: Sequence[Point], obstacles: Obstacles) -> bool:
    return obstacles.hits(flatten(corner, True, 8), (), _TIGHT) > 0


def _half(a: Point, b: Point, whole: bool) -> float:
    """How much of a side a corner may take: half, or nearly all where there is no other corner."""
    return math.dist(a, b) * (0.9 if whole else 0.5)


def _toward(a: Point, b: Point, distance: float) -> Point:
    length = math.dist(a, b) or 1.0
    return a[0] + distance * (b[0] - a[0]) / length, a[1] + distance * (b[1] - a[1]) / length

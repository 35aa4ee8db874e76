"""Lines that are pulled taut through doors."""

from __future__ import annotations

import random
from itertools import pairwise
from math import atan2, hypot, inf

import numpy as np
import pytest

import tpgraph as tp
from tpgraph.notation.layout import routing
from tpgraph.notation.layout.taut import Door, rounded, taut
from tpgraph.notation.scene.geometry import flatten
from tpgraph.notation.scene.scene import Point

START, END = (0.0, 0.0), (100.0, 0.0)


def length(line: list[Point]) -> float:
    return sum(hypot(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(line))


def shortest(doors: list[Door], heights: np.ndarray) -> float:
    """The least length over heights of a grid at every door."""
    best, place = np.array([0.0]), np.array([START[1]])
    along = START[0]
    for x, low, high in (*doors, (END[0], END[1], END[1])):
        there = np.append(heights[(low <= heights) & (heights <= high)], [low, high])
        steps = np.hypot(x - along, there[None] - place[:, None])
        best, place, along = (best[:, None] + steps).min(axis=0), there, x
    return float(best.min())


def test_a_line_that_nothing_hinders_is_straight() -> None:
    assert taut(START, [(30.0, -5.0, 5.0), (60.0, -inf, 1.0)], END) == [START, END]


def test_it_bends_at_the_edges_of_doors() -> None:
    assert taut(START, [(30.0, 10.0, inf), (60.0, 10.0, inf)], END) == [
        START,
        (30.0, 10.0),
        (60.0, 10.0),
        END,
    ]


def test_it_is_the_shortest_of_all_lines_through_the_doors() -> None:
    """Against dynamic programming over a grid of heights."""
    chance, grid = random.Random(0), np.linspace(-40, 40, 321)
    for _ in range(40):
        places = sorted(chance.uniform(5, 95) for _ in range(chance.randint(1, 7)))
        middles = [(x, chance.uniform(-30, 30)) for x in places]
        doors = [(x, y - chance.uniform(0, 15), y + chance.uniform(0, 15)) for x, y in middles]
        found = length(taut(START, doors, END))
        best = shortest(doors, grid)
        assert best - 0.5 <= found <= best + 1e-6


def test_rounding_stays_near_the_corners_and_runs_along() -> None:
    corners = [START, (30.0, 25.0), (32.0, -10.0), (70.0, -10.0), END]
    line = np.array(flatten(rounded(corners), True))
    assert (np.diff(line[:, 0]) > 0).all()
    sharp = np.interp(line[:, 0], *np.array(corners).T)
    assert np.abs(line[:, 1] - sharp).max() < 8


def turning(line: list[tuple[float, float]]) -> float:
    """By how much a polyline turns, all in all."""
    angles = [atan2(b[1] - a[1], b[0] - a[0]) for a, b in pairwise(line) if a != b]
    return sum(abs(b - a) for a, b in pairwise(angles))


@pytest.mark.parametrize("name", ["wigner", "batchnorm", "transformer"])
def test_lines_past_many_columns_have_no_steps(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """They turn less, all in all, than where they ran level past one column after the other."""

    def turned() -> float:
        scene = tp.draw(tp.gallery.entry(name).program()).scene
        return sum(turning([*flatten(edge.points, edge.curve)]) for edge in scene.edges)

    found = turned()
    monkeypatch.setattr(routing.Columns, "is_stepped", lambda *_: False)
    assert found < 0.85 * turned()


CAUSAL = """
program causal
width n
dim d = 4
const L = 6
parametrization mup
data ξ[1..2] : d
param U : n × d ~ N(0, 1)
param Q[1..L], K[1..L], O[1..L] : n × n ~ N(0, 1)
for t in 1..2:
    x[0,t] = U ξ[t]
for l in 1..L:
    q[l] = Q[l] x[l-1,2]
    for t in 1..2:
        k[l,t] = K[l] x[l-1,t]
        o[l,t] = O[l] x[l-1,t]
    a[l,1] = exp(mean(q[l] * k[l,1]))
    a[l,2] = exp(mean(q[l] * k[l,2]))
    s[l] = a[l,1] + a[l,2]
    x[l,1] = x[l-1,1] + o[l,1]
    x[l,2] = x[l-1,2] + a[l,1] / s[l] * o[l,1] + a[l,2] / s[l] * o[l,2]
output x[L,2]
"""


def test_dashed_lines_of_causal_attention_have_no_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """A product past the marks of another token goes around them in one sweep."""

    def turned() -> float:
        scene = tp.draw(tp.parse(CAUSAL), fold=True).scene
        lines = [edge for edge in scene.edges if edge.kind == "matmul"]
        return max(turning([*flatten(edge.points, edge.curve)]) for edge in lines)

    assert turned() < 4
    monkeypatch.setattr(routing, "_DASHED", 1)
    assert turned() > 8

"""Lines tested together meet what each meets alone; labels find the place that they found alone."""

from __future__ import annotations

import math

import numpy as np
import pytest
from strategies.tangles import random_graph

import tpgraph as tp
from tpgraph.notation.engines.engine import GraphvizEdge
from tpgraph.notation.layout.crossed_heights import crossed_heights
from tpgraph.notation.layout.free_places import first_free
from tpgraph.notation.layout.hindrances import Hindrances, TriedLine
from tpgraph.notation.layout.obstacles import Obstacles, Strokes
from tpgraph.notation.scene.geometry import Box, bezier_point, box_shape, flat_curves, flatten

Line = list[tuple[float, float]]


def _octagon(x: float, y: float, r: float) -> tuple[tuple[float, float], ...]:
    turns = [math.pi / 8 + k * math.pi / 4 for k in range(8)]
    return tuple((x + r * math.cos(t), y + r * math.sin(t)) for t in turns)


def _scattered(rng: np.random.Generator) -> tuple[Obstacles, Obstacles]:
    """Marks and labels of owners m0, m1, …, some of which are taken away again."""
    marks, labels = Obstacles(), Obstacles()
    for k in range(60):
        x, y = rng.uniform(0, 900), rng.uniform(0, 120)
        marks.add(_octagon(x, y, rng.uniform(2, 9)), f"m{k}", solid=True)
        labels.add(box_shape((x, y + 10, x + rng.uniform(3, 300), y + 16)), f"m{k}")
    for k in range(0, 60, 7):
        labels.remove(f"m{k}")
    return marks, labels


def _lines(rng: np.random.Generator) -> list[Line]:
    """Lines that run along, straight ones and curves."""
    found = []
    for _ in range(300):
        xs = np.sort(rng.uniform(0, 900, size=rng.choice([2, 4, 7])))
        points = [*zip(xs.tolist(), rng.uniform(0, 140, size=len(xs)).tolist(), strict=True)]
        found.append([*flatten(points, len(points) > 2)])
    return found


def test_many_lines_hit_what_each_hits_alone() -> None:
    rng = np.random.default_rng(3)
    marks, labels = _scattered(rng)
    lines = _lines(rng)
    owners = [(f"m{a}", f"m{b}") for a, b in rng.integers(0, 70, size=(len(lines), 2))]
    tried = [TriedLine(np.array(line), own) for line, own in zip(lines, owners, strict=True)]
    alone = [
        10 * marks.hits(line, own, 2.0) + labels.hits(line, own, 2.0)
        for line, own in zip(lines, owners, strict=True)
    ]
    assert Hindrances((marks, labels), (10, 1)).hits(tried, 2.0) == alone
    assert len(set(alone)) > 10
    strangers = [TriedLine(one.line, ("a", "b")) for one in tried]
    assert Hindrances((marks, labels), (10, 1)).hits(strangers, 2.0) != alone


def test_nothing_is_in_the_way_where_nothing_is() -> None:
    line = TriedLine(np.array([(0.0, 0.0), (9.0, 9.0)]), ("a", "b"))
    assert Hindrances((Obstacles(), Obstacles()), (10, 1)).hits([line], 2.0) == [0]
    assert Hindrances((Obstacles(), Obstacles()), (10, 1)).hits([], 2.0) == []


def test_the_first_free_place_is_found_as_one_by_one() -> None:
    rng = np.random.default_rng(5)
    marks, labels = _scattered(rng)
    strokes = Strokes()
    for line in _lines(rng)[:30]:
        strokes.add(np.array(line))
    around, seen = (marks, labels, strokes), set()
    for _ in range(60):
        x, y = rng.uniform(0, 900), rng.uniform(0, 140)
        boxes: list[Box] = [
            (x + dx, y + dy, x + dx + 8, y + dy + 5) for dx, dy in rng.uniform(-40, 40, (20, 2))
        ]
        free = (k for k, box in enumerate(boxes) if not any(a.covers(box, 1.0) for a in around))
        expected = next(free, None)
        assert first_free(enumerate(boxes), around, 1.0) == expected
        seen.add(expected)
    assert len(seen) > 5


def test_curves_together_are_flat_as_each_alone() -> None:
    rng = np.random.default_rng(7)
    curves = [rng.normal(size=(3 * k + 1, 2)).tolist() for k in (1, 3, 1, 2)]
    for curve, flat in zip(curves, flat_curves(curves), strict=True):
        ends = [bezier_point(curve[i : i + 4], t / 16) for i in range(0, len(curve) - 1, 3)
                for t in range(1, 17)]  # fmt: skip
        assert np.allclose(flat, [curve[0], *ends], atol=1e-12)
        assert flatten(curve, True) == tuple(map(tuple, flat.tolist()))


def test_a_spline_passes_columns_at_its_own_heights() -> None:
    points = ((0.0, 0.0), (10.0, 40.0), (20.0, -5.0), (30.0, 10.0),
              (40.0, 25.0), (50.0, 25.0), (60.0, 20.0))  # fmt: skip
    edge, none = GraphvizEdge("a", "b", "1", points), GraphvizEdge("b", "c", "2", points)
    flat = np.array(flatten(points, True, 4096))
    (heights, nothing) = crossed_heights([(edge, (5.0, 29.0, 30.0, 44.0)), (none, ())])
    assert nothing == ()
    assert np.allclose(heights, np.interp((5.0, 29.0, 30.0, 44.0), *flat.T), atol=1e-3)


def test_lines_are_tested_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """As often as the most patient line tries, not as often as all do together."""
    sizes: list[int] = []
    hits = Hindrances.hits

    def counted(self: Hindrances, tried: list[TriedLine], gap: float) -> list[int]:
        sizes.append(len(tried))
        return hits(self, tried, gap)

    monkeypatch.setattr(Hindrances, "hits", counted)
    scene = tp.draw(tp.parse(random_graph(40))).scene
    assert len(scene.edges) < sum(sizes) / 4
    assert len(sizes) < sum(sizes) / 10

"""Where a picture can be cut across its computation, and where it is best cut.

A cut goes between columns, through no mark, no text and no plate, and through no line from a gate,
only through those of vectors and scalars, which can stand again behind it; each such line is cut
once, or not at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from tpgraph.notation.layout.frame import Frame
from tpgraph.notation.scene.geometry import Box, box_around, flatten, union
from tpgraph.notation.scene.painting import label_bounds
from tpgraph.notation.scene.scene import Edge, Node, Scene
from tpgraph.notation.scene.taken import node_boxes, outline_of

__all__ = ["RowCut", "best_cuts", "cut_sources", "cuts_of"]

_LEAST_GAP = 0.5  # pt between columns
_SAME = 2.0  # pt along within which marks are of one column
_NAMELESS = 3  # marks that stand twice are as bad as one that gets a number for a name
_REPEATED = 0.02  # what one more mark that stands twice costs, beside uneven rows


@dataclass(frozen=True, slots=True)
class RowCut:
    """Where it is along the computation, the last column before it and the first behind it, and
    how many marks stand on both sides of it, those without a name counted more.
    """

    at: float
    last: float
    first: float
    repeated: int

    def is_beside(self, along: float) -> bool:
        """Whether what stands there is of one of the two columns."""
        return self.last - _SAME <= along <= self.first + _SAME


def cuts_of(scene: Scene, frame: Frame) -> list[RowCut]:
    """All cuts of a picture along its computation."""
    nodes = {node.id: node for node in scene.nodes}
    along = sorted(frame.back(node.x, node.y)[0] for node in scene.nodes)
    cuts = []
    for low, high in _gaps(_solids(scene, nodes, frame)):
        at = (low + high) / 2
        last = max((place for place in along if place < at), default=None)
        first = min((place for place in along if place > at), default=None)
        if last is None or first is None:
            continue
        cut = RowCut(at, last, first, 0)
        lines = [edge for edge in scene.edges if _crosses(edge, nodes, frame, at)]
        if all(_is_whole(edge, nodes, frame, cut) for edge in lines):
            sources = {edge.source for edge in lines}
            without = sum(nodes[source].label is None for source in sources)
            cuts.append(RowCut(at, last, first, len(sources) + _NAMELESS * without))
    return cuts


def cut_sources(scene: Scene, frame: Frame, cuts: Sequence[RowCut]) -> frozenset[str]:
    """The marks from which lines come that are cut."""
    nodes = {node.id: node for node in scene.nodes}
    return frozenset(
        edge.source
        for edge in scene.edges
        if any(_crosses(edge, nodes, frame, cut.at) for cut in cuts)
    )


def best_cuts(cuts: Sequence[RowCut], ends: tuple[float, float], rows: int) -> list[RowCut]:
    """The cuts into so many rows that are most nearly equal, with few marks that stand twice.

    `ends` are where the picture begins and ends. No cuts if there are too few.
    """
    start, end = ends
    equal = (end - start) / rows
    places = [RowCut(start, start, start, 0), *cuts, RowCut(end, end, end, 0)]

    def cost(one: RowCut, other: RowCut) -> float:
        return ((other.at - one.at) / equal - 1) ** 2 + _REPEATED * other.repeated

    best: list[tuple[float, tuple[int, ...]]] = [(0.0, (0,))]
    reached = dict(enumerate(best))
    for _ in range(rows):
        reached = {
            j: min(
                (total + cost(places[i], places[j]), (*way, j))
                for i, (total, way) in reached.items()
                if i < j
            )
            for j in range(1, len(places))
            if any(i < j for i in reached)
        }
    if len(places) - 1 not in reached:
        return []
    _, way = reached[len(places) - 1]
    return [places[i] for i in way[1:-1]]


def _solids(scene: Scene, nodes: dict[str, Node], frame: Frame) -> Iterator[tuple[float, float]]:
    """What may not be cut, along the computation."""
    boxes: list[Box] = [union(node_boxes(node)) for node in scene.nodes]
    boxes += [outline_of(plate) for plate in scene.plates]
    boxes += [label_bounds(label) for label in scene.labels]
    boxes += [box_around(flatten(a.points, a.curve)) for a in scene.arrows if a.thin]
    for box in boxes:
        left, _, right, _ = frame.box_back(box)
        yield left, right
    for edge in scene.edges:
        line = _along(edge, frame)
        if nodes[edge.source].is_gate:
            yield min(line), max(line)
            continue
        ends = sorted(_ends(edge, nodes, frame))
        yield min(line), max(min(line), ends[0])
        yield min(max(line), ends[1]), max(line)
        if line[0] > line[-1]:
            line.reverse()
        for place, furthest in zip(line, accumulate(line, max), strict=True):
            if place < furthest:
                yield place, furthest


def _gaps(solids: Iterator[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """What lies between intervals."""
    reached: float | None = None
    for low, high in sorted(solids):
        if reached is not None and low - reached > _LEAST_GAP:
            yield reached, low
        reached = high if reached is None else max(reached, high)


def _along(edge: Edge, frame: Frame) -> list[float]:
    return [frame.back(*point)[0] for point in flatten(edge.points, edge.curve)]


def _ends(edge: Edge, nodes: dict[str, Node], frame: Frame) -> tuple[float, float]:
    source, target = nodes[edge.source], nodes[edge.target]
    return frame.back(source.x, source.y)[0], frame.back(target.x, target.y)[0]


def _crosses(edge: Edge, nodes: dict[str, Node], frame: Frame, at: float) -> bool:
    start, end = _ends(edge, nodes, frame)
    return min(start, end) < at < max(start, end)


def _is_whole(edge: Edge, nodes: dict[str, Node], frame: Frame, cut: RowCut) -> bool:
    """Whether the label of a line that is cut stays with its target."""
    start, end = _ends(edge, nodes, frame)
    if edge.label is None or cut.is_beside(start):
        return True
    low, _, high, _ = frame.box_back(label_bounds(edge.label))
    return low > cut.at if end > cut.at else high < cut.at

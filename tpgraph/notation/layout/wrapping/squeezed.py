"""Pieces without the empty room that what stands in other pieces left."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from tpgraph.notation.layout.frame import Frame
from tpgraph.notation.scene.displaced import moved
from tpgraph.notation.scene.geometry import Box, box_around, flatten
from tpgraph.notation.scene.painting import label_bounds
from tpgraph.notation.scene.scene import Point, Scene
from tpgraph.notation.scene.taken import mark_boxes, outline_of

__all__ = ["squeezed"]

_LEFT = 20.0  # pt of an empty strip that are left


def squeezed(scene: Scene, frame: Frame) -> Scene:
    """A piece whose strips along the frame, through which neither marks nor lines go, are at most
    so wide; boxes around passes and their arrows become smaller with them.
    """
    spans = sorted(_solids(scene, frame))
    gaps: list[tuple[float, float]] = []  # where they end, by how much they shrink
    reached = spans[0][1]
    for low, high in spans:
        if low - reached > _LEFT:
            gaps.append((low, reached))
        reached = max(reached, high)

    def to(point: Point) -> Point:
        along, across = frame.back(*point)
        by = sum(
            (min(across, high) - low) * (1 - _LEFT / (high - low))
            for high, low in gaps
            if across > low
        )
        return frame.point(along, across - by)

    return moved(scene, to) if gaps else scene


def _solids(scene: Scene, frame: Frame) -> Iterator[tuple[float, float]]:
    """What keeps its size across: marks, texts, lines, plates; of boxes the two edges along, of
    their arrows what runs along.
    """
    for _, low, _, high in map(frame.box_back, _boxes(scene)):
        yield low, high
    for box in scene.contexts:
        _, low, _, high = frame.box_back(outline_of(box))
        yield from ((low, low), (high, high))
    for arrow in scene.arrows:
        line = [frame.back(*point) for point in flatten(arrow.points, arrow.curve)]
        for (start, low), (end, high) in pairwise(line):
            if abs(end - start) > abs(high - low):
                yield min(low, high), max(low, high)


def _boxes(scene: Scene) -> Iterator[Box]:
    yield from mark_boxes(scene)
    for edge in scene.edges:
        yield box_around(flatten(edge.points, edge.curve))
    yield from map(outline_of, scene.plates)
    captions = (box.caption for box in scene.contexts)
    texts = (text for arrow in scene.arrows for text in arrow.labels)
    yield from (label_bounds(text) for text in (*scene.labels, *captions, *texts) if text)

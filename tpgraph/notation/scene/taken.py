"""Where a scene has something: boxes of marks, labels, and pieces of lines."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import pairwise

from tpgraph.notation.scene.geometry import Box, box_around, box_shape, flatten, overlap
from tpgraph.notation.scene.painting import label_bounds
from tpgraph.notation.scene.scene import ContextBox, Node, Note, Plate, Point, Scene

__all__ = [
    "arrow_boxes",
    "hits",
    "line_pieces",
    "mark_boxes",
    "node_boxes",
    "outline_of",
    "taken_boxes",
]

_PIECE = 6.0


def outline_of(frame: ContextBox | Note | Plate) -> Box:
    """The box that something is drawn as."""
    return frame.left, frame.bottom, frame.right, frame.top


def node_boxes(node: Node) -> Iterator[Box]:
    """The boxes of a mark with its bar, its label and its annotation."""
    half, rise = node.width / 2, node.height / 2
    if node.direction in ("LR", "RL"):
        rise = max(rise, node.bar / 2)
    else:
        half = max(half, node.bar / 2)
    yield node.x - half, node.y - rise, node.x + half, node.y + rise
    if node.label is not None:
        yield label_bounds(node.label)
    if node.note is not None:
        yield outline_of(node.note)


def mark_boxes(scene: Scene) -> Iterator[Box]:
    """The boxes of all marks, and of the labels of products and paths."""
    for node in scene.nodes:
        yield from node_boxes(node)
    for edge in scene.edges:
        if edge.label is not None:
            yield label_bounds(edge.label)
    for path in scene.paths:
        yield from map(label_bounds, path.labels)


def taken_boxes(scene: Scene) -> Iterator[Box]:
    """The boxes of all that there is, of lines in pieces; of boxes and plates what is at their
    edges.
    """
    yield from mark_boxes(scene)
    for edge in scene.edges:
        yield from line_pieces(edge.points, edge.curve)
    yield from arrow_boxes(scene)
    frames: tuple[ContextBox | Plate, ...] = (*scene.plates, *scene.contexts)
    for frame in frames:
        corners = box_shape(outline_of(frame))
        yield from (box_around(side) for side in pairwise((*corners, corners[0])))
    captions = (box.caption for box in scene.contexts)
    ranges = (plate.label for plate in scene.plates)
    for label in (*scene.labels, *captions, *ranges):
        if label is not None:
            yield label_bounds(label)


def arrow_boxes(scene: Scene) -> Iterator[Box]:
    """The boxes of arrows in pieces, and of their labels."""
    for arrow in scene.arrows:
        yield from line_pieces(arrow.points, arrow.curve)
        yield from map(label_bounds, arrow.labels)


def line_pieces(points: tuple[Point, ...], curve: bool) -> Iterator[Box]:
    """A line as boxes of short pieces of it."""
    for (a, b), (c, d) in pairwise(flatten(points, curve)):
        count = max(1, math.ceil(math.dist((a, b), (c, d)) / _PIECE))
        ends = [(a + (c - a) * k / count, b + (d - b) * k / count) for k in range(count + 1)]
        yield from (box_around(piece) for piece in pairwise(ends))


def hits(box: Box, obstacles: Iterable[Box]) -> bool:
    """Whether a box comes within a point of any other."""
    return any(overlap(box, other, 1.0) for other in obstacles)

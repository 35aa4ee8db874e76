"""Plates in a scene: frames around what repeats, dots where blocks are left out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations

from tpgraph.notation.diagram.folded import Folded, PlateOf
from tpgraph.notation.layout.plate_ranges import RANGE_GAP, with_ranges
from tpgraph.notation.scene.geometry import (
    Box,
    box_around,
    contains,
    flatten,
    grown,
    overlap,
    union,
)
from tpgraph.notation.scene.painting import label_bounds, picture
from tpgraph.notation.scene.scene import Edge, Label, Plate, Point, Scene
from tpgraph.notation.scene.style import Style
from tpgraph.notation.scene.taken import node_boxes

__all__ = ["enclosed", "encloses_strangers", "plated", "renamed"]

_PADDING = 6.0  # pt between the marks and the frame
_APART = 2.0  # pt between a frame and what does not belong to its plate
_BEFORE = 9.0  # pt from dots to the frame behind them
_DOTS = {True: r"\cdots", False: r"\vdots"}


def plated(scene: Scene, folded: Folded, style: Style) -> Scene:
    """The scene of a folded diagram with its plates, and with dots for the products without a
    matrix.
    """
    left_out = [e for e in scene.edges if (e.source, e.target) in folded.dots]
    edges = tuple(e for e in scene.edges if (e.source, e.target) not in folded.dots)
    scene = replace(scene, edges=edges)
    boxes = _boxes(folded, scene, style)
    dots = [_dots(edge, boxes, style) for edge in left_out]
    scene = replace(scene, labels=(*scene.labels, *dots))
    frames = zip(folded.plates, boxes, strict=True)
    plates = [(Plate(plate.letter, *box), plate.label) for plate, box in frames]
    return with_ranges(scene, plates, style)


def renamed(scene: Scene, folded: Folded) -> Scene:
    """The scene with marks and matrices by their generic names."""
    names = folded.names
    return replace(
        scene,
        nodes=tuple(
            replace(n, id=names[n.id], variable="", statement="") if n.id in names else n
            for n in scene.nodes
        ),
        edges=tuple(_renamed(edge, folded) for edge in scene.edges),
    )


def enclosed(scene: Scene, letter: str, label: str, style: Style) -> Scene:
    """The scene in a plate around all of it, with this letter and label."""
    box = grown(picture(scene, style).bounds, _PADDING + 2.0 - style.margin)
    text = Label(label, box[2], box[1] - RANGE_GAP, "ne", style.caption_size)
    plate = Plate(letter, *box, text)
    return replace(scene, plates=(plate, *scene.plates))


def encloses_strangers(scene: Scene, folded: Folded, style: Style) -> bool:
    """Whether marks that do not belong to a plate would lie in it or on its frame, or two plates on
    each other.
    """
    boxes = _boxes(folded, scene, style)
    for plate, box in zip(folded.plates, boxes, strict=True):
        strangers = (n for n in scene.nodes if n.id not in plate.members)
        if any(overlap(box, own, _APART) for n in strangers for own in node_boxes(n)):
            return True
    pairs = combinations(zip(folded.plates, boxes, strict=True), 2)
    return any(
        overlap(a, b, _APART)
        for (p, a), (q, b) in pairs
        if not (p.members > q.members or q.members > p.members)
    )


def _renamed(edge: Edge, folded: Folded) -> Edge:
    names = folded.names
    return replace(
        edge,
        source=names.get(edge.source, edge.source),
        target=names.get(edge.target, edge.target),
        matrix=names.get(edge.matrix, edge.matrix) if edge.matrix else None,
    )


def _dots(edge: Edge, boxes: Sequence[Box], style: Style) -> Label:
    """Dots in the middle of a line, as far as it lies outside of plates; where it would lead
    aslant into one or out of it, before that or before its end.
    """
    start, end = edge.points[0], edge.points[-1]
    boxes = [box for box in boxes if not (contains(box, start) and contains(box, end))]
    flat = _is_flat(start, end, boxes)
    if abs(end[1] - start[1] if flat else end[0] - start[0]) > style.vector_diameter:
        x, y = _dots_aslant(start, end, boxes, flat)
    else:
        x, y = _middle_outside(start, end, boxes)
    return Label(_DOTS[flat], x, y, "center", style.label_size)


def _is_flat(start: Point, end: Point, boxes: Sequence[Box]) -> bool:
    """Whether a line leads to a side: into the plate at its end or out of that at its start, if one
    side of that alone lies between; else as it slopes.
    """
    for box in boxes:
        for inner, outer in ((start, end), (end, start)):
            if contains(box, inner):
                beside = not box[0] <= outer[0] <= box[2]
                if beside == (box[1] <= outer[1] <= box[3]):
                    return beside
    return abs(end[0] - start[0]) >= abs(end[1] - start[1])


def _dots_aslant(start: Point, end: Point, boxes: Sequence[Box], flat: bool) -> Point:
    """A place on the level of a line's end: before the plate around it, else behind that around
    its start.
    """
    entered = [box for box in boxes if contains(box, end)]
    if entered:
        left, bottom, right, top = max(entered, key=lambda box: box[2] - box[0])
        if flat:
            return left - _BEFORE if start[0] < end[0] else right + _BEFORE, end[1]
        return end[0], bottom - _BEFORE if start[1] < end[1] else top + _BEFORE
    level = (start[0], end[1]) if flat else (end[0], start[1])
    bands = [
        (b[0], -math.inf, b[2], math.inf) if flat else (-math.inf, b[1], math.inf, b[3])
        for b in boxes
    ]
    return _middle_outside(level, end, bands)


def _middle_outside(start: Point, end: Point, boxes: Sequence[Box]) -> Point:
    """The middle of what lies outside of plates of a straight line; its own if nothing does."""
    (x0, y0), (x1, y1) = start, end
    steps = [(x0 + (x1 - x0) * k / 40, y0 + (y1 - y0) * k / 40) for k in range(41)]
    free = [p for p in steps if not any(contains(box, p) for box in boxes)] or steps
    return free[len(free) // 2]


def _boxes(folded: Folded, scene: Scene, style: Style) -> list[Box]:
    """The frames of all plates, those of outer plates around inner ones and their labels."""
    own = [_box(plate, scene, []) for plate in folded.plates]
    room = style.caption_size + 2 * RANGE_GAP
    boxes = []
    for plate in folded.plates:
        pairs = zip(folded.plates, own, strict=True)
        inner = [
            (left, bottom - room, right, top + room)
            for other, (left, bottom, right, top) in pairs
            if other.members < plate.members
        ]
        boxes.append(_box(plate, scene, inner))
    return boxes


def _box(plate: PlateOf, scene: Scene, inner: Sequence[Box]) -> Box:
    """The frame around the marks of a plate, their labels, the lines between, and inner plates."""
    boxes = [box for n in scene.nodes if n.id in plate.members for box in node_boxes(n)]
    boxes += inner
    inside = [e for e in scene.edges if {e.source, e.target} <= plate.members]
    boxes += [box for edge in inside for box in _edge_boxes(edge)]
    return grown(union(boxes), _PADDING)


def _edge_boxes(edge: Edge) -> Iterator[Box]:
    yield box_around(flatten(edge.points, edge.curve))
    if edge.label is not None:
        yield label_bounds(edge.label)

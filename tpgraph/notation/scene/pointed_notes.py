"""Words that an author sets beside marks and products, with pointers where they stand apart."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import TypeAlias

from tpgraph.notation.scene.geometry import Box, flatten, grown, union
from tpgraph.notation.scene.painting import label_bounds
from tpgraph.notation.scene.scene import Arrow, Edge, Label, Point, Scene
from tpgraph.notation.scene.style import Style
from tpgraph.notation.scene.taken import hits, line_pieces, mark_boxes, node_boxes, taken_boxes
from tpgraph.program.hints import Hint

__all__ = ["free_pointer", "noted"]

_STEP = 3.0
_FARTHEST = 25
_FAR, _FAR_STEP = 160, 10  # pt, where words may stand that point at their mark
_NEAR = 8.0  # pt from words to what they are of, beyond which they point at it
_BESIDE_LINE = 1.5  # pt from a pointer's end to the line that it points at
_STARTS = 12  # places along words from which they may point
_TRIED = 200  # places from which pointers cross something, the nearest

_Way: TypeAlias = tuple[Point, ...]
"""A pointer from words to what they are of; empty where they stand beside it."""


@dataclass(frozen=True)
class _Target:
    """What words are of: boxes at any of which they may point, and all that is its own."""

    boxes: Sequence[Box]
    own: frozenset[Box]


_Ways: TypeAlias = Callable[[Box, _Target], Iterator[_Way]]
"""Pointers from words to what they are of, those that are to be preferred first."""


def noted(scene: Scene, hint: Hint, style: Style) -> Scene:
    r"""The scene with the words of a hint, lines of which `\\` parts.

    They stand where nothing else does, as near as can be to the mark or product that they are of,
    or among several between them; from afar, and to several, a thin arrow points, which crosses
    nothing, or where it has to, no mark and no label, or as few as can be.
    """
    targets = [*_targets(scene, hint)]
    if not targets:
        return scene
    text = r"\\".join(rf"\textit{{{line.strip()}}}" for line in hint.text.split(r"\\"))
    obstacles, marks = list(taken_boxes(scene)), list(mark_boxes(scene))
    around = union(box for target in targets for box in target.boxes)
    near = _places(around, style) if len(targets) == 1 else ()
    places = (replace(place, text=text) for place in (*near, *_far_places(around, style)))
    free: list[Label] = []
    for label in places:
        if hits(label_bounds(label), obstacles):
            continue
        free.append(label)
        found = _pointers(label, targets, _nearest_way, obstacles)
        if found is not None:
            return _with_words(scene, label, found)
    for ways, label in product((_nearest_way, _all_ways), free[:_TRIED]):
        found = _pointers(label, targets, ways, marks)
        if found is not None:
            return _with_words(scene, label, found)
    label = free[0] if free else replace(next(_places(around, style)), text=text)
    return _with_words(scene, label, _pointers(label, targets, _nearest_way, ()) or ())


def _pointers(
    label: Label, targets: Sequence[_Target], ways: _Ways, obstacles: Sequence[Box]
) -> list[_Way] | None:
    """The pointers of words, which cross nothing; None where one does."""
    words = label_bounds(label)
    found = [_first_free(ways(words, target), target, obstacles) for target in targets]
    return None if None in found else [way for way in found if way]


def _first_free(ways: Iterable[_Way], target: _Target, obstacles: Sequence[Box]) -> _Way | None:
    """The first way that crosses nothing but its own mark; None if each does."""
    others = [box for box in obstacles if box not in target.own]
    return next((way for way in ways if not _crosses(way, others)), None)


def _crosses(way: _Way, boxes: Sequence[Box]) -> bool:
    return any(hits(piece, boxes) for piece in line_pieces(way, False))


def _nearest_way(words: Box, target: _Target) -> Iterator[_Way]:
    """The way from words to a mark or its label, whichever is nearer; none where they are beside
    it.
    """
    ends = [(_nearest(words, _middle(box)), box) for box in target.boxes]
    start, box = min(ends, key=lambda end: math.dist(end[0], _nearest(end[1], end[0])))
    yield _way(start, box)


def _all_ways(words: Box, target: _Target) -> Iterator[_Way]:
    """Ways from anywhere along the upper or the lower edge of words."""
    _, bottom, _, top = words
    high = bottom if _middle(target.boxes[0])[1] < bottom else top
    yield from (_way(start, target.boxes[0]) for start in _starts(words, high))


def _starts(words: Box, y: float) -> Iterator[Point]:
    """Places at a height along words."""
    left, _, right, _ = words
    return ((left + (right - left) * k / _STARTS, y) for k in range(_STARTS + 1))


def _way(start: Point, box: Box) -> _Way:
    """From words to the nearest point of a box, a little short at both ends; none if it is near."""
    tip = _nearest(box, start)
    length = math.dist(start, tip)
    if length <= _NEAR:
        return ()
    ux, uy = (tip[0] - start[0]) / length, (tip[1] - start[1]) / length
    return (start[0] + ux, start[1] + uy), (tip[0] - ux, tip[1] - uy)


def free_pointer(scene: Scene, words: Box, edge: Edge) -> _Way:
    """A way from the upper edge of words below a picture to a product: as short as can be among
    those that cross nothing, or else no mark and no label.
    """
    target = _product(edge)
    x, y = _middle(union(_middle_third(edge)))
    tip = x, y - 2 * _BESIDE_LINE
    starts = _starts(words, words[3] + 2 * _BESIDE_LINE)
    ways = sorted(((start, tip) for start in starts), key=lambda way: math.dist(*way))
    for obstacles in (list(taken_boxes(scene)), list(mark_boxes(scene))):
        free = _first_free(ways, target, obstacles)
        if free is not None:
            return free
    return ways[0]


def _targets(scene: Scene, hint: Hint) -> Iterator[_Target]:
    """The first mark of every variable, and all products of every matrix."""
    for name in hint.names:
        node = next((node for node in scene.nodes if node.variable == name), None)
        if node is not None:
            boxes = list(node_boxes(node))
            yield _Target(boxes, frozenset(boxes))
        yield from (_product(edge) for edge in scene.edges if edge.matrix == name)


def _product(edge: Edge) -> _Target:
    """A line, at whose middle third one points, or at its label."""
    label = [] if edge.label is None else [label_bounds(edge.label)]
    own = frozenset((*line_pieces(edge.points, edge.curve), *label))
    return _Target([*_middle_third(edge), *label], own)


def _middle_third(edge: Edge) -> list[Box]:
    """The boxes of the pieces of a line around its middle, or of all if none is there."""
    pieces = list(line_pieces(edge.points, edge.curve))
    line = flatten(edge.points, edge.curve)
    middle = _middle((*line[0], *line[-1]))
    reach = math.dist(line[0], line[-1]) / 6
    inner = [box for box in pieces if math.dist(_middle(box), middle) <= reach] or pieces
    return [grown(box, _BESIDE_LINE) for box in inner]


def _with_words(scene: Scene, label: Label, pointers: Iterable[_Way]) -> Scene:
    arrows = (Arrow(pointer, thin=True) for pointer in pointers)
    return replace(scene, labels=(*scene.labels, label), arrows=(*scene.arrows, *arrows))


def _middle(box: Box) -> Point:
    """The point in the middle of a box."""
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def _nearest(box: Box, point: Point) -> Point:
    """The point of a box that is nearest to another."""
    left, bottom, right, top = box
    return min(max(point[0], left), right), min(max(point[1], bottom), top)


def _places(around: Box, style: Style) -> Iterator[Label]:
    """Below a mark and above it, first under its middle, then aside, ever farther away."""
    x, low, high = _middle(around)[0], around[1], around[3]
    for k, aside in product(range(_FARTHEST), (0.0, -12.0, 12.0, -24.0, 24.0)):
        yield Label("", x + aside, low - 2 - k * _STEP, "n", style.caption_size)
        yield Label("", x + aside, high + 2 + k * _STEP, "s", style.caption_size)


def _far_places(around: Box, style: Style) -> Iterator[Label]:
    """Places all around, by their distance: where words stand that point at the mark."""
    x, low, high = _middle(around)[0], around[1], around[3]
    ways = product(range(0, _FAR, _FAR_STEP), range(-_FAR, _FAR + 1, _FAR_STEP))
    for down, aside in sorted(ways, key=lambda way: (math.hypot(*way), way)):
        yield Label("", x + aside, low - 2 - down, "n", style.caption_size)
        yield Label("", x + aside, high + 2 + down, "s", style.caption_size)

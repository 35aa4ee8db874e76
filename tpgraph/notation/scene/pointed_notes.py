"""Words that an author sets beside marks and products, with pointers where they stand apart."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from tpgraph.notation.scene.geometry import Box, flatten, grown, union
from tpgraph.notation.scene.painting import label_bounds
from tpgraph.notation.scene.scene import Arrow, Edge, Label, Point, Scene
from tpgraph.notation.scene.style import Style
from tpgraph.notation.scene.taken import hits, line_pieces, mark_boxes, node_boxes, taken_boxes
from tpgraph.program.hints import Hint

__all__ = ["noted"]

_STEP = 3.0
_FARTHEST = 25
_FAR, _FAR_STEP = 160, 10  # pt, where words may stand that point at their mark
_NEAR = 8.0  # pt from words to what they are of, beyond which they point at it
_BESIDE_LINE = 1.5  # pt from a pointer's end to the line that it points at

_Pointer = tuple[Point, Point]


@dataclass(frozen=True)
class _Target:
    """What words are of: boxes at any of which they may point, and all that is its own."""

    boxes: Sequence[Box]
    own: Collection[Box]


def noted(scene: Scene, hint: Hint, style: Style) -> Scene:
    r"""The scene with the words of a hint, lines of which `\\` parts.

    They stand where nothing else does, as near as can be to the mark or product that they are of,
    or among several between them; from afar, and to several, a thin arrow points, which crosses
    nothing, or where it has to, no mark and no label.
    """
    targets = [*_targets(scene, hint)]
    if not targets:
        return scene
    text = r"\\".join(rf"\textit{{{line.strip()}}}" for line in hint.text.split(r"\\"))
    obstacles, marks = list(taken_boxes(scene)), list(mark_boxes(scene))
    around = union(box for target in targets for box in target.boxes)
    near = _places(around, style) if len(targets) == 1 else ()
    across: tuple[Label, list[_Pointer]] | None = None
    for place in (*near, *_far_places(around, style)):
        label = replace(place, text=text)
        if hits(label_bounds(label), obstacles):
            continue
        pointers = [(_pointer(label_bounds(label), target), target) for target in targets]
        drawn = [(pointer, target) for pointer, target in pointers if pointer is not None]
        found = [pointer for pointer, _ in drawn]
        if not any(_crosses(*one, obstacles) for one in drawn):
            return _with_words(scene, label, found)
        if across is None and not any(_crosses(*one, marks) for one in drawn):
            across = label, found
    if across is not None:
        return _with_words(scene, *across)
    return _with_words(scene, replace(next(_places(around, style)), text=text), [])


def _targets(scene: Scene, hint: Hint) -> Iterator[_Target]:
    """The first mark of every variable, and all products of every matrix."""
    for name in hint.names:
        node = next((node for node in scene.nodes if node.variable == name), None)
        if node is not None:
            boxes = list(node_boxes(node))
            yield _Target(boxes, frozenset(boxes))
        yield from (_product(edge) for edge in scene.edges if edge.matrix == name)


def _product(edge: Edge) -> _Target:
    """A line, at whose middle third one points."""
    pieces = list(line_pieces(edge.points, edge.curve))
    line = flatten(edge.points, edge.curve)
    middle = _middle((*line[0], *line[-1]))
    reach = math.dist(line[0], line[-1]) / 6
    inner = [box for box in pieces if math.dist(_middle(box), middle) <= reach] or pieces
    label = [] if edge.label is None else [label_bounds(edge.label)]
    return _Target([grown(box, _BESIDE_LINE) for box in inner] + label, {*pieces, *label})


def _with_words(scene: Scene, label: Label, pointers: Iterable[_Pointer]) -> Scene:
    arrows = (Arrow(pointer, thin=True) for pointer in pointers)
    return replace(scene, labels=(*scene.labels, label), arrows=(*scene.arrows, *arrows))


def _crosses(pointer: _Pointer, target: _Target, obstacles: Iterable[Box]) -> bool:
    """Whether a line crosses anything that is not its own mark."""
    pieces = list(line_pieces(pointer, False))
    others = [box for box in obstacles if box not in target.own]
    return any(hits(piece, others) for piece in pieces)


def _pointer(words: Box, target: _Target) -> _Pointer | None:
    """The way from words to a mark or its label, whichever is nearer; None where they are beside
    it.
    """
    ends = [(_nearest(words, _middle(box)), box) for box in target.boxes]
    start, box = min(ends, key=lambda end: math.dist(end[0], _nearest(end[1], end[0])))
    tip = _nearest(box, start)
    length = math.dist(start, tip)
    if length <= _NEAR:
        return None
    ux, uy = (tip[0] - start[0]) / length, (tip[1] - start[1]) / length
    return (start[0] + ux, start[1] + uy), (tip[0] - ux, tip[1] - uy)


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

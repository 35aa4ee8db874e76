"""A scene with what its author said of it: colours, marks left out, boxes, notes."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise, product

from tpgraph.errors import TPWarning
from tpgraph.notation.scene.geometry import Box, box_around, flatten, grown, overlap, union
from tpgraph.notation.scene.painting import label_bounds
from tpgraph.notation.scene.scene import Arrow, ContextBox, Edge, Label, Node, Point, Scene
from tpgraph.notation.scene.style import Style
from tpgraph.program.hints import Hint

__all__ = ["hinted"]

_PADDING = 5.0
_STEP = 3.0
_FARTHEST = 25
_FAR, _FAR_STEP = 160, 10  # pt, where words may stand that point at their mark
_PIECE = 6.0
_NEAR = 8.0  # pt from words to what they are of, beyond which they point at it
_TINTS = "grey", "blue", "green", "orange"


def hinted(scene: Scene, hints: Sequence[Hint], style: Style, everything: bool = False) -> Scene:
    """The scene with its hints; what they name and the scene does not show is passed over, and with
    `everything` nothing is hidden.

    Warns by a TPWarning of a box in which marks lie that do not belong to it.
    """
    if not hints:
        return scene
    for hint in hints:
        if hint.kind == "color":
            edges = tuple(_coloured(edge, hint) for edge in scene.edges)
            scene = replace(scene, edges=edges)
        elif hint.kind == "hide" and not everything:
            scene = _without(scene, frozenset(hint.names))
    scene = _boxed(scene, [hint for hint in hints if hint.kind == "group"], style)
    for hint in hints:
        if hint.kind == "note":
            scene = _noted(scene, hint, style)
    return scene


def _variable(node: Node) -> str:
    """The variable of a mark; one that stands in several places has a number behind its name."""
    return node.id.partition("@")[0]


def _statement(node: Node) -> str:
    """The variable whose statement a mark is of."""
    return _variable(node).partition("~")[0]


def _coloured(edge: Edge, hint: Hint) -> Edge:
    if edge.matrix not in hint.names:
        return edge
    label = edge.label and replace(edge.label, color=hint.text)
    return replace(edge, color=hint.text, label=label)


def _without(scene: Scene, names: frozenset[str]) -> Scene:
    """Without the marks of these variables, their lines, and gates that make nothing else."""
    gone = {node.id for node in scene.nodes if not node.is_gate and _variable(node) in names}
    made: dict[str, set[str]] = {}
    for edge in scene.edges:
        made.setdefault(edge.source, set()).add(edge.target)
    gates = (node.id for node in scene.nodes if node.is_gate)
    gone |= {gate for gate in gates if made.get(gate) and made[gate] <= gone}
    return replace(
        scene,
        nodes=tuple(node for node in scene.nodes if node.id not in gone),
        edges=tuple(e for e in scene.edges if not {e.source, e.target} & gone),
    )


def _boxed(scene: Scene, groups: Sequence[Hint], style: Style) -> Scene:
    """Boxes around what belongs together, the smaller ones above and inside of the larger; in a
    folded picture those whose marks are all there.
    """
    found: list[tuple[frozenset[str], ContextBox]] = []
    lines = [*_arrows(scene), *(label_bounds(label) for label in scene.labels)]
    for hint in sorted(groups, key=lambda group: len(set(group.names))):
        members = frozenset(_members(scene, frozenset(hint.names)))
        drawn = {_variable(node) for node in scene.nodes if node.id in members}
        if not members or (scene.plates and not drawn.issuperset(hint.names)):
            continue
        inner = [_outline(box) for inside, box in found if inside <= members]
        bounds = union([*_taken(scene, members), *inner])
        box = _box(hint, bounds, len(found), style, lines)
        _warn_of_strangers(scene, members, hint, box)
        found.append((members, box))
    boxes = [box for _, box in reversed(found)]
    return replace(scene, contexts=(*scene.contexts, *boxes)) if boxes else scene


def _members(scene: Scene, names: frozenset[str]) -> Iterator[str]:
    """The marks of variables and of the unnamed values of their statements; the gates that make
    those alone.
    """
    own = {node.id for node in scene.nodes if not node.is_gate and _statement(node) in names}
    yield from own
    for gate in (node for node in scene.nodes if node.is_gate):
        if own.issuperset(e.target for e in scene.edges if e.source == gate.id):
            yield gate.id


def _taken(scene: Scene, members: frozenset[str]) -> Iterator[Box]:
    for node in scene.nodes:
        if node.id in members:
            yield from _boxes_of(node)
    for edge in scene.edges:
        if edge.source in members and edge.target in members:
            yield box_around(edge.points)
            if edge.label is not None:
                yield label_bounds(edge.label)


def _boxes_of(node: Node) -> Iterator[Box]:
    half = node.width / 2, max(node.height, node.bar) / 2
    yield node.x - half[0], node.y - half[1], node.x + half[0], node.y + half[1]
    if node.label is not None:
        yield label_bounds(node.label)
    if node.note is not None:
        yield node.note.left, node.note.bottom, node.note.right, node.note.top


def _box(hint: Hint, bounds: Box, number: int, style: Style, lines: Sequence[Box]) -> ContextBox:
    """A box with room for its caption in its upper left corner, or where lines are in the lower."""
    left, bottom, right, top = grown(bounds, _PADDING)
    if not hint.text:
        return ContextBox(f"group {number}", left, bottom, right, top, _TINTS[number % 4])
    caption = Label(rf"\textit{{{hint.text}}}", left + _PADDING, top, "sw", style.caption_size)
    if _hits(label_bounds(caption), lines):
        caption = replace(caption, y=bottom, anchor="nw")
    said = label_bounds(caption)
    right, top = max(right, said[2] + _PADDING), max(top, said[3] + _PADDING)
    bottom = min(bottom, said[1] - _PADDING)
    tint = _TINTS[number % len(_TINTS)]
    return ContextBox(f"group {number}", left, bottom, right, top, tint, caption)


def _outline(box: ContextBox) -> Box:
    return box.left, box.bottom, box.right, box.top


def _warn_of_strangers(scene: Scene, members: frozenset[str], hint: Hint, box: ContextBox) -> None:
    inside = [
        _variable(node)
        for node in scene.nodes
        if node.id not in members
        and not node.is_gate
        and box.left < node.x < box.right
        and box.bottom < node.y < box.top
    ]
    if inside:
        named = ", ".join(dict.fromkeys(inside))
        text = f'the box of group "{hint.text}" also holds {named}, which is not of the group'
        warnings.warn(TPWarning(text, hint.span), stacklevel=4)


def _noted(scene: Scene, hint: Hint, style: Style) -> Scene:
    """Words where nothing else stands, as near to the mark as can be; from afar they point at it by
    a thin arrow that crosses nothing, or where it has to, no mark and no label.
    """
    node = next((n for n in scene.nodes if _variable(n) in hint.names), None)
    if node is None:
        return scene
    obstacles, own = list(_obstacles(scene)), list(_boxes_of(node))
    marks = [box for one in scene.nodes for box in _boxes_of(one)]
    marks += [label_bounds(edge.label) for edge in scene.edges if edge.label is not None]
    text = rf"\textit{{{hint.text}}}"
    across: tuple[Label, tuple[Point, Point]] | None = None
    for place in (*_places(node, style), *_far_places(node, style)):
        label = replace(place, text=text)
        if _hits(label_bounds(label), obstacles):
            continue
        pointer = _pointer(label_bounds(label), own)
        if pointer is None or not _crosses(pointer, obstacles, own):
            return _with_words(scene, label, pointer)
        if across is None and not _crosses(pointer, marks, own):
            across = label, pointer
    if across is not None:
        return _with_words(scene, *across)
    return _with_words(scene, replace(next(_places(node, style)), text=text), None)


def _with_words(scene: Scene, label: Label, pointer: tuple[Point, Point] | None) -> Scene:
    arrows = () if pointer is None else (Arrow(pointer, thin=True),)
    return replace(scene, labels=(*scene.labels, label), arrows=(*scene.arrows, *arrows))


def _crosses(pointer: tuple[Point, Point], obstacles: Iterable[Box], own: Sequence[Box]) -> bool:
    """Whether a line crosses anything that is not its own mark."""
    pieces = list(_pieces(pointer, False))
    others = [box for box in obstacles if box not in own]
    return any(_hits(piece, others) for piece in pieces)


def _pointer(words: Box, own: Sequence[Box]) -> tuple[Point, Point] | None:
    """The way from words to a mark or its label, whichever is nearer; None where they are beside
    it.
    """
    ends = [(_nearest(words, _middle(box)), box) for box in own]
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


def _places(node: Node, style: Style) -> Iterator[Label]:
    """Below the mark and above it, first under its middle, then aside, ever farther away."""
    boxes = list(_boxes_of(node))
    _, low, _, high = union(boxes)
    for k, aside in product(range(_FARTHEST), (0.0, -12.0, 12.0, -24.0, 24.0)):
        yield Label("", node.x + aside, low - 2 - k * _STEP, "n", style.caption_size)
        yield Label("", node.x + aside, high + 2 + k * _STEP, "s", style.caption_size)


def _far_places(node: Node, style: Style) -> Iterator[Label]:
    """Places all around, by their distance: where words stand that point at the mark."""
    _, low, _, high = union(_boxes_of(node))
    ways = product(range(0, _FAR, _FAR_STEP), range(-_FAR, _FAR + 1, _FAR_STEP))
    for down, aside in sorted(ways, key=lambda way: (math.hypot(*way), way)):
        yield Label("", node.x + aside, low - 2 - down, "n", style.caption_size)
        yield Label("", node.x + aside, high + 2 + down, "s", style.caption_size)


def _obstacles(scene: Scene) -> Iterator[Box]:
    for node in scene.nodes:
        yield from _boxes_of(node)
    for edge in scene.edges:
        yield from _pieces(edge.points, edge.curve)
        if edge.label is not None:
            yield label_bounds(edge.label)
    yield from _arrows(scene)
    for plate in scene.plates:
        a, b, c, d = plate.left, plate.bottom, plate.right, plate.top
        corners = (a, b), (c, b), (c, d), (a, d), (a, b)
        yield from (box_around(side) for side in pairwise(corners))
    captions = (box.caption for box in scene.contexts)
    frames = (plate.label for plate in scene.plates)
    for label in (*scene.labels, *captions, *frames):
        if label is not None:
            yield label_bounds(label)


def _arrows(scene: Scene) -> Iterator[Box]:
    for arrow in scene.arrows:
        yield from _pieces(arrow.points, arrow.curve)
        yield from map(label_bounds, arrow.labels)


def _pieces(points: tuple[Point, ...], curve: bool) -> Iterator[Box]:
    """A line as boxes of short pieces of it."""
    for (a, b), (c, d) in pairwise(flatten(points, curve)):
        count = max(1, math.ceil(math.dist((a, b), (c, d)) / _PIECE))
        ends = [(a + (c - a) * k / count, b + (d - b) * k / count) for k in range(count + 1)]
        yield from (box_around(piece) for piece in pairwise(ends))


def _hits(box: Box, obstacles: Iterable[Box]) -> bool:
    return any(overlap(box, other, 1.0) for other in obstacles)

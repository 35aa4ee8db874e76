"""A scene with what its author said of it: colours, marks left out, boxes, notes; and whether marks
stand above which they should.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tpgraph.errors import TPWarning, warn
from tpgraph.notation.scene.geometry import Box, box_around, grown, union
from tpgraph.notation.scene.painting import label_bounds
from tpgraph.notation.scene.pointed_notes import noted
from tpgraph.notation.scene.scene import ContextBox, Direction, Edge, Label, Scene
from tpgraph.notation.scene.style import Style
from tpgraph.notation.scene.taken import arrow_boxes, hits, node_boxes, outline_of
from tpgraph.program.hints import Hint

__all__ = ["hinted"]

_PADDING = 5.0
_TINTS = "grey", "blue", "green", "orange"


def hinted(
    scene: Scene,
    hints: Sequence[Hint],
    style: Style,
    direction: Direction = "LR",
    everything: bool = False,
) -> Scene:
    """The scene, whose computation runs in a direction, with its hints; what they name and the
    scene does not show is passed over, and with `everything` nothing is hidden.

    Warns by a TPWarning of a box in which marks lie that do not belong to it, and of marks that the
    layout could not put above each other.
    """
    if not hints:
        return scene
    _warn_of_disorder(scene, hints, direction in ("LR", "RL"))
    for hint in hints:
        if hint.kind == "color":
            edges = tuple(_coloured(edge, hint) for edge in scene.edges)
            scene = replace(scene, edges=edges)
        elif hint.kind == "hide" and not everything:
            scene = _without(scene, frozenset(hint.names))
    scene = _boxed(scene, [hint for hint in hints if hint.kind == "group"], style)
    for hint in hints:
        if hint.kind == "note":
            scene = noted(scene, hint, style)
    return scene


def _warn_of_disorder(scene: Scene, hints: Sequence[Hint], sideways: bool) -> None:
    """Warn of each hint by which a mark should stand above another, and does not."""
    height: dict[str, float] = {}
    for node in scene.nodes:
        if node.variable and not node.is_gate:
            height.setdefault(node.variable, node.y if sideways else -node.x)
    for hint in hints:
        wrong = [
            f"{upper} above {lower}"
            for upper, lower in hint.standing
            if upper in height and lower in height and height[upper] <= height[lower]
        ]
        if wrong:
            text = f"the picture has no room for {', '.join(wrong[:3])}"
            warn(TPWarning(text, hint.span))


def _coloured(edge: Edge, hint: Hint) -> Edge:
    if edge.matrix not in hint.names:
        return edge
    label = edge.label and replace(edge.label, color=hint.text)
    return replace(edge, color=hint.text, label=label)


def _without(scene: Scene, names: frozenset[str]) -> Scene:
    """Without the marks of these variables, their lines, and gates that make nothing else."""
    gone = {node.id for node in scene.nodes if not node.is_gate and node.variable in names}
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
    lines = [*arrow_boxes(scene), *(label_bounds(label) for label in scene.labels)]
    for hint in sorted(groups, key=lambda group: len(set(group.names))):
        members = frozenset(_members(scene, frozenset(hint.names)))
        drawn = {node.variable for node in scene.nodes if node.id in members}
        if not members or (scene.plates and not drawn.issuperset(hint.names)):
            continue
        inner = [outline_of(box) for inside, box in found if inside <= members]
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
    own = {node.id for node in scene.nodes if not node.is_gate and node.statement in names}
    yield from own
    for gate in (node for node in scene.nodes if node.is_gate):
        if own.issuperset(e.target for e in scene.edges if e.source == gate.id):
            yield gate.id


def _taken(scene: Scene, members: frozenset[str]) -> Iterator[Box]:
    for node in scene.nodes:
        if node.id in members:
            yield from node_boxes(node)
    for edge in scene.edges:
        if edge.source in members and edge.target in members:
            yield box_around(edge.points)
            if edge.label is not None:
                yield label_bounds(edge.label)


def _box(hint: Hint, bounds: Box, number: int, style: Style, lines: Sequence[Box]) -> ContextBox:
    """A box with room for its caption in its upper left corner, or where lines are in the lower."""
    left, bottom, right, top = grown(bounds, _PADDING)
    if not hint.text:
        return ContextBox(f"group {number}", left, bottom, right, top, _TINTS[number % 4])
    caption = Label(rf"\textit{{{hint.text}}}", left + _PADDING, top, "sw", style.caption_size)
    if hits(label_bounds(caption), lines):
        caption = replace(caption, y=bottom, anchor="nw")
    said = label_bounds(caption)
    right, top = max(right, said[2] + _PADDING), max(top, said[3] + _PADDING)
    bottom = min(bottom, said[1] - _PADDING)
    tint = _TINTS[number % len(_TINTS)]
    return ContextBox(f"group {number}", left, bottom, right, top, tint, caption)


def _warn_of_strangers(scene: Scene, members: frozenset[str], hint: Hint, box: ContextBox) -> None:
    inside = [
        node.variable or node.id
        for node in scene.nodes
        if node.id not in members
        and not node.is_gate
        and box.left < node.x < box.right
        and box.bottom < node.y < box.top
    ]
    if inside:
        named = ", ".join(dict.fromkeys(inside))
        text = f'the box of group "{hint.text}" also holds {named}, which is not of the group'
        warn(TPWarning(text, hint.span))

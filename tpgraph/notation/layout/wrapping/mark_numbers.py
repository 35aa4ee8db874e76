"""Numbers beside marks without a name, by which they are found again in another row."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from tpgraph.notation.diagram.diagram import Side
from tpgraph.notation.layout.frame import Frame
from tpgraph.notation.scene.geometry import overlap
from tpgraph.notation.scene.painting import label_bounds
from tpgraph.notation.scene.scene import Label, Node, Scene
from tpgraph.notation.scene.style import Style
from tpgraph.notation.scene.taken import taken_boxes

__all__ = ["numbered", "stem_of"]

_SIDES: tuple[Side, ...] = ("below", "above", "after", "before")


def numbered(scene: Scene, frame: Frame, style: Style, marks: Collection[str]) -> Scene:
    """The scene with (1), (2), … beside those of the marks that have no name, where there is room;
    below them where there is none; what stands again has one number.
    """
    taken = list(taken_boxes(scene))
    nodes = []
    numbers: dict[str, int] = {}
    for node in scene.nodes:
        if node.id in marks and node.label is None and not node.is_gate:
            count = numbers.setdefault(stem_of(node), len(numbers) + 1)
            tries = [_beside(node, f"({count})", side, frame, style) for side in _SIDES]
            free = (
                label
                for label in tries
                if not any(overlap(label_bounds(label), box) for box in taken)
            )
            label = next(free, tries[0])
            taken.append(label_bounds(label))
            node = replace(node, label=label)
        nodes.append(node)
    return replace(scene, nodes=tuple(nodes))


def stem_of(node: Node) -> str:
    """The id of what a mark stands for, which marks that stand again share."""
    return node.id.partition("@")[0]


def _beside(node: Node, text: str, side: Side, frame: Frame, style: Style) -> Label:
    dx, dy = frame.shift(side, node.width / 2 + style.label_gap)
    return Label(text, node.x + dx, node.y + dy, frame.anchor(side), style.caption_size)

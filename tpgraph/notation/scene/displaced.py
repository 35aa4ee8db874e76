"""Pieces of a scene at another place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from tpgraph.notation.scene.geometry import Box
from tpgraph.notation.scene.scene import (
    Arrow,
    ContextBox,
    Edge,
    Label,
    Node,
    Note,
    PathOverlay,
    Plate,
    Point,
    Scene,
)

__all__ = ["displaced", "displaced_label", "moved"]

Framed = TypeVar("Framed", Note, ContextBox, Plate)


def displaced(scene: Scene, dx: float, dy: float) -> Scene:
    """The marks of a scene, all by so many pt; its lists, legend and shelf stay where they are."""
    return moved(scene, lambda point: (point[0] + dx, point[1] + dy))


def moved(scene: Scene, to: Callable[[Point], Point]) -> Scene:
    """The marks of a scene, every point where it is sent; lists, legend and shelf stay."""

    def points(line: tuple[Point, ...]) -> tuple[Point, ...]:
        return tuple(map(to, line))

    def label(text: Label | None) -> Label | None:
        if text is None:
            return None
        x, y = to((text.x, text.y))
        return replace(text, x=x, y=y)

    def labels(texts: tuple[Label, ...]) -> tuple[Label, ...]:
        return tuple(text for text in map(label, texts) if text is not None)

    def box(left: float, bottom: float, right: float, top: float) -> Box:
        return (*to((left, bottom)), *to((right, top)))

    def boxed(frame: Framed) -> Framed:
        left, bottom, right, top = box(frame.left, frame.bottom, frame.right, frame.top)
        return replace(frame, left=left, bottom=bottom, right=right, top=top)

    def note(annotated: Note | None) -> Note | None:
        if annotated is None:
            return None
        plot = annotated.plot and box(*annotated.plot)
        return replace(boxed(annotated), plot=plot, labels=labels(annotated.labels))

    def node(mark: Node) -> Node:
        x, y = to((mark.x, mark.y))
        return replace(mark, x=x, y=y, label=label(mark.label), note=note(mark.note))

    def edge(line: Edge) -> Edge:
        return replace(line, points=points(line.points), label=label(line.label))

    def path(overlay: PathOverlay) -> PathOverlay:
        dots = points(overlay.dots)
        return replace(
            overlay, points=points(overlay.points), dots=dots, labels=labels(overlay.labels)
        )

    def arrow(line: Arrow) -> Arrow:
        return replace(line, points=points(line.points), labels=labels(line.labels))

    return replace(
        scene,
        nodes=tuple(map(node, scene.nodes)),
        edges=tuple(map(edge, scene.edges)),
        contexts=tuple(replace(boxed(c), caption=label(c.caption)) for c in scene.contexts),
        plates=tuple(replace(boxed(p), label=label(p.label)) for p in scene.plates),
        paths=tuple(map(path, scene.paths)),
        arrows=tuple(map(arrow, scene.arrows)),
        labels=labels(scene.labels),
    )


def displaced_label(label: Label, dx: float, dy: float) -> Label:
    """A label by so many pt."""
    return replace(label, x=label.x + dx, y=label.y + dy)

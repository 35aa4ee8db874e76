"""Pieces of a scene at another place."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

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

__all__ = ["displaced", "displaced_label"]

Framed = TypeVar("Framed", Note, ContextBox, Plate)


def displaced(scene: Scene, dx: float, dy: float) -> Scene:
    """The marks of a scene, all by so many pt; its lists, legend and shelf stay where they are."""

    def points(line: tuple[Point, ...]) -> tuple[Point, ...]:
        return tuple((x + dx, y + dy) for x, y in line)

    def label(text: Label | None) -> Label | None:
        return None if text is None else displaced_label(text, dx, dy)

    def labels(texts: tuple[Label, ...]) -> tuple[Label, ...]:
        return tuple(displaced_label(text, dx, dy) for text in texts)

    def boxed(frame: Framed) -> Framed:
        return replace(
            frame,
            left=frame.left + dx,
            bottom=frame.bottom + dy,
            right=frame.right + dx,
            top=frame.top + dy,
        )

    def note(annotated: Note | None) -> Note | None:
        if annotated is None:
            return None
        plot = annotated.plot
        if plot is not None:
            plot = plot[0] + dx, plot[1] + dy, plot[2] + dx, plot[3] + dy
        return replace(boxed(annotated), plot=plot, labels=labels(annotated.labels))

    def node(mark: Node) -> Node:
        return replace(
            mark, x=mark.x + dx, y=mark.y + dy, label=label(mark.label), note=note(mark.note)
        )

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

"""One row of a picture that is cut: its own marks, and again those that its lines come from.

What is read from another row stands again before its reader, with its name: in its own place where
that is the next column, else where the line comes in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import fmean

from tpgraph.notation.diagram.diagram import Side, copy_id
from tpgraph.notation.layout.frame import Frame
from tpgraph.notation.layout.wrapping.apart_by_room import spread
from tpgraph.notation.layout.wrapping.cuts import RowCut
from tpgraph.notation.scene.clipping import clipped
from tpgraph.notation.scene.displaced import displaced_label
from tpgraph.notation.scene.geometry import Box, union
from tpgraph.notation.scene.painting import label_bounds
from tpgraph.notation.scene.scene import (
    Arrow,
    ContextBox,
    Edge,
    Label,
    Node,
    Point,
    Scene,
)
from tpgraph.notation.scene.taken import node_boxes

__all__ = ["row_of"]

_LABEL_GAP = 3.0  # pt between a mark and its name
_PADDING = 8.0  # pt between marks and the edge of their box where it is cut
_NEAR = 36.0  # pt between lines of one mark that come from one
_HELD = 1e6  # weight of a mark that stands in its own place


@dataclass(frozen=True)
class _Again:
    """A mark that stands again, and the lines that come from it if it is not in its own place."""

    node: Node
    edges: tuple[Edge, ...]
    extent: tuple[float, float]


def row_of(
    scene: Scene, frame: Frame, before: RowCut | None, behind: RowCut | None, taken: set[str]
) -> Scene:
    """What lies between two cuts, or before or behind one, where it stood in the picture; `taken`
    are the ids of all marks, to which those that stand again are added.
    """
    return _Row(scene, frame, before, behind, taken).scene()


class _Row:
    """A row while it is made."""

    def __init__(
        self,
        scene: Scene,
        frame: Frame,
        before: RowCut | None,
        behind: RowCut | None,
        taken: set[str],
    ) -> None:
        self.whole, self.frame = scene, frame
        self.before, self.behind = before, behind
        self.nodes = {node.id: node for node in scene.nodes}
        self.low = float("-inf") if before is None else before.at
        self.high = float("inf") if behind is None else behind.at
        self.made = {edge.target for edge in scene.edges}
        self.readers: dict[str, list[str]] = defaultdict(list)
        for edge in scene.edges:
            self.readers[edge.source].append(edge.target)
        self.copies: dict[str, Node] = {}
        self.ids = taken

    def scene(self) -> Scene:
        """The marks, lines, boxes and texts of the row."""
        own = [node for node in self.whole.nodes if self._is_own(node)]
        edges, far = self._edges({node.id for node in own})
        for cut in (self.before, self.behind):
            if cut is not None:
                edges += self._far_edges([edge for edge in far if self._comes_by(edge, cut)], cut)
        nodes = (*self.copies.values(), *own)
        box = self._box(union(box for node in nodes for box in node_boxes(node)))
        return Scene(
            nodes=nodes,
            edges=tuple(edges),
            contexts=tuple(self._contexts(own, box)),
            plates=tuple(p for p in self.whole.plates if self._holds(p.left, p.bottom)),
            arrows=tuple(self._arrows(box)),
            labels=tuple(t for t in self.whole.labels if self._has(t)),
        )

    def _along(self, point: Point) -> float:
        return self.frame.back(*point)[0]

    def _across(self, point: Point) -> float:
        return self.frame.back(*point)[1]

    def _box(self, box: Box) -> Box:
        return self.frame.box_back(box)

    def _holds(self, x: float, y: float) -> bool:
        return self.low < self._along((x, y)) < self.high

    def _is_own(self, node: Node) -> bool:
        """Whether a mark is of the row; what is given and read in other rows alone is of those."""
        if not self._holds(node.x, node.y) or node.id in self.made:
            return self._holds(node.x, node.y)
        targets = [self.nodes[target] for target in self.readers[node.id]]
        return not targets or any(self._holds(target.x, target.y) for target in targets)

    def _has(self, label: Label) -> bool:
        left, bottom, right, top = label_bounds(label)
        return self._holds((left + right) / 2, (bottom + top) / 2)

    def _edges(self, own: set[str]) -> tuple[list[Edge], list[Edge]]:
        """The lines to the row's marks that are whole, and those that come from farther away."""
        edges: list[Edge] = []
        far: list[Edge] = []
        for edge in self.whole.edges:
            if edge.target not in own:
                continue
            source = self.nodes[edge.source]
            cuts = (cut for cut in (self.before, self.behind) if cut is not None)
            if edge.source in own:
                edges.append(edge)
            elif any(cut.is_beside(self._along((source.x, source.y))) for cut in cuts):
                edges.append(replace(edge, source=self._again(source).id))
            else:
                far.append(edge)
        return edges, far

    def _again(self, source: Node) -> Node:
        """The source in its own place, once for all its readers in the row."""
        if source.id not in self.copies:
            self.copies[source.id] = replace(source, id=self._new_id(source), note=None)
        return self.copies[source.id]

    def _new_id(self, source: Node) -> str:
        found = next(
            name
            for number in range(1, len(self.ids) + 2)
            if (name := copy_id(source.id, number)) not in self.ids
        )
        self.ids.add(found)
        return found

    def _comes_by(self, edge: Edge, cut: RowCut) -> bool:
        source = self.nodes[edge.source]
        along = self._along((source.x, source.y))
        return along > cut.at if cut is self.behind else along < cut.at

    def _far_edges(self, edges: Sequence[Edge], cut: RowCut) -> list[Edge]:
        """Lines from a mark that stands again where they come in, those of one mark from one."""
        again: list[_Again] = [
            _Again(node, (), self._extent(node))
            for node in self.copies.values()
            if cut.is_beside(self._along((node.x, node.y)))
        ]
        again += [self._arrival(lines, cut) for lines in self._together(edges, cut, again)]
        again.sort(key=lambda one: -self._across((one.node.x, one.node.y)))
        heights = spread(
            [self._across((one.node.x, one.node.y)) for one in again],
            [one.extent for one in again],
            [1.0 if one.edges else _HELD for one in again],
        )
        made = []
        for one, height in zip(again, heights, strict=True):
            if not one.edges:
                continue
            dx, dy = self.frame.point(0.0, height - self._across((one.node.x, one.node.y)))
            label = one.node.label and displaced_label(one.node.label, dx, dy)
            node = replace(one.node, x=one.node.x + dx, y=one.node.y + dy, label=label)
            self.copies[node.id] = node
            made += [self._from(node, edge) for edge in one.edges]
        return made

    def _together(
        self, edges: Sequence[Edge], cut: RowCut, fixed: Sequence[_Again]
    ) -> Iterator[list[tuple[Edge, tuple[Point, ...]]]]:
        """Lines of one mark that come in near each other, nothing between them; each cut off where
        the column beside the cut is.
        """
        low, high = (cut.last, self.high) if cut is self.before else (self.low, cut.first)
        lines = [
            (edge, (clipped(edge.points, edge.curve, self._along, low, high) or [edge.points])[-1])
            for edge in edges
        ]
        lines.sort(key=lambda line: -self._across(line[1][0]))
        marks = [self._across((one.node.x, one.node.y)) for one in fixed]
        group = lines[:1]
        for upper, lower in pairwise(lines):
            top, bottom = self._across(upper[1][0]), self._across(lower[1][0])
            apart = top - bottom > _NEAR or any(bottom < mark < top for mark in marks)
            if apart or upper[0].source != lower[0].source:
                yield group
                group = []
            group.append(lower)
        if group:
            yield group

    def _arrival(self, lines: Sequence[tuple[Edge, tuple[Point, ...]]], cut: RowCut) -> _Again:
        """The mark that some lines come from, at their middle, and the lines from there on."""
        forward = cut is self.before
        across = fmean(self._across(line[0]) for _, line in lines)
        x, y = self.frame.point(cut.last if forward else cut.first, across)
        source = self.nodes[lines[0][0].source]
        label = source.label
        if label is not None:
            beside: Side = "before" if forward else "after"
            dx, dy = self.frame.shift(beside, source.width / 2 + _LABEL_GAP)
            label = replace(label, x=x + dx, y=y + dy, anchor=self.frame.anchor(beside))
        node = replace(source, id=self._new_id(source), x=x, y=y, label=label, note=None)
        edges = tuple(replace(edge, source=node.id, points=line) for edge, line in lines)
        return _Again(node, edges, self._extent(node))

    def _extent(self, node: Node) -> tuple[float, float]:
        """What a mark and its name take across, below and above the centre."""
        _, low, _, high = self._box(union(node_boxes(node)))
        middle = self._across((node.x, node.y))
        return middle - low, high - middle

    def _from(self, node: Node, edge: Edge) -> Edge:
        """The line from the outline of the mark."""
        rest = edge.points[1:]
        toward = rest[0] if rest[0] != (node.x, node.y) else rest[-1]
        dx, dy = toward[0] - node.x, toward[1] - node.y
        length = (dx * dx + dy * dy) ** 0.5 or 1.0
        by = min(node.width / 2 / length, 1.0)
        return replace(edge, points=((node.x + by * dx, node.y + by * dy), *rest))

    def _contexts(self, own: Sequence[Node], box: Box) -> Iterator[ContextBox]:
        """Boxes around marks of the row, cut with it; a caption stays with the first piece."""
        for context in self.whole.contexts:
            outline = context.left, context.bottom, context.right, context.top
            left, bottom, right, top = self._box(outline)
            if (
                right < self.low
                or left > self.high
                or not any(
                    context.left < n.x < context.right and context.bottom < n.y < context.top
                    for n in own
                )
            ):
                continue
            first = left > self.low
            left = left if first else min(box[0] - _PADDING, self.low)
            right = right if right < self.high else max(box[2] + _PADDING, left)
            a = self.frame.point(left, bottom)
            b = self.frame.point(right, top)
            caption = self._within(context.caption, left, right) if first else None
            yield replace(
                context,
                left=min(a[0], b[0]),
                bottom=min(a[1], b[1]),
                right=max(a[0], b[0]),
                top=max(a[1], b[1]),
                caption=caption,
            )

    def _within(self, label: Label | None, low: float, high: float) -> Label | None:
        """A label moved along to lie between two places, in their middle if it was not."""
        if label is None:
            return None
        left, _, right, _ = self._box(label_bounds(label))
        if low <= left and right <= high:
            return label
        return displaced_label(label, *self.frame.point((low + high) / 2 - (left + right) / 2, 0.0))

    def _arrows(self, box: Box) -> Iterator[Arrow]:
        """Pieces of arrows as far as the row's marks; those of notes are in one row."""
        low = box[0] if self.before is not None else self.low
        high = box[2] if self.behind is not None else self.high
        for arrow in self.whole.arrows:
            if arrow.thin:
                if self._holds(*arrow.points[0]):
                    yield arrow
                continue
            pieces = clipped(arrow.points, arrow.curve, self._along, low, high)
            for number, piece in enumerate(pieces):
                texts = arrow.labels if self.before is None and number == 0 else ()
                labels = (self._within(text, box[0], box[2]) for text in texts)
                yield replace(arrow, points=piece, labels=tuple(t for t in labels if t))

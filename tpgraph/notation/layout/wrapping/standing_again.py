"""Marks that stand again in a row that reads them: in their own place where that is the next
column, else where their lines come in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import fmean
from typing import TypeAlias

from tpgraph.notation.diagram.diagram import Side, copy_id
from tpgraph.notation.layout.routing import OUTLINES, LineEnd, leaving
from tpgraph.notation.layout.wrapping.apart_by_room import spread
from tpgraph.notation.layout.wrapping.cut_frames import RowReach
from tpgraph.notation.layout.wrapping.cuts import RowCut
from tpgraph.notation.scene.clipping import clipped
from tpgraph.notation.scene.displaced import displaced_label
from tpgraph.notation.scene.geometry import union
from tpgraph.notation.scene.scene import Edge, Node, Point
from tpgraph.notation.scene.taken import node_boxes

__all__ = ["StandingAgain"]

_LABEL_GAP = 3.0  # pt between a mark and its name
_NEAR = 36.0  # pt between lines of one mark that come from one
_HELD = 1e6  # weight of a mark that stands in its own place

CutLine: TypeAlias = tuple[Edge, tuple[Point, ...]]
"""A line, and what of it lies in the row."""


@dataclass(frozen=True)
class _Arrival:
    """A mark that stands again, and the lines that come from it if it is not in its own place."""

    node: Node
    edges: tuple[Edge, ...] = ()


class StandingAgain:
    """The copies of marks in a row; `taken` are the ids of all marks, to which theirs are added."""

    def __init__(self, nodes: Mapping[str, Node], reach: RowReach, taken: set[str]) -> None:
        self.nodes, self.reach, self.taken = nodes, reach, taken
        self.copies: dict[str, Node] = {}

    def in_its_place(self, edge: Edge) -> Edge:
        """A line from its source in its own place, which stands there once for all its readers."""
        source = self.nodes[edge.source]
        if source.id not in self.copies:
            self.copies[source.id] = replace(source, id=self._new_id(source), note=None)
        return replace(edge, source=self.copies[source.id].id)

    def coming_in(self, edges: Sequence[Edge], cut: RowCut) -> list[Edge]:
        """Lines from marks that stand again beside a cut, with room between them."""
        again = [
            _Arrival(node)
            for node in self.copies.values()
            if cut.is_beside(self.reach.along((node.x, node.y)))
        ]
        again += [self._arrival(lines, cut) for lines in self._together(edges, cut, again)]
        again.sort(key=lambda one: -self._height(one.node))
        heights = spread(
            [self._height(one.node) for one in again],
            [self._extent(one.node) for one in again],
            [1.0 if one.edges else _HELD for one in again],
        )
        made = []
        for one, height in zip(again, heights, strict=True):
            if one.edges:
                node = self._at_height(one.node, height)
                self.copies[node.id] = node
                made += [_from_outline(node, edge) for edge in one.edges]
        return made

    def _new_id(self, source: Node) -> str:
        number = 1
        while (found := copy_id(source.id, number)) in self.taken:
            number += 1
        self.taken.add(found)
        return found

    def _together(
        self, edges: Sequence[Edge], cut: RowCut, fixed: Sequence[_Arrival]
    ) -> Iterator[list[CutLine]]:
        """Lines of one mark that come in near each other, nothing between them."""
        lines = sorted(self._cut_off(edges, cut), key=lambda line: -self.reach.across(line[1][0]))
        marks = [self._height(one.node) for one in fixed]
        group = lines[:1]
        for upper, lower in pairwise(lines):
            top, bottom = self.reach.across(upper[1][0]), self.reach.across(lower[1][0])
            apart = top - bottom > _NEAR or any(bottom < mark < top for mark in marks)
            if apart or upper[0].source != lower[0].source:
                yield group
                group = []
            group.append(lower)
        if group:
            yield group

    def _cut_off(self, edges: Sequence[Edge], cut: RowCut) -> Iterator[CutLine]:
        """The lines from where the column beside the cut is."""
        low, high = self.reach.low, self.reach.high
        low, high = (cut.last, high) if cut is self.reach.before else (low, cut.first)
        for edge in edges:
            pieces = clipped(edge.points, edge.curve, self.reach.along, low, high)
            yield edge, pieces[-1] if pieces else edge.points

    def _arrival(self, lines: Sequence[CutLine], cut: RowCut) -> _Arrival:
        """The mark that some lines come from, at their middle, and the lines from there on."""
        forward, frame = cut is self.reach.before, self.reach.frame
        across = fmean(self.reach.across(line[0]) for _, line in lines)
        x, y = frame.point(cut.last if forward else cut.first, across)
        source = self.nodes[lines[0][0].source]
        label = source.label
        if label is not None:
            beside: Side = "before" if forward else "after"
            dx, dy = frame.shift(beside, source.width / 2 + _LABEL_GAP)
            label = replace(label, x=x + dx, y=y + dy, anchor=frame.anchor(beside))
        node = replace(source, id=self._new_id(source), x=x, y=y, label=label, note=None)
        return _Arrival(node, tuple(replace(e, source=node.id, points=line) for e, line in lines))

    def _height(self, node: Node) -> float:
        return self.reach.across((node.x, node.y))

    def _extent(self, node: Node) -> tuple[float, float]:
        """What a mark and its name take across, below and above the centre."""
        _, low, _, high = self.reach.frame.box_back(union(node_boxes(node)))
        middle = self._height(node)
        return middle - low, high - middle

    def _at_height(self, node: Node, height: float) -> Node:
        dx, dy = self.reach.frame.point(0.0, height - self._height(node))
        label = node.label and displaced_label(node.label, dx, dy)
        return replace(node, x=node.x + dx, y=node.y + dy, label=label)


def _from_outline(node: Node, edge: Edge) -> Edge:
    """The line from the outline of the mark."""
    rest = edge.points[1:]
    toward = rest[0] if rest[0] != (node.x, node.y) else rest[-1]
    outline = OUTLINES.get(node.kind, "circle")
    end = LineEnd(node.id, (node.x, node.y), node.width / 2, outline)
    return replace(edge, points=(leaving(end, toward), *rest))

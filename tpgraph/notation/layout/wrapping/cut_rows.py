"""The rows of a picture that is cut, each where it stood: its own marks, and again those that its
lines come from.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from tpgraph.notation.layout.frame import Frame
from tpgraph.notation.layout.wrapping.cut_frames import RowReach, cut_arrows, cut_contexts
from tpgraph.notation.layout.wrapping.cuts import RowCut
from tpgraph.notation.layout.wrapping.standing_again import StandingAgain
from tpgraph.notation.scene.geometry import union
from tpgraph.notation.scene.painting import label_bounds
from tpgraph.notation.scene.scene import Edge, Label, Node, Scene
from tpgraph.notation.scene.taken import node_boxes

__all__ = ["row_between", "rows_of"]


def rows_of(
    scene: Scene, frame: Frame, cuts: Sequence[RowCut], *, strips: bool = False
) -> list[Scene]:
    """What lies before, between and behind the cuts; nothing is what others read alone. With
    `strips` the frame is across the computation, and the labels of arrows stay where they are.
    """
    picture = _CutPicture(scene, frame, strips)
    rows = (picture.row(before, behind) for before, behind in pairwise((None, *cuts, None)))
    return [row for row in rows if row.nodes]


def row_between(
    scene: Scene, frame: Frame, before: RowCut | None, behind: RowCut | None, *, strips: bool
) -> Scene:
    """What lies between two cuts, or an end of the picture, alone; it may hold nothing."""
    return _CutPicture(scene, frame, strips).row(before, behind)


class _CutPicture:
    """The whole picture while it is cut into rows."""

    def __init__(self, scene: Scene, frame: Frame, strips: bool) -> None:
        self.whole, self.frame, self.strips = scene, frame, strips
        self.nodes = {node.id: node for node in scene.nodes}
        self.along = {node.id: frame.back(node.x, node.y)[0] for node in scene.nodes}
        self.made = {edge.target for edge in scene.edges}
        self.readers: dict[str, list[str]] = defaultdict(list)
        for edge in scene.edges:
            self.readers[edge.source].append(edge.target)
        self.taken = set(self.nodes)

    def row(self, before: RowCut | None, behind: RowCut | None) -> Scene:
        """The marks, lines, boxes and texts between two cuts."""
        reach = RowReach(self.frame, before, behind, self.strips)
        own = [node for node in self.whole.nodes if self._is_own(node, reach)]
        edges, copies = self._lines(own, reach)
        nodes = (*copies, *own)
        if not nodes:
            return Scene()
        box = self.frame.box_back(union(box for node in nodes for box in node_boxes(node)))
        return Scene(
            nodes=nodes,
            edges=tuple(edges),
            contexts=tuple(cut_contexts(self.whole.contexts, own, reach, box)),
            plates=tuple(p for p in self.whole.plates if reach.holds(p.left, p.bottom)),
            arrows=tuple(cut_arrows(self.whole.arrows, reach, box)),
            labels=tuple(text for text in self.whole.labels if _stands_in(text, reach)),
        )

    def _is_own(self, node: Node, reach: RowReach) -> bool:
        """Whether a mark is of the row; what is given and read in other rows alone is of those."""
        if not reach.has(self.along[node.id]):
            return False
        readers = self.readers[node.id]
        is_made = node.id in self.made
        return is_made or not readers or any(reach.has(self.along[name]) for name in readers)

    def _lines(self, own: Sequence[Node], reach: RowReach) -> tuple[list[Edge], list[Node]]:
        """The lines to the row's marks, and the marks that stand again for them."""
        here = {node.id for node in own}
        again = StandingAgain(self.nodes, reach, self.taken)
        edges: list[Edge] = []
        far: list[Edge] = []
        for edge in self.whole.edges:
            if edge.target not in here:
                continue
            if edge.source in here:
                edges.append(edge)
            elif reach.is_beside(self.along[edge.source]):
                edges.append(again.in_its_place(edge))
            else:
                far.append(edge)
        for cut in reach.cuts:
            by_it = [e for e in far if (self.along[e.source] < cut.at) == (cut is reach.before)]
            edges += again.coming_in(by_it, cut)
        return edges, list(again.copies.values())


def _stands_in(label: Label, reach: RowReach) -> bool:
    left, bottom, right, top = label_bounds(label)
    return reach.holds((left + right) / 2, (bottom + top) / 2)

"""A picture both too wide and too high for a page, in pieces that each have room.

It is cut across its computation into rows where that suffices. Where it does not, it is cut along
it first, where no line runs or few do, and every strip into rows of its own: the strips of a
picture of passes seldom have their columns in the same places.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tpgraph.notation.diagram.diagram import copy_id
from tpgraph.notation.layout.frame import Frame
from tpgraph.notation.layout.wrapping.cut_rows import row_between, rows_of
from tpgraph.notation.layout.wrapping.cuts import RowCut, best_cuts, cuts_of
from tpgraph.notation.layout.wrapping.mark_numbers import stem_of
from tpgraph.notation.layout.wrapping.squeezed import squeezed
from tpgraph.notation.scene.painting import picture
from tpgraph.notation.scene.scene import Direction, Scene
from tpgraph.notation.scene.style import Style

__all__ = ["PieceRoom", "excess", "pieces_of", "twice_without_name"]

_MOST = 40  # rows of a strip
_BETTER = 0.98  # of its excess that a cut has to take away
_ACROSS: dict[Direction, Direction] = {"LR": "TB", "RL": "TB", "TB": "LR", "BT": "LR"}


@dataclass(frozen=True, slots=True)
class PieceRoom:
    """What a piece may take, in pt of the picture before it is scaled."""

    width: float
    height: float


def excess(pieces: Sequence[Scene], style: Style, room: PieceRoom) -> float:
    """How much larger than the room the largest of some pieces are, 1 where none is: in width,
    which makes their text smaller, more than in height.
    """
    wide, high = _sizes(pieces, style, room)
    return max(wide, 1.0) * math.sqrt(max(high, 1.0))


def _sizes(pieces: Sequence[Scene], style: Style, room: PieceRoom) -> tuple[float, float]:
    """The largest width and height of some pieces, in those of the room."""
    boxes = [picture(piece, style).bounds for piece in pieces]
    widest = max(right - left for left, _, right, _ in boxes)
    highest = max(top - bottom for _, bottom, _, top in boxes)
    return widest / room.width, highest / room.height


def pieces_of(scene: Scene, style: Style, direction: Direction, room: PieceRoom) -> list[Scene]:
    """The pieces of a picture in the order in which they are read, each where it stood; what no
    cut brings into the room is as small as cuts make it.
    """
    pieces = _Cutter(style, direction, room).pieces(scene)
    return pieces if len(pieces) == 1 else _with_own_ids(pieces)


def twice_without_name(pieces: Sequence[Scene]) -> frozenset[str]:
    """The marks without a name that stand in several pieces."""
    where: dict[str, set[int]] = {}
    for number, piece in enumerate(pieces):
        for node in piece.nodes:
            where.setdefault(stem_of(node), set()).add(number)
    return frozenset(
        node.id
        for piece in pieces
        for node in piece.nodes
        if node.label is None and not node.is_gate and len(where[stem_of(node)]) > 1
    )


class _Cutter:
    """Cuts pictures that run in one direction into pieces that have room."""

    def __init__(self, style: Style, direction: Direction, room: PieceRoom) -> None:
        self.style, self.room = style, room
        self.along, self.across = Frame(direction), Frame(_ACROSS[direction])

    def pieces(self, scene: Scene) -> list[Scene]:
        """The pieces of a picture, or of one of its strips."""
        before = self._excess([scene])
        if before <= 1:
            return [scene]
        rows = self._rows(scene)
        if self._excess(rows) <= 1:
            return rows
        strips = self._strips(scene)
        if len(strips) > 1:
            rows = min(rows, [p for strip in strips for p in self.pieces(strip)], key=self._excess)
        return rows if self._is_better(self._excess(rows), before) else [scene]

    def _is_better(self, found: float, least: float) -> bool:
        """Whether pieces are so much smaller that they are worth a cut: all that have room are."""
        return found < _BETTER * least or found <= 1 < least

    def _excess(self, pieces: Sequence[Scene]) -> float:
        return excess(pieces, self.style, self.room)

    def _rows(self, scene: Scene) -> list[Scene]:
        """The fewest rows that have room, else those whose largest is smallest."""
        cuts, ends = self._cuts(scene, self.along)
        best, least = [scene], self._excess([scene])
        for count in range(2, min(len(cuts) + 1, _MOST) + 1):
            chosen = best_cuts(cuts, ends, count)
            rows = self._cut(scene, self.along, chosen)
            found = self._excess(rows)
            if self._is_better(found, least):
                best, least = rows, found
            if least <= 1:
                break
        wide, high = _sizes(best, self.style, self.room)
        most = PieceRoom(max(wide, 1.0) * self.room.width, max(high, 1.0) * self.room.height)
        needed = self._cut(scene, self.along, self._needed(scene, self.along, cuts, most))
        fewer = len(needed) < len(best) and self._excess(needed) <= least
        return needed if fewer else best

    def _strips(self, scene: Scene) -> list[Scene]:
        """The strips between which no line runs, those together that have room; without such, two
        with few lines between them.
        """
        cuts, ends = self._cuts(scene, self.across)
        free = [cut for cut in cuts if cut.repeated == 0]
        chosen = (
            self._needed(scene, self.across, free, self.room) if free else best_cuts(cuts, ends, 2)
        )
        return rows_of(scene, self.across, chosen, strips=True)

    def _cut(self, scene: Scene, frame: Frame, cuts: Sequence[RowCut]) -> list[Scene]:
        """The pieces without what is empty in them."""
        pieces = rows_of(scene, frame, cuts, strips=frame is self.across)
        return [self._squeezed(piece) for piece in pieces]

    def _squeezed(self, piece: Scene) -> Scene:
        return squeezed(squeezed(piece, self.along), self.across)

    def _cuts(self, scene: Scene, frame: Frame) -> tuple[list[RowCut], tuple[float, float]]:
        """All cuts in a direction, and where the picture begins and ends in it."""
        start, _, end, _ = frame.box_back(picture(scene, self.style).bounds)
        return cuts_of(scene, frame), (start, end)

    def _needed(
        self, scene: Scene, frame: Frame, cuts: Sequence[RowCut], room: PieceRoom
    ) -> list[RowCut]:
        """Of cuts those without which a piece would have no room."""
        chosen: list[RowCut] = []
        strips = frame is self.across
        for number, cut in enumerate(cuts):
            before = chosen[-1] if chosen else None
            behind = cuts[number + 1] if number + 1 < len(cuts) else None
            piece = row_between(scene, frame, before, behind, strips=strips)
            if piece.nodes and excess([self._squeezed(piece)], self.style, room) > 1:
                chosen.append(cut)
        return chosen


def _with_own_ids(pieces: Sequence[Scene]) -> list[Scene]:
    """The pieces, a mark that stands again under an id that no other piece has."""
    taken: set[str] = set()
    made = []
    for piece in pieces:
        new: dict[str, str] = {}
        for node in piece.nodes:
            new[node.id], number = node.id, 0
            while new[node.id] in taken:
                number += 1
                new[node.id] = copy_id(stem_of(node), number)
            taken.add(new[node.id])
        nodes = tuple(replace(node, id=new[node.id]) for node in piece.nodes)
        edges = tuple(replace(e, source=new[e.source], target=new[e.target]) for e in piece.edges)
        made.append(replace(piece, nodes=nodes, edges=edges))
    return made

"""How far a row of a cut picture reaches, and the pieces of boxes and arrows that lie in it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from tpgraph.notation.layout.frame import Frame
from tpgraph.notation.layout.wrapping.cuts import RowCut
from tpgraph.notation.scene.clipping import clipped
from tpgraph.notation.scene.displaced import displaced_label
from tpgraph.notation.scene.geometry import Box
from tpgraph.notation.scene.painting import label_bounds
from tpgraph.notation.scene.scene import Arrow, ContextBox, Label, Node, Point
from tpgraph.notation.scene.taken import outline_of

__all__ = ["RowReach", "cut_arrows", "cut_contexts"]

_CONTINUED = " (cont.)"
_PADDING = 8.0  # pt between marks and the edge of their box where it is cut


@dataclass(frozen=True, slots=True)
class RowReach:
    """A row between two cuts, or before or behind one."""

    frame: Frame
    before: RowCut | None
    behind: RowCut | None
    is_strip: bool = False
    """Whether the cuts run along the computation."""

    @property
    def low(self) -> float:
        """Where it begins along the computation."""
        return -math.inf if self.before is None else self.before.at

    @property
    def high(self) -> float:
        """Where it ends."""
        return math.inf if self.behind is None else self.behind.at

    @property
    def cuts(self) -> tuple[RowCut, ...]:
        """Those at its ends."""
        return tuple(cut for cut in (self.before, self.behind) if cut is not None)

    def along(self, point: Point) -> float:
        """Where a point of the picture is along the computation."""
        return self.frame.back(*point)[0]

    def across(self, point: Point) -> float:
        """Where it is across."""
        return self.frame.back(*point)[1]

    def has(self, along: float) -> bool:
        """Whether it is of the row."""
        return self.low < along < self.high

    def holds(self, x: float, y: float) -> bool:
        """Whether a point of the picture is."""
        return self.has(self.along((x, y)))

    def is_beside(self, along: float) -> bool:
        """Whether it is in a column beside one of the cuts."""
        return any(cut.is_beside(along) for cut in self.cuts)


def cut_contexts(
    contexts: Iterable[ContextBox], own: Sequence[Node], reach: RowReach, box: Box
) -> Iterator[ContextBox]:
    """Boxes around marks of the row, as far as its marks, which take `box` along and across; each
    has the caption, which says where it is continued.
    """
    frame = reach.frame
    for context in contexts:
        left, bottom, right, top = frame.box_back(outline_of(context))
        if right < reach.low or left > reach.high or not any(_is_in(n, context) for n in own):
            continue
        first = left > reach.low
        left = left if first else min(box[0] - _PADDING, reach.low)
        right = right if right < reach.high else max(box[2] + _PADDING, left)
        caption = context.caption if first else _continued(context.caption)
        if caption is not None and reach.is_strip and not first:
            low, _, high, _ = frame.box_back(label_bounds(caption))
            left -= high - low + _PADDING
            caption = displaced_label(caption, *frame.point(left + _PADDING / 2 - low, 0.0))
        elif caption is not None:
            caption = _within(caption, left, right, frame)
        piece = frame.box((left, bottom, right, top))
        yield replace(
            context,
            left=piece[0],
            bottom=piece[1],
            right=piece[2],
            top=piece[3],
            caption=caption if first or _has_room(caption, left, right, frame) else None,
        )


def _continued(caption: Label | None) -> Label | None:
    r"""What a box says where it is not the first piece.

    >>> _continued(Label(r"\textit{step 1}", 0.0, 0.0)).text
    '\\textit{step 1 (cont.)}'
    """
    if caption is None:
        return None
    inner = caption.text.removeprefix(r"\textit{").removesuffix("}").removesuffix(_CONTINUED)
    return replace(caption, text=rf"\textit{{{inner}{_CONTINUED}}}")


def _has_room(caption: Label | None, low: float, high: float, frame: Frame) -> bool:
    if caption is None:
        return False
    left, _, right, _ = frame.box_back(label_bounds(caption))
    return low <= left and right <= high


def cut_arrows(arrows: Iterable[Arrow], reach: RowReach, box: Box) -> Iterator[Arrow]:
    """Pieces of arrows as far as the row's marks, their labels in the first row, or in the strip
    where they stand; an arrow of a note is in one row.
    """
    low = reach.low if reach.before is None else box[0]
    high = reach.high if reach.behind is None else box[2]
    for arrow in arrows:
        if arrow.thin:
            if reach.holds(*arrow.points[0]):
                yield arrow
            continue
        pieces = clipped(arrow.points, arrow.curve, reach.along, low, high)
        for number, piece in enumerate(pieces):
            texts = arrow.labels if number == 0 else ()
            labels = tuple(_labels_in(reach, texts, box))
            yield replace(arrow, points=piece, labels=labels)


def _labels_in(reach: RowReach, texts: Iterable[Label], box: Box) -> Iterator[Label]:
    for text in texts:
        if reach.is_strip:
            if reach.holds(text.x, text.y):
                yield text
        elif reach.before is None:
            yield _within(text, box[0], box[2], reach.frame)


def _is_in(node: Node, context: ContextBox) -> bool:
    return context.left < node.x < context.right and context.bottom < node.y < context.top


def _within(label: Label, low: float, high: float, frame: Frame) -> Label:
    """A label moved along to lie between two places, in their middle if it was not."""
    left, _, right, _ = frame.box_back(label_bounds(label))
    if low <= left and right <= high:
        return label
    return displaced_label(label, *frame.point((low + high) / 2 - (left + right) / 2, 0.0))

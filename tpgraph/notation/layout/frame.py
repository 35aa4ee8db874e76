"""The frame in which a picture is laid out: along the computation, and across it.

Whatever the direction, the layout has the computation run towards greater `along`; `across` points
up where it runs sideways, and to the left where it runs up or down, so that the first input of a
gate has the greatest `across`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from tpgraph.notation.diagram.diagram import Side
from tpgraph.notation.scene.geometry import Box, box_around
from tpgraph.notation.scene.scene import Anchor, Direction, Point

__all__ = ["Frame"]


_VECTORS: dict[Side, Point] = {
    "above": (0.0, 1.0),
    "below": (0.0, -1.0),
    "before": (-1.0, 0.0),
    "after": (1.0, 0.0),
}
_ANCHORS: dict[Point, Anchor] = {(0, 1): "s", (0, -1): "n", (-1, 0): "e", (1, 0): "w"}


@dataclass(frozen=True, slots=True)
class Frame:
    """Takes (along, across) to (x, y), both in pt."""

    direction: Direction

    @property
    def sideways(self) -> bool:
        """Whether the computation runs to the right or to the left."""
        return self.direction in ("LR", "RL")

    def point(self, along: float, across: float) -> Point:
        """The point of the picture."""
        match self.direction:
            case "LR":
                return along, across
            case "RL":
                return -along, across
            case "BT":
                return -across, along
            case "TB":
                return -across, -along
            case _:
                assert_never(self.direction)

    def back(self, x: float, y: float) -> Point:
        """(along, across) of a point of the picture."""
        match self.direction:
            case "LR":
                return x, y
            case "RL":
                return -x, y
            case "BT":
                return y, -x
            case "TB":
                return -y, -x
            case _:
                assert_never(self.direction)

    def box(self, box: Box) -> Box:
        """The box of the picture of a box along and across."""
        return box_around((self.point(*box[:2]), self.point(*box[2:])))

    def box_back(self, box: Box) -> Box:
        """The box, along and across, of a box of the picture."""
        return box_around((self.back(*box[:2]), self.back(*box[2:])))

    def extent(self, width: float, height: float) -> Point:
        """(along, across) of a size."""
        return (width, height) if self.sideways else (height, width)

    def anchor(self, side: Side) -> Anchor:
        """The anchor of a label that lies on this side of a mark."""
        x, y = self.point(*_VECTORS[side])
        return _ANCHORS[x, y]

    def shift(self, side: Side, distance: float) -> Point:
        """The vector of the picture that leads `distance` to this side."""
        along, across = _VECTORS[side]
        return self.point(along * distance, across * distance)

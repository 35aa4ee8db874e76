"""Lines that stay where they are, which others should not cross."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tpgraph.notation.scene.geometry import Box, PointArray

__all__ = ["Threads"]

_APART = np.full((1, 2), np.nan)  # compares with nothing: it stands between two lines
_DENSE = np.linspace(0.0, 1.0, 17)[:, None]  # places along a straight line


class Threads:
    """Thin lines that another line should not cross; all of them run along throughout."""

    def __init__(self, lines: Iterable[PointArray]) -> None:
        self._lines = [*lines]
        self._boxes = [_box(line) for line in self._lines]

    def add(self, line: PointArray) -> None:
        """Add a polyline."""
        self._lines.append(line)
        self._boxes.append(_box(line))

    def crossings(self, line: PointArray) -> int:
        """How often a polyline crosses the lines: where each is above it first, then below it, or
        the other way round.
        """
        left, bottom, right, top = _box(line)
        near = [
            _dense(other)
            for other, box in zip(self._lines, self._boxes, strict=True)
            if box[0] <= right and box[2] >= left and box[1] <= top and box[3] >= bottom
        ]
        if not near:
            return 0
        along, across = np.concatenate([x for part in near for x in (part, _APART)]).T
        with np.errstate(invalid="ignore"):
            inside = (along >= left) & (along <= right)
            above = np.where(inside, across - np.interp(along, line[:, 0], line[:, 1]), np.nan)
            return int((above[:-1] * above[1:] < 0).sum())


def _box(line: PointArray) -> Box:
    """The box of a line that runs along."""
    across = line[:, 1]
    return float(line[0, 0]), float(across.min()), float(line[-1, 0]), float(across.max())


def _dense(line: PointArray) -> PointArray:
    """The points of a polyline; some on a straight line."""
    return line if len(line) > 2 else line[:1] + _DENSE * (line[1:] - line[:1])

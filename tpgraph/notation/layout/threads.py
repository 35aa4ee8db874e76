"""Lines that stay where they are, which others should not cross."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from tpgraph.notation.scene.geometry import PointArray
from tpgraph.notation.scene.scene import Point

__all__ = ["Threads"]

_APART = np.full((1, 2), np.nan)  # compares with nothing: it stands between two lines
_DENSE = np.linspace(0.0, 1.0, 17)[:, None]  # places along a straight line


class Threads:
    """Thin lines that another line should not cross; all of them run along throughout."""

    def __init__(self, lines: Iterable[Sequence[Point]]) -> None:
        self._parts = [_dense(line) for line in lines]
        self._all: PointArray | None = None

    def add(self, line: Sequence[Point]) -> None:
        """Add a polyline."""
        self._parts.append(_dense(line))
        self._all = None

    def crossings(self, line: Sequence[Point]) -> int:
        """How often a polyline crosses the lines: where each is above it first, then below it, or
        the other way round.
        """
        if self._all is None:
            self._all = np.concatenate([_APART, *(x for p in self._parts for x in (p, _APART))])
        along, across = self._all.T
        own = np.array(line)
        with np.errstate(invalid="ignore"):
            inside = (along >= own[0, 0]) & (along <= own[-1, 0])
            above = np.where(inside, across - np.interp(along, own[:, 0], own[:, 1]), np.nan)
            return int((above[:-1] * above[1:] < 0).sum())


def _dense(line: Sequence[Point]) -> PointArray:
    """The points of a polyline; some on a straight line."""
    points = np.array(line)
    return points if len(line) > 2 else points[:1] + _DENSE * (points[1:] - points[:1])

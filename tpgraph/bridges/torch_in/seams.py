"""Where inputs and parameters must be cut, because their parts are used apart.

Which parts are needed is known only when a use asks for one. Then the graph is interpreted once
more, with the axis cut there from the beginning, so that every use sees the same parts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from types import MappingProxyType

from tpgraph.bridges.torch_in.refusal import refusal
from tpgraph.bridges.torch_in.sizes import Cut, Size

__all__ = ["SeamNeeded", "Seams"]


class SeamNeeded(Exception):
    """A part `cut` of an axis of an input or parameter is used by itself."""

    def __init__(self, source: str, axis: int, cut: Cut) -> None:
        super().__init__(source)
        self.source = source
        self.axis = axis
        self.cut = cut


@dataclass(frozen=True, slots=True)
class Seams:
    """Points at which axes are cut, by (source, axis)."""

    points: MappingProxyType[tuple[str, int], tuple[Size, ...]] = field(
        default_factory=lambda: MappingProxyType({})
    )

    def parts(self, source: str, axis: int, cut: Cut) -> list[Cut]:
        """The parts into which the seams cut `cut`."""
        points = self.points.get((source, axis), ())
        if not points:
            return [cut]
        if cut.step != 1:
            raise refusal(f"{source} is used interleaved and in blocks")
        end = (cut.start[0] + cut.size[0], cut.start[1] + cut.size[1])
        inside = [
            p for p in points if cut.start[0] < p[0] < end[0] and cut.start[1] < p[1] < end[1]
        ]
        edges = [cut.start, *inside, end]
        return [Cut(a, (b[0] - a[0], b[1] - a[1])) for a, b in pairwise(edges)]

    def with_cut(self, source: str, axis: int, cut: Cut) -> Seams:
        """The seams that also set the entries of a cut apart; of a strided one every entry."""
        if cut.step == 1:
            new = {cut.start, (cut.start[0] + cut.size[0], cut.start[1] + cut.size[1])}
        elif cut.size[0] == cut.size[1]:
            new = {(i + k, i + k) for i in cut.entries(0) for k in (0, 1)}
        else:
            raise refusal(f"{source} is used whole and interleaved")
        old = self.points.get((source, axis), ())
        merged = sorted({*old, *new})
        if merged == list(old):
            raise refusal(f"the parts of {source} that are used overlap in more than one way")
        return Seams(MappingProxyType({**self.points, (source, axis): tuple(merged)}))

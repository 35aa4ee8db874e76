"""Rows set straight: what Graphviz leaves slightly askew by rounding or by a compromise."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace

from tpgraph.notation.diagram.diagram import Diagram
from tpgraph.notation.diagram.links import Link, links
from tpgraph.notation.layout.drift import rise_of
from tpgraph.notation.layout.placement import MarkSizes, Placement
from tpgraph.notation.layout.spine import Arrangement

__all__ = ["straightened"]

_ROW_SNAP = 5.0  # pt by which a row may be bent where Graphviz found no better way
_END_SNAP = 14.0  # pt by which its last vector but one may, if it stands alone in its column
_SNAP = 2.4  # pt by which other straight lines may


def straightened(
    diagram: Diagram, arrangement: Arrangement, sizes: MarkSizes, placement: Placement
) -> Placement:
    """The placement with rows exactly straight."""
    rows = _Rows(diagram, arrangement, sizes, placement)
    rows.straighten()
    return replace(placement, across=rows.across)


class _Rows:
    """Heights while they are set right, in the program's order."""

    def __init__(
        self, diagram: Diagram, arrangement: Arrangement, sizes: MarkSizes, placement: Placement
    ) -> None:
        self.diagram = diagram
        self.arrangement = arrangement
        self.sizes = sizes
        self.column = placement.column
        self.across = dict(placement.across)
        self.row = arrangement.rows(diagram)
        self.uses: Counter[str] = Counter()
        self.arriving: dict[str, list[Link]] = defaultdict(list)
        self.leaving: dict[str, list[Link]] = defaultdict(list)
        for link in links(diagram):
            self.uses[link.source] += 1
            self.arriving[link.target].append(link)
            self.leaving[link.source].append(link)

    def straighten(self) -> None:
        """Move what follows to the height of what it follows, and given inputs to their port."""
        gates = {gate.outputs[0]: gate.id for gate in self.diagram.gates}
        for vertex in self.diagram.vertices:
            gate = gates.get(vertex.id)
            if gate is not None:
                self._straighten_gate(gate)
            for link in self.arriving[vertex.id]:
                if link.product is not None:
                    self._align(link)

    def _straighten_gate(self, gate: str) -> None:
        main = self.arrangement.main.get(gate)
        for link in self.arriving[gate]:
            if link.source == main:
                self._align(link)
        for link in self.arriving[gate]:
            given = not self.arriving[link.source] and self.uses[link.source] == 1
            if given and link.source != main:
                self._align(link, back=True)
        for link in self.leaving[gate]:
            self._align(link)

    def _align(self, link: Link, back: bool = False) -> None:
        """Move the target, or with `back` the source, so that the line is straight."""
        rise = rise_of(link, self.across, self.sizes.gates)
        if abs(rise) > self._tolerance(link):
            return
        if back:
            self.across[link.source] += rise
        else:
            self.across[link.target] -= rise

    def _tolerance(self, link: Link) -> float:
        """By how much a line may be bent back: by more at the end of a row, where there is room."""
        if self.row.get(link.source) != self.row.get(link.target):
            return _SNAP
        after = [further.target for further in self.leaving[link.target]]
        ends = len(after) == 1 and not self.leaving[after[0]] and len(self.arriving[after[0]]) == 1
        if not ends or link.outlet is None:
            return _ROW_SNAP
        beside = [m for m, c in self.column.items() if c == self.column[link.target]]
        return _END_SNAP if beside == [link.target] else _ROW_SNAP

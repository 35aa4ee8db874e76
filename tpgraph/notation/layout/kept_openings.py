"""Columns that open for a gate that is new where the columns that stand have no good place for it.

Marks that stay keep their heights, so that what comes between them may find no room but far from
its neighbours. A gate whose outputs nobody reads yet needs none of the columns that stand: two
new ones, for itself and its outputs, may open anywhere behind what it reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tpgraph.notation.diagram.diagram import Diagram
from tpgraph.notation.layout.kept_heights import KeptHeights
from tpgraph.notation.layout.kept_sizes import KeptSizes
from tpgraph.notation.layout.kept_ways import KeptWays

__all__ = ["with_columns_opened"]

_GATES = 2  # new gates of one edit for which it is tried
_PLACES = 4  # where columns may open for each of them


def with_columns_opened(
    diagram: Diagram, sizes: KeptSizes, ways: KeptWays, heights: KeptHeights, most: float
) -> KeptHeights:
    """What is settled, or the same with columns opened for new gates if then fewer lines cross;
    nothing is tried where no more than `most` cross.
    """
    fresh = [gate for gate in heights.ends if gate not in sizes.before]
    best, count = heights, heights.crossings()
    for gate in fresh[:_GATES]:
        for column in _openings(best, gate):
            if count <= most:
                return best
            turned = dict(sizes.gates)
            found = KeptHeights(diagram, sizes, ways, column)
            found.settle()
            crossings = found.crossings()
            if crossings < count:
                best, count = found, crossings
            else:
                sizes.gates = turned
    return best


def _openings(heights: KeptHeights, gate: str) -> Iterator[Mapping[str, int]]:
    """The columns of all marks with two opened for a gate and its outputs, nearer places first."""
    column, outputs = heights.column, heights.ends[gate]
    first = 1 + max(
        (column[link.source] for link in heights.beside[gate] if link.target == gate), default=-1
    )
    for at in range(first, min(first + _PLACES, heights.last + 2)):
        behind = {mark: c + 2 if c >= at else c for mark, c in column.items()}
        yield {**behind, gate: at, **dict.fromkeys(outputs, at + 1)}

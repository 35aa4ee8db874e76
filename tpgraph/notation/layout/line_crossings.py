"""How often the lines of a layout cross."""

from __future__ import annotations

from itertools import combinations

from tpgraph.notation.layout.linework import find_linework
from tpgraph.notation.layout.places import Places
from tpgraph.notation.scene.crossings import lines_meet

__all__ = ["line_crossings"]


def line_crossings(places: Places) -> int:
    """Pairs of lines that meet, but those that come from one mark: also two that go to one gate."""
    lines = find_linework(places).lines
    ends = [(link, line, line.array.min(axis=0), line.array.max(axis=0))
            for link, line in lines.items()]  # fmt: skip
    return sum(
        one.source != other.source
        and bool((low <= top).all() and (bottom <= high).all())
        and lines_meet(line.array, second.array)
        for (one, line, low, high), (other, second, bottom, top) in combinations(ends, 2)
    )

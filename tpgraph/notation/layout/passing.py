"""Where lines pass columns whose marks have moved: between the same marks, as level as they can.

A line leaves its column's gap nowhere; inside of the gaps its heights h minimize

    Σ weight · (h_{k+1} − h_k)²,   the weight small at its ends

as a string that is pulled taut. Lines of one gap then keep their order, some pt apart.
"""

from __future__ import annotations

from bisect import bisect
from collections import defaultdict
from collections.abc import Mapping, Sequence

from tpgraph.notation.diagram.links import Link
from tpgraph.notation.layout.placement import Placement

__all__ = ["passing"]

_ROOM = 4.0  # pt between a line and a mark, and between lines
_BEYOND = 8.0  # pt between a line and the outermost mark, whose lines have labels
_FAR = 1e6
_ENDS = 0.1  # weight of a line's first and last piece against those between
_SWEEPS = 60

Gap = tuple[int, int]
"""A column, and how many of its marks lie below."""


def passing(
    placement: Placement,
    across: Mapping[str, float],
    extents: Mapping[str, tuple[float, float]],
) -> dict[Link, tuple[float, ...]]:
    """The heights at which lines pass columns; marks moved to `across` take `extents` there, below
    and above.
    """
    columns: dict[int, list[str]] = defaultdict(list)
    for mark, column in placement.column.items():
        columns[column].append(mark)
    for marks in columns.values():
        marks.sort(key=lambda mark: placement.across[mark])
    heights: dict[Link, list[float]] = {}
    gaps: dict[Gap, list[tuple[float, Link, int]]] = defaultdict(list)
    for link, before in placement.crossed.items():
        first, free = placement.column[link.source] + 1, []
        for number, height in enumerate(before):
            marks = columns[first + number]
            below = bisect([placement.across[mark] for mark in marks], height)
            gaps[first + number, below].append((height, link, number))
            free.append(_gap(marks, below, across, extents))
        heights[link] = _taut(across[link.source], across[link.target], free)
    for (column, below), lines in gaps.items():
        low, high = _gap(columns[column], below, across, extents)
        lines.sort(key=lambda line: line[0])
        wanted = [heights[link][number] for _, link, number in lines]
        for (_, link, number), height in zip(lines, _apart(wanted, low, high), strict=True):
            heights[link][number] = height
    return {link: tuple(found) for link, found in heights.items()}


def _gap(
    marks: Sequence[str],
    below: int,
    across: Mapping[str, float],
    extents: Mapping[str, tuple[float, float]],
) -> tuple[float, float]:
    """The free heights above so many marks of a column."""
    low = across[marks[below - 1]] + extents[marks[below - 1]][1] if below else -_FAR
    if below == len(marks):
        return low + _BEYOND, _FAR
    high = across[marks[below]] - extents[marks[below]][0]
    if not below:
        return -_FAR, high - _BEYOND
    low, high = low + _ROOM, high - _ROOM
    return (low, high) if low <= high else ((low + high) / 2,) * 2


def _taut(start: float, end: float, free: Sequence[tuple[float, float]]) -> list[float]:
    """Heights within the free ones, from one end to the other."""
    found = [min(max(start, low), high) for low, high in free]
    for _ in range(_SWEEPS if free else 0):
        before = list(found)
        for i, (low, high) in enumerate(free):
            left, one = (found[i - 1], 1.0) if i else (start, _ENDS)
            right, other = (found[i + 1], 1.0) if i + 1 < len(found) else (end, _ENDS)
            level = (one * left + other * right) / (one + other)
            found[i] = min(max(level, low), high)
        if max(abs(a - b) for a, b in zip(before, found, strict=True)) < 0.01:
            break
    return found


def _apart(wanted: Sequence[float], low: float, high: float) -> list[float]:
    """Heights in rising order within bounds, apart as far as there is room, near those wanted."""
    count = len(wanted)
    step = min(_ROOM, (high - low) / max(1, count - 1))
    found: list[float] = []
    for i, height in enumerate(wanted):
        least = low + i * step if not found else found[-1] + step
        found.append(min(max(height, least), high - (count - 1 - i) * step))
    return found

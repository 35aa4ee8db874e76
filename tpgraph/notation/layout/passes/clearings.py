"""Room for the frames of plates in what stands between passes: other marks keep off them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TypeAlias

from tpgraph.notation.layout.passes.staging import Part
from tpgraph.notation.layout.places import Places

__all__ = ["LaidPart", "cleared"]

LaidPart: TypeAlias = tuple[Part, Places, tuple[int, ...]]
"""A part, where its marks stand in it, and the columns of the picture that it has."""

_ABOVE, _BELOW = 10.0, 22.0  # pt between the marks of a plate and others; the label lies below


def cleared(found: LaidPart, plates: Sequence[Collection[str]]) -> LaidPart:
    """What lies between passes, with all that stands above or below a plate moved off its frame."""
    part, places, columns = found
    if part.row != "between":
        return found
    for members in plates:
        places = _cleared(places, members)
    return part, places, columns


def _cleared(places: Places, members: Collection[str]) -> Places:
    across, column = places.placement.across, places.placement.column
    own = [mark for mark in across if mark in members]
    if not own:
        return places
    low = min(across[mark] - places.extent(mark)[0] for mark in own) - _BELOW
    high = max(across[mark] + places.extent(mark)[1] for mark in own) + _ABOVE
    middle = (low + high) / 2
    first, last = min(column[mark] for mark in own), max(column[mark] for mark in own)
    up = down = 0.0
    for mark, height in across.items():
        if mark in own or not first <= column[mark] <= last:
            continue
        below, above = places.extent(mark)
        if height > middle:
            up = max(up, high - (height - below))
        else:
            down = max(down, height + above - low)

    def moved(height: float) -> float:
        return height + up if height > middle else height - down

    placement = replace(
        places.placement,
        across={m: y if m in own else moved(y) for m, y in across.items()},
        crossed={
            link: tuple(y if link.source in own else moved(y) for y in ys)
            for link, ys in places.placement.crossed.items()
        },
    )
    return replace(places, placement=placement)

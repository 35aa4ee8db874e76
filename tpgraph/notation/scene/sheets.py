"""A picture higher than a page, on several: divided where nothing runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tpgraph.notation.scene.display import DisplayMark, MarkGroup, Picture, bounds_of

__all__ = ["sheets"]

_ROUNDING = 1e-6  # pt by which a picture may be higher than a page


def sheets(whole: Picture, height: float) -> tuple[Picture, ...]:
    """The picture's parts from the top, as wide as it is and as high as they are: as much of it as
    a height in pt holds, more only where nothing divides it.
    """
    _, bottom, _, top = whole.bounds
    if top - bottom <= height + _ROUNDING:
        return (whole,)
    spans = list(_spans(whole))
    margin = top - max((high for _, high in spans), default=top)
    return tuple(
        _part(whole, low, high, margin) for low, high in _pages(spans, height - 2 * margin)
    )


def _spans(whole: Picture) -> Iterator[tuple[float, float]]:
    """The strips that something takes, from the top."""
    boxes = (bounds_of(mark) for group in whole.marks for mark in _members(group))
    low: float | None = None
    high = 0.0
    for bottom, top in sorted(((b, t) for _, b, _, t in boxes), key=lambda span: -span[1]):
        if low is not None and top < low:
            yield low, high
            low = None
        high = top if low is None else high
        low = bottom if low is None else min(low, bottom)
    if low is not None:
        yield low, high


def _pages(spans: list[tuple[float, float]], height: float) -> Iterator[tuple[float, float]]:
    low, high = spans[0]
    for bottom, top in spans[1:]:
        if high - bottom > height + _ROUNDING:
            yield low, high
            high = top
        low = bottom
    yield low, high


def _part(whole: Picture, low: float, high: float, margin: float) -> Picture:
    """What lies between two heights, with the margin around it."""
    left, _, right, _ = whole.bounds

    def kept(group: DisplayMark) -> DisplayMark:
        if not isinstance(group, MarkGroup):
            return group
        marks = tuple(m for m in group.marks if low <= sum(bounds_of(m)[1::2]) / 2 <= high)
        return replace(group, marks=marks)

    groups = tuple(kept(group) for group in whole.marks)
    return replace(whole, bounds=(left, low - margin, right, high + margin), marks=groups)


def _members(group: DisplayMark) -> tuple[DisplayMark, ...]:
    return group.marks if isinstance(group, MarkGroup) else (group,)

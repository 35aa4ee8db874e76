"""Ranges of plates in their places: beside their frames, where nothing else is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tpgraph.notation.scene.geometry import Box, overlap
from tpgraph.notation.scene.painting import label_bounds
from tpgraph.notation.scene.scene import Anchor, Label, Plate, Scene
from tpgraph.notation.scene.style import Style
from tpgraph.notation.scene.taken import taken_boxes

__all__ = ["RANGE_GAP", "with_ranges"]

RANGE_GAP = 2.5  # pt between the frame and its label
_CLEAR = 1.0  # pt between the label and anything else
_STEP = 6.0  # pt between places along a side


def with_ranges(scene: Scene, plates: Sequence[tuple[Plate, str]], style: Style) -> Scene:
    """The scene with these plates, each with its label where it keeps clear of marks, lines, texts
    and all frames; where nowhere is free, where it lies on least.
    """
    first = len(scene.plates)
    scene = replace(scene, plates=(*scene.plates, *(plate for plate, _ in plates)))
    taken = [*taken_boxes(scene)]
    named = list(scene.plates)
    for number, (plate, text) in enumerate(plates, first):
        places = _places(text, plate, style.caption_size)
        label = min(places, key=lambda place: _trouble(label_bounds(place), taken))
        taken.append(label_bounds(label))
        named[number] = replace(plate, label=label)
    return replace(scene, plates=tuple(named))


def _trouble(box: Box, taken: Sequence[Box]) -> int:
    """How much a label would lie on."""
    return sum(overlap(box, other, _CLEAR) for other in taken)


def _places(text: str, plate: Plate, size: float) -> Iterator[Label]:
    """Corners before what lies between them, below before above, and both before the sides; within
    the frame last.
    """
    left, bottom, right, top = plate.left, plate.bottom, plate.right, plate.top
    below, above = bottom - RANGE_GAP, top + RANGE_GAP
    level: tuple[tuple[float, Anchor, Anchor], ...] = ((below, "ne", "nw"), (above, "se", "sw"))
    for y, to_left, to_right in level:
        yield Label(text, right, y, to_left, size)
        yield Label(text, left, y, to_right, size)
    for y, to_left, _ in level:
        yield from (Label(text, x, y, to_left, size) for x in _between(right, left, text, size))
    for x, y_to_side in ((right + RANGE_GAP, ("sw", "nw")), (left - RANGE_GAP, ("se", "ne"))):
        for y, anchor in zip((bottom, top), y_to_side, strict=True):
            yield Label(text, x, y, anchor, size)  # type: ignore[arg-type]
    inner = RANGE_GAP
    yield Label(text, right - inner, bottom + inner, "se", size)
    yield Label(text, left + inner, bottom + inner, "sw", size)
    yield Label(text, right - inner, top - inner, "ne", size)
    yield Label(text, left + inner, top - inner, "nw", size)


def _between(right: float, left: float, text: str, size: float) -> Iterator[float]:
    """Right ends of a label between the corners of a side, from the right."""
    box = label_bounds(Label(text, 0.0, 0.0, "ne", size))
    x = right - _STEP
    while x > left + (box[2] - box[0]):
        yield x
        x -= _STEP

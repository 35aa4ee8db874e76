"""Annotations in their places: beyond the label of their mark, or where else there is room."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tpgraph.notation.diagram.diagram import Side, Vertex
from tpgraph.notation.labels.mathtext import outline
from tpgraph.notation.layout.frame import Frame
from tpgraph.notation.layout.free_places import first_free
from tpgraph.notation.layout.measure import VertexSize, label_reach, line_extent, note_extent
from tpgraph.notation.layout.obstacles import Obstacles, Strokes
from tpgraph.notation.scene.annotation import Annotation
from tpgraph.notation.scene.geometry import Box
from tpgraph.notation.scene.quantities import quantity_lines
from tpgraph.notation.scene.scene import Label, Note, Point
from tpgraph.notation.scene.style import Style

__all__ = ["note_around", "note_beyond", "note_box"]

_CLEAR = 1.0  # pt between an annotation and what is not its own
_FARTHER = (0.0, 4.0, 8.0)
_SIDES: tuple[Side, ...] = ("below", "above", "after", "before")


def note_box(note: Note, frame: Frame) -> Box:
    """The room of an annotation, along and across."""
    (a, b), (c, d) = frame.back(note.left, note.bottom), frame.back(note.right, note.top)
    return min(a, c), min(b, d), max(a, c), max(b, d)


def note_beyond(vertex: Vertex, at: Point, size: VertexSize, frame: Frame, style: Style) -> Note:
    """The annotation of a vertex at `at` (along, across) beyond its label."""
    assert vertex.annotation is not None
    reach = label_reach(vertex.label, size.radius, size.side, frame, style)
    return _beside(vertex.annotation, at, size.side, reach, 0.0, frame, style)


def note_around(
    vertex: Vertex,
    at: Point,
    size: VertexSize,
    around: Sequence[Obstacles | Strokes],
    frame: Frame,
    style: Style,
) -> Note | None:
    """The annotation elsewhere around its mark, free of everything else; None if nowhere."""
    assert vertex.annotation is not None
    places = _places(vertex, at, size, frame, style)
    return first_free(((note, note_box(note, frame)) for note in places), around, _CLEAR)


def _places(
    vertex: Vertex, at: Point, size: VertexSize, frame: Frame, style: Style
) -> Iterator[Note]:
    """Nearest first, on the label's side first, in the middle before to the left and right."""
    assert vertex.annotation is not None
    own = label_reach(vertex.label, size.radius, size.side, frame, style)
    extent = frame.extent(*note_extent(vertex.annotation, style))
    sides = (size.side, *(side for side in _SIDES if side != size.side))
    for more in _FARTHER:
        for reach in (own, size.radius):
            for side in sides:
                half = extent[side in ("before", "after")] / 2
                for share in (0.0, 0.5, -0.5, 1.0, -1.0):
                    yield _beside(
                        vertex.annotation, at, side, reach + more, share * half, frame, style
                    )


def _beside(
    annotation: Annotation,
    at: Point,
    side: Side,
    reach: float,
    aside: float,
    frame: Frame,
    style: Style,
) -> Note:
    """The annotation `reach` from a mark's centre, its own middle `aside` of the mark's."""
    width, height = note_extent(annotation, style)
    in_line = side in ("before", "after")
    along, across = frame.extent(width, height)
    x, y = frame.point(*at)
    dx, dy = frame.shift(side, reach + style.note_gap + (along if in_line else across) / 2)
    sx, sy = frame.point(0.0, aside) if in_line else frame.point(aside, 0.0)
    x, y = x + dx + sx, y + dy + sy
    box = x - width / 2, y - height / 2, x + width / 2, y + height / 2
    return _filled(annotation, box, style, upwards=frame.anchor(side) == "s")


def _filled(annotation: Annotation, box: Box, style: Style, *, upwards: bool) -> Note:
    """The plot, and the numbers on its far side from the mark: above it where that lies below."""
    left, bottom, right, top = box
    middle, lines = (left + right) / 2, quantity_lines(annotation)
    note = Note(annotation, left, bottom, right, top)
    if annotation.has_plot:
        base = bottom if upwards else top - style.plot_height
        half = style.plot_width / 2
        plot = middle - half, base, middle + half, base + style.plot_height
        note = replace(note, plot=plot)
        top = top if upwards else base - style.note_gap
    labels = []
    for line in lines:
        ink = outline(line, style.note_size).ink
        baseline = top - max(ink.top, 0.7 * style.note_size)
        labels.append(Label(line, middle, baseline, "base", style.note_size))
        top -= line_extent(line, style)[1] + style.note_gap
    return replace(note, labels=tuple(labels))

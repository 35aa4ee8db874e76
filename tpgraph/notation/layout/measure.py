"""Sizes of marks before they have a place: text that fits its gate, room for labels."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from tpgraph.notation.diagram.diagram import GateMark, Side, Vertex
from tpgraph.notation.diagram.links import Link
from tpgraph.notation.labels.mathtext import outline
from tpgraph.notation.layout.frame import Frame
from tpgraph.notation.scene.annotation import Annotation
from tpgraph.notation.scene.quantities import quantity_lines
from tpgraph.notation.scene.scene import Point
from tpgraph.notation.scene.shapes import fit_gate
from tpgraph.notation.scene.style import Style

__all__ = [
    "LONGEST_TEXT",
    "SMALLEST_SIZE",
    "GateSize",
    "VertexSize",
    "end_offsets",
    "extent_across",
    "fitting_size",
    "gate_size",
    "label_reach",
    "label_strut",
    "line_extent",
    "note_extent",
    "vertex_size",
]

LONGEST_TEXT = 120.0
"""In pt, along the gate; longer formulas are set smaller, then a symbol stands for them."""
SMALLEST_SIZE = 7.0
"""In pt, of a gate's text."""
_OUTPUT_INSET = 7.0  # from the wide side's end to the narrow side's, of a gate with many outputs
_EDGE_ROOM = 5.0  # between the outermost port and the end of its side
_LABEL_LINE = 1.05  # em, the height of a label beyond which something stands, so that it is level


@dataclass(frozen=True, slots=True)
class GateSize:
    """A gate's trapezoid in pt: `depth` along, `length` of the wide and `narrow` of the other side.

    `box` is the room it takes across; `text` at `text_size` pt fits; `ports` are the
    inputs' and `outlets` the outputs' offsets from the middle.
    """

    depth: float
    length: float
    narrow: float
    bar: float
    box: float
    text: str
    text_size: float
    ports: Mapping[str, float]
    outlets: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class VertexSize:
    """A vector's or scalar's room in pt on the four sides of its centre.

    `radius` is half the mark itself; the label stands on `side`.
    """

    before: float
    after: float
    above: float
    below: float
    radius: float
    side: Side


def extent_across(
    mark: str, vertices: Mapping[str, VertexSize], gates: Mapping[str, GateSize]
) -> tuple[float, float]:
    """What a mark takes across, below and above its centre."""
    if mark in gates:
        return gates[mark].box / 2, gates[mark].box / 2
    return vertices[mark].below, vertices[mark].above


def end_offsets(link: Link, gates: Mapping[str, GateSize]) -> tuple[float, float]:
    """How far above the centres of its marks a line starts and ends."""
    start = 0.0 if link.outlet is None else gates[link.source].outlets[link.outlet]
    end = 0.0 if link.port is None else gates[link.target].ports[link.port]
    return start, end


def gate_size(
    gate: GateMark, slots: Mapping[str, float], pitch: float, style: Style, least: float = 0.0
) -> GateSize:
    """The smallest gate that holds its text and its ports, `slots` being multiples of `pitch`.

    It is at least as long as `least`.
    """
    reach = max((abs(slot) for slot in slots.values()), default=0.0) * pitch
    foreign = len(gate.foreign) if slots else (len(gate.foreign) - 1) / 2
    reach += max(foreign, 0.0) * style.gate_port_gap
    text = gate.text_in(tuple(slots))
    size = fitting_size(text, max(LONGEST_TEXT, 2 * reach), style) or SMALLEST_SIZE
    width, height = _text_extent(text, size)
    depth, length = fit_gate(width, height, 0, style)
    length = max(length, 2 * (reach + _EDGE_ROOM), least)
    narrow = max(length * style.gate_narrowing, length - 2 * style.gate_max_inset)
    outlets = _outlets(gate, slots, pitch)
    if len(outlets) > 1:
        narrow = 2 * (max(outlets.values()) + _EDGE_ROOM)
        length = max(length, narrow + 2 * _OUTPUT_INSET)
    bar = length + 2 * style.bar_overhang if gate.bar else 0.0
    return GateSize(
        depth=_even(depth),
        length=length,
        narrow=narrow,
        bar=bar,
        box=2 * _odd(max(length, bar) / 2),
        text=text,
        text_size=size,
        ports={name: slot * pitch for name, slot in slots.items()},
        outlets=outlets,
    )


def _outlets(gate: GateMark, slots: Mapping[str, float], pitch: float) -> dict[str, float]:
    """Outputs leave opposite their inputs where a gate has as many of them."""
    count = len(gate.outputs)
    if count == len(slots) > 1:
        return {
            out: slots[name] * pitch for out, name in zip(gate.outputs, gate.inputs, strict=True)
        }
    return {out: ((count - 1) / 2 - i) * pitch for i, out in enumerate(gate.outputs)}


def fitting_size(text: str, longest: float, style: Style) -> float | None:
    """The size at which a gate's text is at most so long, the largest; None where it is too long at
    the smallest.
    """
    size = style.gate_label_size
    while size >= SMALLEST_SIZE:
        if _text_extent(text, size)[0] <= longest:
            return size
        size -= 0.5
    return None


def _text_extent(text: str, size: float) -> tuple[float, float]:
    ink = outline(text, size).ink
    return ink.right - ink.left, ink.top - ink.bottom


def vertex_size(
    vertex: Vertex, side: Side, frame: Frame, style: Style, *, beside: str = ""
) -> VertexSize:
    """The room of a vertex with its label on this side, and with a label of its product above."""
    diameter = {"scalar": style.scalar_side, "data": style.data_diagonal}.get(
        vertex.kind, style.vector_diameter
    )
    r = _odd(diameter / 2)
    room: dict[Side, float] = {"before": r, "after": r, "above": r, "below": r}
    if vertex.label:
        ink = outline(vertex.label, style.label_size).ink
        label = ink.right - ink.left, label_strut(vertex.label, style)
        label_along, label_across = frame.extent(*label)
        in_line = side in ("before", "after")
        room[side] += style.label_gap + (label_along if in_line else label_across)
        room[side] = _odd(room[side])
        one, other = _CROSSWISE[in_line]
        half = (label_across if in_line else label_along) / 2
        room[one] = room[other] = max(r, _odd(half))
    if vertex.annotation is not None:
        _add_note(room, label_reach(vertex.label, diameter / 2, side, frame, style),
                  frame.extent(*note_extent(vertex.annotation, style)), side, style)  # fmt: skip
    if beside:
        ink = outline(beside, style.label_size).ink
        _, across = frame.extent(ink.right - ink.left, ink.top - ink.bottom)
        room["above"] = _odd(max(room["above"], across + 3 * style.label_gap))
    return VertexSize(**room, radius=diameter / 2, side=side)


def _add_note(
    room: dict[Side, float], reach: float, extent: Point, side: Side, style: Style
) -> None:
    """Room for an annotation beyond the label."""
    along, across = extent
    in_line = side in ("before", "after")
    room[side] = _odd(reach + style.note_gap + (along if in_line else across))
    half = _odd((across if in_line else along) / 2)
    for other in _CROSSWISE[in_line]:
        room[other] = max(room[other], half)


def label_reach(text: str, radius: float, side: Side, frame: Frame, style: Style) -> float:
    """How far from its mark's centre a label reaches that stands on this side of it."""
    if not text:
        return radius
    ink = outline(text, style.label_size).ink
    strut = max(label_strut(text, style), _LABEL_LINE * style.label_size)
    along, across = frame.extent(ink.right - ink.left, strut)
    return radius + style.label_gap + (along if side in ("before", "after") else across)


def note_extent(annotation: Annotation, style: Style) -> Point:
    """The width and the height of an annotation: a plot and the lines of its numbers."""
    parts = [line_extent(line, style) for line in quantity_lines(annotation)]
    if annotation.has_plot:
        parts.append((style.plot_width, style.plot_height))
    height = sum(height for _, height in parts) + style.note_gap * (len(parts) - 1)
    return max((width for width, _ in parts), default=0.0), max(height, 0.0)


def line_extent(line: str, style: Style) -> Point:
    """The width and the height of a line of numbers."""
    ink = outline(line, style.note_size).ink
    top, bottom = max(ink.top, 0.7 * style.note_size), max(-ink.bottom, 0.1 * style.note_size)
    return ink.right - ink.left, top + bottom


_CROSSWISE: dict[bool, tuple[Side, Side]] = {
    True: ("above", "below"),
    False: ("before", "after"),
}


def label_strut(text: str, style: Style) -> float:
    """The height that a label takes of a row of labels whose baselines agree."""
    shape = outline(text, style.label_size)
    return max(shape.ink.top, 0.62 * style.label_size) + max(-shape.ink.bottom, 0.0)


def _even(length: float) -> float:
    """Rounded up to an even number of pt, which Graphviz can halve without rounding."""
    return 2.0 * math.ceil(length / 2 - 1e-9)


def _odd(length: float) -> float:
    """Rounded up to an odd number of pt: the middle of a field of 2 pt."""
    return 2.0 * math.ceil((length - 1) / 2 - 1e-9) + 1.0

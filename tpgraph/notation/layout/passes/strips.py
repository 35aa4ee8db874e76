"""The parts of a staged picture in their places: common columns, strips under each other."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from tpgraph.notation.diagram.diagram import Diagram, Vertex
from tpgraph.notation.engines.engine import LayoutEngine
from tpgraph.notation.layout.family_lanes import find_lanes
from tpgraph.notation.layout.frame import Frame
from tpgraph.notation.layout.labelling import frame_box
from tpgraph.notation.layout.line_crossings import line_crossings
from tpgraph.notation.layout.linework import Linework, find_linework
from tpgraph.notation.layout.notes import note_box
from tpgraph.notation.layout.passes.clearings import LaidPart, cleared
from tpgraph.notation.layout.passes.staging import Home, Part, Staging
from tpgraph.notation.layout.place_finding import LARGE, find_places
from tpgraph.notation.layout.places import Places
from tpgraph.notation.scene.geometry import Box, box_around, union
from tpgraph.notation.scene.scene import Direction
from tpgraph.notation.scene.style import Style
from tpgraph.progress import counted

__all__ = ["Strip", "lay_strips"]

_MIRROR: dict[Direction, Direction] = {"LR": "RL", "RL": "LR", "TB": "BT", "BT": "TB"}
_ATTEMPTS, _ATTEMPTS_WITH_NOTES = 4, 14
_WIDER = 9.0
_CHANNEL = 8.0  # pt that remain free between the marks of neighbouring columns
_BETWEEN_ROWS = 26.0  # pt from a forward row to its backward row
_BETWEEN_STRIPS = 50.0
_AFTER_TURN, _AFTER_BOX = 46.0, 22.0  # pt behind a context with and without a backward row
_PER_WIRE = 3.0
_PER_PLATE, _AT_PLATE = 24.0, 14.0  # pt more across and along for the frames of plates
_ASIDE = 30.0  # pt between strips beside each other


@dataclass(frozen=True)
class Strip:
    """A part with its places and lines; `columns` are those of the whole picture that it uses."""

    part: Part
    places: Places
    drawn: Linework
    columns: tuple[int, ...]

    def position(self, column: int) -> int:
        """The number of a column of the picture among its own."""
        own = self.columns.index(column)
        return len(self.columns) - 1 - own if self.part.row == "backward" else own

    def box(self) -> Box:
        """The room of its marks, labels and lines, along the whole picture and across."""
        boxes = list(self.boxes().values())
        boxes += [frame_box(la, self.frame) for la in self.drawn.product_labels.values()]
        for line in self.drawn.lines.values():
            boxes.append(self.turned(box_around(line.flat)))
        return union(boxes)

    def boxes(self) -> dict[str, Box]:
        """The room of each mark with its label and its annotation."""
        found: dict[str, Box] = {}
        for mark, (x, y) in self.places.at.items():
            if mark in self.places.gates:
                size = self.places.gates[mark]
                half = size.depth / 2, max(size.length, size.bar) / 2
            else:
                half = (self.places.vertices[mark].radius,) * 2
            box = self.turned((x - half[0], y - half[1], x + half[0], y + half[1]))
            label, note = self.drawn.vertex_labels.get(mark), self.drawn.notes.get(mark)
            parts = [box] if label is None else [box, frame_box(label, self.frame)]
            found[mark] = union(parts if note is None else [*parts, note_box(note, self.frame)])
        return found

    @property
    def frame(self) -> Frame:
        """The frame of the whole picture."""
        direction = self.places.frame.direction
        return Frame(_MIRROR[direction] if self.part.row == "backward" else direction)

    def turned(self, box: Box) -> Box:
        """A box of its own frame in that of the picture."""
        if self.part.row != "backward":
            return box
        return -box[2], box[1], -box[0], box[3]


def lay_strips(
    staging: Staging,
    column: Mapping[str, int],
    frame: Frame,
    style: Style,
    engine: LayoutEngine,
    plates: Sequence[Collection[str]] = (),
) -> list[Strip]:
    """All parts laid out and put under each other, farther apart where there are plates.

    `plates` are the marks of each.
    """
    found: list[LaidPart] = []
    for part in counted("passes", staging.parts):
        laid = _first_places(part, column, frame, style, engine)
        ordered = _in_partners_order(laid, column, staging.partner, found)
        if ordered is not part:
            laid = _first_places(ordered, column, frame, style, engine)
        found.append(cleared(_levelled(laid, staging), plates))
    number = max(column.values(), default=-1) + 1
    ends = _context_ends(staging, column)
    for members in plates:
        own = [column[mark] for mark in members]
        for place in (min(own) - 1, max(own)):
            ends[place] = max(ends.get(place, 0.0), _AT_PLATE)
    for place, room in _wire_room(staging, column).items():
        ends[place] = max(ends.get(place, 0.0), room)
    strips = _roomy(found, number, ends)
    return _stacked(strips, _PER_PLATE if plates else 0.0)


def _roomy(found: Sequence[LaidPart], number: int, ends: Mapping[int, float]) -> list[Strip]:
    """Columns farther apart where lines and labels do not find room, while that helps.

    A line finds its way past an annotation after some attempts only.
    """
    best = current = _drawn(found, number, ends)
    noted = any(strip.drawn.notes for strip in best)
    marks = sum(len(places.at) for _, places, _ in found)
    for _ in range((_ATTEMPTS_WITH_NOTES if noted else _ATTEMPTS) - 1):
        if not sum(map(_trouble, current)) or marks > LARGE:
            break
        found = [
            (part, replace(places, wider=_wider(strip)), columns)
            for (part, places, columns), strip in zip(found, current, strict=True)
        ]
        current = _drawn(found, number, ends)
        if sum(map(_trouble, current)) < sum(map(_trouble, best)):
            best = current
        elif not noted:
            break
    return best


def _first_places(
    part: Part, column: Mapping[str, int], frame: Frame, style: Style, engine: LayoutEngine
) -> LaidPart:
    sign = -1 if part.row == "backward" else 1
    own = frame if sign > 0 else Frame(_MIRROR[frame.direction])
    marks = [v.id for v in part.diagram.vertices] + [g.id for g in part.diagram.gates]
    given = {mark: sign * column[mark] for mark in marks}
    places, _ = find_places(part.diagram, own, style, engine, line_crossings, columns=given)
    return part, places, tuple(sorted({column[mark] for mark in marks}))


def _in_partners_order(
    laid: LaidPart,
    column: Mapping[str, int],
    partner: Mapping[str, str],
    before: Sequence[LaidPart],
) -> Part:
    """A backward row whose marks are to stand, in each column, as the forward ones do that they
    serve; the part itself where they do, or stand in lanes that order it alone.
    """
    part, places, _ = laid
    said = part.diagram.said_standing
    if part.row != "backward" or not (said or _is_free(part.diagram, places)):
        return part
    height = {mark: y for _, done, _ in before for mark, y in done.placement.across.items()}
    vertices = [v for v in part.diagram.vertices if partner.get(v.id) in height]
    serves = {v.id: height[partner[v.id]] for v in vertices}
    columns: dict[int, list[Vertex]] = defaultdict(list)
    for vertex in sorted(vertices, key=lambda v: -serves[v.id]):
        columns[column[vertex.id]].append(vertex)
    pairs = [
        (upper, lower)
        for members in columns.values()
        for upper, lower in pairwise(members)
        if serves[upper.id] > serves[lower.id]
    ]
    own = places.placement.across
    if all(own[upper.id] > own[lower.id] for upper, lower in pairs):
        return part
    more = tuple((upper.variable, lower.variable) for upper, lower in pairs)
    return replace(part, diagram=replace(part.diagram, said_standing=(*said, *more)))


def _is_free(diagram: Diagram, places: Places) -> bool:
    """Whether no family of marks stands in lanes."""
    return not find_lanes(diagram, places.placement.column).of


def _context_ends(staging: Staging, column: Mapping[str, int]) -> dict[int, float]:
    """The room that boxes and arrows need behind the last columns of contexts."""
    ends: dict[int, float] = {}
    for context, members in staging.contexts.items():
        if context is not None:
            room = _AFTER_TURN if staging.returns(context) else _AFTER_BOX
            last = max(column[mark] for mark in members)
            ends[last] = max(ends.get(last, 0.0), room)
    return ends


def _wire_room(staging: Staging, column: Mapping[str, int]) -> dict[int, float]:
    """The room that wires need before the wide sides of their gates."""
    sources: dict[int, set[str]] = defaultdict(set)
    for wire in staging.wires:
        mirrored = staging.home[wire.gate].mirrored
        sources[column[wire.gate] - (not mirrored)].add(wire.source)
    return {place: _PER_WIRE * len(names) for place, names in sources.items()}


def _levelled(found: LaidPart, staging: Staging) -> LaidPart:
    """The contexts of a strip at one height: that of the row with the most marks."""
    part, places, columns = found
    placement = places.placement
    heights: dict[Home, Counter[float]] = defaultdict(Counter)
    for mark, height in placement.across.items():
        heights[staging.home[mark]][round(height, 1)] += 1
    if part.row == "between" or len(heights) < 2:
        return found
    rise = {home: -max(count, key=lambda y: (count[y], y)) for home, count in heights.items()}
    across = {mark: y + rise[staging.home[mark]] for mark, y in placement.across.items()}
    crossed = {
        link: tuple(y + rise[staging.home[link.source]] for y in ys)
        for link, ys in placement.crossed.items()
    }
    placement = replace(placement, across=across, crossed=crossed)
    return part, replace(places, placement=placement), columns


def _wider(strip: Strip) -> dict[int, float]:
    places, crowded = strip.places, strip.drawn.crowded
    return {
        column: places.wider.get(column, 0.0) + (_WIDER if crowded.get(column) else 0.0)
        for column in range(places.columns)
    }


def _trouble(strip: Strip) -> int:
    return sum(strip.drawn.crowded.values())


def _drawn(found: Sequence[LaidPart], number: int, ends: Mapping[int, float]) -> list[Strip]:
    """Lines drawn with all columns where they are for every part."""
    along = _columns_along(found, number, ends)
    strips = []
    for part, places, columns in found:
        if part.row == "backward":
            pinned = tuple(-along[c] for c in reversed(columns))
        else:
            pinned = tuple(along[c] for c in columns)
        placed = _pinned(places, pinned)
        strips.append(Strip(part, placed, find_linework(placed), columns))
    return strips


def _pinned(places: Places, along: tuple[float, ...]) -> Places:
    return replace(places, pinned=along)


def _columns_along(
    found: Sequence[LaidPart], number: int, ends: Mapping[int, float]
) -> list[float]:
    """Where the columns lie: as near as every part permits, with a channel between any two."""
    before, after = [0.0] * number, [0.0] * number
    needs: list[tuple[int, int, float]] = []
    for part, places, columns in found:
        sign = -1 if part.row == "backward" else 1
        for mark, own in places.placement.column.items():
            column = columns[::sign][own]
            near, far = places.room(mark)[::sign]
            before[column], after[column] = max(before[column], near), max(after[column], far)
        for (a, b), step in zip(pairwise(columns), places.steps[::sign], strict=True):
            needs.append((a, b, step))
    for i in range(number - 1):
        needs.append((i, i + 1, after[i] + _CHANNEL + ends.get(i, 0.0) + before[i + 1]))
    along = [0.0] * number
    for column in range(number):
        least = (along[a] + step for a, b, step in needs if b == column)
        along[column] = max(least, default=0.0)
    return along


def _stacked(strips: Sequence[Strip], more: float) -> list[Strip]:
    """Each strip below the one before, as near as the wires between them permit, `more` apart."""
    placed: list[Strip] = []
    boxes: list[Box] = []
    for strip in strips:
        box = strip.box()
        gap = _BETWEEN_ROWS if strip.part.row == "backward" else _BETWEEN_STRIPS + more
        beside = [b for b in boxes if not _beside(b, box)]
        top = min((b[1] - gap for b in beside), default=_top(boxes, box))
        placed.append(_shifted(strip, top - box[3]))
        boxes.append(placed[-1].box())
    return placed


def _beside(a: Box, b: Box) -> bool:
    """Whether two strips have room beside each other."""
    return a[2] + _ASIDE < b[0] or b[2] + _ASIDE < a[0]


def _top(boxes: Sequence[Box], box: Box) -> float:
    """Where a strip begins that stands beside all others: level with their middle, or their top."""
    if not boxes:
        return 0.0
    high, low = boxes[0][3], min(b[1] for b in boxes)
    return min(high, (high + low) / 2 + (box[3] - box[1]) / 2)


def _shifted(strip: Strip, rise: float) -> Strip:
    """The strip at another height, its lines drawn again."""
    placement = strip.places.placement
    across = {mark: y + rise for mark, y in placement.across.items()}
    crossed = {k: tuple(y + rise for y in ys) for k, ys in placement.crossed.items()}
    moved = replace(placement, across=across, crossed=crossed)
    places = replace(strip.places, placement=moved)
    return replace(strip, places=places, drawn=find_linework(places))

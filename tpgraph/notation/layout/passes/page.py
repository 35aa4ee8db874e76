"""Pictures of backward passes and of SGD (Tensor Programs IIb, Figures 6 and 7)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise

from tpgraph.bounds import MARKS
from tpgraph.errors import TPError, TPLimitError
from tpgraph.notation.diagram.diagram import GateMark
from tpgraph.notation.diagram.folded import Folded
from tpgraph.notation.engines.engine import LayoutEngine
from tpgraph.notation.layout.frame import Frame
from tpgraph.notation.layout.labelling import frame_box
from tpgraph.notation.layout.layout import edges_of, nodes_of
from tpgraph.notation.layout.notes import note_box
from tpgraph.notation.layout.obstacles import Obstacles
from tpgraph.notation.layout.passes.context_plates import LocalPlates, local_plates
from tpgraph.notation.layout.passes.grounds import ContextGround, arrows_of, contexts_of, grounds_of
from tpgraph.notation.layout.passes.ranks import columns_of
from tpgraph.notation.layout.passes.staging import Staging, stage
from tpgraph.notation.layout.passes.strips import Strip, lay_strips
from tpgraph.notation.layout.passes.untwisted import untwisted
from tpgraph.notation.layout.passes.wires import WireRequest, round_corners, route_wires
from tpgraph.notation.layout.plates import enclosed, encloses_strangers, plated, renamed
from tpgraph.notation.scene.crossings import crossings
from tpgraph.notation.scene.geometry import Box, box_shape, flatten
from tpgraph.notation.scene.scene import Direction, Edge, Node, Plate, Point, Scene
from tpgraph.notation.scene.style import Style
from tpgraph.notation.scene.taken import outline_of
from tpgraph.program import Pass, Program

__all__ = ["PlateError", "lay_out_passes"]

_TRACK = 4.5  # pt between lines in a channel
_OUTSIDE = 5  # tracks beyond the outermost marks
_FAR = 16.0
_TRACKS = ((150, 9), (300, 4), (400, 2))  # (so many wires, so many tracks in a channel)


class PlateError(TPError):
    """A plate would hold marks that do not belong to it."""


def lay_out_passes(
    program: Program,
    folded: Folded,
    direction: Direction,
    style: Style,
    engine: LayoutEngine,
    around: tuple[str, str] | None = None,
) -> Scene:
    """The scene of a program whose equations have places, drawn as the diagram of `folded`; with
    `around` all of it in a plate with this letter and label.

    Raises TPError for contexts in a direction in which their captions have no room, PlateError for
    plates in which other marks would stand; TPLimitError for more wires than a picture can hold.
    """
    staging = stage(program, folded.diagram)
    if not staging.parts:  # all that is computed is of data, which is not drawn
        return Scene(title=folded.diagram.title)
    _require_drawable(staging, direction)
    frame = Frame(direction)
    plates = local_plates(staging, folded)
    members = tuple(plate.members for plate in plates.folded.plates)
    for apart in ((), members):
        columns = columns_of(staging, bool(members), apart)
        strips = lay_strips(staging, columns, frame, style, engine, members)
        scene = _wired(_Page(staging, strips, (), frame, style), plates)
        if not encloses_strangers(scene, plates.folded, style):
            break
    else:
        raise PlateError(
            "what repeats cannot be put in a plate: other marks would stand in it",
            mend="draw it unfolded, with fewer layers or steps",
        )
    scene = plated(scene, plates.folded, style)
    grounds = grounds_of(staging, strips, style, _reach(scene, plates, staging, frame))
    scene = replace(
        renamed(scene, plates.folded),
        contexts=tuple(contexts_of(grounds, frame, style)),
        arrows=tuple(arrows_of(grounds, frame, style)),
    )
    return scene if around is None else enclosed(scene, *around, style)


def _wired(page: _Page, plates: LocalPlates) -> Scene:
    """The marks and lines of a page, those that lead from part to part too."""
    staging, frame, style = page.staging, page.frame, page.style
    marks = Scene(tuple(page.nodes()), tuple(page.lines()), title=staging.title)
    first = plated(marks, plates.folded, style)
    grounds = grounds_of(staging, page.strips, style, _reach(first, plates, staging, frame))
    members = (plate.members for plate in plates.folded.plates)
    frames = tuple(zip((_frame_of(plate, frame) for plate in first.plates), members, strict=True))
    wires = tuple(replace(page, grounds=grounds, plates=frames).wires())
    return replace(marks, edges=(*marks.edges, *wires))


def _require_drawable(staging: Staging, direction: Direction) -> None:
    """Raise TPError for what has no picture of passes: see `lay_out_passes`."""
    MARKS.require(
        len(staging.home),
        f"a picture of passes with {len(staging.home)} marks would not be readable",
        mend="draw fewer layers or time steps",
    )
    if len(staging.wires) > _TRACKS[-1][0]:
        raise TPLimitError(
            f"a picture with {len(staging.wires)} lines between its passes would not be readable",
            expected=f"at most {_TRACKS[-1][0]}",
            mend="draw fewer steps, or a smaller network",
        )


def _reach(
    scene: Scene, plates: LocalPlates, staging: Staging, frame: Frame
) -> dict[Pass | None, list[Box]]:
    """The room, by contexts, of plates and their labels and of lines between marks of one."""
    found: dict[Pass | None, list[Box]] = defaultdict(list)
    for plate, context in zip(scene.plates, plates.contexts, strict=True):
        found[context].append(_frame_of(plate, frame))
        if plate.label is not None:
            found[context].append(frame_box(plate.label, frame))
    for edge in scene.edges:
        context = staging.home[edge.source].context
        if context == staging.home[edge.target].context:
            at = [frame.back(*point) for point in flatten(edge.points, edge.curve)]
            xs, ys = zip(*at, strict=True)
            found[context].append((min(xs), min(ys), max(xs), max(ys)))
    return found


def _frame_of(plate: Plate, frame: Frame) -> Box:
    """A plate in the frame's coordinates."""
    return frame.box_back(outline_of(plate))


@dataclass(frozen=True)
class _Page:
    """The strips on one page, and the wires between them."""

    staging: Staging
    strips: list[Strip]
    grounds: Sequence[ContextGround]
    frame: Frame
    style: Style
    plates: Sequence[tuple[Box, frozenset[str]]] = ()

    @property
    def tracks(self) -> int:
        """How many wires a channel can hold beside each other, fewer in a large picture."""
        wires = len(self.staging.wires)
        return next(most for count, most in _TRACKS if wires <= count)

    def nodes(self) -> Iterator[Node]:
        """All marks, vectors before gates."""
        nodes = [n for s in self.strips for n in nodes_of(s.part.diagram, s.places, s.drawn)]
        yield from sorted(nodes, key=lambda node: node.kind in ("gate", "bar-gate"))

    def lines(self) -> Iterator[Edge]:
        """The lines inside of parts."""
        for strip in self.strips:
            yield from edges_of(strip.places, strip.drawn)

    def wires(self) -> Iterator[Edge]:
        """The inputs from other parts."""
        obstacles = self._obstacles()
        find = partial(route_wires, xs=self._channels(), ys=self._tracks(), obstacles=obstacles)
        own = tuple(self.lines())

        def crossed(found: tuple[list[WireRequest], list[tuple[Point, ...]]]) -> int:
            wires = (self._wire(*pair, curve=False) for pair in zip(*found, strict=True))
            return len(crossings((*own, *wires)))

        requests, lines = untwisted(list(self._requests()), find, crossed)
        for request, line in zip(requests, lines, strict=True):
            yield self._wire(request, round_corners(line, obstacles), curve=len(line) > 2)

    def _wire(self, request: WireRequest, line: Sequence[Point], *, curve: bool) -> Edge:
        """A wire on this way."""
        points = tuple(self.frame.point(*p) for p in line)
        return Edge("wire", request.source, request.target, points, curve)

    def _requests(self) -> Iterator[WireRequest]:
        boxes = self._centres()
        for strip in self.strips:
            for gate in strip.part.diagram.gates:
                offsets = self._foreign_ports(strip, gate, boxes)
                kinds = {n: k for k, names in enumerate(gate.alike) for n in names}
                x, y = boxes[gate.id]
                side = 1 if strip.part.row == "backward" else -1
                edge = x + side * strip.places.gates[gate.id].depth / 2
                for name, offset in offsets.items():
                    end = edge, y + offset
                    within = self._plate_around(name, gate.id)
                    yield WireRequest(
                        name,
                        gate.id,
                        boxes[name],
                        self._radius(name),
                        end,
                        -side,
                        within,
                        kinds.get(name),
                    )

    def _plate_around(self, *marks: str) -> Box | None:
        """The frame of the plate in which marks stand together."""
        found = (box for box, members in self.plates if members.issuperset(marks))
        return next(found, None)

    def _foreign_ports(
        self, strip: Strip, gate: GateMark, centre: Mapping[str, Point]
    ) -> dict[str, float]:
        """Where foreign inputs arrive: beyond the gate's own, on the side they come from."""
        own = strip.places.gates[gate.id].ports
        gap = self.style.gate_port_gap
        if not own:
            by_place = sorted(gate.foreign, key=lambda name: -centre[name][1])
            order = gate.order if gate.text.ordered else by_place
            return {n: ((len(order) - 1) / 2 - i) * gap for i, n in enumerate(order)}
        high = centre[gate.id][1]
        above = sorted((n for n in gate.foreign if centre[n][1] > high), key=lambda n: centre[n][1])
        if strip.part.row != "backward":
            above.reverse()
        below = [name for name in gate.foreign if centre[name][1] <= high]
        if gate.text.ordered:
            first = min(gate.order.index(name) for name in gate.inputs)
            above = [name for name in gate.order[:first] if name in gate.foreign]
            below = [name for name in gate.order[first:] if name in gate.foreign]
        top, bottom = max(own.values()), min(own.values())
        ports = {n: top + (len(above) - i) * gap for i, n in enumerate(above)}
        return ports | {n: bottom - (i + 1) * gap for i, n in enumerate(below)}

    def _centres(self) -> dict[str, Point]:
        return {
            mark: (-x, y) if strip.part.row == "backward" else (x, y)
            for strip in self.strips
            for mark, (x, y) in strip.places.at.items()
        }

    def _radius(self, name: str) -> float:
        return next(
            s.places.vertices[name].radius for s in self.strips if name in s.places.vertices
        )

    def _channels(self) -> list[float]:
        """Where lines may run across the whole picture: between the columns."""
        room: dict[int, list[float]] = {}
        for strip in self.strips:
            for mark, (left, _, right, _) in strip.boxes().items():
                own = strip.places.placement.column[mark]
                sign = -1 if strip.part.row == "backward" else 1
                ends = room.setdefault(strip.columns[::sign][own], [left, right])
                ends[0], ends[1] = min(ends[0], left), max(ends[1], right)
        sides = [room[column] for column in sorted(room)]
        gaps = [(a[1], b[0]) for a, b in pairwise(sides)]
        gaps = [(sides[0][0] - _FAR, sides[0][0]), *gaps, (sides[-1][1], sides[-1][1] + _FAR)]
        found = [self._off_plates(_between(low, high, self.tracks)) for low, high in gaps]
        return [x for gap in found for x in gap]

    def _off_plates(self, channels: list[float]) -> list[float]:
        """The channels that do not run along the edges of plates, if there are others."""
        edges = [edge for box, _ in self.plates for edge in (box[0], box[2])]
        free = [x for x in channels if all(abs(x - edge) > _TRACK for edge in edges)]
        return free or channels

    def _tracks(self) -> list[float]:
        """Where lines may run along the whole picture: between the strips."""
        boxes = [strip.box() for strip in self.strips]
        top, bottom = max(b[3] for b in boxes), min(b[1] for b in boxes)
        found = {bottom - _TRACK * i for i in range(1, _OUTSIDE)}
        found |= {top + _TRACK * i for i in range(1, _OUTSIDE)}
        for upper in boxes:
            below = [b for b in boxes if b[3] <= upper[1] and b[0] < upper[2] and upper[0] < b[2]]
            if below:
                found.update(_between(max(b[3] for b in below), upper[1], self.tracks))
        zones = [zone for ground in self.grounds if ground.context for zone in ground.edges]
        return sorted(y for y in found if not any(a < y < b for a, b in zones))

    def _obstacles(self) -> Obstacles:
        found = Obstacles()
        for strip in self.strips:
            labels = dict(strip.drawn.vertex_labels)
            for node in nodes_of(strip.part.diagram, strip.places, strip.drawn):
                a, b = self.frame.back(node.x, node.y)
                half = self.frame.extent(node.width / 2, max(node.height, node.bar) / 2)
                box = a - half[0], b - half[1], a + half[0], b + half[1]
                found.add(box_shape(box), node.id, solid=True)
            for name, label in labels.items():
                found.add(box_shape(frame_box(label, self.frame)), name)
            for name, note in strip.drawn.notes.items():
                found.add(box_shape(note_box(note, self.frame)), name)
            for label in strip.drawn.product_labels.values():
                found.add(box_shape(frame_box(label, self.frame)), "")
        for ground in self.grounds:
            if ground.caption_box is not None:
                found.add(box_shape(ground.caption_box), "")
        return found


def _between(low: float, high: float, most: int) -> list[float]:
    """Lines between two heights, at equal distances."""
    count = min(most, max(1, int((high - low) / _TRACK) - 1))
    step = (high - low) / (count + 1)
    return [low + step * (i + 1) for i in range(count)]

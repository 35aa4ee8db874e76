"""The lines of a picture and all labels beside marks and lines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from tpgraph.notation.diagram.diagram import Vertex
from tpgraph.notation.diagram.links import Link
from tpgraph.notation.layout.corridors import Corridors
from tpgraph.notation.layout.hindrances import AT_ONCE, Hindrances
from tpgraph.notation.layout.kept_lines import KeptLines
from tpgraph.notation.layout.labelling import around_mark, beside_line, beside_mark, frame_box
from tpgraph.notation.layout.notes import note_around, note_beyond, note_box
from tpgraph.notation.layout.obstacles import Obstacles, Strokes
from tpgraph.notation.layout.places import Places
from tpgraph.notation.layout.routing import OUTLINES, LineEnd, Route, WantedLine, routes
from tpgraph.notation.layout.threads import Threads
from tpgraph.notation.scene.geometry import Shape, box_shape
from tpgraph.notation.scene.scene import Label, Note
from tpgraph.progress import counting, one_more

__all__ = ["Linework", "find_linework"]

_TOUCH = 0.4  # pt from which a line is in the way of a label
_GRAVE = 10  # a mark in the way of a line is as bad as so many labels


@dataclass
class Linework:
    """Lines by link, labels and annotations by vertex, labels by product; `crowded` counts for
    columns what did not find a free place in the gap behind them, `squeezed` names the targets of
    products among that, `crossed` the vertices whose annotation a line crosses.
    """

    lines: dict[Link, Route] = field(default_factory=dict)
    vertex_labels: dict[str, Label] = field(default_factory=dict)
    notes: dict[str, Note] = field(default_factory=dict)
    product_labels: dict[int, Label] = field(default_factory=dict)
    crowded: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    squeezed: set[str] = field(default_factory=set)
    crossed: set[str] = field(default_factory=set)


def find_linework(places: Places, kept: KeptLines | None = None) -> Linework:
    """The lines between marks that stand in their places, and their labels.

    Lines that `kept` knows keep their way.
    """
    return _LineSearch(places, kept).drawn()


class _LineSearch:
    """Short lines first, then their labels, then the lines that pass columns."""

    def __init__(self, places: Places, kept: KeptLines | None = None) -> None:
        self.places = places
        self.kept = kept
        self.vertex = {vertex.id: vertex for vertex in places.diagram.vertices}
        self.result = Linework()
        self.marks = Obstacles()  # what stands fast
        self.texts = Obstacles()  # labels, which may yet move
        self.lines = Strokes()  # what is in the way of labels alone
        self.came = Strokes()  # those of them that are not kept

    def drawn(self) -> Linework:
        """The whole work."""
        self._enter_marks()
        for vertex in self.places.diagram.vertices:
            if vertex.label:
                self._label(vertex)
            if vertex.annotation is not None:
                self._annotate(vertex)
        self._route()
        self._move_vertex_labels()
        self._move_notes()
        self._move_product_labels()
        for name in self.result.squeezed:
            self.result.crowded[self.places.placement.column[name] - 1] += 1
        return self.result

    def _enter_marks(self) -> None:
        for mark, (x, y) in self.places.at.items():
            if mark not in self.places.gates:
                self.marks.add(_octagon(x, y, self.places.vertices[mark].radius), mark, solid=True)
                continue
            size = self.places.gates[mark]
            d, wide, narrow = size.depth / 2, size.length / 2, size.narrow / 2
            shape = (x - d, y - wide), (x + d, y - narrow), (x + d, y + narrow), (x - d, y + wide)
            self.marks.add(shape, mark, solid=True)
            if size.bar:
                bar = x + d - 0.5, y - size.bar / 2, x + d + 0.5, y + size.bar / 2
                self.marks.add(box_shape(bar), mark, solid=True)

    def _label(self, vertex: Vertex) -> None:
        at, size = self.places.at[vertex.id], self.places.vertices[vertex.id]
        frame, style = self.places.frame, self.places.style
        label = beside_mark(vertex.label, at, size.radius, size.side, frame, style)
        self.result.vertex_labels[vertex.id] = label
        self.texts.add(box_shape(frame_box(label, frame)), vertex.id)

    def _annotate(self, vertex: Vertex) -> None:
        at, size = self.places.at[vertex.id], self.places.vertices[vertex.id]
        note = note_beyond(vertex, at, size, self.places.frame, self.places.style)
        self._enter_note(vertex.id, note)

    def _enter_note(self, vertex: str, note: Note) -> None:
        self.result.notes[vertex] = note
        self.texts.add(box_shape(note_box(note, self.places.frame)), _note_owner(vertex))

    def _route(self) -> None:
        crossed = self.places.placement.crossed
        rest = sorted(self.places.links, key=lambda link: len(crossed[link]))
        corridors, count = Corridors(self.places), sum(not crossed[link] for link in rest)
        with counting("lines", len(rest)):
            self._draw_lines(rest[:count], corridors)
            while rest := rest[count:]:
                if not self.result.product_labels:
                    self._label_products()
                count = len(rest) if self.result.product_labels else _until_product(rest)
                self._draw_lines(rest[:count], corridors)
        self._label_products()

    def _draw_lines(self, links: Sequence[Link], corridors: Corridors) -> None:
        """Find the lines between what stands already; those that stay keep their way."""
        stay = {} if self.kept is None else self.kept.lines
        lines = {link: stay[link] for link in links if link in stay}
        wanted = [link for link in links if link not in stay]
        for link, line in zip(wanted, self._found(wanted, corridors), strict=True):
            lines[link] = line
            one_more()
        for link in links:
            self.result.lines[link] = lines[link]
            self.lines.add(lines[link].array)

    @cached_property
    def _others(self) -> Threads | None:
        """The lines that lines of a kept picture should not cross."""
        lines = () if self.kept is None else self.kept.lines.values()
        return None if self.kept is None else Threads(line.array for line in lines)

    def _found(self, links: Sequence[Link], corridors: Corridors) -> Iterator[Route]:
        """The ways of lines, a group of them at a time; one at a time where lines should not cross
        the others.
        """
        if not links:
            return
        hindrances = Hindrances((self.marks, self.texts), (_GRAVE, 1))
        at_once = AT_ONCE if self._others is None else 1
        for first in range(0, len(links), at_once):
            group = links[first : first + at_once]
            wanted = [self._request(link, corridors) for link in group]
            for link, (line, hits) in zip(group, routes(wanted, hindrances), strict=True):
                if self._others is not None:
                    self._others.add(line.array)
                if hits:
                    self._crowd(link)
                self.came.add(line.array)
                yield line

    def _request(self, link: Link, corridors: Corridors) -> WantedLine:
        start, end = self._ends(link)
        dashed = link.product is not None
        return WantedLine(start, end, corridors.of(link), dashed, self._others)

    def _crowd(self, link: Link) -> None:
        column = self.places.placement.column
        for place in {column[link.source], column[link.target] - 1}:
            self.result.crowded[place] += 1

    def _ends(self, link: Link) -> tuple[LineEnd, LineEnd]:
        rise, fall = self.places.offsets(link)
        return self._end(link.source, rise, 1.0), self._end(link.target, fall, -1.0)

    def _end(self, mark: str, offset: float, sign: float) -> LineEnd:
        x, y = self.places.at[mark]
        if mark in self.places.gates:
            return LineEnd(mark, (x + sign * self.places.gates[mark].depth / 2, y + offset))
        outline = OUTLINES.get(self.vertex[mark].kind, "circle")
        return LineEnd(mark, (x, y), self.places.vertices[mark].radius, outline)

    def _label_products(self) -> None:
        """Label the products drawn so far; those of one matrix in one column share a label, which
        stays where it is kept.
        """
        kept = {} if self.kept is None else self.kept.labels
        groups: dict[tuple[str, int], list[Link]] = defaultdict(list)
        for link in self.result.lines:
            if link.product is not None:
                text = self.places.diagram.products[link.product].label
                groups[text, self.places.placement.column[link.source]].append(link)
        for (text, _), group in groups.items():
            said = any(link.product in self.result.product_labels for link in group)
            if text and not said:
                stays = next((link.product for link in group if link.product in kept), None)
                if stays is None:
                    around = self.marks, self.texts, self.lines
                    index, label, free = self._label_one(group, around)
                else:
                    index, label, free = stays, kept[stays], True
                self.result.product_labels[index] = label
                self.texts.add(box_shape(frame_box(label, self.places.frame)), _owner(index))
                if not free:
                    self.result.squeezed.add(self.places.diagram.products[index].target)

    def _label_one(
        self, group: Sequence[Link], around: Sequence[Obstacles | Strokes]
    ) -> tuple[int, Label, bool]:
        """The label at the first line that has room for it."""
        tried: list[tuple[int, Label, bool]] = []
        for link in group:
            assert link.product is not None
            product = self.places.diagram.products[link.product]
            flat = self.result.lines[link].flat
            label, free = beside_line(
                product.label, flat, product.color, around, self.places.frame, self.places.style
            )
            tried.append((link.product, label, free))
            if free:
                return tried[-1]
        return tried[0]

    def _move_product_labels(self) -> None:
        """Give labels that a later line crosses another place at their line, if there is one."""
        link_of = {link.product: link for link in self.result.lines}
        kept = {} if self.kept is None else self.kept.labels
        for index, label in list(self.result.product_labels.items()):
            link, lines = link_of[index], self.came if index in kept else self.lines
            if not lines.covers(frame_box(label, self.places.frame), _TOUCH):
                continue
            self.texts.remove(_owner(index))
            self.result.squeezed.discard(link.target)
            _, moved, free = self._label_one((link,), (self.marks, self.texts, self.lines))
            label = moved if free else label
            self.result.product_labels[index] = label
            self.texts.add(box_shape(frame_box(label, self.places.frame)), _owner(index))
            if not free:
                self.result.squeezed.add(link.target)

    def _move_vertex_labels(self) -> None:
        """Give labels that a line crosses another place around their mark, if there is one."""
        frame, style = self.places.frame, self.places.style
        for name, label in list(self.result.vertex_labels.items()):
            if not self.lines.covers(frame_box(label, frame), _TOUCH):
                continue
            self.texts.remove(name)
            at, radius = self.places.at[name], self.places.vertices[name].radius
            moved, free = around_mark(
                label, at, radius, (self.marks, self.texts, self.lines), frame, style
            )
            self.result.vertex_labels[name] = moved
            self.texts.add(box_shape(frame_box(moved, frame)), name)
            self.result.crowded[self.places.placement.column[name]] += not free

    def _move_notes(self) -> None:
        """Give annotations that a line crosses another place around their mark, if there is one."""
        frame, style = self.places.frame, self.places.style
        for name, note in list(self.result.notes.items()):
            if not self.lines.covers(note_box(note, frame), _TOUCH):
                continue
            self.texts.remove(_note_owner(name))
            at, size = self.places.at[name], self.places.vertices[name]
            around = self.marks, self.texts, self.lines
            moved = note_around(self.vertex[name], at, size, around, frame, style)
            self._enter_note(name, moved or note)
            self.result.crossed |= {name} if moved is None else set()
            column = self.places.placement.column[name]
            for gap in (column - 1, column):
                self.result.crowded[gap] += moved is None


def _until_product(links: Sequence[Link]) -> int:
    """How many links there are up to the first that is a product, with it."""
    numbers = (number for number, link in enumerate(links, 1) if link.product is not None)
    return next(numbers, len(links))


def _owner(product: int) -> str:
    return f"product {product}"


def _note_owner(vertex: str) -> str:
    return f"note {vertex}"


def _octagon(x: float, y: float, r: float) -> Shape:
    c = 0.414 * r
    return (
        (x - c, y - r), (x + c, y - r), (x + r, y - c), (x + r, y + c),
        (x + c, y + r), (x - c, y + r), (x - r, y + c), (x - r, y - c),
    )  # fmt: skip

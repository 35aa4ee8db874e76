r"""A scene as TikZ: the shapes of the other painters, labels set by LaTeX itself.

The coordinates are those of the scene in bp, the pt of SVG and PDF. Looks are named styles at the
top, such as `tp X`; a document that inputs the picture changes them with

    \tikzset{tp own/.style={tp X/.append style={fill=red}}}

Vectors and scalars are nodes that can be referred to: `h[1]` is `(h-1)`.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator
from typing import assert_never

from tpgraph.embedded import tikz_comments
from tpgraph.errors import TPError
from tpgraph.notation.painters.tikz_style import (
    Colors,
    bp,
    differences,
    label_sizes,
    looks,
    number,
    plot_looks,
    styles,
)
from tpgraph.notation.scene.display import (
    Bezier,
    Disc,
    DisplayMark,
    Lettering,
    MarkGroup,
    Paint,
    Picture,
    Polygon,
    Rectangle,
)
from tpgraph.notation.scene.painting import picture
from tpgraph.notation.scene.scene import Anchor, Point, Scene
from tpgraph.notation.scene.sheets import sheets
from tpgraph.notation.scene.style import PAPER, Style
from tpgraph.program.tex import portable
from tpgraph.program.variables import ACCENTS, GREEK

__all__ = ["Painter", "program_comments", "require_length", "to_tikz"]

_LONGEST = 16_300.0  # pt: TeX's lengths end at 16384 of its pt, which are a little shorter

_HEAD = r"""\documentclass{{article}}
\usepackage[paperwidth={width}, paperheight={height}, margin=0bp]{{geometry}}
\usepackage{{amsmath, amssymb, tikz}}
\hoffset=-1in
\voffset=-1in
\begin{{document}}"""
_PAGE = r"""\setbox0=\hbox{%"""
_SHIPPED = r"""}
\shipout\box0"""
"""One box is the page: there is nothing to break, however long it is."""
_HIGH = r"\ifdefined\pdfpageheight\pdfpageheight={0}\else\pageheight={0}\fi"
"""How high the pages are from here on, for pdflatex and lualatex."""
_TAIL = r"\end{document}"

_ANCHORS: dict[Anchor, str] = {
    "n": "north",
    "ne": "north east",
    "e": "east",
    "se": "south east",
    "s": "south",
    "sw": "south west",
    "w": "west",
    "nw": "north west",
    "base": "base",
}
_STYLES = {
    "node scalar": "tp scalar",
    "node data": "tp data",
    "node gate": "tp gate",
    "node bar-gate": "tp moment",
    "edge wire": "tp wire",
    "edge matmul": "tp matmul",
    "context": "tp context",
    "plate": "tp plate",
    "path": "tp path",
    "path-dots": "tp path dot",
    "arrow": "tp arrow",
    "legend": "tp legend",
    "annotation": "tp bars",
}
_LABEL_STYLES = {
    "node gate": "tp gate label",
    "node bar-gate": "tp gate label",
    "edge matmul": "tp matrix",
    "context": "tp caption",
    "annotation": "tp caption",
}
_SPELLED = {letter: name for name, letter in GREEK.items()}
_SPELLED |= {accent: f"-{name}" for name, accent in ACCENTS.items()}


def to_tikz(
    scene: Scene,
    style: Style = PAPER,
    *,
    standalone: bool = True,
    source: str | None = None,
    height: float | None = None,
) -> str:
    r"""The scene as a LaTeX document of one page, or of several of at most this height in pt with a
    tikzpicture each, or else as a picture to `\input`.

    The document compiles with pdflatex and lualatex; the one that inputs a picture loads tikz,
    amsmath and amssymb. `source` is the program's text, put into comments at the end.

    Raises TPError for a label that cannot be typeset, a colour that is not `#rrggbb`, and a
    picture longer than TeX's lengths.
    """
    page = picture(scene, style)
    pages = (page,) if height is None else sheets(page, height)
    for part in pages:
        require_length(part)
    painter = Painter(style)
    bodies = [[line for layer in part.marks for line in painter.layer(layer)] for part in pages]
    lines = [f"% {_comment(page.title or 'Tensor Program')}, drawn by tpgraph"]
    if standalone:
        lines.append(_HEAD.format(width=bp(page.width), height=bp(pages[0].height)))
        for part, body in zip(pages, bodies, strict=True):
            if part is not pages[0]:
                lines.append(_HIGH.format(bp(part.height)))
            lines += [_PAGE, *painter.picture(part, body), _SHIPPED]
        lines.append(_TAIL)
    else:
        lines.append(r"% \usepackage{amsmath, amssymb, tikz}")
        for part, body in zip(pages, bodies, strict=True):
            lines += painter.picture(part, body)
    if source is not None:
        lines += program_comments(source)
    return "\n".join(lines) + "\n"


def require_length(page: Picture) -> None:
    """Raise TPError for a picture longer than TeX's lengths."""
    longest = max(page.width, page.height, *map(abs, page.bounds))
    if longest > _LONGEST:
        raise TPError(
            f"the picture is {longest:.0f} pt long, more than a length of TeX can be",
            expected=f"at most {_LONGEST:.0f} pt",
            mend="fold what repeats, or write SVG or PDF",
        )


class Painter:
    """The lines of one picture, and the colours and node names that they use."""

    def __init__(self, style: Style) -> None:
        self.style = style
        self.colors = Colors(style)
        self.looks = looks(style) | plot_looks(style)
        self.plots = False
        self.sizes = label_sizes(style)
        self.names: set[str] = set()

    def picture(self, page: Picture, body: list[str]) -> Iterator[str]:
        """The tikzpicture around these lines."""
        keys = list(styles(self.style, self.colors, plots=self.plots))
        left, bottom, right, top = page.bounds
        corners = f"{_at((left, bottom))} rectangle {_at((right, top))}"
        yield r"\begin{tikzpicture}[x=1bp, y=1bp]"
        yield from (f"  {line}" for line in self.colors.definitions())
        yield r"  \tikzset{"
        yield from (f"    {key}" for key in keys)
        yield "    tp own/.try,"
        yield "  }"
        yield rf"  \useasboundingbox {corners};"
        if page.background is not None:
            yield rf"  \fill[tp background] {corners};"
        yield from body
        yield r"\end{tikzpicture}" + "%"

    def layer(self, mark: DisplayMark) -> Iterator[str]:
        """A heading, and the marks of a layer."""
        assert isinstance(mark, MarkGroup), "a picture consists of groups"
        yield f"  % {mark.kind}"
        comment = ""
        self.plots = self.plots or mark.kind == "annotations"
        for part in mark.marks:
            if isinstance(part, MarkGroup) and mark.kind == "legend":
                yield from self.layer(part)
            elif isinstance(part, MarkGroup):
                yield from self.group(part)
            else:
                yield f"  {self.mark(part, mark, comment)}"

    def group(self, group: MarkGroup) -> Iterator[str]:
        """A node, an edge, …: its marks, the first of them with its name in words."""
        comment = f" % {_comment(group.title)}" if group.title else ""
        for part in group.marks:
            yield f"  {self.mark(part, group, comment)}"
            comment = ""

    def mark(self, mark: DisplayMark, group: MarkGroup, comment: str) -> str:
        """The command for a mark of a group."""
        match mark:
            case Lettering():
                return self.text(mark, group) + comment
            case MarkGroup():
                raise AssertionError("groups are at most two deep")
            case Disc(x, y, radius, paint):
                if group.kind == "path-dots":
                    circle = f"{_at((x, y))} circle [radius={number(radius)}]"
                    return self.path("tp path dot", paint, circle) + comment
                if group.kind == "annotation":
                    circle = f"{_at((x, y))} circle [radius={number(radius)}]"
                    return self.path("tp spike", paint, circle) + comment
                return self.node(group, paint, (x, y), 2 * radius, 2 * radius) + comment
            case Rectangle(left, bottom, right, top, _, paint) if group.kind == "node scalar":
                middle = ((left + right) / 2, (bottom + top) / 2)
                return self.node(group, paint, middle, right - left, top - bottom) + comment
            case Rectangle(left, bottom, right, top, _, paint):
                corners = f"{_at((left, bottom))} rectangle {_at((right, top))}"
                return self.path(_STYLES[group.kind], paint, corners) + comment
            case Polygon(points, closed, paint):
                line = " -- ".join(map(_at, points)) + (" -- cycle" if closed else "")
                if group.kind == "node data":
                    middle = ((points[0][0] + points[2][0]) / 2, points[0][1])
                    line += f" {_at(middle)} coordinate ({self.name(group)})"
                return self.path(_polygon_style(group.kind, closed), paint, line) + comment
            case Bezier(points, paint):
                return self.path(_STYLES[group.kind], paint, _curve(points)) + comment
            case _:
                assert_never(mark)

    def path(self, name: str, paint: Paint, path: str) -> str:
        """One path in a named style, with the options in which its paint differs from it."""
        command = r"\draw" if paint.stroke else r"\fill"
        options = differences(paint, self.looks[name], self.colors)
        return f"{command}[{', '.join([name, *options])}] {path};"

    def node(self, group: MarkGroup, paint: Paint, at: Point, width: float, height: float) -> str:
        """A vector or a scalar; a vector's style is that of its look."""
        if group.kind == "node scalar":
            name, size = "tp scalar", self.style.scalar_side
        else:
            hollow = paint.fill == self.style.inside("G")
            name, size = "tp G" if hollow else "tp X", self.style.vector_diameter
        usual = number(size - self.style.node_stroke)
        options = [name, *differences(paint, self.looks[name], self.colors)]
        if (number(width), number(height)) != (usual, usual):
            options += [f"minimum width={bp(width)}", f"minimum height={bp(height)}"]
        return rf"\node[{', '.join(options)}] ({self.name(group)}) at {_at(at)} {{}};"

    def name(self, group: MarkGroup) -> str:
        """A name for TikZ that is not yet taken: `h[1]` is `h-1`, ξ̃ is `xi-tilde`."""
        id = unicodedata.normalize("NFD", dict(group.data).get("id", ""))
        plain = "".join(_SPELLED.get(letter, letter) for letter in id)
        base = re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-") or "node"
        name, copies = base, 1
        while name in self.names:
            copies += 1
            name = f"{base}-copy-{copies}"
        self.names.add(name)
        return name

    def text(self, text: Lettering, group: MarkGroup) -> str:
        """A label as LaTeX sets it; its outline, if it holds what LaTeX does not know."""
        label, latex = text.label, portable(text.label.text)
        if latex.foreign:
            return rf"\fill[{self.colors.name(text.color)}] {_outline(text)};"
        name = _LABEL_STYLES.get(group.kind, "tp label")
        if group.kind == "labels" and label.size == self.style.caption_size:
            name = "tp caption"
        options = [name]
        if label.size != self.sizes[name]:
            options.append(f"scale={label.size / self.sizes[name]:.4g}")
        if label.anchor in _ANCHORS:
            options.append(f"anchor={_ANCHORS[label.anchor]}")
        if label.rotation:
            options.append(f"rotate={number(label.rotation)}")
        if text.color != self.style.ink:
            options.append(f"text={self.colors.name(text.color)}")
        shown = r"\\".join(f"${line}$" for line in latex.lines)
        return rf"\node[{', '.join(options)}] at {_at((label.x, label.y))} {{{shown}}};"


def _polygon_style(kind: str, closed: bool) -> str:
    if kind == "node bar-gate" and not closed:
        return "tp bar"
    if kind == "annotation" and not closed:
        return "tp curve"
    return "tp arrow head" if kind == "arrow" and closed else _STYLES[kind]


def _at(point: Point) -> str:
    return f"({number(point[0])}, {number(point[1])})"


def _curve(points: tuple[Point, ...]) -> str:
    pieces = [_at(points[0])]
    for index in range(1, len(points), 3):
        a, b, end = (_at(point) for point in points[index : index + 3])
        pieces.append(f".. controls {a} and {b} .. {end}")
    return " ".join(pieces)


def _outline(text: Lettering) -> str:
    """The filled path of a label that is typeset already."""
    angle = math.radians(text.rotation)
    cos, sin = math.cos(angle), math.sin(angle)
    here: Point = (0.0, 0.0)
    pieces: list[str] = []
    for letter, numbers in text.outline.commands():
        local = list(zip(numbers[::2], numbers[1::2], strict=True))
        points = [(text.x + x * cos - y * sin, text.y + x * sin + y * cos) for x, y in local]
        match letter:
            case "M":
                pieces.append(_at(points[0]))
            case "L":
                pieces.append(f"-- {_at(points[0])}")
            case "Q":
                pieces.append(_curve((here, *_cubic(here, *points)))[len(_at(here)) + 1 :])
            case "C":
                pieces.append(_curve((here, *points))[len(_at(here)) + 1 :])
            case "Z":
                pieces.append("-- cycle")
        here = points[-1] if points else here
    return " ".join(pieces)


def _cubic(start: Point, control: Point, end: Point) -> tuple[Point, Point, Point]:
    """The cubic Bezier piece that is the quadratic one."""

    def between(a: Point, b: Point) -> Point:
        return a[0] + (b[0] - a[0]) * 2 / 3, a[1] + (b[1] - a[1]) * 2 / 3

    return between(start, control), between(end, control), end


def program_comments(source: str) -> Iterator[str]:
    """The program's text as comments."""
    yield from ("%", "% The program:")
    yield from tikz_comments(source)


def _comment(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)

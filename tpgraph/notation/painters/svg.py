"""A scene as SVG: glyph outlines once in <defs>, readable groups, titles and data attributes."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from types import ModuleType
from typing import assert_never

from tpgraph.embedded import as_xml, svg_metadata
from tpgraph.notation.labels.mathtext import Glyph, PlacedGlyph
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
from tpgraph.notation.scene.geometry import Box
from tpgraph.notation.scene.painting import picture
from tpgraph.notation.scene.scene import Point, Scene
from tpgraph.notation.scene.style import PAPER, Style

__all__ = ["SvgParts", "glyph_paths", "markup", "svg_parts", "to_svg"]


def to_svg(
    scene: Scene,
    style: Style = PAPER,
    *,
    source: str | None = None,
    description: str = "",
    text: bool = False,
) -> str:
    """The scene as an SVG document, its size in pt; coordinates rounded to 0.01 pt.

    `source` is the program's text, which goes into <metadata>; `embedded.extract_program` finds it.
    `description` goes into <desc>. With `text` labels are <text>, in fonts that the document holds.

    Vectors, scalars, gates, contexts, plates and paths carry `data-id`, edges `data-source` and
    `data-target`. Raises TPError for a label that cannot be typeset.
    """
    return str(svg_parts(scene, style, source=source, description=description, text=text))


def markup(marks: Iterable[DisplayMark], origin: Point) -> str:
    """The elements of marks in coordinates about `origin`, y downwards, rounded to 0.01 pt.

    Glyphs are <use> elements, for the outlines that `glyph_paths` gives.
    """
    x, y = origin
    return "".join(line for mark in marks for line in _mark(mark, (x, 0.0, 0.0, y), ""))


def glyph_paths(marks: Iterable[DisplayMark]) -> dict[str, str]:
    """The path data of every glyph in the marks, by the id that markup uses."""
    glyphs = {glyph.name: glyph for glyph in _glyphs(marks)}
    return {_glyph_id(name): _outline(glyph) for name, glyph in glyphs.items()}


@dataclass(frozen=True, slots=True)
class SvgParts:
    """The lines of an SVG document: its head, the program's text, outlines of glyphs, the marks."""

    head: tuple[str, ...]
    metadata: tuple[str, ...]
    outlines: tuple[str, ...]
    marks: tuple[str, ...]

    def __str__(self) -> str:
        defs = ("  <defs>", *self.outlines, "  </defs>") if self.outlines else ()
        return "\n".join((*self.head, *self.metadata, *defs, *self.marks)) + "\n"


def svg_parts(
    scene: Scene,
    style: Style = PAPER,
    *,
    source: str | None = None,
    description: str = "",
    text: bool = False,
) -> SvgParts:
    """What `to_svg` writes, in parts."""
    page = picture(scene, style)
    return SvgParts(
        (*_head(page, description), *(_letters().font_faces(page.marks) if text else ())),
        () if source is None else (f"  {svg_metadata(source)}",),
        tuple(_outlines(page.marks, text)),
        tuple(_body(page, text)),
    )


def _letters() -> ModuleType:
    """What writes <text>; it needs matplotlib's fonts."""
    return importlib.import_module("tpgraph.notation.painters.svg_letters")


def _head(page: Picture, description: str) -> Iterator[str]:
    width, height = _number(page.width), _number(page.height)
    title = as_xml(page.title or "Tensor Program")
    yield (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'width="{width}pt" height="{height}pt" viewBox="0 0 {width} {height}" '
        f'role="img" aria-label={_attribute(title)}>'
    )
    yield f"  <title>{escape(title, quote=False)}</title>"
    if description:
        yield f"  <desc>{escape(as_xml(description), quote=False)}</desc>"


def _body(page: Picture, text: bool) -> Iterator[str]:
    width, height = _number(page.width), _number(page.height)
    if page.background is not None:
        yield f'  <rect width="{width}" height="{height}" fill="{page.background}"/>'
    for mark in page.marks:
        yield from _mark(mark, page.bounds, "  ", text)
    yield "</svg>"


def _outlines(marks: Iterable[DisplayMark], text: bool) -> Iterator[str]:
    glyphs = {glyph.name: glyph for glyph in _glyphs(marks, text)}
    for name in sorted(glyphs):
        yield f'    <path id="{_glyph_id(name)}" d="{_outline(glyphs[name])}"/>'


def _glyphs(marks: Iterable[DisplayMark], text: bool = False) -> Iterator[Glyph]:
    """The glyphs that are drawn, with `text` only those that no letter stands for."""
    for mark in marks:
        if isinstance(mark, MarkGroup):
            yield from _glyphs(mark.marks, text)
        elif isinstance(mark, Lettering):
            shape = mark.outline
            drawn = _letters().letters_of(shape).drawn if text else shape.glyphs
            yield from (item.glyph for item in drawn)


def _glyph_id(name: str) -> str:
    return "glyph-" + re.sub(r"[^A-Za-z0-9_.-]", "_", name)


@lru_cache(maxsize=4096)
def _outline(glyph: Glyph) -> str:
    """Path data at 100 pt, y upwards: <use> turns it over."""
    return "".join(
        letter + " ".join(_number(value) for value in numbers) for letter, numbers in glyph.commands
    )


def _mark(mark: DisplayMark, box: Box, indent: str, text: bool = False) -> Iterator[str]:
    """The elements of a mark; `box` gives the origin, at its upper left corner."""
    match mark:
        case MarkGroup():
            yield from _group(mark, box, indent, text)
        case Lettering():
            yield from _text(mark, box, indent, text)
        case Disc(x, y, radius, paint):
            center = f'cx="{_x(x, box)}" cy="{_y(y, box)}" r="{_number(radius)}"'
            yield f"{indent}<circle {center}{_paint(paint)}/>"
        case Rectangle(left, bottom, right, top, radius, paint):
            corner = f' rx="{_number(radius)}"' if radius else ""
            yield (
                f'{indent}<rect x="{_x(left, box)}" y="{_y(top, box)}" '
                f'width="{_number(right - left)}" height="{_number(top - bottom)}"'
                f"{corner}{_paint(paint)}/>"
            )
        case Polygon(points, closed, paint):
            name = "polygon" if closed else "polyline"
            shown = " ".join(_point(point, box) for point in points)
            yield f'{indent}<{name} points="{shown}"{_paint(paint)}/>'
        case Bezier(points, paint):
            first, *rest = (_point(point, box) for point in points)
            yield f'{indent}<path d="M{first}C{" ".join(rest)}"{_paint(paint)}/>'
        case _:
            assert_never(mark)


def _group(group: MarkGroup, box: Box, indent: str, text: bool) -> Iterator[str]:
    data = "".join(f" data-{key}={_attribute(value)}" for key, value in group.data)
    yield f"{indent}<g class={_attribute(group.kind)}{data}>"
    if group.title:
        yield f"{indent}  <title>{escape(as_xml(group.title), quote=False)}</title>"
    for mark in group.marks:
        yield from _mark(mark, box, indent + "  ", text)
    yield f"{indent}</g>"


def _text(text: Lettering, box: Box, indent: str, as_text: bool) -> Iterator[str]:
    turn = f" rotate({_number(-text.rotation)})" if text.rotation else ""
    place = f"translate({_x(text.x, box)} {_y(text.y, box)}){turn}"
    yield (
        f'{indent}<g class="label" role="img" aria-label={_attribute(text.plain)} '
        f'transform="{place}" fill="{text.color}">'
    )
    glyphs = text.outline.glyphs
    if as_text:
        letters = _letters().letters_of(text.outline)
        glyphs = letters.drawn
        runs = "".join(_letters().run_elements(letters.runs, _number))
        yield f'{indent}  <text xml:space="preserve">{runs}</text>'
    for item in glyphs:
        yield f"{indent}  {_use(item)}"
    for rule in text.outline.rules:
        yield (
            f'{indent}  <rect x="{_number(rule.left)}" y="{_number(-rule.top)}" '
            f'width="{_number(rule.right - rule.left)}" '
            f'height="{_number(rule.top - rule.bottom)}"/>'
        )
    yield f"{indent}</g>"


def _use(item: PlacedGlyph) -> str:
    scale = f"{item.scale:.5f}".rstrip("0")
    place = f"translate({_number(item.x)} {_number(-item.y)}) scale({scale} -{scale})"
    return f'<use xlink:href="#{_glyph_id(item.glyph.name)}" transform="{place}"/>'


def _paint(paint: Paint) -> str:
    parts = [f' fill="{paint.fill or "none"}"']
    if paint.stroke is not None:
        parts.append(f' stroke="{paint.stroke}" stroke-width="{_number(paint.width)}"')
    if paint.dash:
        parts.append(f' stroke-dasharray="{" ".join(_number(part) for part in paint.dash)}"')
    return "".join(parts)


def _point(point: Point, box: Box) -> str:
    return f"{_x(point[0], box)},{_y(point[1], box)}"


def _x(x: float, box: Box) -> str:
    return _number(x - box[0])


def _y(y: float, box: Box) -> str:
    return _number(box[3] - y)


def _number(value: float) -> str:
    """To 0.01, without trailing zeros."""
    return f"{round(value, 2) + 0.0:.2f}".rstrip("0").rstrip(".")


def _attribute(value: str) -> str:
    return _quoted(escape(as_xml(value), quote=False))


def _quoted(escaped: str) -> str:
    """Between quotes, double ones unless it holds some and no single ones; on one line."""
    for character, reference in (("\n", "&#10;"), ("\r", "&#13;"), ("\t", "&#9;")):
        escaped = escaped.replace(character, reference)
    if '"' not in escaped:
        return f'"{escaped}"'
    return f"'{escaped}'" if "'" not in escaped else '"' + escaped.replace('"', "&quot;") + '"'

"""A scene as PDF, EPS or PNG, painted by matplotlib's renderers from the display list.

Nothing of the user's matplotlib settings shows: the figure holds one artist that paints paths,
and documents carry neither dates nor versions.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, assert_never

import numpy as np
from matplotlib import rc_context
from matplotlib.artist import Artist
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf, PdfPages
from matplotlib.backends.backend_ps import FigureCanvasPS
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.path import Path as Outlines
from matplotlib.transforms import Affine2D

from tpgraph.bounds import PIXELS
from tpgraph.embedded import pdf_keywords, png_text, tikz_comments
from tpgraph.notation.labels.mathtext import Command
from tpgraph.notation.painters.page_letters import draw_letters, font_folder, without_letters
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
from tpgraph.notation.scene.scene import Point, Scene
from tpgraph.notation.scene.sheets import sheets
from tpgraph.notation.scene.style import PAPER, Style

__all__ = [
    "DEFAULT_DPI",
    "PaintedPage",
    "Pasted",
    "to_eps",
    "to_eps_pages",
    "to_pdf",
    "to_pdf_pages",
    "to_pdf_sheets",
    "to_png",
]

DEFAULT_DPI = 300.0
_PDF_GRID = 7200.0  # a page's sides are multiples of 0.01 pt

_UNSTEADY = "%%CreationDate", "%%Title", "%%Creator"
"""Lines of PostScript that would differ from one minute, or version, to the next."""

_CODES = {
    "M": [Outlines.MOVETO],
    "L": [Outlines.LINETO],
    "Q": [Outlines.CURVE3] * 2,
    "C": [Outlines.CURVE4] * 3,
    "Z": [Outlines.CLOSEPOLY],
}
_KAPPA = 4 / 3 * (math.sqrt(2) - 1)  # of the Bezier quarter circle


def to_pdf(
    scene: Scene,
    style: Style = PAPER,
    *,
    source: str | None = None,
    text: bool = False,
    height: float | None = None,
) -> bytes:
    """The scene as a PDF page of its own size, or on several of at most this height in pt.

    `source` is the program's text, which goes into the document's keywords;
    `embedded.extract_program` finds it. With `text` labels are letters in fonts that the document
    holds. Raises TPError if a label cannot be typeset.
    """
    whole = picture(scene, style)
    pages = (whole,) if height is None else sheets(whole, height)
    return _as_pdf(pages, source=source, text=text)


def to_pdf_pages(
    scenes: Sequence[Scene],
    style: Style = PAPER,
    *,
    source: str | None = None,
    text: bool = False,
) -> bytes:
    """Scenes as the pages of one PDF, each of its own size; otherwise as `to_pdf`."""
    return _as_pdf([picture(scene, style) for scene in scenes], source=source, text=text)


def _as_pdf(pages: Sequence[Picture], *, source: str | None, text: bool) -> bytes:
    buffer = io.BytesIO()
    info = _info(pages[0].title, source)
    with (
        font_folder(page.marks if text else () for page in pages) as fonts,
        rc_context({"pdf.compression": 6, "pdf.fonttype": 42}),
        PdfPages(buffer, metadata=info) as document,
    ):
        for page in pages:
            canvas: Any = FigureCanvasPdf(_figure(page, _PDF_GRID, fonts))
            canvas.print_pdf(document)
    return buffer.getvalue()


@dataclass(frozen=True, slots=True)
class Pasted:
    """A scene on a sheet: its upper left corner lies so far from that of the sheet, in pt."""

    scene: Scene
    style: Style
    left: float
    down: float


def to_pdf_sheets(
    sheets: Sequence[Sequence[Pasted]],
    width: float,
    height: float,
    *,
    title: str = "",
    source: str | None = None,
) -> bytes:
    """Sheets of this size in pt with several scenes each, as the pages of one PDF; otherwise as
    `to_pdf`.
    """
    buffer = io.BytesIO()
    with (
        rc_context({"pdf.compression": 6, "pdf.fonttype": 42}),
        PdfPages(buffer, metadata=_info(title, source)) as document,
    ):
        for sheet in sheets:
            figure = _blank(width, height, _PDF_GRID)
            for one in sheet:
                page = picture(one.scene, one.style)
                figure.add_artist(PaintedPage(page, {}, (one.left, one.down)))
            canvas: Any = FigureCanvasPdf(figure)
            canvas.print_pdf(document)
    return buffer.getvalue()


def _info(title: str, source: str | None) -> dict[str, Any]:
    """What a PDF says of itself."""
    return {
        "CreationDate": None,
        "Producer": None,
        "Creator": None,
        "Title": title or None,
        "Keywords": None if source is None else pdf_keywords(source),
    }


def to_eps(
    scene: Scene, style: Style = PAPER, *, source: str | None = None, text: bool = False
) -> str:
    """The scene as Encapsulated PostScript, the program's text in comments before its end.

    Raises TPError for a label that cannot be typeset.
    """
    return _as_eps(picture(scene, style), source=source, text=text)


def to_eps_pages(
    scene: Scene, style: Style, height: float, *, source: str | None = None, text: bool = False
) -> tuple[str, ...]:
    """The pages that `to_pdf` makes of the scene at this height, as a picture each; otherwise as
    `to_eps`.
    """
    pages = sheets(picture(scene, style), height)
    return tuple(_as_eps(page, source=source, text=text) for page in pages)


def _as_eps(page: Picture, *, source: str | None, text: bool) -> str:
    buffer = io.StringIO()
    with (
        font_folder([page.marks if text else ()]) as fonts,
        rc_context({"ps.useafm": False, "ps.usedistiller": None, "ps.fonttype": 42}),
    ):
        canvas: Any = FigureCanvasPS(_figure(page, 72.0, fonts))
        canvas.print_eps(buffer, metadata={"Creator": "tpgraph"})
    lines = [line for line in buffer.getvalue().splitlines() if not line.startswith(_UNSTEADY)]
    if source is not None:
        lines[-1:] = [*tikz_comments(source), lines[-1]]
    return "\n".join(lines) + "\n"


def to_png(
    scene: Scene,
    style: Style = PAPER,
    dpi: float = DEFAULT_DPI,
    *,
    width: int | None = None,
    source: str | None = None,
) -> bytes:
    """The scene as a PNG with `dpi` pixels per inch, or of `width` pixels.

    `source` is the program's text, which `embedded.extract_program` finds in a chunk of text.
    Raises TPError if a label cannot be typeset or the image would be too large.
    """
    page = picture(scene, style)
    if width is not None:
        dpi = 72 * width / page.width
    largest = max(page.width, page.height) * dpi / 72
    PIXELS.require(
        largest if largest >= 1 else math.inf,
        f"the PNG would be {largest:.0f} pixels wide or high at {dpi:g} dpi",
        mend="choose another dpi, or write SVG or PDF",
    )
    buffer = io.BytesIO()
    canvas: Any = FigureCanvasAgg(_figure(page, dpi))
    carried = {} if source is None else png_text(source)
    canvas.print_png(buffer, metadata={"Software": None, **carried})
    return buffer.getvalue()


def _figure(page: Picture, dpi: float, fonts: Mapping[str, Path] | None = None) -> Figure:
    """A figure with the picture alone."""
    figure = _blank(page.width, page.height, dpi)
    figure.add_artist(PaintedPage(page, fonts or {}))
    return figure


def _blank(width: float, height: float, dpi: float) -> Figure:
    """A figure of whole pixels: matplotlib would cut a part of one off."""
    pixels = [max(1, math.ceil(round(side * dpi / 72, 3))) for side in (width, height)]
    figure = Figure(
        figsize=(pixels[0] / dpi, pixels[1] / dpi),
        dpi=dpi,
        frameon=False,  # the figure's own background would follow the user's settings
    )
    figure.set_layout_engine("none")
    return figure


class PaintedPage(Artist):
    """The display list as one artist, painted with the renderer's own paths; its upper left corner
    lies at `corner` on the sheet, in pt to the right and down, or is that of the sheet.
    """

    def __init__(
        self, page: Picture, fonts: Mapping[str, Path], corner: Point | None = None
    ) -> None:
        super().__init__()
        self._page = page
        self._fonts = fonts
        self._corner = corner

    def draw(self, renderer: RendererBase) -> None:
        """Paint it by a renderer, as matplotlib asks."""
        scale = float(np.asarray(renderer.points_to_pixels(1.0)))
        width, height = renderer.get_canvas_width_height()
        left, _, _, top = self._page.bounds
        right, down = (scale * side for side in self._corner or (0.0, 0.0))
        if self._page.background is not None:
            wide, high = width, height
            if self._corner is not None:
                wide, high = scale * self._page.width, scale * self._page.height
            upper = height - down
            paint = Paint(self._page.background)
            sheet = Rectangle(right, upper - high, right + wide, upper, 0.0, paint)
            _draw(renderer, _path(_rectangle(sheet)), sheet.paint, Affine2D())
        # The picture hangs from the upper left corner, as in SVG.
        to_pixels = Affine2D().translate(-left, -top).scale(scale).translate(right, height - down)
        for path, paint in _paths(self._page.marks, bool(self._fonts)):
            _draw(renderer, path, paint, to_pixels)
        if self._fonts:
            draw_letters(renderer, self._page.marks, self._fonts, to_pixels)


def _draw(renderer: RendererBase, path: Outlines, paint: Paint, transform: Affine2D) -> None:
    context = renderer.new_gc()
    context.set_snap(False)
    context.set_joinstyle("miter")
    context.set_capstyle("butt")
    # A pen of width 0 draws nothing: filled shapes have no outline of their own.
    context.set_linewidth(paint.width if paint.stroke else 0.0)
    context.set_foreground(to_rgba(paint.stroke or paint.fill or "none"), isRGBA=True)
    if paint.dash:
        context.set_dashes(0, list(paint.dash))
    face = to_rgba(paint.fill) if paint.fill else None
    renderer.draw_path(context, path, transform, face)
    context.restore()


def _paths(marks: Iterable[DisplayMark], text: bool) -> Iterator[tuple[Outlines, Paint]]:
    """What is painted as paths: all marks, with `text` of labels only what has no letters."""
    for mark in marks:
        match mark:
            case MarkGroup():
                yield from _paths(mark.marks, text)
            case Lettering():
                found = without_letters(mark) if text else mark
                yield _text_path(found), Paint(mark.color)
            case Disc():
                yield _path(_circle(mark)), mark.paint
            case Rectangle():
                yield _path(_rectangle(mark)), mark.paint
            case Polygon(points, closed, paint):
                yield _path(_polygon(points, closed)), paint
            case Bezier(points, paint):
                yield _path(_curve(points)), paint
            case _:
                assert_never(mark)


def _path(commands: Iterable[Command]) -> Outlines:
    vertices: list[float] = []
    codes: list[Any] = []
    for letter, numbers in commands:
        vertices += numbers or (0.0, 0.0)
        codes += _CODES[letter]
    path = Outlines(np.array(vertices).reshape(-1, 2), codes)
    path.should_simplify = False
    return path


def _text_path(text: Lettering) -> Outlines:
    place = Affine2D().rotate_deg(text.rotation).translate(text.x, text.y)
    return place.transform_path(_path(text.outline.commands()))


def _polygon(points: tuple[Point, ...], closed: bool) -> Iterator[Command]:
    yield "M", points[0]
    for point in points[1:]:
        yield "L", point
    if closed:
        yield "Z", ()


def _curve(points: tuple[Point, ...]) -> Iterator[Command]:
    yield "M", points[0]
    for index in range(1, len(points), 3):
        (a, b), (c, d), (e, f) = points[index : index + 3]
        yield "C", (a, b, c, d, e, f)


def _circle(disc: Disc) -> Iterator[Command]:
    radius = disc.radius
    box = (disc.x - radius, disc.y - radius, disc.x + radius, disc.y + radius)
    return _rectangle(Rectangle(*box, radius, disc.paint))


def _rectangle(box: Rectangle) -> Iterator[Command]:
    """Counter-clockwise from the lower left; corners as Bezier quarter circles if rounded."""
    left, bottom, right, top, r = box.left, box.bottom, box.right, box.top, box.radius
    if not r:
        yield from _polygon(((left, bottom), (right, bottom), (right, top), (left, top)), True)
        return
    k = r * (1 - _KAPPA)  # from the corner to the control points
    yield "M", (left + r, bottom)
    yield "L", (right - r, bottom)
    yield "C", (right - k, bottom, right, bottom + k, right, bottom + r)
    yield "L", (right, top - r)
    yield "C", (right, top - k, right - k, top, right - r, top)
    yield "L", (left + r, top)
    yield "C", (left + k, top, left, top - k, left, top - r)
    yield "L", (left, bottom + r)
    yield "C", (left, bottom + k, left + k, bottom, left + r, bottom)
    yield "Z", ()

"""A lesson as a PDF to print: the steps, the questions, and on the last pages the answers."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from matplotlib import rc_context
from matplotlib.backends.backend_pdf import FigureCanvasPdf, PdfPages
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

from tpgraph.lessons.sheet import Sheet, SheetPart
from tpgraph.notation import Drawing
from tpgraph.notation.painters.canvas import PaintedPage
from tpgraph.notation.scene.painting import picture

__all__ = ["lesson_pdf"]

_WIDTH, _HEIGHT, _MARGIN = 595.0, 842.0, 56.0  # pt, of A4
_BODY, _TITLE, _HEADING = 10.5, 18.0, 13.0
_LEADING = 1.5
_LARGEST = 1.25  # by which a small picture may be enlarged
_TALLEST = 300.0
_TOKEN = re.compile(r"(?:\$[^$]*\$|[^\s$])+")
_FONT = "DejaVu Sans"


def lesson_pdf(sheet: Sheet) -> bytes:
    """The pages, A4; formulas set as mathematics, pictures as lines. Equal sheets, equal bytes."""
    buffer = io.BytesIO()
    info = {"CreationDate": None, "Producer": None, "Creator": None, "Title": sheet.title}
    with (
        rc_context({"mathtext.fontset": "cm", "pdf.compression": 6, "pdf.fonttype": 3}),
        PdfPages(buffer, metadata=info) as document,
    ):
        pages = _Pages(document)
        pages.words(sheet.title, _TITLE)
        pages.words(sheet.summary, _BODY)
        for part in sheet.steps:
            pages.part(part)
        pages.heading("Questions")
        _numbered(pages, sheet, lambda part: part.heading)
        pages.turn()
        pages.heading("Answers")
        _numbered(pages, sheet, lambda part: part.text)
        pages.turn()
    return buffer.getvalue()


def _numbered(pages: _Pages, sheet: Sheet, of: Callable[[SheetPart], str]) -> None:
    for number, part in enumerate(sheet.questions, start=1):
        pages.words(f"{number}. {of(part)}", _BODY)


@dataclass
class _Pages:
    """Pages filled from the top; `y` is how far down the open one is filled, in pt."""

    document: Any
    figure: Figure = field(default_factory=lambda: _page())
    y: float = _MARGIN

    def part(self, part: SheetPart) -> None:
        """A heading with its text and pictures; the heading stays with the first lines."""
        self.heading(part.heading)
        self.words(part.text, _BODY)
        for shown in part.pictures:
            self.picture(shown)

    def heading(self, text: str) -> None:
        self.need(5 * _BODY * _LEADING + _HEADING)
        self.y += _HEADING * 0.6
        self.words(text, _HEADING)

    def words(self, text: str, size: float) -> None:
        """A paragraph, its lines broken between words."""
        for line in _lines(text, size, _WIDTH - 2 * _MARGIN):
            self.need(size * _LEADING)
            self.y += size * _LEADING
            weight = "bold" if size > _BODY else "normal"
            self.figure.text(
                _MARGIN / _WIDTH, 1 - self.y / _HEIGHT, line, fontsize=size, family=_FONT,
                weight=weight,
            )  # fmt: skip
        self.y += 0.5 * size

    def picture(self, drawing: Drawing) -> None:
        page = picture(drawing.scene, drawing.style)
        factor = min(_LARGEST, (_WIDTH - 2 * _MARGIN) / page.width, _TALLEST / page.height)
        shown = drawing.to_width(page.width * factor)
        page = picture(shown.scene, shown.style)
        self.need(page.height + 6)
        corner = (_WIDTH - page.width) / 2, self.y + 3
        self.figure.add_artist(PaintedPage(page, {}, corner))
        self.y += page.height + 6

    def need(self, height: float) -> None:
        """Turn the page where so many pt do not fit below."""
        if self.y + height > _HEIGHT - _MARGIN and self.y > _MARGIN:
            self.turn()

    def turn(self) -> None:
        canvas: Any = FigureCanvasPdf(self.figure)
        canvas.print_pdf(self.document)
        self.figure, self.y = _page(), _MARGIN


def _page() -> Figure:
    return Figure(figsize=(_WIDTH / 72, _HEIGHT / 72), dpi=72)


def _lines(text: str, size: float, room: float) -> list[str]:
    """The text as lines of at most `room` pt."""
    found: list[str] = []
    taken, gap = 0.0, _width("n n", size) - _width("nn", size)
    for token in _TOKEN.findall(text):
        width = _width(token, size)
        if found and taken + gap + width <= room:
            found[-1] += f" {token}"
            taken += gap + width
        else:
            found.append(token)
            taken = width
    return found


def _width(text: str, size: float) -> float:
    font = FontProperties(family=_FONT, weight="bold" if size > _BODY else "normal")
    return float(TextPath((0, 0), text, size=size, prop=font).get_extents().width)

"""Drawing a program: `draw(program, "mlp.svg")`."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count
from pathlib import Path
from types import ModuleType

from tpgraph.errors import TPError, TPWarning, warn
from tpgraph.files import write_bytes
from tpgraph.former_names import FormerNames, takes_former_names
from tpgraph.notation.diagram.said_of_marks import description
from tpgraph.notation.draw_options import Options, showing_options
from tpgraph.notation.engines.engine import LayoutEngine
from tpgraph.notation.painters.dot import to_dot
from tpgraph.notation.painters.svg import to_svg
from tpgraph.notation.painters.tikz import to_tikz
from tpgraph.notation.pipeline import compose, in_rows
from tpgraph.notation.scene.annotation import Annotation
from tpgraph.notation.scene.exercise import as_exercise, as_solution, blanks_of
from tpgraph.notation.scene.overlay import VectorPath
from tpgraph.notation.scene.painting import picture
from tpgraph.notation.scene.scaling import LEAST_TEXT, PAGE, length_of, on_page, scaled
from tpgraph.notation.scene.scene import Direction, Scene
from tpgraph.notation.scene.scene_json import to_json
from tpgraph.notation.scene.sheets import sheets
from tpgraph.notation.scene.style import PAPER, Style
from tpgraph.program import Program
from tpgraph.program.any_program import reads_program
from tpgraph.shown import one_line, quantity

__all__ = [
    "FORMATS",
    "FORMER_NAMES",
    "HIDING",
    "LEAST_TEXT",
    "Drawing",
    "draw",
    "folds",
    "pages_in_rows",
    "source_of",
]

HIDING = "hide what need not be seen (a line such as hide b, in the program)"
"""What makes the text of a folded picture larger."""

FORMER_NAMES: FormerNames = {
    "style": ("theme", {}),
    "show_io": ("show", {True: "io", False: None}),
    "view": ("show", {"editing": "all", "paper": None}),
}
"""What arguments of pictures were called."""


@dataclass(frozen=True, repr=False)
class Drawing:
    """A scene in a style; each format is painted when it is first asked for.

    `source` is the program's text, which SVG, PDF and TikZ carry with them if it is given;
    `description` says in words what is drawn, for who does not see it. With `text` the labels of
    SVG, PDF and EPS are letters in fonts that these hold, else outlines. `in_pages` says whether
    PDF, TikZ and saved EPS have several pages where the picture is higher than the text of one,
    650 pt.
    """

    scene: Scene
    style: Style = PAPER
    source: str | None = None
    description: str = ""
    text: bool = False
    in_pages: bool = False

    @cached_property
    def svg(self) -> str:
        """An SVG document."""
        return to_svg(
            self.scene, self.style, source=self.source, description=self.description, text=self.text
        )

    @cached_property
    def pdf(self) -> bytes:
        """A PDF page of the picture's size, or pages of its width."""
        content: bytes = _canvas().to_pdf(
            self.scene, self.style, source=self.source, text=self.text, height=self._page_height
        )
        return content

    @property
    def _page_height(self) -> float | None:
        return PAGE[1] if self.in_pages else None

    @cached_property
    def pages(self) -> int:
        """How many pages its PDF and its LaTeX document have."""
        whole = picture(self.scene, self.style)
        return len(sheets(whole, PAGE[1])) if self.in_pages else 1

    @cached_property
    def eps(self) -> str:
        """An Encapsulated PostScript picture; what is see-through in others is white in it."""
        content: str = _canvas().to_eps(self.scene, self.style, source=self.source, text=self.text)
        return content

    @cached_property
    def eps_pages(self) -> tuple[str, ...]:
        """The pages of its PDF as Encapsulated PostScript, each a picture."""
        if not self.in_pages:
            return (self.eps,)
        pages: tuple[str, ...] = _canvas().to_eps_pages(
            self.scene, self.style, PAGE[1], source=self.source, text=self.text
        )
        return pages

    def png(self, dpi: float = 300.0, *, width: int | None = None) -> bytes:
        """A PNG image of `dpi` pixels an inch, or of `width` pixels."""
        content: bytes = _canvas().to_png(
            self.scene, self.style, dpi, width=width, source=self.source
        )
        return content

    @cached_property
    def tikz(self) -> str:
        """A LaTeX document drawn by TikZ, of one page of the picture's size, or pages of its width
        with a tikzpicture each.
        """
        return to_tikz(self.scene, self.style, source=self.source, height=self._page_height)

    @cached_property
    def dot(self) -> str:
        """DOT text with positions, for `neato -n2`."""
        return to_dot(self.scene, self.style)

    @cached_property
    def json(self) -> str:
        """The scene as JSON, schema `tpgraph.scene/1`."""
        return to_json(self.scene)

    def __repr__(self) -> str:
        scene = self.scene
        counts = quantity(len(scene.nodes), "node"), quantity(len(scene.edges), "line")
        return one_line("Drawing", scene.title, *counts)

    @cached_property
    def printed(self) -> float:
        """The size in pt of its labels where it is printed on a page, whose text is 487.8 pt wide
        and 650 pt high; not more than they have.
        """
        return float(on_page(picture(self.scene, self.style).bounds) * self.style.label_size)

    @property
    def text_size(self) -> float:
        """The size in pt of its smallest usual text, labels or what stands in gates."""
        return self.style.text_size

    @property
    def is_wide(self) -> bool:
        """Whether it is wider than high."""
        left, bottom, right, top = picture(self.scene, self.style).bounds
        return right - left > top - bottom

    def exercise(self, words: str = "gates") -> tuple[Drawing, Drawing]:
        """The picture with blanks to be filled in, and the solution, in which these are coloured.

        `words` says what is blank: some of `gates`, `labels` and `matrices`, with commas between
        them. The exercise carries no program and no description. Raises TPError for other words.
        """
        blanks = blanks_of(words)
        blank = as_exercise(self.scene, blanks, self.style)
        solution = replace(self, scene=as_solution(self.scene, blanks, self.style))
        return replace(self, scene=blank, source=None, description=""), solution

    def to_width(self, width: float | str) -> Drawing:
        """The same picture, smaller or larger, of exactly this width: pt, or a text with a unit
        such as `"8.6cm"`.

        Raises TPDataError for what is no width of a picture.
        """
        left, _, right, _ = picture(self.scene, self.style).bounds
        factor = length_of(width) / (right - left)
        return replace(self, scene=scaled(self.scene, factor), style=scaled(self.style, factor))

    def _repr_svg_(self) -> str:
        """What notebooks show."""
        return self.svg

    def save(self, path: str | Path) -> Path:
        """Write the picture in the format that the file's extension names; all of it or nothing.

        EPS has a file for each page (`files`).

        Raises TPError for an extension that is no format, or a place that cannot be written.
        """
        for place, content in self.files(path).items():
            write_bytes(place, content)
        return Path(path)

    def files(self, path: str | Path) -> dict[Path, bytes]:
        """What `save` writes: of EPS with several pages `OUT.eps`, `OUT-2.eps`, …. Raises TPError
        for an extension that is no format.
        """
        target = Path(path)
        paint = FORMATS.get(target.suffix.lower())
        if paint is None:
            raise TPError(
                f"{target} names no format of pictures",
                expected=f"a file name that ends in {', '.join(FORMATS)}",
                mend=f"write {target.with_suffix('.svg')}",
            )
        if target.suffix.lower() != ".eps":
            return {target: paint(self)}
        first, *others = (page.encode() for page in self.eps_pages)
        named = (target.with_name(f"{target.stem}-{n}{target.suffix}") for n in count(2))
        return {target: first, **dict(zip(named, others, strict=False))}


FORMATS: dict[str, Callable[[Drawing], bytes]] = {
    ".svg": lambda drawing: drawing.svg.encode(),
    ".pdf": lambda drawing: drawing.pdf,
    ".png": lambda drawing: drawing.png(),
    ".eps": lambda drawing: drawing.eps.encode(),
    ".tex": lambda drawing: drawing.tikz.encode(),
    ".dot": lambda drawing: drawing.dot.encode(),
    ".json": lambda drawing: drawing.json.encode(),
}
"""How each file extension is written."""


@takes_former_names(FORMER_NAMES)
@reads_program
def draw(
    program: Program,
    path: str | Path | None = None,
    *,
    direction: Direction = "LR",
    show: str = "body",
    legend: bool = False,
    paths: Sequence[VectorPath] = (),
    fold: bool = False,
    theme: Style | str = "paper",
    engine: LayoutEngine | str = "wasm",
    source: str | None = None,
    annotations: Mapping[str, Annotation] | None = None,
    width: float | str | None = None,
    wrap: bool | float | str = True,
    transparent: bool = False,
    text: bool = False,
) -> Drawing:
    """Draw a program in the notation of Tensor Programs IIb; with `path` also write the file.

    `direction` is that of the computation; `show="io"` adds data, readout and loss to the
    strict program, `show="all"` every declared vector and scalar, used or not, with the matrices on
    a shelf; with `dims` behind a comma, `show="io,dims"`, vectors have their dimensions beside
    them, with `listing` the lines that the picture computes stand under it, or beside it if it is
    high; `legend` a box with the marks that are used; `paths` are marked by thick lines (those
    that `tpgraph.select_paths` finds in a reduced program); `fold` draws what repeats once, in a
    plate with its range, or warns by a TPWarning that nothing is folded; `theme` is one or
    its name; `engine` is `wasm` (built in), `system` (the `dot` on PATH), or a LayoutEngine;
    `annotations` are plots and numbers beside the marks of these variables, as
    `tpgraph.annotate` makes them; `source` is a text of the program for pictures to carry with
    them, by default the one it was parsed from; `width` scales the picture to be this wide, in pt
    or as a text with its unit, and warns by a TPWarning of text below 7 pt; with `wrap` a picture
    whose text would be too small goes into rows under each other first, one that runs up or down
    and is higher than a page into columns, in which marks read across a cut stand again by their
    names, and what is higher than a page too is cut to have room on one: PDF and TikZ have several
    pages, other formats all of it; a length as `wrap` does this alone, for that width, and leaves
    the size; `transparent` leaves out the sheet behind the picture; `text` keeps the labels of SVG,
    PDF and EPS as letters, to be searched and edited, in fonts that the file holds.

    Raises TPError for an unknown direction, theme, engine or file extension, a path or an annotated
    variable that the program does not have, annotations of a folded picture, a label that cannot
    be typeset, and a layout that takes too long.
    """
    options = Options(
        direction,
        legend=legend,
        paths=paths,
        style=theme,
        engine=engine,
        fold=fold,
        annotations=annotations or {},
        room=_room(width, wrap),
        **showing_options(show),
    )
    carried = source_of(program) if source is None else source
    look = replace(options.look, background=None) if transparent else options.look
    drawing = Drawing(compose(program, options), look, carried, description(program), text)
    if width is not None:
        drawing = replace(drawing.to_width(width), in_pages=options.room is not None)
        _warn_of_small_text(drawing, program, options)
    if path is not None:
        drawing.save(path)
    return drawing


@reads_program
def source_of(program: Program) -> str | None:
    """The text that a program was parsed from; None for one that was built otherwise."""
    spans = (binder.span for binder in program.in_order() if binder.span is not None)
    first = next(spans, None)
    return None if first is None else first.source.text


def _room(width: float | str | None, wrap: bool | float | str) -> float | None:
    """The width in pt for which a picture is wrapped, if it is to be."""
    if wrap is False:
        return None
    asked = width if wrap is True else wrap
    return None if asked is None else length_of(asked)


def _warn_of_small_text(drawing: Drawing, program: Program, options: Options) -> None:
    if drawing.text_size >= LEAST_TEXT:
        return
    unfolded = not (options.fold or options.paths or options.annotations)
    folded = replace(options, fold=True)
    could_fold = unfolded and folds(lambda: replace(drawing, scene=compose(program, folded)))
    ways = ["fold what repeats (fold=True)"] if could_fold else []
    if drawing.is_wide and options.direction in ("LR", "RL"):
        ways.append('let it run from top to bottom (direction="TB")')
    if not drawing.scene.plates:
        ways.append("draw fewer layers, time steps or SGD steps")
    elif not ways:
        ways.append(HIDING)
    text = f"at this width its smallest text has {drawing.text_size:.1f} pt"
    warn(TPWarning(f"{text}; {', or '.join(ways)}"))


def pages_in_rows(drawing: Drawing, direction: Direction) -> float | None:
    """How many pages high a picture is in rows or columns as wide as a page, in which its text has
    7 pt at least; None where cutting it does not do that.
    """
    whole = replace(drawing.scene, lists=(), legend=None)
    cut = in_rows(whole, drawing.style, direction, PAGE[0])
    if cut == whole:
        return None
    page = replace(drawing, scene=cut).to_width(PAGE[0])
    _, bottom, _, top = picture(page.scene, page.style).bounds
    return None if page.text_size < LEAST_TEXT else (top - bottom) / PAGE[1]


def folds(draw: Callable[[], Drawing]) -> bool:
    """Whether the picture that `draw` makes has a plate, if it can be drawn; warns of nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TPWarning)
        try:
            return bool(draw().scene.plates)
        except TPError:
            return False


def _canvas() -> ModuleType:
    """The painters that need matplotlib, which takes longer to load than an SVG to draw."""
    return importlib.import_module("tpgraph.notation.painters.canvas")

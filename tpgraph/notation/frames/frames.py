r"""Frames for teaching: one picture for each instruction, all over one layout.

A frame shows what is computed so far, what its instruction adds in colour, and below the picture
the rule (MatMul, Nonlin, Moment) with its formula. What is not yet computed is a pale ghost.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TypeVar

from tpgraph.bounds import FRAMES
from tpgraph.errors import TPArgumentError, TPError
from tpgraph.files import write_bytes
from tpgraph.former_names import takes_former_names
from tpgraph.notation.diagram.instruction_latex import Formulas, Instruction
from tpgraph.notation.draw_options import Options, showing_options
from tpgraph.notation.drawing import FORMER_NAMES, Drawing, source_of
from tpgraph.notation.engines.engine import LayoutEngine
from tpgraph.notation.frames.animation import LAST, require_seconds, to_animated_svg
from tpgraph.notation.frames.captions import said_instead
from tpgraph.notation.frames.handout import grid_of, to_handout
from tpgraph.notation.frames.slides import path_key, to_beamer, to_html
from tpgraph.notation.labels.mathtext import outline
from tpgraph.notation.layout.passes.staging import is_staged
from tpgraph.notation.painters.svg import svg_parts
from tpgraph.notation.pipeline import compose
from tpgraph.notation.scene.overlay import VectorPath
from tpgraph.notation.scene.painting import picture
from tpgraph.notation.scene.scene import ContextBox, Direction, Edge, Label, Node, Scene
from tpgraph.notation.scene.style import PAPER, Style
from tpgraph.program import Program
from tpgraph.program.any_program import reads_program
from tpgraph.shown import one_line

__all__ = ["FRAME_FORMATS", "Frames", "draw_frames"]

FRAME_FORMATS = (".pdf", ".svg", ".tex", ".html", ".png", ".gif")
SECONDS = 1.5
"""How long a frame is shown of pictures that move."""

GIF_DPI = 150.0
_STRIP_GAP = 10.0  # pt between the picture and the strip of the caption
_STRIP_PADDING = 6.0
_PAGE = 80.0  # pt of the page around its picture

M = TypeVar("M", Node, Edge)


@dataclass(frozen=True, repr=False)
class Frames:
    """The pictures of a program's instructions; `born` is the frame before which a mark is a ghost.

    `picture` is the whole picture alone, `scene` the same over the strip of a caption, which is the
    last frame without its words; `captions` are what the frames say, as labels, and `said` the same
    as rule and formula.
    """

    picture: Scene
    scene: Scene
    captions: tuple[Label, ...]
    said: tuple[Instruction, ...]
    born: Mapping[str, int]
    style: Style = PAPER
    source: str | None = None

    def __repr__(self) -> str:
        return one_line("Frames", self.scene.title, f"{len(self.captions)} frames")

    def _repr_html_(self) -> str:
        """What notebooks show: the page with its buttons, in a frame of its own."""
        height = picture(self.scene, self.style).height + _PAGE
        return (
            f'<iframe srcdoc="{escape(self.html)}" sandbox="allow-scripts"'
            f' style="width:100%;height:{height:.0f}pt;border:0"></iframe>'
        )

    @cached_property
    def drawings(self) -> tuple[Drawing, ...]:
        """Each frame as a picture of its own, all of the same size."""
        return tuple(
            Drawing(self._frame(k), self.style, self.source) for k in range(len(self.captions))
        )

    @cached_property
    def pdf(self) -> bytes:
        """A PDF with one page for each frame."""
        canvas = importlib.import_module("tpgraph.notation.painters.canvas")
        scenes = [drawing.scene for drawing in self.drawings]
        content: bytes = canvas.to_pdf_pages(scenes, self.style, source=self.source)
        return content

    @cached_property
    def tikz(self) -> str:
        r"""A beamer document of one slide, whose marks come by overlays (`\only<k->`)."""
        colored, ghosts = map(self._all, (self.style.path_color, self.style.ghost_color))
        return to_beamer(
            self.scene,
            colored,
            ghosts,
            self.born,
            self.captions,
            self.style,
            source=self.source,
        )

    @cached_property
    def html(self) -> str:
        """A page that needs no other file, with buttons and keys for next and previous."""
        pictures = [svg_parts(drawing.scene, drawing.style) for drawing in self.drawings]
        return to_html(pictures, self.scene.title, self.style, source=self.source)

    def handout(self, grid: str = "2x4") -> bytes:
        """A PDF of A4 sheets to print, with so many frames beside and below each other, numbered.

        Raises TPDataError for what is no such grid.
        """
        scenes = [drawing.scene for drawing in self.drawings]
        return to_handout(scenes, self.style, grid_of(grid), source=self.source)

    def animated_svg(self, seconds: float = SECONDS) -> str:
        """An SVG that shows one frame after the other, again and again.

        Raises TPDataError for a time of a frame that is too short or too long.
        """
        require_seconds(seconds)
        scenes = [drawing.scene for drawing in self.drawings]
        return to_animated_svg(scenes, self.style, seconds, source=self.source)

    def gif(self, seconds: float = SECONDS, dpi: float = GIF_DPI) -> bytes:
        """A GIF that shows one frame after the other, again and again; errors as of
        `animated_svg`, and TPError for an image that would be too large.
        """
        require_seconds(seconds)
        painter = importlib.import_module("tpgraph.notation.painters.gif")
        scenes = [drawing.scene for drawing in self.drawings]
        times = [*[seconds] * (len(scenes) - 1), LAST * seconds]
        content: bytes = painter.to_gif(scenes, self.style, times, dpi)
        return content

    def save(
        self, path: str | Path, *, seconds: float | None = None, handout: str | None = None
    ) -> tuple[Path, ...]:
        """Write the frames: one file for .pdf, .tex, .html and .gif, numbered ones for .svg and
        .png. With `seconds` of a frame one .svg that moves; with a `handout`, such as `2x4`, a .pdf
        of sheets to print.

        Raises TPError for another extension, one that time or handout are nothing for, or a place
        that cannot be written.
        """
        target = Path(path)
        contents: dict[Path, bytes]
        _require_of(target, seconds, handout)
        match target.suffix.lower():
            case ".pdf":
                contents = {target: self.pdf if handout is None else self.handout(handout)}
            case ".gif":
                contents = {target: self.gif(SECONDS if seconds is None else seconds)}
            case ".svg" if seconds is not None:
                contents = {target: self.animated_svg(seconds).encode()}
            case ".tex":
                contents = {target: self.tikz.encode()}
            case ".html":
                contents = {target: self.html.encode()}
            case ".svg":
                each = zip(self.places(target), self.drawings, strict=True)
                contents = {place: drawing.svg.encode() for place, drawing in each}
            case ".png":
                each = zip(self.places(target), self.drawings, strict=True)
                contents = {place: drawing.png() for place, drawing in each}
            case _:
                raise TPError(
                    f"{target} names no format of frames",
                    expected=f"a file name that ends in {', '.join(FRAME_FORMATS)}",
                )
        for file, content in contents.items():
            write_bytes(file, content)
        return tuple(contents)

    def places(self, path: str | Path, seconds: float | None = None) -> tuple[Path, ...]:
        """The files that `save` writes."""
        target = Path(path)
        if seconds is not None or target.suffix.lower() not in (".svg", ".png"):
            return (target,)
        digits = max(2, len(str(len(self.captions))))
        return tuple(
            target.with_name(f"{target.stem}-{k:0{digits}d}{target.suffix}")
            for k in range(1, len(self.captions) + 1)
        )

    def _frame(self, k: int) -> Scene:
        """Frame k; lines that are ghosts lie below the others."""
        edges = sorted(self.scene.edges, key=lambda e: self._birth(e) <= k)
        return replace(
            self.scene,
            nodes=tuple(
                self._painted(n, self._color(self.born[n.id], k)) for n in self.scene.nodes
            ),
            edges=tuple(self._painted(e, self._color(self._birth(e), k)) for e in edges),
            labels=(*self.scene.labels, self.captions[k]),
            paths=tuple(path for path in self.scene.paths if self.born[path_key(path)] <= k),
        )

    def _color(self, birth: int, k: int) -> str | None:
        """The colour in frame k of what appears in the frame `birth`; None for its own."""
        if birth > k:
            return self.style.ghost_color
        return self.style.path_color if birth == k > 0 else None

    def _birth(self, edge: Edge) -> int:
        return max(self.born[edge.source], self.born[edge.target])

    def _all(self, color: str) -> Scene:
        """The scene with every mark in this colour."""
        return replace(
            self.scene,
            nodes=tuple(self._painted(node, color) for node in self.scene.nodes),
            edges=tuple(self._painted(edge, color) for edge in self.scene.edges),
        )

    def _painted(self, mark: M, color: str | None) -> M:
        """The mark in this colour, of a ghost its label as well."""
        if color is None:
            return mark
        if color == self.style.ghost_color and mark.label is not None:
            mark = replace(mark, label=replace(mark.label, color=color))
        return replace(mark, color=color)


@takes_former_names(FORMER_NAMES)
@reads_program
def draw_frames(
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
    captions: Mapping[str | int, str] | None = None,
    seconds: float | None = None,
    handout: str | None = None,
) -> Frames:
    """One picture for each instruction of a program; with `path` also write them, `seconds` and
    `handout` as of `Frames.save`.

    A path is marked from the frame on that has all its vectors. `captions` are words, with
    mathematics between dollar signs, that stand under a frame instead of its instruction: that of
    the frame which computes a variable, by its name, or of the frame of a number, from 1.

    With `fold` a plate's marks come once, and a statement is a frame; passes are drawn unfolded.

    Arguments and errors as of `draw`; also raises TPLimitError beyond 500 frames, TPNameError for
    a caption of no frame, and TPError for one that cannot be set and for two of one frame.
    """
    options = Options(
        direction,
        legend=legend,
        paths=paths,
        fold=fold,
        lines=fold,
        style=theme,
        engine=engine,
        **showing_options(show),
    )
    if fold and is_staged(program):
        raise TPError("frames of passes show every mark", mend="draw them without folding")
    look = options.look
    scene = compose(program, options)
    lines = [line for line in scene.listing if line.marks] if fold else []
    steps = tuple(line.marks for line in lines) if fold else tuple(_steps(scene, program))
    FRAMES.require(
        len(steps) + 1,
        f"the program has {len(steps)} instructions to draw",
        mend="make frames of a smaller program",
    )
    born = {node.id: 0 for node in scene.nodes}
    born |= {name: k for k, names in enumerate(steps, start=1) for name in names}
    born |= {n.id: born[of] for n in scene.nodes if (of := n.id.partition("@")[0]) in born}
    born |= {path_key(path): max(born[name] for name in path.nodes) for path in scene.paths}
    labels = {node.id: node.label.text for node in scene.nodes if node.label}
    formulas = Formulas(program, labels)
    each = [Instruction(line.rule, line.formula) for line in lines]
    said = formulas.start(), *(each or (formulas.caption(names[-1]) for names in steps))
    said = said_instead(said, [(), *steps], captions or {})
    framed, strips = _captioned(scene, [one.latex for one in said], look)
    carried = source_of(program) if source is None else source
    result = Frames(scene, framed, strips, said, born, look, carried)
    if path is not None:
        result.save(path, seconds=seconds, handout=handout)
    return result


def _require_of(target: Path, seconds: float | None, handout: str | None) -> None:
    """Raise TPArgumentError for a time or a handout of a file that has none."""
    ending = target.suffix.lower()
    if seconds is not None and ending not in (".gif", ".svg"):
        raise TPArgumentError(f"{target} does not move", expected="a time of .gif or .svg")
    if handout is not None and ending != ".pdf":
        raise TPArgumentError(f"{target} is no handout", expected="a handout as .pdf")


def _steps(scene: Scene, program: Program) -> Iterator[tuple[str, ...]]:
    """The marks that every instruction makes, in the program's order, vectors last.

    Read off the scene, as pictures of passes leave out some of what a program computes.
    """
    kinds = {node.id: node.kind for node in scene.nodes}
    gate_of = {e.target: e.source for e in scene.edges if kinds[e.source] in ("gate", "bar-gate")}
    outputs: dict[str, list[str]] = {}
    for equation in program.equations:
        name = equation.out.name
        if name in gate_of:
            outputs.setdefault(gate_of[name], []).append(name)
        elif name in kinds:
            outputs[name] = []
    for mark, made in outputs.items():
        yield (mark, *reversed(made))


def _captioned(scene: Scene, texts: list[str], style: Style) -> tuple[Scene, tuple[Label, ...]]:
    """The scene over a strip that has room for every caption; the captions, in its middle.

    A sheet behind everything keeps all frames at one size.
    """
    left, bottom, right, top = picture(scene, style).bounds
    margin, size = style.margin, style.label_size
    inks = [outline(text, size).ink for text in texts]
    width = max(ink.right - ink.left for ink in inks) + 2 * _STRIP_PADDING
    rise, fall = max(ink.top for ink in inks), max(-ink.bottom for ink in inks)
    half = max(right - left - 2 * margin, width) / 2
    middle = (left + right) / 2
    strip_top = bottom + margin - _STRIP_GAP
    base = strip_top - _STRIP_PADDING - rise
    strip_bottom = base - fall - _STRIP_PADDING
    sheet = style.background or style.paper
    boxes = (
        ContextBox("sheet", middle - half, strip_bottom, middle + half, top - margin, sheet),
        ContextBox("caption", middle - half, strip_bottom, middle + half, strip_top, "grey"),
    )
    labels = tuple(Label(text, middle, base, "base", size) for text in texts)
    return replace(scene, contexts=(*boxes, *scene.contexts)), labels

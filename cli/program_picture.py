"""What draw makes of a program's file, as often as the file changes: a picture, or frames."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

import tpgraph as tp
from tpgraph_cli.files import load, write
from tpgraph_cli.frames_options import FrameOptions
from tpgraph_cli.limit_beside import LimitNumbers
from tpgraph_cli.longer_programs import draws_folded
from tpgraph_cli.messages import warnings_on_stderr
from tpgraph_cli.options import of_option
from tpgraph_cli.passes import Passes, PassName
from tpgraph_cli.picture_formats import picture_content
from tpgraph_cli.places import STANDARD
from tpgraph_cli.print_size import warn_of_small_print

if TYPE_CHECKING:
    from tpgraph import Drawing, Program

__all__ = ["ProgramPicture"]


@dataclass(frozen=True, kw_only=True)
class ProgramPicture:
    """A picture of the program in `file`, for the file `target`, of the format `kind`.

    `looks` are arguments that `tpgraph.draw` and `tpgraph.draw_frames` share. What follows them is
    of one picture, not of frames: `width` and `wrap` in pt, `dpi` and `pixels` those of PNG.
    """

    file: str
    constants: list[str] | None
    target: str
    kind: str
    passes: Passes
    reduced: bool
    paths: Sequence[str]
    fold: bool
    frames: FrameOptions | None
    looks: Mapping[str, Any]
    beside: LimitNumbers | None
    exercise: str | None
    transparent: bool
    text: bool
    width: float | None
    wrap: float | bool
    dpi: int
    pixels: int | None

    @property
    def places(self) -> list[str]:
        """The files that are written."""
        return [self.target] if self.exercise is None else [self.target, self._solution]

    @property
    def _solution(self) -> str:
        """Where the solution of an exercise goes."""
        path = Path(self.target)
        return str(path.with_name(f"{path.stem}-solution{path.suffix}"))

    def draw(self) -> None:
        """Read the file, draw its program and write what was drawn. Raises TPError."""
        program = load(self.file, self.constants)
        shown = tp.reduce(program) if self.reduced or self.paths else program
        if self.reduced and shown == program:
            warnings.warn(tp.TPWarning("nothing is reduced: the program is reduced"), stacklevel=1)
        if self.passes.name is PassName.sgd and not self.fold:
            _require_few_marks(shown, self.passes.sgd_steps)
        shown = self.passes.of_program(shown)
        options = {
            **self.looks,
            "source": tp.source_of(program) or tp.to_text(program),
            "fold": self.fold,
            "paths": [path for word in self.paths for path in _paths(shown, word)],
        }
        if self.frames is not None:
            self._draw_frames(shown, self.frames, options)
            return
        with warnings_on_stderr():
            drawing = self._drawing(program, shown, options)
        if self.exercise is not None:
            drawing, solution = drawing.exercise(self.exercise)
            self._write(solution, self._solution)
        self._write(drawing, self.target)
        if drawing.pages > 1 and self.target != STANDARD:
            self._say_pages(drawing.pages)

    def _write(self, drawing: Drawing, target: str) -> None:
        """Write a picture; EPS with a file for each page, but for standard output."""
        if self.kind == "eps" and target != STANDARD:
            for place, content in drawing.files(target).items():
                write(content, str(place))
        else:
            write(picture_content(drawing, self.kind, self.dpi, self.pixels), target)

    def _say_pages(self, pages: int) -> None:
        """Where the rows of a picture that is higher than a page are."""
        if self.kind == "pdf":
            typer.echo(
                f"it has {pages} pages (\\includegraphics[page=2]{{{self.target}}})", err=True
            )
        elif self.kind == "tex":
            typer.echo(f"it has {pages} pages, a tikzpicture each", err=True)
        elif self.kind == "eps":
            typer.echo(f"it has {pages} pages, a file each", err=True)
        else:
            said = f"it is higher than a page; as PDF it has {pages} (-o OUT.pdf), as TikZ too"
            typer.echo(said, err=True)

    def _draw_frames(self, shown: Program, frames: FrameOptions, options: dict[str, Any]) -> None:
        with warnings_on_stderr():
            made = tp.draw_frames(shown, self.target, **frames.arguments(), **options)
        first, *others = made.places(self.target, frames.seconds)
        written = f"{first} … {others[-1]}" if others else str(first)
        typer.echo(f"wrote {len(made.captions)} frames: {written}", err=True)

    def _drawing(self, program: Program, shown: Program, options: dict[str, Any]) -> Drawing:
        """The picture of a program that is `shown`, with what is said of its size."""
        beside = self.beside
        notes = beside.beside(program, shown, self.passes) if beside is not None else {}

        def draw() -> Drawing:
            return tp.draw(
                shown,
                transparent=self.transparent,
                text=self.text,
                annotations=notes,
                wrap=self.wrap,
                **options,
            )

        if self.fold and self.file != STANDARD:
            drawing = draws_folded(
                draw,
                lambda name, value: self._longer(name, value, options),
                self._trained_longer(options),
            )
        else:
            drawing = draw()
        if self.width is not None:
            pages = self.wrap is not False
            drawing = replace(drawing.to_width(self.width), in_pages=pages)
        could_fold = not (self.fold or notes or options["paths"])

        def folded() -> Drawing:
            return tp.draw(shown, **{**options, "fold": True})

        warn_of_small_print(
            drawing,
            self.width,
            lambda: could_fold and tp.notation.folds(folded),
            self.looks["direction"],
        )
        return drawing

    def _longer(self, name: str, value: int, options: dict[str, Any]) -> Drawing:
        """The folded picture of the program with another value of a constant."""
        kept = [one for one in self.constants or [] if one.partition("=")[0].strip() != name]
        return self._another([*kept, f"{name}={value}"], self.passes, options)

    def _trained_longer(self, options: dict[str, Any]) -> Callable[[int], Drawing] | None:
        """The folded picture with so many steps of SGD; None where none are drawn."""
        if self.passes.name is not PassName.sgd:
            return None
        return lambda steps: self._another(
            self.constants, replace(self.passes, steps=steps), options
        )

    def _another(
        self, constants: list[str] | None, passes: Passes, options: dict[str, Any]
    ) -> Drawing:
        """The picture with other values of constants, or other passes."""
        program = load(self.file, constants)
        shown = passes.of_program(tp.reduce(program) if self.reduced else program)
        return tp.draw(shown, **options)


def _paths(shown: Program, word: str) -> Sequence[Any]:
    """The paths of a word of --paths."""
    with of_option("--paths", word):
        return tp.select_paths(shown, word)


def _require_few_marks(network: Program, steps: int) -> None:
    """Refuse steps of SGD that make a picture of too many marks before they are unrolled.

    Each of T steps has the marks of the network, and each matrix those of its T (T − 1) / 2 changes
    that later steps read.
    """
    matrices = sum(p.variable.is_matrix for p in network.parameters)
    least = steps * len(network.equations) + matrices * steps * (steps - 1) // 2
    tp.bounds.MARKS.require(
        least,
        f"a picture of {tp.shell.quantity(steps, 'step')} has more than {least:,} marks",
        mend="draw fewer steps, or fold them (--fold)",
    )

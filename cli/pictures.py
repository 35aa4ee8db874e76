"""Commands whose result is a picture: draw, gallery."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

import tpgraph as tp
from tpgraph_cli.choices import choice
from tpgraph_cli.completion import among
from tpgraph_cli.files import Constants, File, write
from tpgraph_cli.frames_options import Captions, FrameOptions, Handout, Seconds
from tpgraph_cli.limit_beside import LimitNumbers, NumbersBeside
from tpgraph_cli.numbers import whole
from tpgraph_cli.options import checked, of_option, refuse
from tpgraph_cli.passes import FORWARD, Passes, PassName, takes_passes
from tpgraph_cli.picture_formats import (
    CARRIERS,
    FORMATS,
    FRAME_FORMATS,
    picture_content,
    picture_format,
    refuse_of_other_formats,
)
from tpgraph_cli.places import STANDARD, require_places
from tpgraph_cli.print_size import PictureWidth
from tpgraph_cli.program_picture import ProgramPicture
from tpgraph_cli.samples import AS_IT_IS, DataReading, MadeUp, takes_reading

__all__ = ["Theme", "draw", "gallery"]


class DirectionChoice(StrEnum):
    """Where the computation runs."""

    LR = "LR"
    RL = "RL"
    TB = "TB"
    BT = "BT"


class GraphvizChoice(StrEnum):
    """Which Graphviz lays the picture out."""

    wasm = "wasm"
    system = "system"


class Theme(StrEnum):
    """How it looks."""

    paper = "paper"
    teaching = "teaching"
    dark = "dark"


OutputFile = Annotated[
    str | None,
    typer.Option(
        "--out", "--output", "-o", help="File to write, by its ending; - is stdout.", metavar="OUT"
    ),
]


@takes_reading
@takes_passes
def draw(
    context: typer.Context,
    file: File,
    constants: Constants = None,
    out: OutputFile = None,
    format_: Annotated[
        str | None,
        typer.Option(
            "--format",
            "-f",
            help=f"One of {', '.join(FORMATS)}.",
            autocompletion=among(lambda: list(FORMATS)),
        ),
    ] = None,
    direction: Annotated[
        DirectionChoice, choice(DirectionChoice, help="Where the computation runs.")
    ] = DirectionChoice.LR,
    show: Annotated[
        str,
        typer.Option(
            "--show",
            metavar="WORDS",
            parser=checked(lambda words: tp.notation.showing(words)),
            help="body, or io: also data, readout and loss, or all: whatever is declared, used or"
            " not; behind a comma dims: dimensions beside vectors, and listing: what is computed"
            " line by line, under the picture or beside it.",
        ),
    ] = "body",
    legend: Annotated[bool, typer.Option("--legend", help="A box with the marks used.")] = False,
    theme: Annotated[
        Theme, choice(Theme, help="As in the paper, large and coloured, or for dark slides.")
    ] = Theme.paper,
    reduced: Annotated[
        bool, typer.Option("--reduced", help="Reduce the program first (Definition 5.4).")
    ] = False,
    paths: Annotated[
        list[str] | None,
        typer.Option(
            "--paths",
            metavar="WORD",
            help="Mark the paths with these matrices, such as W[2],W[3] or W,W (Definition 5.5)."
            " May be given more than once. Paths run in the reduced program, which is drawn.",
        ),
    ] = None,
    passes: Passes = FORWARD,
    fold: Annotated[
        bool,
        typer.Option(
            "--fold",
            help="Draw repeated layers, time steps or SGD steps once, in a plate with their range.",
        ),
    ] = False,
    frames: Annotated[
        bool,
        typer.Option(
            "--frames",
            help="One picture for each instruction: a PDF of many pages, OUT-01.svg …, a beamer"
            " slide with overlays (.tex), a page with buttons and keys (.html), or .gif.",
        ),
    ] = False,
    captions: Captions = None,
    seconds: Seconds = None,
    handout: Handout = None,
    exercise: Annotated[
        str | None,
        typer.Option(
            metavar="WORDS",
            parser=checked(lambda words: tp.notation.blanks_of(words)),
            help="Leave blank some of gates, labels and matrices, with commas between them; the"
            " solution goes to OUT-solution.",
        ),
    ] = None,
    engine: Annotated[
        GraphvizChoice, choice(GraphvizChoice, help="The built-in Graphviz, or the dot on PATH.")
    ] = GraphvizChoice.wasm,
    dpi: Annotated[int, typer.Option(help="Resolution of PNG.", parser=whole(20, 2400))] = 200,
    pixels: Annotated[
        int | None,
        typer.Option(help="Width of PNG in pixels, whatever --dpi.", parser=whole(16, 20_000)),
    ] = None,
    width: PictureWidth = None,
    no_wrap: Annotated[
        bool,
        typer.Option(
            "--no-wrap", help="With --width: one row or column, however small its text gets."
        ),
    ] = False,
    numbers: NumbersBeside = None,
    data: Annotated[
        str | None, typer.Option(help="With --numbers: CSV or NPZ with the samples of a network.")
    ] = None,
    synthetic: MadeUp = None,
    reading: DataReading = AS_IT_IS,
    sample: Annotated[
        int | None,
        typer.Option(help="With --numbers: which sample, counted from 0; 0.", parser=whole(0)),
    ] = None,
    text: Annotated[
        bool,
        typer.Option(
            "--text",
            help="Labels of SVG, PDF and EPS stay letters, for Inkscape, PowerPoint and search.",
        ),
    ] = False,
    transparent: Annotated[
        bool, typer.Option("--transparent", help="Without a sheet behind the picture.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Draw again whenever the file changes.")
    ] = False,
) -> None:
    """Draw a program in the graphical notation of Tensor Programs IIb."""
    target = out or (STANDARD if file == STANDARD else _beside(file, format_ or "svg"))
    kind = picture_format(target, format_, FRAME_FORMATS if frames else FORMATS)
    if frames and (target == STANDARD or Path(target).suffix.lower() != f".{kind}"):
        raise typer.BadParameter("--frames needs a file name in -o")
    if exercise is not None and (frames or target == STANDARD):
        raise typer.BadParameter("--exercise writes two pictures: a file name, and no --frames")
    of_frames = FrameOptions.of(frames, captions, seconds, handout)
    refuse_of_other_formats(context, kind, frames)
    if pixels is not None:
        refuse(context, ("dpi",), "beside --pixels")
    if no_wrap and width is None:
        raise typer.BadParameter("--no-wrap is for --width")
    beside = LimitNumbers.of(numbers, data, synthetic, sample, reading)
    if beside is not None and (frames or fold):
        raise typer.BadParameter("--numbers stand in one unfolded picture: no --frames, no --fold")
    if paths and (fold or passes.name is not PassName.forward):
        raise typer.BadParameter("--paths are drawn in the unfolded forward pass alone")

    picture = ProgramPicture(
        file=file,
        constants=constants,
        target=target,
        kind=kind,
        passes=passes,
        reduced=reduced,
        paths=paths or (),
        fold=fold,
        frames=of_frames if frames else None,
        looks={
            "direction": direction.value,
            "show": show,
            "legend": legend,
            "theme": theme.value,
            "engine": engine.value,
        },
        beside=beside,
        exercise=exercise,
        transparent=transparent,
        text=text,
        width=width,
        wrap=False if no_wrap or width is None else width,
        dpi=dpi,
        pixels=pixels,
    )
    redrawn = out is not None and kind in CARRIERS and Path(file).suffix == Path(out).suffix
    for place in picture.places:
        require_places(place, reads=() if redrawn else (file,))
    if not watch:
        picture.draw()
        return
    if STANDARD in (file, target):
        raise typer.BadParameter("--watch needs files, not -")
    if not Path(file).is_file():
        raise typer.BadParameter(f"--watch looks at a file, and {file} is none")
    _watch(Path(file), picture.draw)


def _beside(file: str, kind: str) -> str:
    """The picture's name without -o; `p.json` is the name of programs, so a scene has another."""
    stem = Path(file).stem or "picture"  # of a folder, which is refused where it is read
    return f"{stem}.{'scene.json' if kind == 'json' else kind}"


def _watch(path: Path, action: Callable[[], None]) -> None:
    seen: float | None = None
    typer.echo(f"watching {path}; Ctrl-C ends", err=True)
    while True:
        stamp = path.stat().st_mtime if path.exists() else seen
        if stamp != seen:
            seen = stamp
            try:
                action()
            except tp.TPError as error:
                typer.echo(str(error), err=True)
        time.sleep(0.2)


def gallery(
    name: Annotated[
        str | None,
        typer.Argument(
            help="A program of the gallery.",
            autocompletion=among(lambda: [entry.name for entry in tp.gallery.entries()]),
        ),
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(
            "--out", "--output", "-o", help="Draw into this file; without NAME, a folder for all."
        ),
    ] = None,
) -> None:
    """List the gallery, print one of its programs, or draw it (all of it without NAME)."""
    if name is None and out is None:
        typer.echo(repr(tp.gallery.entries()))
        return
    if name is not None:
        with of_option():
            chosen = tp.gallery.entry(name)
        if out is None:
            write(chosen.text, STANDARD)
            return
        kind = picture_format(out, None)
        require_places(out)
        write(picture_content(chosen.draw(), kind, 200), out)
        return
    assert out is not None
    require_places(folder=Path(out), names=[f"{e.name}.svg" for e in tp.gallery.entries()])
    tp.shell.make_directory(Path(out))
    for entry in tp.gallery.entries():
        target = str(Path(out) / f"{entry.name}.svg")
        write(entry.draw().svg, target)

"""The options of --frames: captions of one's own, pictures that move, handouts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any

import typer

import tpgraph as tp
from tpgraph_cli.named_values import named_values
from tpgraph_cli.numbers import OptionError, real
from tpgraph_cli.options import checked

__all__ = ["Captions", "FrameOptions", "Handout", "Seconds"]

Captions = Annotated[
    list[str] | None,
    typer.Option(
        "--caption",
        metavar="FRAME=WORDS",
        help="With --frames: words under the frame that computes a variable, or under the frame of"
        " a number, instead of its instruction; $…$ is mathematics; repeatable.",
    ),
]
Seconds = Annotated[
    float | None,
    typer.Option(
        "--seconds",
        help="With --frames: how long .gif shows a frame (1.5), or one .svg that moves.",
        parser=real(0.05),
    ),
]
Handout = Annotated[
    str | None,
    typer.Option(
        "--handout",
        metavar="CxR",
        parser=checked(lambda text: tp.notation.grid_of(text)),
        help="With --frames and .pdf: sheets of A4 to print, with C columns of R frames, as 2x4.",
    ),
]


@dataclass(frozen=True)
class FrameOptions:
    """What is asked for of frames, as `tpgraph.draw_frames` takes it."""

    captions: dict[str | int, str] = field(default_factory=dict)
    seconds: float | None = None
    handout: str | None = None

    @classmethod
    def of(
        cls, frames: bool, captions: list[str] | None, seconds: float | None, handout: str | None
    ) -> FrameOptions:
        """By the options. A usage error without --frames; for no or two captions."""
        if not frames and (captions or seconds is not None or handout is not None):
            raise typer.BadParameter("--caption, --seconds and --handout are for --frames")
        words = named_values("--caption", captions, "FRAME=WORDS, such as h=…", _words)
        found = {_frame(name): text for name, text in words.items()}
        if len(found) < len(words):
            raise OptionError("--caption gives a frame by one number twice")
        return cls(found, seconds, handout)

    def arguments(self) -> dict[str, Any]:
        """By the names of the arguments."""
        return {"captions": self.captions, "seconds": self.seconds, "handout": self.handout}


def _words(text: str, option: str) -> str:
    """What stands under a frame. Raises OptionError for nothing."""
    if not text:
        raise OptionError(f"{option} has no words", expected="FRAME=WORDS, such as h=…")
    return text


def _frame(name: str) -> str | int:
    """A frame by its number, or by a variable."""
    return int(name) if name.isascii() and name.isdigit() else name

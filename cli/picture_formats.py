"""Formats of pictures: by the ending of a file's name, and the options that each has."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from tpgraph_cli.endings import refuse_bare_ending
from tpgraph_cli.options import refuse
from tpgraph_cli.places import STANDARD

if TYPE_CHECKING:
    from tpgraph import Drawing

__all__ = [
    "CARRIERS",
    "FORMATS",
    "FRAME_FORMATS",
    "picture_content",
    "picture_format",
    "refuse_of_other_formats",
]

FORMATS = ("svg", "pdf", "png", "eps", "tex", "dot", "json")
CARRIERS = ("svg", "pdf", "png", "eps", "tex")
"""Pictures that carry their program with them, and so may be drawn again in their own place."""

FRAME_FORMATS = ("pdf", "svg", "png", "tex", "html", "gif")

_HAVE: dict[str, tuple[str, ...]] = {
    "dpi": ("png",),
    "pixels": ("png",),
    "text": ("svg", "pdf", "eps"),
    "transparent": ("svg", "pdf", "png", "eps", "tex"),
    "legend": ("svg", "pdf", "png", "eps", "tex", "json"),
    "width": ("svg", "pdf", "png", "eps", "tex", "json"),
}
"""The formats that have an option, where not all have it."""
_OF_ONE_PICTURE = ("width", "text", "transparent", "dpi", "pixels")
"""Options of a picture by itself, which frames have not."""


def refuse_of_other_formats(context: typer.Context, kind: str, frames: bool) -> None:
    """A usage error for an option that a picture, or `frames`, of this format have not."""
    if frames:
        refuse(context, _OF_ONE_PICTURE, "beside --frames")
        return
    for name, kinds in _HAVE.items():
        if kind not in kinds:
            refuse(context, (name,), f"on {kind}, but on {', '.join(kinds)}")


def picture_format(target: str, wanted: str | None, formats: Sequence[str] = FORMATS) -> str:
    """The format: as asked for, else by the file's ending; a usage error where they differ."""
    refuse_bare_ending(target)
    ending = "" if target == STANDARD else Path(target).suffix.lstrip(".").lower()
    kind = (wanted or ("svg" if target == STANDARD else ending)).lower()
    if kind not in formats:
        raise typer.BadParameter(_no_format(target, kind, formats))
    if wanted and ending in {*FORMATS, *FRAME_FORMATS} - {kind}:
        raise typer.BadParameter(f"--format {wanted}, and {target} ends in .{ending}: choose one")
    return kind


def _no_format(target: str, kind: str, formats: Sequence[str]) -> str:
    choose = f"choose one of {', '.join(formats)}"
    if not kind and os.path.isdir(target):
        named = Path(target) / "picture.svg"
        return f"{target} is a folder; name a file in it, such as {named}"
    if not kind:
        named = Path(target).with_suffix(".svg")
        return f"{target} has no ending that names a format; {choose}, such as {named}"
    if kind in FRAME_FORMATS:
        return f"{kind} is the format of frames alone: add --frames, or {choose}"
    return f"{kind} is no format of pictures; {choose}"


def picture_content(
    drawing: Drawing, kind: str, dpi: int, pixels: int | None = None
) -> str | bytes:
    """The picture in one of the formats; a PNG of `dpi` pixels an inch, or `pixels` wide."""
    match kind:
        case "svg":
            return drawing.svg
        case "pdf":
            return drawing.pdf
        case "png":
            return drawing.png(dpi, width=pixels)
        case "eps":
            return drawing.eps
        case "tex":
            return drawing.tikz
        case "dot":
            return drawing.dot
        case _:
            return drawing.json

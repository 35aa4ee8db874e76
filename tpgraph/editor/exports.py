"""The program in every format that leaves the editor: pictures, code, listings, a page."""

from __future__ import annotations

import base64
from typing import Any

from pydantic import ValidationError

from tpgraph.compiler import compile
from tpgraph.editor.derived import What, program_of
from tpgraph.editor.requests import Request
from tpgraph.errors import TPDataError
from tpgraph.language.latex import latex_listing
from tpgraph.notation import Drawing, draw, draw_frames
from tpgraph.notation.scene.scene import Direction
from tpgraph.program import Program

__all__ = ["exported"]

_MIME = {
    "svg": "image/svg+xml",
    "pdf": "application/pdf",
    "png": "image/png",
    "tex": "text/x-tex",
    "dot": "text/vnd.graphviz",
    "json": "application/json",
    "tp": "text/plain",
    "py": "text/x-python",
    "latex": "text/x-tex",
    "html": "text/html",
}
_ENDINGS = {"latex": "tex"}


class ExportOptions(Request):
    """How an exported picture looks; of which pass it is."""

    theme: str = "paper"
    direction: Direction = "LR"
    fold: bool = False
    show_io: bool = False
    legend: bool = False
    of: What = "forward"


def exported(
    program: Program, text: str, name: str, format: str, options: dict[str, Any]
) -> dict[str, Any]:
    """{"name", "mime", "text"} of a textual format, with "base64" of another.

    Pictures are laid out from scratch, so that a figure depends on the text alone, and carry it.
    """
    try:
        how = ExportOptions.model_validate(options)
    except ValidationError as error:
        raise TPDataError(f"these are no options of an export: {error}") from None
    content = _content(program, text, format, how)
    found: dict[str, Any] = {
        "name": f"{name}.{_ENDINGS.get(format, format)}",
        "mime": _MIME[format],
    }
    if isinstance(content, str):
        return found | {"text": content}
    return found | {"base64": base64.b64encode(content).decode("ascii")}


def _content(program: Program, text: str, format: str, how: ExportOptions) -> str | bytes:
    match format:
        case "tp":
            return text
        case "py":
            return compile(program).source
        case "latex":
            return latex_listing(program_of(program, how.of))
        case "html":
            return _page(program, text, how)
        case _:
            return _painted(_drawing(program, text, how), format)


def _drawing(program: Program, text: str, how: ExportOptions) -> Drawing:
    return draw(
        program_of(program, how.of),
        direction=how.direction,
        show_io=how.show_io,
        legend=how.legend,
        fold=how.fold,
        style=how.theme,
        source=text,
    )


def _painted(drawing: Drawing, format: str) -> str | bytes:
    match format:
        case "svg":
            return drawing.svg
        case "pdf":
            return drawing.pdf
        case "png":
            return drawing.png()
        case "tex":
            return drawing.tikz
        case "dot":
            return drawing.dot
        case _:
            return drawing.json


def _page(program: Program, text: str, how: ExportOptions) -> str:
    """One page with a step for each instruction, without server and network."""
    frames = draw_frames(
        program_of(program, how.of),
        direction=how.direction,
        show_io=how.show_io,
        legend=how.legend,
        style=how.theme,
        source=text,
    )
    return frames.html

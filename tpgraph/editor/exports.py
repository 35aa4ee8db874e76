"""The program in every format that leaves the editor: pictures, code, listings, a page.

Pictures are laid out from scratch, so that a figure depends on the text alone, and are the bytes
that `tpgraph draw` writes with the same options; code and listings those of `compile` and `show`.
"""

from __future__ import annotations

import base64
import warnings
from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from tpgraph.bounds import MARKS
from tpgraph.compiler import compile
from tpgraph.editor.derived import What, program_of
from tpgraph.editor.every_request import Request
from tpgraph.editor.lesson import lesson_page
from tpgraph.editor.requests import PictureOptions
from tpgraph.errors import TPDataError, TPWarning
from tpgraph.language import to_json
from tpgraph.language.latex import latex_listing
from tpgraph.notation import Drawing, draw
from tpgraph.notation.scene.scene import Direction
from tpgraph.program import Program

__all__ = ["exported"]

Theme = Literal["paper", "teaching", "dark"]
Show = Literal["body", "io", "all"]
"""The strict notation; with data, readout and loss; whatever is declared."""

_MIME = {
    "svg": "image/svg+xml",
    "pdf": "application/pdf",
    "png": "image/png",
    "tex": "text/x-tex",
    "dot": "text/vnd.graphviz",
    "scene": "application/json",
    "json": "application/json",
    "tp": "text/plain",
    "py": "text/x-python",
    "latex": "text/x-tex",
    "html": "text/html",
}
_PREVIEWED = ("pdf", "tex", "dot", "scene", "html")
_ENDINGS = {"latex": "listing.tex", "scene": "scene.json"}


class ExportOptions(Request):
    """How an exported picture looks; of which pass it is."""

    theme: Theme = "paper"
    direction: Direction = "LR"
    fold: bool = False
    show: Show = "body"
    legend: bool = False
    width: Annotated[int | None, Field(ge=16, le=20_000)] = None
    """Pixels of a PNG; by default 200 an inch."""
    size: Annotated[str, Field(max_length=40)] = ""
    """How wide the picture is, such as `234pt` or `8.6cm`; by default as it comes."""
    of: What = "forward"
    steps: Annotated[int, Field(ge=1, le=20)] = 1


def exported(
    program: Program, text: str, name: str, format: str, options: dict[str, Any]
) -> dict[str, Any]:
    """{"name", "mime", "warnings"} with "text" of a textual format, "base64" of another; of what
    browsers do not show as an image "preview" is the same picture as SVG.

    Raises TPError where there is no such picture, and for what are no options.
    """
    try:
        how = ExportOptions.model_validate(options)
    except ValidationError as error:
        raise TPDataError(f"these are no options of an export: {error}") from None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", TPWarning)
        content = _content(program, text, name, format, how)
        preview = _drawing(program, text, how).svg if format in _PREVIEWED else None
    said = [str(w.message.message) for w in caught if isinstance(w.message, TPWarning)]
    found: dict[str, Any] = {
        "name": f"{_named(name, format, how)}.{_ENDINGS.get(format, format)}",
        "mime": _MIME[format],
        "warnings": list(dict.fromkeys(said)),
        "preview": preview,
    }
    if isinstance(content, str):
        return found | {"text": content}
    return found | {"base64": base64.b64encode(content).decode("ascii")}


def _named(name: str, format: str, how: ExportOptions) -> str:
    """The name of a file without its ending: of a view that is not the program, with its word."""
    shows = format == "latex" or format in _PAINTED
    return f"{name}-{how.of}" if shows and how.of != "forward" else name


def _content(
    program: Program, text: str, name: str, format: str, how: ExportOptions
) -> str | bytes:
    match format:
        case "tp":
            return text
        case "json":
            return to_json(program) + "\n"
        case "py":
            return compile(program).source
        case "latex":
            return latex_listing(program_of(program, how.of, how.steps), standalone=True)
        case "html":
            view: Literal["paper", "editing"] = "paper" if how.show == "body" else "editing"
            look = PictureOptions(view=view, theme=how.theme, direction=how.direction)
            return lesson_page(program, text, name, look)
        case _:
            return _PAINTED[format](_drawing(program, text, how), how)


_PAINTED: dict[str, Callable[[Drawing, ExportOptions], str | bytes]] = {
    "svg": lambda drawing, how: drawing.svg,
    "pdf": lambda drawing, how: drawing.pdf,
    "png": lambda drawing, how: drawing.png(_DPI, width=how.width),
    "tex": lambda drawing, how: drawing.tikz,
    "dot": lambda drawing, how: drawing.dot,
    "scene": lambda drawing, how: drawing.json,
}
_DPI = 200


def _drawing(program: Program, text: str, how: ExportOptions) -> Drawing:
    made = program_of(program, how.of, how.steps)
    if not how.fold and how.of == "sgd":
        MARKS.require(
            len(made.equations),
            f"a picture of {how.steps} steps has more than {len(made.equations):,} marks",
            mend="draw fewer steps, or fold them",
        )
    return draw(
        made,
        direction=how.direction,
        show=how.show,
        legend=how.legend,
        fold=how.fold,
        theme=how.theme,
        source=text,
        width=how.size or None,
    )

"""The options --draw, --theme and --numbers: a picture with what was found beside its marks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

import tpgraph as tp
from tpgraph_cli.choices import choice, several
from tpgraph_cli.files import write
from tpgraph_cli.limit_beside import NumberKind
from tpgraph_cli.options import refuse
from tpgraph_cli.picture_formats import picture_content, picture_format
from tpgraph_cli.pictures import Theme
from tpgraph_cli.places import STANDARD, require_places

if TYPE_CHECKING:
    from tpgraph import Program

__all__ = ["AnnotatedPicture", "DrawOption", "NumbersOption", "ThemeOption"]

_DPI = 200

DrawOption = Annotated[
    str | None,
    typer.Option(
        "--draw",
        metavar="OUT",
        help="Draw the program with this beside its marks, into a file by its ending"
        " (svg, pdf, png, tex, dot, json).",
    ),
]
NumbersOption = Annotated[
    str | None,
    typer.Option(
        metavar="KINDS",
        parser=lambda text: "" if text.strip() == "none" else several(NumberKind)(text),
        help="With --draw: numbers beside vectors, among mean, var, hat (Var Ẑ), dot (Ż) and size"
        " (√E Z²), such as var,dot; none for none.",
    ),
]
ThemeOption = Annotated[Theme, choice(Theme, help="With --draw: how it looks.")]


@dataclass(frozen=True)
class AnnotatedPicture:
    """A picture that is asked for: where it goes, how it looks, which numbers it has."""

    out: str
    theme: Theme
    numbers: tuple[str, ...]

    @classmethod
    def of(
        cls,
        context: typer.Context,
        out: str | None,
        theme: Theme,
        numbers: str | None,
        default: str,
        reads: str,
    ) -> AnnotatedPicture | None:
        """By the options; None without --draw. Raises TPError for a place that cannot be."""
        if out is None:
            refuse(context, ("numbers", "theme"), "where nothing is drawn: --draw OUT")
            return None
        if out == STANDARD:
            raise typer.BadParameter("--draw needs a file name: standard output is taken")
        picture_format(out, None)
        require_places(out, reads=(reads,))
        words = default if numbers is None else numbers
        chosen = [word for word in words.split(",") if word]
        return cls(out, theme, tuple(chosen))

    def draw(self, program: Program, source: Program, **found: Any) -> None:
        """Draw the program with what `tpgraph.annotate` makes of a limit, a run, or both."""
        notes = tp.annotate(program, numbers=self.numbers, **found)
        text = tp.source_of(source) or tp.to_text(source)
        drawing = tp.draw(program, annotations=notes, theme=self.theme.value, source=text)
        write(picture_content(drawing, picture_format(self.out, None), _DPI), self.out)

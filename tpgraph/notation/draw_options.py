"""What is drawn of a program and how, as `draw` is asked for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, TypedDict, get_args

from tpgraph.notation.diagram.mark_texts import Shown
from tpgraph.notation.diagram.showing import showing
from tpgraph.notation.engines.engine import LayoutEngine, get_engine
from tpgraph.notation.scene.annotation import Annotation
from tpgraph.notation.scene.overlay import VectorPath
from tpgraph.notation.scene.scene import Direction
from tpgraph.notation.scene.style import PAPER, Style, theme

__all__ = ["DIRECTIONS", "VIEWS", "Options", "ShowingOptions", "View", "showing_options"]

DIRECTIONS: tuple[Direction, ...] = ("LR", "TB", "BT", "RL")
View: TypeAlias = Literal["paper", "editing"]
"""The strict notation, or with it everything that is declared, used or not."""

VIEWS: tuple[View, ...] = get_args(View)


class ShowingOptions(TypedDict):
    """The options that `show` stands for."""

    show_io: bool
    view: View
    dims: bool
    listing: bool


@dataclass(frozen=True)
class Options:
    """What is drawn of a program and how; the arguments of `draw` by their names."""

    direction: Direction = "LR"
    show_io: bool = False
    legend: bool = False
    paths: Sequence[VectorPath] = ()
    style: Style | str = PAPER
    engine: LayoutEngine | str = "wasm"
    fold: bool = False
    view: View = "paper"
    annotations: Mapping[str, Annotation] = field(default_factory=dict)
    dims: bool = False
    listing: bool = False
    lines: bool = False
    room: float | None = None
    """The width in pt for which the picture goes into rows or columns, if it is to."""

    @property
    def shown(self) -> Shown:
        """What is drawn of the program."""
        if self.view == "editing":
            return "all"
        return "io" if self.show_io else "body"

    @property
    def has_lines(self) -> bool:
        """Whether the scene knows what it computes line by line, drawn or not."""
        return self.listing or self.lines

    @property
    def look(self) -> Style:
        """The style. Raises TPNameError for a theme that there is not."""
        return theme(self.style) if isinstance(self.style, str) else self.style

    @property
    def layout_engine(self) -> LayoutEngine:
        """The engine. Raises TPError for one that there is not."""
        return get_engine(self.engine) if isinstance(self.engine, str) else self.engine


def showing_options(show: str) -> ShowingOptions:
    """The options that these words of `show` stand for. Raises TPError for others."""
    asked = showing(show)
    return {
        "show_io": asked.part == "io",
        "view": "editing" if asked.part == "all" else "paper",
        "dims": asked.dims,
        "listing": asked.listing,
    }

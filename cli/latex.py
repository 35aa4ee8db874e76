"""Whether LaTeX is written as a document of its own, or to stand in another."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = ["Standalone", "is_standalone"]

Standalone = Annotated[
    bool | None,
    typer.Option(
        "--standalone/--fragment",
        help="With --latex: a whole document, or what another one can \\input.",
    ),
]


def is_standalone(asked: bool | None, is_latex: bool, by_itself: bool) -> bool:
    """Whether a document is asked for; `by_itself` where nothing is said."""
    if asked is not None and not is_latex:
        raise typer.BadParameter("--standalone and --fragment are for --latex")
    return by_itself if asked is None else asked

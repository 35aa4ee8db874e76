"""Whether LaTeX is written to stand in another document, or as one of its own."""

from __future__ import annotations

from typing import Annotated

import typer

import tpgraph as tp

__all__ = ["Standalone", "latex_text", "require_latex"]

Standalone = Annotated[
    bool,
    typer.Option(
        "--standalone",
        help="With --latex: a whole document, and not what another one can \\input.",
    ),
]


def require_latex(standalone: bool, latex: bool) -> None:
    """Refuse --standalone beside anything but --latex."""
    if standalone and not latex:
        raise typer.BadParameter("--standalone is for --latex")


def latex_text(fragment: str, standalone: bool) -> str:
    """What is printed: what stands in other documents, or a document around it."""
    return (tp.language.latex_document(fragment) if standalone else fragment).rstrip()

"""`tpgraph study …`: finite against infinite width. Each command lives in a module of its own."""

from __future__ import annotations

import typer

__all__ = ["app"]

app = typer.Typer(
    help="Study finite against infinite width: when does NTK theory hold?",
    no_args_is_help=True,
    rich_markup_mode=None,
)

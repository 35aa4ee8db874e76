"""`tpgraph study …`: finite against infinite width. Each command lives in a module of its own."""

from __future__ import annotations

import typer

from tpgraph_cli.examples import add_commands
from tpgraph_cli.studies.dispersion import dispersion
from tpgraph_cli.studies.drift import drift
from tpgraph_cli.studies.function_variance import function_variance
from tpgraph_cli.studies.phase import phase

__all__ = ["app"]

app = typer.Typer(
    help="Study finite against infinite width: when does NTK theory hold?",
    no_args_is_help=True,
    rich_markup_mode=None,
)
add_commands(app, phase, dispersion, drift, function_variance, group="study")

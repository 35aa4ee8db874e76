"""`tpgraph study …`: finite against infinite width. Each command lives in a module of its own."""

from __future__ import annotations

import typer

from tpgraph_cli import study_dispersion, study_drift, study_function_variance, study_phase

__all__ = ["app"]

app = typer.Typer(
    help="Study finite against infinite width: when does NTK theory hold?",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.command("phase")(study_phase.phase)
app.command("dispersion")(study_dispersion.dispersion)
app.command("drift")(study_drift.drift)
app.command("function-variance")(study_function_variance.function_variance)

"""`tpgraph study phase`: fixed points, phases and depth scales of wide random networks."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import Annotated, Any

import typer

import tpgraph as tp
from tpgraph_cli.endings import FIGURES, refuse_other_ending, require_ending
from tpgraph_cli.files import write
from tpgraph_cli.numbers import parse_point, parse_range
from tpgraph_cli.options import of_option, refuse
from tpgraph_cli.places import require_places

__all__ = ["phase"]

_POINT = "σ_w²,σ_b²"


def phase(
    context: typer.Context,
    function: Annotated[str, typer.Argument(help="Name of a function, such as tanh.")] = "tanh",
    sigma_w2: Annotated[
        str, typer.Option("--sigma-w2", help="Weight variances, FIRST:LAST:COUNT or a list.")
    ] = "0.1:5:50",
    sigma_b2: Annotated[
        str, typer.Option("--sigma-b2", help="Bias variances, FIRST:LAST:COUNT or a list.")
    ] = "0:2:21",
    at: Annotated[
        list[str] | None,
        typer.Option(help=f"Print one point {_POINT} instead of the diagram; repeat for several."),
    ] = None,
    out: Annotated[
        str | None, typer.Option("--out", "--output", "-o", help="Figure: .pdf, .png or .svg.")
    ] = None,
    csv: Annotated[str | None, typer.Option("--csv", help="Table to write; - is stdout.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print points as JSON.")] = False,
) -> None:
    """Phases of wide random networks: q*, c*, χ₁, the border χ₁ = 1 and depth scales.

    Without a figure or a table to write, prints the border.
    """
    if at:
        refuse(context, ("sigma_w2", "sigma_b2", "out", "csv"), "beside --at")
    else:
        refuse(context, ("as_json",), "without --at")
    require_places(out, csv)
    require_ending(out, "figure", FIGURES)
    refuse_other_ending(csv, "a table", ".csv", ".tsv", option="--csv")
    if at:
        _print_points(function, at, as_json)
        return
    variances = parse_range(sigma_w2, "--sigma-w2", 0), parse_range(sigma_b2, "--sigma-b2", 0)
    with of_option("FUNCTION", function):
        diagram = tp.study.phase_diagram(function, *variances)
    if out is not None:
        write(tp.study.figure_bytes(diagram.figure(), out), out)
    if csv is not None:
        write(diagram.csv(), csv)
    if out is None and csv is None:
        for bias, edge in zip(diagram.sigma_b2, diagram.border, strict=True):
            typer.echo(f"σ_b² {bias:<8.4g} border at σ_w² {edge:.6f}")


def _print_points(function: str, at: list[str], as_json: bool) -> None:
    """The fixed points asked for, a line each or as a JSON list."""
    found: list[dict[str, Any]] = []
    for text in at:
        values = parse_point(text)
        with of_option("FUNCTION", function):
            point = tp.study.fixed_point(function, *values)
        scales = {name: getattr(point, name) for name in ("xi_q", "xi_c", "xi_gradient")}
        found.append(
            {
                "function": function,
                "sigma_w2": values[0],
                "sigma_b2": values[1],
                "phase": point.phase,
                **asdict(point),
                **scales,
            }
        )
    if as_json:
        finite = [{key: _finite(value) for key, value in entry.items()} for entry in found]
        typer.echo(json.dumps(finite, ensure_ascii=False, indent=2))
        return
    for entry in found:
        numbers = "  ".join(
            f"{name} {entry[key]:.6g}"
            for name, key in (
                ("q*", "q"),
                ("c*", "c"),
                ("χ₁", "chi"),
                ("ξ_q", "xi_q"),
                ("ξ_c", "xi_c"),
                ("ξ_∇", "xi_gradient"),
            )
        )
        place = f"({entry['sigma_w2']:g}, {entry['sigma_b2']:g})"
        typer.echo(f"{function} {place} {entry['phase']:8} {numbers}")


def _finite(value: Any) -> Any:
    """None for an infinite number, which JSON has not."""
    return None if isinstance(value, float) and not math.isfinite(value) else value

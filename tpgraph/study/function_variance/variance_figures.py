"""Figures of the study of trained functions: κ₂ and κ₁/κ₂ by depth; variances beside theory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from tpgraph.errors import TPDataError
from tpgraph.study.csv_table import csv_text
from tpgraph.study.figures import new_figure
from tpgraph.study.function_variance.study import VarianceResult
from tpgraph.study.function_variance.summary import Summary
from tpgraph.study.function_variance.theory import Kappas, kappas

__all__ = ["CURVES", "KappaPanel", "kappa_panels", "kappas_csv", "kappas_figure", "variance_figure"]

Array: TypeAlias = npt.NDArray[np.float64]

CURVES = ("kappa_2", "ratio")
"""M κ₂ as in the paper's Figure 5, and κ₁/κ₂ as in Figure 6."""

KappaPanel: TypeAlias = tuple[str, float, float, Kappas]
"""Function, σ_w², σ_b² and their κ."""

_COLORS = "viridis"
_WIDTH_COLORS = ("#d95f02", "#7570b3", "#1b9e77", "#e7298a", "#66a61e")


def kappa_panels(
    functions: Sequence[str],
    phases: Sequence[Sequence[tuple[float, float]]],
    depth: int,
    correlations: Sequence[float],
) -> list[list[KappaPanel]]:
    """A row of panels for each function, a panel for each of its phases (σ_w², σ_b²)."""
    return [
        [(name, w, b, kappas(name, w, b, depth, correlations)) for w, b in row]
        for name, row in zip(functions, phases, strict=True)
    ]


def kappas_figure(
    panels: Sequence[Sequence[KappaPanel]], curves: str = "kappa_2", width: float = 100.0
) -> Figure:
    """Curves against depth, coloured by the correlation of the inputs.

    With `kappa_2` the curves are M κ₂ (the sum over layers, without the paper's 1/α), for M =
    `width`; with `ratio` κ₁/κ₂. Raises TPDataError for other curves.
    """
    if curves not in CURVES:
        raise TPDataError(f"unknown curves {curves!r}", expected=", ".join(CURVES))
    columns = max(map(len, panels))
    figure = new_figure(0.9 + 2.9 * columns, 2.3 * len(panels))
    axes = figure.subplots(len(panels), columns, squeeze=False)
    shades = ScalarMappable(Normalize(0, 1), _COLORS)
    for row, line in zip(panels, axes, strict=True):
        for panel, place in zip(row, line, strict=False):
            _draw_kappas(place, panel, curves, width, shades)
        line[0].set_ylabel(f"{row[0][0]}: " + _label(curves, width))
    figure.colorbar(shades, ax=list(axes.ravel()), label="correlation of the inputs")
    return figure


def kappas_csv(panels: Sequence[Sequence[KappaPanel]]) -> str:
    """A row for each function, phase, correlation and depth: κ₁, κ₂ and their ratio."""
    names = "function,sigma_w2,sigma_b2,correlation,depth,kappa_1,kappa_2,ratio"
    rows = (
        [name, w, b, c, int(depth), one, two, _ratio(one, two)]
        for name, w, b, found in (panel for row in panels for panel in row)
        for c, line in zip(found.correlations, found.kappa_2, strict=True)
        for depth, one, two in zip(found.depths, found.kappa_1, line, strict=True)
    )
    return csv_text(names.split(","), rows)


def variance_figure(result: VarianceResult) -> Figure:
    """Variance of outputs against depth, a panel for each phase, on a logarithmic scale.

    Points: trained networks of each width; hollow: the same with Θ_0 that does not move, t → ∞.
    Lines: infinite width, Theorem 3, and before training.
    """
    phases = result.grid.phases
    figure = new_figure(1.2 + 3.1 * len(phases), 3.6)
    axes = figure.subplots(1, len(phases), squeeze=False, sharey=True)[0]
    for phase, place in zip(phases, axes, strict=True):
        known = [s for s in result.summaries if (s.sigma_w2, s.sigma_b2) == phase]
        _draw_variances(place, known, result.grid.widths)
        place.set_title(f"$(\\sigma_w^2, \\sigma_b^2) = ({phase[0]:g}, {phase[1]:g})$", fontsize=10)
        place.set(xlabel="depth $L$", yscale="log")
        place.grid(True, linewidth=0.3)
    axes[0].set_ylabel("variance over initializations")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right center", fontsize=8, frameon=False)
    return figure


def _label(curves: str, width: float) -> str:
    if curves == "ratio":
        return "$\\kappa_1/\\kappa_2$"
    return "$\\kappa_2$" if width == 1 else f"${width:g}\\,\\kappa_2$"


def _ratio(one: npt.ArrayLike, two: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """κ₁/κ₂: infinite where inputs that differ have nothing in common, nan without any gradient."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.divide(one, two, dtype=float)


def _draw_kappas(
    axes: Axes, panel: KappaPanel, curves: str, width: float, shades: ScalarMappable
) -> None:
    _, sigma_w2, sigma_b2, found = panel
    for correlation, line in zip(found.correlations, found.kappa_2, strict=True):
        values = width * line if curves == "kappa_2" else _ratio(found.kappa_1, line)
        axes.plot(found.depths, values, color=shades.to_rgba(correlation), linewidth=1.0)
    axes.set_title(f"$(\\sigma_w^2, \\sigma_b^2) = ({sigma_w2:g}, {sigma_b2:g})$", fontsize=9)
    axes.set_xlabel("$L$")
    axes.grid(True, linewidth=0.3)
    axes.ticklabel_format(axis="y", scilimits=(-2, 4))


def _draw_variances(axes: Axes, known: Sequence[Summary], widths: Sequence[int]) -> None:
    wide = {s.depth: s for s in known if s.width == max(widths)}
    depths = sorted(wide)
    lines = (
        ("nngp", "before training, $M = \\infty$", ":", "#808080"),
        ("theorem_3", "Theorem 3", "--", "#000000"),
        ("wide_limit", "trained, $M = \\infty$", "-", "#000000"),
    )
    for name, label, style, color in lines:
        values = [getattr(wide[depth], name) for depth in depths]
        axes.plot(depths, values, style, color=color, label=label, linewidth=1.3)
    for place, width in enumerate(widths):
        found = [s for s in known if s.width == width]
        color = _WIDTH_COLORS[place % len(_WIDTH_COLORS)]
        shift = 0.12 * (place - (len(widths) - 1) / 2)
        x = [s.depth + shift for s in found]
        axes.errorbar(
            x,
            [s.trained for s in found],
            [s.trained_error for s in found],
            fmt="o",
            color=color,
            markersize=4,
            capsize=2,
            label=f"trained, $M = {width}$",
        )
        axes.plot(
            x,
            [s.limit for s in found],
            "D",
            color=color,
            markerfacecolor="none",
            markersize=5,
            label=f"own $\\Theta_0$ frozen, $M = {width}$",
        )
    axes.set_xticks(depths)

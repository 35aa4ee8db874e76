"""The figure of a comparison."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from tpgraph.study.compare.comparison import Comparison, NetworkRun
from tpgraph.study.figures import give_title, new_figure, plain_axes, width_axis

__all__ = ["compare_figure"]

_CURVES = 5
"""Trajectories of so many widths are drawn."""


def compare_figure(found: Comparison) -> Figure:
    """Left outputs over training, right the error against width.

    Left, the test point and component where the limit moves most: the network of median error of
    several widths, with its limit dashed. In the kernel regime each has a limit of its own, from
    its own f₀, and the band is mean ± sd over initializations at infinite width.
    """
    figure = new_figure(10.5, 4.9)
    left, right = figure.subplots(1, 2)
    _trajectories(left, found)
    _errors(right, found)
    missing = found.wanted - len(found.runs)
    note = f", {missing} of {found.wanted} networks missing" if missing else ""
    said = f"finite widths and their limit ({found.regime}{note})"
    give_title(figure, found.program, [said])
    return figure


def _shown(found: Comparison) -> list[NetworkRun]:
    """The network of median error of up to _CURVES widths, from narrow to wide."""
    ranked = [sorted(found.of_width(w), key=lambda run: run.error) for w in found.widths]
    medians = [runs[len(runs) // 2] for runs in ranked if runs]
    if len(medians) <= _CURVES:
        return medians
    return [medians[round(i)] for i in np.linspace(0, len(medians) - 1, _CURVES)]


def _moved_most(found: Comparison) -> tuple[int, int]:
    """The test point and component whose limit moves most, over all networks."""
    moves = [np.abs(run.limit[-1] - run.limit[0]) for run in found.runs if not run.diverged]
    total = np.sum(moves, axis=0) if moves else np.zeros((1, 1))
    point, component = np.unravel_index(int(np.argmax(total)), total.shape)
    return int(point), int(component)


def _trajectories(axes: Axes, found: Comparison) -> None:
    shown = _shown(found)
    m, c = _moved_most(found)
    colors = mpl.colormaps["viridis_r"](np.linspace(0.1, 0.95, max(2, len(shown))))
    steps = np.arange(len(found.runs[0].outputs)) if found.runs else np.arange(1)
    if found.ensemble is not None:
        mean, sd = found.ensemble.mean[:, m, c], found.ensemble.sd[:, m, c]
        axes.fill_between(
            steps, mean - sd, mean + sd, color="0.92", linewidth=0, zorder=0,
            label="mean ± sd at $n = \\infty$",
        )  # fmt: skip
        axes.plot(steps, mean, color="0.75", linewidth=1.0, zorder=0)
    own = found.regime == "kernel"
    for run, color in zip(shown, colors, strict=False):
        axes.plot(
            steps, run.outputs[:, m, c], color=color, linewidth=1.8, label=f"$n = {run.width}$"
        )
        if own:
            axes.plot(steps, run.limit[:, m, c], "--", color=color, linewidth=1.1)
    if shown:
        limit = np.full(len(steps), np.nan) if own else shown[0].limit[:, m, c]
        axes.plot(steps, limit, "--", color="black", linewidth=1.2, label="limit")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("SGD step")
    axes.set_ylabel(f"output at test point {m}" + (f", component {c}" if c else ""))
    axes.set_title(
        "each network beside its limit from the same $f_0$" if own else "networks and their limit",
        fontsize=10,
    )
    plain_axes(axes)
    _legend_below(axes, 4)


def _legend_below(axes: Axes, columns: int) -> None:
    """The legend under the axes, where it covers nothing."""
    axes.legend(
        fontsize=8, frameon=False, ncol=columns, loc="upper center", bbox_to_anchor=(0.5, -0.13)
    )


def _errors(axes: Axes, found: Comparison) -> None:
    widths = np.array([w for w in found.widths if found.of_width(w)], dtype=float)
    axes.set_title(
        r"error against width: rms of $f_t - \mathring{f}_t$ over $t \geq 1$", fontsize=10
    )
    if not len(widths):
        return
    for run in found.runs:
        if not run.diverged:
            axes.plot(run.width, run.error, "o", color="#1f4e79", alpha=0.35, markersize=3.5)
    errors = [[run.error for run in found.of_width(int(w))] for w in widths]
    means = [float(np.mean(e)) for e in errors]
    axes.plot(widths, means, "o", color="#1f4e79", markersize=6, label="mean over networks")
    slope, uncertainty = found.slope
    logs = [float(np.mean(np.log(e))) for e in errors]
    centre = np.exp(np.mean(np.log(widths))), np.exp(np.mean(logs))
    if np.isfinite(slope):
        line = centre[1] * (widths / centre[0]) ** slope
        says = f"fit in logarithms: $n^{{{slope:.2f} \\pm {uncertainty:.2f}}}$"
        axes.plot(widths, line, color="#1f4e79", linewidth=1.4, label=says)
    guide = centre[1] * (widths / centre[0]) ** -0.5
    axes.plot(widths, guide, ":", color="#b5521b", linewidth=1.6, label="$n^{-1/2}$")
    axes.set_yscale("log")
    width_axis(axes, [int(w) for w in widths])
    _legend_below(axes, 3)

"""The figure of a coordinate check."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tpgraph.program import default_latex
from tpgraph.shown import quantity
from tpgraph.study.coordinates.check import CoordinateCheck, Exponent
from tpgraph.study.figures import give_title, new_figure, width_axis
from tpgraph.study.samples import Array

__all__ = ["coordinate_figure"]

_SPAN = 20.0
"""The least ratio of the ends of a vertical axis."""

_LISTED = 16
"""So many lines have an entry in the legend; more are told apart by colour alone."""


def coordinate_figure(check: CoordinateCheck) -> Figure:
    """Left |x_0|, right |x_T − x_0|, against width in log–log, a line for each vector.

    Lines are means over seeds with the range of the seeds behind them; outputs are dashed. The
    legend has the measured exponent and, in brackets, the predicted one.
    """
    figure = new_figure(11.0, 4.6)
    left, right = figure.subplots(1, 2)
    steps = check.sizes.shape[2] - 1
    _panel(left, check, check.sizes[:, :, 0], [check.size(n) for n in check.names])
    _panel(right, check, check.changes[:, :, -1], [check.change(n) for n in check.names])
    left.set_title("size at initialization", fontsize=10)
    right.set_title(f"change after {quantity(steps, 'step')}", fontsize=10)
    left.set_ylabel("root mean square of coordinates")
    said = "exponent of $n$ measured (predicted)"
    give_title(figure, f"Coordinate check of {check.program}", [said])
    return figure


def _panel(
    axes: Axes, check: CoordinateCheck, values: Array, exponents: Sequence[Exponent]
) -> None:
    """One panel; `values` are (widths, seeds, vectors)."""
    colors = mpl.colormaps["viridis"](np.linspace(0.0, 0.85, max(2, len(check.names))))
    usable = np.where(np.isfinite(values) & (values > 0), values, np.nan)
    for index, (name, exponent) in enumerate(zip(check.names, exponents, strict=True)):
        line = usable[:, :, index]
        if not np.isfinite(line).any(axis=1).all():
            continue
        output = name in check.outputs
        color = "black" if output else colors[index]
        middle = np.exp(np.nanmean(np.log(line), axis=1))
        axes.fill_between(
            check.widths, np.nanmin(line, axis=1), np.nanmax(line, axis=1), color=color,
            alpha=0.08, linewidth=0,
        )  # fmt: skip
        says = f"${default_latex(name)}$: {exponent.measured:+.2f} ({exponent.expected})"
        axes.plot(
            check.widths, middle, "--" if output else "-", color=color, linewidth=1.4,
            marker="o", markersize=3, label=says if len(check.names) <= _LISTED else None,
        )  # fmt: skip
    _guides(axes, check.widths, usable, [e.predicted for e in exponents])
    width_axis(axes, check.widths)
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    if high / low < _SPAN:  # what hardly varies must not look as if it did
        centre = np.sqrt(low * high)
        axes.set_ylim(centre / _SPAN**0.5, centre * _SPAN**0.5)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize=10, frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))


def _guides(axes: Axes, widths: Sequence[int], values: Array, predicted: Sequence[float]) -> None:
    """For each predicted exponent that is not 0, a dotted line of that slope below its vectors."""
    n = np.asarray(widths, dtype=float)
    for exponent in sorted({e for e in predicted if np.isfinite(e) and e != 0}):
        lines = values[:, :, [e == exponent for e in predicted]]
        if np.isfinite(lines).any():
            line = np.nanmin(lines / (n**exponent)[:, None, None]) / 1.3 * n**exponent
            axes.plot(n, line, ":", color="0.4", linewidth=1.2, zorder=0)
            axes.annotate(
                f"$n^{{{exponent:g}}}$", (n[-1], line[-1]), color="0.4", fontsize=8,
                xytext=(-4, -9), textcoords="offset points", ha="right",
            )  # fmt: skip

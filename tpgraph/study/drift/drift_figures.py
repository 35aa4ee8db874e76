"""Figures of the drift study: heat maps over (σ_w², σ_b²), the border χ₁ = 1 dashed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from tpgraph.errors import TPDataError
from tpgraph.functions import Function
from tpgraph.study.drift.study import DriftResult
from tpgraph.study.figures import give_title, new_figure
from tpgraph.study.phase.phase_diagram import draw_border

__all__ = ["ROWS", "drift_figure"]

Array: TypeAlias = npt.NDArray[np.float64]

ROWS = ("summary", "steps", "widths")
"""Drift and smallest loss; drift after every snapshot; drift at the end for every width."""

_COLORS = "turbo"
_LEAST, _MOST = 2.0**-9, 2.0**0.5
_TICKS = [2.0**k for k in range(-8, 1, 2)]
_MISSING = "#d9d9d9"


@dataclass(frozen=True)
class _Row:
    """A row of maps: its title, and one (σ_b², σ_w²) for every depth."""

    title: str
    maps: tuple[Array, ...]
    norm: Normalize
    loss: bool = False


def drift_figure(
    result: DriftResult,
    rows: str = "summary",
    function: str | Function | None = None,
    loss_range: tuple[float, float] | None = None,
) -> Figure:
    """Maps of the mean over initializations, a column for each depth.

    `rows` is one of ROWS; `summary` and `steps` are of the first width. `function` is whose border
    is drawn. What is not computed yet, and a drift that is not finite, is grey.
    Raises TPDataError for unknown rows.
    """
    drawn = _rows(result, rows, loss_range)
    grid = result.grid
    height = 0.7 + 2.1 * len(drawn)
    figure = new_figure(1.6 + 2.6 * len(grid.depths), height)
    axes = figure.subplots(len(drawn), len(grid.depths), squeeze=False, sharex=True, sharey=True)
    for row, line in zip(drawn, axes, strict=True):
        for depth, values, panel in zip(grid.depths, row.maps, line, strict=True):
            _draw_map(panel, result, values, row)
            panel.set_title(f"$L = {depth}$" + row.title, fontsize=9)
            if function is not None and not row.loss:
                draw_border(panel, function, panel.get_ylim())
            panel.set(xlabel="$\\sigma_w^2$", ylabel="$\\sigma_b^2$")
            panel.label_outer()
    _bars(figure, axes, drawn)
    give_title(figure, "Drift of the NTK in training", _facts(result, rows), 10)
    return figure


def _rows(result: DriftResult, rows: str, loss_range: tuple[float, float] | None) -> list[_Row]:
    drift = LogNorm(_LEAST, _MOST)
    match rows:
        case "summary":
            least = _over_inits(result.least)[0]
            low, high = loss_range or (0.0, _nice(least))
            return [
                _Row("", tuple(_over_inits(result.drift[..., -1])[0]), drift),
                _Row("", tuple(least), Normalize(low, high), loss=True),
            ]
        case "steps":
            times = (*(f"{t:g}" for t in result.grid.snapshots), "all")
            found = _over_inits(result.drift, axis=-2)[0]
            return [
                _Row(f", {t} step{'' if t == '1' else 's'}", tuple(found[..., place]), drift)
                for place, t in enumerate(times)
            ]
        case "widths":
            found = _over_inits(result.drift[..., -1])
            return [
                _Row(f", $M = {width}$", tuple(values), drift)
                for width, values in zip(result.grid.widths, found, strict=True)
            ]
        case _:
            raise TPDataError(f"unknown rows {rows!r}", expected=", ".join(ROWS))


def _over_inits(values: Array, axis: int = -1) -> Array:
    """The mean over the initializations that there are; nan where there is none."""
    known = ~np.isnan(values)
    total = np.where(known, values, 0.0).sum(axis=axis)
    count = known.sum(axis=axis)
    return np.asarray(np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0))


def _nice(least: Array) -> float:
    """The largest loss that is drawn, 1 where there is none."""
    known = least[np.isfinite(least)]
    return float(known.max()) if len(known) else 1.0


def _edges(values: Sequence[float]) -> Array:
    """The borders of cells around the values; a single value has a cell of width 1."""
    centres = np.asarray(values, dtype=np.float64)
    if len(centres) == 1:
        return np.array([centres[0] - 0.5, centres[0] + 0.5])
    middle = (centres[1:] + centres[:-1]) / 2
    ends = 2 * centres[0] - middle[0], 2 * centres[-1] - middle[-1]
    return np.array([ends[0], *middle, ends[1]])


def _draw_map(axes: Axes, result: DriftResult, values: Array, row: _Row) -> None:
    axes.set_facecolor(_MISSING)
    shown = np.ma.masked_invalid(np.clip(values, _LEAST / 1e6, None))
    edges = _edges(result.grid.sigma_w2), _edges(result.grid.sigma_b2)
    axes.pcolormesh(*edges, shown, norm=row.norm, cmap=_COLORS, rasterized=True)


def _bars(figure: Figure, axes: npt.NDArray[np.object_], rows: Sequence[_Row]) -> None:
    """One colour bar for the drift, and one for the loss where it is drawn."""
    lines = [line for row, line in zip(rows, axes, strict=True) if not row.loss]
    drift = ScalarMappable(LogNorm(_LEAST, _MOST), _COLORS)
    label = "$\\|\\Theta_t - \\Theta_0\\|_F / \\|\\Theta_0\\|_F$"
    bar = figure.colorbar(
        drift, ax=[a for line in lines for a in line], label=label, extend="both", extendfrac=0.03
    )
    bar.ax.yaxis.set_major_locator(FixedLocator(_TICKS))
    bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"$2^{{{round(np.log2(v))}}}$"))
    bar.ax.yaxis.set_minor_locator(NullLocator())
    for row, line in zip(rows, axes, strict=True):
        if row.loss:
            figure.colorbar(
                ScalarMappable(row.norm, _COLORS),
                ax=list(line),
                label="smallest loss",
                extend="max",
            )


def _facts(result: DriftResult, rows: str) -> list[str]:
    grid = result.grid
    width = [] if rows == "widths" else [f"$M = {grid.widths[0]}$"]
    inits = f"{grid.inits} initializations" if grid.inits > 1 else "one initialization"
    return [*width, f"rate {grid.lr:g}", inits]

"""Figures of the NTK's dispersion: heat maps over σ_w² and L, curves against L and L/M."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import product
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from tpgraph.errors import TPError, TPNameError
from tpgraph.program.near_names import did_you_mean
from tpgraph.study.activations import activation
from tpgraph.study.dispersion.deep_kernel import Point
from tpgraph.study.dispersion.settings import DispersionSettings
from tpgraph.study.dispersion.statistics import Moments
from tpgraph.study.figures import new_figure, separated, set_in_lines
from tpgraph.study.phase.fixed_points import border

__all__ = ["draw_curves", "draw_lines", "draw_maps", "require_colors"]

Array: TypeAlias = npt.NDArray[np.float64]

RATIO = r"$\mathrm{E}[\Theta^2]\,/\,\mathrm{E}[\Theta]^2$"
TOP = 7
"""Colours go from 2⁰ to 2⁷, as in the paper."""


def require_colors(name: str) -> None:
    """Raises TPNameError for no colour map of matplotlib's, with the nearest name.

    >>> require_colors("viridis")
    """
    if name not in colormaps:
        raise TPNameError(
            f"matplotlib has no colour map {name!r}",
            expected="a name such as gist_stern or viridis",
            mend=did_you_mean(name, colormaps),
        )


def draw_maps(
    settings: DispersionSettings, found: Sequence[Moments], colors: str = "gist_stern"
) -> Figure:
    """The ratio over σ_w² and L, in powers of two; the border χ₁ = 1 of infinite width dashed.

    A row for each activation (and input), a column for each width and σ_b².
    """
    rows = [
        (name, j)
        for name in dict.fromkeys(point[0] for point in settings.points)
        for j in range(len(settings.correlations))
    ]
    columns = [
        (w, bias)
        for w in range(len(settings.widths))
        for bias in dict.fromkeys(point[2] for point in settings.points)
    ]
    figure = new_figure(1.6 + 2.5 * len(columns), 0.7 + 2.5 * len(rows))
    panels = figure.subplots(len(rows), len(columns), squeeze=False, sharex=True, sharey=True)
    for (name, j), line in zip(rows, panels, strict=True):
        for (w, bias), axes in zip(columns, line, strict=True):
            at = [i for i, p in enumerate(settings.points) if p[0] == name and p[2] == bias]
            image = _draw_map(axes, settings, at, found[w].ratio[at, :, j], colors)
            title = _title(settings, found[w].inits, name, w, bias, j)
            axes.set_title(set_in_lines(title, 2.0, 9), fontsize=9)
            axes.label_outer()
    bar = figure.colorbar(image, ax=panels, extend="max", pad=0.01)
    bar.locator = FixedLocator([2.0**k for k in range(TOP + 1)])
    bar.formatter = FuncFormatter(_power)
    bar.minorlocator = NullLocator()
    bar.update_ticks()
    bar.set_label(RATIO)
    return figure


def _title(
    settings: DispersionSettings, inits: int, name: str, width: int, bias: float, j: int
) -> list[str]:
    parts = [name, f"M = {settings.widths[width]}", f"$\\sigma_b^2$ = {bias:g}"]
    if settings.inner:
        parts.append(f"c = {settings.correlations[j]:g}")
    if inits != settings.inits:
        parts.append(f"{inits} of {settings.inits} inits")
    return separated([part for part in parts if part])


def _draw_map(
    axes: Axes, settings: DispersionSettings, at: Sequence[int], ratio: Array, colors: str
) -> QuadMesh:
    weights = np.array([settings.points[i][1] for i in at])
    order = np.argsort(weights)
    image = axes.pcolormesh(
        _edges(weights[order]),
        _edges(np.array(settings.depths, dtype=float)),
        np.clip(ratio[order].T, 1.0, None),
        cmap=colors,
        norm=LogNorm(1.0, 2.0**TOP),
        rasterized=True,
    )
    edge = _border(settings.points[at[0]])
    if edge is not None and weights.min() < edge < weights.max():
        axes.axvline(edge, color="#66ff33", linestyle="--", linewidth=1.8)
    axes.set(xlabel="$\\sigma_w^2$", ylabel="L", facecolor="0.6")
    axes.set_xlim(weights.min(), weights.max())
    return image


def _border(point: Point) -> float | None:
    """σ_w² with χ₁ = 1 at this activation and σ_b², if the fixed point theory has one."""
    try:
        edge = border(activation(point[0]), point[2])
    except TPError:
        return None
    return edge if math.isfinite(edge) else None


def _edges(values: Array) -> Array:
    """Cell borders half way between the values."""
    if len(values) == 1:
        return np.array([values[0] - 0.5, values[0] + 0.5])
    middle = (values[1:] + values[:-1]) / 2
    return np.concatenate([[2 * values[0] - middle[0]], middle, [2 * values[-1] - middle[-1]]])


def draw_curves(settings: DispersionSettings, found: Sequence[Moments]) -> Figure:
    """The ratio against L (above) and, for several widths, against L/M (below).

    A column for each point; a line for each width and input; the band is the bootstrap's 16 % to
    84 %. The dotted line is exp(5 L/M), the growth at the edge (Hanin & Nica 2019).
    """
    points, rows = settings.points, 2 if len(settings.widths) > 1 else 1
    figure = new_figure(1.2 + 2.6 * len(points), 0.6 + 2.4 * rows)
    panels = figure.subplots(rows, len(points), squeeze=False, sharey=True, sharex="row")
    depths = np.array(settings.depths, dtype=float)
    for p, point in enumerate(points):
        for k, (label, w, j) in enumerate(_curves(settings)):
            part = found[w]
            xs = (depths, depths / settings.widths[w])[:rows]
            for axes, x in zip(panels[:, p], xs, strict=True):
                axes.plot(x, part.ratio[p, :, j], color=f"C{k}", linewidth=1.1, label=label)
                low, high = part.low[p, :, j], part.high[p, :, j]
                axes.fill_between(x, low, high, color=f"C{k}", alpha=0.2, linewidth=0)
        panels[0, p].set_title(set_in_lines(_point_title(point), 2.3, 10), fontsize=10)
        _finish(list(panels[:, p]), depths, settings, _reach(found))
    panels[0, 0].legend(fontsize=9, loc="upper left")
    for axes in panels[:, 0]:
        axes.set_ylabel(RATIO)
    return figure


def _curves(settings: DispersionSettings) -> Iterator[tuple[str, int, int]]:
    """Label, width and input of every line."""
    for w, width in enumerate(settings.widths):
        for j, correlation in enumerate(settings.correlations):
            parts = [f"M = {width}"] if len(settings.widths) > 1 or not settings.inner else []
            if settings.inner:
                parts.append(f"c = {correlation:g}")
            yield " ".join(parts), w, j


def _reach(found: Sequence[Moments]) -> int:
    """The power of two that holds all but the highest peaks."""
    values = np.concatenate([part.ratio.ravel() for part in found])
    values = values[np.isfinite(values)]
    most = np.quantile(values, 0.97) if len(values) else 1.0
    return int(np.clip(np.ceil(np.log2(most) + 0.25), 1, TOP))


def _finish(
    panels: Sequence[Axes], depths: Array, settings: DispersionSettings, reach: int
) -> None:
    """Axes in powers of two, from the deterministic kernel's 1."""
    longest = depths.max() / min(settings.widths)
    for axes, width in zip(panels, (settings.widths[0], 1), strict=False):
        if axes is panels[-1]:  # one line for all: over L/M, or over L of the only width
            x = np.linspace(0, (longest if len(panels) > 1 else depths.max()), 50)
            axes.plot(x, np.exp(5 * x / width), color="0.4", linestyle=":", linewidth=1, zorder=0)
        axes.set_yscale("log", base=2)
        axes.set_ylim(0.9, 2.0**reach)
        axes.yaxis.set_major_locator(FixedLocator([2.0**k for k in range(reach + 1)]))
        axes.grid(color="0.85", linewidth=0.6)
        axes.label_outer()
    panels[0].set(xlabel="L", xlim=(0, depths.max()))
    panels[0].xaxis.set_major_locator(MaxNLocator(5, integer=True))
    panels[0].tick_params(labelbottom=True)
    if len(panels) > 1:
        panels[1].set(xlabel="L/M", xlim=(0, min(longest, 0.55)))


def draw_lines(settings: DispersionSettings, found: Sequence[Moments]) -> Figure:
    """The ratio at one depth: against σ_w², a line for each width, or for one σ_w² against M."""
    figure = new_figure(5.6, 4.0)
    axes = figure.subplots()
    over_width = len({point[1] for point in settings.points}) == 1
    for x, label, band in _lines(settings, found, over_width):
        (line,) = axes.plot(x, band[1], "o-", markersize=3, linewidth=1.1, label=label)
        axes.fill_between(x, band[0], band[2], color=line.get_color(), alpha=0.2, linewidth=0)
    axes.set(ylabel=RATIO, xlabel="M" if over_width else "$\\sigma_w^2$")
    if _reach(found) > 1:
        axes.set_yscale("log", base=2)
    axes.axhline(1, color="0.4", linestyle=":", linewidth=1, zorder=0)
    if over_width:
        axes.set_xscale("log", base=2)
        axes.set_xticks(settings.widths, [f"{width}" for width in settings.widths])
        axes.xaxis.set_minor_locator(NullLocator())
    if axes.get_legend_handles_labels()[1]:
        axes.legend(fontsize=9)
    axes.grid(color="0.85", linewidth=0.6)
    return figure


def _lines(
    settings: DispersionSettings, found: Sequence[Moments], over_width: bool
) -> Iterator[tuple[Sequence[float], str, Array]]:
    """Each line of `draw_lines`: its x, its label, its low quantiles, ratios and high quantiles."""
    groups = list(dict.fromkeys((point[0], point[2]) for point in settings.points))
    for (name, bias), j in product(groups, range(len(settings.correlations))):
        at = [i for i, p in enumerate(settings.points) if (p[0], p[2]) == (name, bias)]
        label = name if len(groups) == 1 else f"{name} $\\sigma_b^2$ = {bias:g}"
        if len(settings.correlations) > 1:
            label += f" c = {settings.correlations[j]:g}"
        if over_width:
            parts = [_band(part, at, j) for part in found]
            yield settings.widths, label, np.concatenate(parts, axis=1)
            continue
        weights = [settings.points[i][1] for i in at]
        for width, part in zip(settings.widths, found, strict=True):
            yield weights, f"M = {width} {label}", _band(part, at, j)


def _band(part: Moments, at: Sequence[int], j: int) -> Array:
    """Low quantile, ratio and high quantile at some points, of the only depth."""
    return np.stack([part.low[at, 0, j], part.ratio[at, 0, j], part.high[at, 0, j]])


def _point_title(point: Point) -> list[str]:
    head = [point[0]] if point[0] else []
    return separated([*head, f"$(\\sigma_w^2, \\sigma_b^2)$ = ({point[1]:g}, {point[2]:g})"])


def _power(value: float, _: int | None = None) -> str:
    return f"$2^{{{round(math.log2(value))}}}$"

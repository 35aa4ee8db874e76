"""Plots of rows: milliseconds of every way against a size, a panel for each setting."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from benchmarks.registry import Benchmark, Plot, Row
from matplotlib.figure import Figure

__all__ = ["write_plots"]


def write_plots(benchmark: Benchmark, rows: Sequence[Row], folder: Path) -> list[str]:
    """An SVG for each plot that has two sizes at least; their names."""
    names = []
    for number, plot in enumerate(benchmark.plots, start=1):
        panels = panels_of(plot, rows)
        if panels:
            names.append(f"{benchmark.name}-{number}.svg")
            folder.mkdir(parents=True, exist_ok=True)
            with mpl.rc_context({"svg.hashsalt": "tpgraph"}):
                figure = drawn(plot, panels)
                figure.savefig(folder / names[-1], metadata={"Date": None}, bbox_inches="tight")
    return names


def panels_of(plot: Plot, rows: Sequence[Row]) -> dict[str, dict[str, list[tuple[float, float]]]]:
    """Of every setting, of every way, its points; settings of one size are left out."""
    found: dict[str, dict[str, list[tuple[float, float]]]] = {}
    for row in rows:
        values = row.get(plot.y)
        if plot.x not in row or not isinstance(values, dict):
            continue
        title = ", ".join(f"{row[k]}" if isinstance(row[k], str) else f"{k} {row[k]}"
                          for k in plot.panels if k in row)  # fmt: skip
        for way, value in values.items():
            found.setdefault(title, {}).setdefault(way, []).append((row[plot.x], value))
    return {
        title: ways
        for title, ways in found.items()
        if len({x for points in ways.values() for x, _ in points}) > 1
    }


def drawn(plot: Plot, panels: dict[str, dict[str, list[tuple[float, float]]]]) -> Figure:
    """The figure, both axes logarithmic; a way has one colour in all panels."""
    figure = Figure(figsize=(4.2 * len(panels), 3.4), layout="constrained")
    axes: Any = figure.subplots(1, len(panels), squeeze=False, sharey=True)[0]
    ways = list(dict.fromkeys(way for panel in panels.values() for way in panel))
    for ax, (title, panel) in zip(axes, panels.items(), strict=True):
        for way, points in panel.items():
            x, y = zip(*sorted(points), strict=True)
            ax.loglog(x, y, "o-", color=f"C{ways.index(way)}", label=way, markersize=4)
        sizes = sorted({x for points in panel.values() for x, _ in points})
        ax.set_xticks(sizes, [f"{size:g}" for size in sizes])
        ax.set_xticks([], minor=True)
        ax.set_title(title, fontsize=9)
        ax.set_xlabel(plot.x)
        ax.grid(True, which="both", alpha=0.2)
        ax.legend(fontsize=7)
    axes[0].set_ylabel(plot.y)
    figure.suptitle(plot.title, fontsize=10)
    return figure

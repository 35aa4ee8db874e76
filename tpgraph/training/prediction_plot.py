"""A picture of some predictions.

inputs of d = s² entries, classes    pictures of s × s with the class that was named
other classes                        how often each class was named as each
numbers                              prediction against target
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

__all__ = ["class_plot", "number_plot"]

Array = npt.NDArray[np.floating]

_ROWS, _COLUMNS = 4, 8
_LEAST_SIDE = 4
_POINTS = 2000
_RIGHT, _WRONG = "#2e6b34", "#b00020"


def class_plot(
    inputs: Array | None, named: Sequence[str], true: Sequence[str], title: str
) -> bytes:
    """Inputs (N, d) with the classes named and true, as SVG. The same give the same bytes."""
    right = sum(a == b for a, b in zip(named, true, strict=True))
    title = f"{title}: {right} of {len(true)} right"
    side = 0 if inputs is None else math.isqrt(inputs.shape[1])
    if inputs is not None and side >= _LEAST_SIDE and side * side == inputs.shape[1]:
        return _pictures(inputs.reshape(-1, side, side), named, true, title)
    return _confusion(named, true, title)


def number_plot(f: Array, y: Array, title: str) -> bytes:
    """Predictions (N, k) against targets (N, k), at most 2000 samples, as SVG."""
    figure = Figure(figsize=(4.8, 4.8), layout="constrained")
    axes = figure.add_subplot()
    for entry in range(y.shape[1]):
        label = f"entry {entry}" if y.shape[1] > 1 else None
        axes.plot(y[:_POINTS, entry], f[:_POINTS, entry], ".", markersize=4, label=label)
    ends = [float(min(y.min(), f.min())), float(max(y.max(), f.max()))]
    axes.plot(ends, ends, color="#555555", linewidth=0.8)
    axes.set_xlabel("target")
    axes.set_ylabel("prediction")
    axes.set_title(title)
    axes.grid(True, linewidth=0.3)
    if 1 < y.shape[1] <= 10:
        axes.legend(fontsize=9)
    return _svg(figure)


def _pictures(pictures: Array, named: Sequence[str], true: Sequence[str], title: str) -> bytes:
    """The first wrong ones, then right ones, each under what it was named."""
    wrong = [i for i, (a, b) in enumerate(zip(named, true, strict=True)) if a != b]
    right = [i for i in range(len(true)) if named[i] == true[i]]
    few = wrong[: _ROWS * _COLUMNS // 4]
    shown = (few + right)[: _ROWS * _COLUMNS]
    rows = -(-len(shown) // _COLUMNS)
    figure = Figure(figsize=(7.2, 0.5 + 1.05 * rows), layout="constrained")
    figure.suptitle(title, fontsize=10)
    for place, sample in enumerate(shown):
        axes = figure.add_subplot(rows, _COLUMNS, place + 1)
        axes.imshow(pictures[sample], cmap="gray_r", interpolation="nearest")
        _label(axes, named[sample], true[sample])
    return _svg(figure)


def _label(axes: Axes, named: str, true: str) -> None:
    axes.set_axis_off()
    text, color = (named, _RIGHT) if named == true else (f"{named}, not {true}", _WRONG)
    axes.set_title(text, fontsize=8, color=color)


def _confusion(named: Sequence[str], true: Sequence[str], title: str) -> bytes:
    classes = list(dict.fromkeys(sorted([*named, *true])))
    places = {label: place for place, label in enumerate(classes)}
    counts = np.zeros((len(classes), len(classes)), dtype=int)
    np.add.at(counts, ([places[t] for t in true], [places[a] for a in named]), 1)
    figure = Figure(figsize=(5.2, 4.8), layout="constrained")
    axes = figure.add_subplot()
    axes.imshow(counts, cmap="Blues")
    ticks = range(len(classes))
    axes.set_xticks(ticks, classes, rotation=45 if len(classes) > 6 else 0)
    axes.set_yticks(ticks, classes)
    if len(classes) <= 20:
        for i in ticks:
            for j in ticks:
                dark = counts[i, j] > counts.max() / 2
                axes.text(j, i, counts[i, j], ha="center", va="center",
                          color="white" if dark else "black", fontsize=8)  # fmt: skip
    axes.set_xlabel("prediction")
    axes.set_ylabel("target")
    axes.set_title(title)
    return _svg(figure)


def _svg(figure: Figure) -> bytes:
    FigureCanvasSVG(figure)
    buffer = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "tpgraph"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()

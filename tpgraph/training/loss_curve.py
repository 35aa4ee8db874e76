"""The loss curve as SVG."""

from __future__ import annotations

import io
from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

__all__ = ["loss_plot"]

_POINTS = 1000


def loss_plot(losses: Sequence[float], title: str) -> bytes:
    """Loss against step, as SVG; above 1000 steps each point is the mean of consecutive steps.

    Logarithmic where all losses are positive. The same losses give the same bytes.
    """
    values = np.asarray(losses, dtype=float)
    stride = max(1, -(-len(values) // _POINTS))
    starts = np.arange(0, len(values), stride)
    means = [values[start : start + stride].mean() for start in starts]
    figure = Figure(figsize=(6.4, 4.0), layout="constrained")
    FigureCanvasSVG(figure)
    axes = figure.add_subplot()
    axes.plot(starts + 1, means, linewidth=1.2, color="#1f4e79")
    if len(means) and min(means) > 0:
        axes.set_yscale("log")
    axes.set_xlabel("step")
    axes.set_ylabel("loss" if stride == 1 else f"loss, mean of {stride} steps")
    axes.set_title(title)
    axes.grid(True, linewidth=0.3)
    buffer = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "tpgraph"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()

"""The curves of a training as SVG."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

__all__ = ["loss_plot", "metric_plot"]

_POINTS = 1000
_FAR = 1e150
"""The end of a logarithmic axis of more, or of less than its inverse, may be no float."""


def loss_plot(
    losses: Sequence[float], title: str, validation: Sequence[tuple[int, float]] = ()
) -> bytes:
    """Loss against step, as SVG; above 1000 steps each point is the mean of consecutive steps.

    `validation` are further losses, (step, loss), as a line of their own. Logarithmic where all
    losses are positive. A loss above 10¹⁵⁰, of a training that diverges, stands there. The same
    losses give the same bytes.
    """
    values = _drawable(losses)
    stride = max(1, -(-len(values) // _POINTS))
    starts = np.arange(0, len(values), stride)
    means = [values[start : start + stride].mean() for start in starts]
    figure, axes = _axes()
    axes.plot(starts + 1, means, linewidth=1.2, color="#1f4e79", label="training")
    held = _drawable([loss for _, loss in validation])
    if validation:
        steps = [step for step, _ in validation]
        axes.plot(steps, held, "o-", markersize=3, linewidth=1.2, color="#b3541e",
                  label="validation")  # fmt: skip
        axes.legend()
    if len(means) and min([*means, *held]) > 0:
        axes.set_yscale("log")
    axes.set_ylabel("loss" if stride == 1 else f"loss, mean of {stride} steps")
    axes.set_title(title)
    return _svg(figure)


def _drawable(losses: Sequence[float]) -> npt.NDArray[np.float64]:
    values: npt.NDArray[np.float64] = np.clip(np.asarray(losses, dtype=float), -_FAR, _FAR)
    values[(values > 0) & (values < 1 / _FAR)] = 1 / _FAR
    return values


def metric_plot(validations: Sequence[tuple[int, Mapping[str, float]]], title: str) -> bytes | None:
    """Accuracy or r2 against step, as SVG; None where there are none."""
    names = [name for name in (validations[0][1] if validations else ()) if name != "loss"]
    if not names:
        return None
    figure, axes = _axes()
    steps = [step for step, _ in validations]
    for name in names:
        values = [found[name] for _, found in validations]
        axes.plot(steps, values, "o-", markersize=3, linewidth=1.2, color="#b3541e")
        axes.set_ylabel(name)
    axes.set_title(title)
    return _svg(figure)


def _axes() -> tuple[Figure, Axes]:
    """An empty figure over steps."""
    figure = Figure(figsize=(6.4, 4.0), layout="constrained")
    FigureCanvasSVG(figure)
    axes = figure.add_subplot()
    axes.set_xlabel("step")
    axes.grid(True, linewidth=0.3)
    return figure, axes


def _svg(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "tpgraph"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()

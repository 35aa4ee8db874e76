"""Kernels as heat maps."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from tpgraph.kernels.kernel_values import Array, Kernel
from tpgraph.shown_figure import ShownFigure

__all__ = ["kernel_figure"]


def kernel_figure(kernel: Kernel) -> Figure:
    """NNGP and NTK side by side, one cell for each pair of inputs.

    With several outputs there is a block for each pair of outputs, in their order.
    """
    names = {"nngp": kernel.nngp, "ntk": kernel.ntk}
    shown = {name: array for name, array in names.items() if array is not None}
    figure = ShownFigure(4.6 * len(shown), 4.2)
    for place, (name, array) in enumerate(shown.items(), start=1):
        axes = figure.add_subplot(1, len(shown), place)
        matrix = blocks(array)
        top = float(np.abs(matrix).max()) or 1.0
        signed = matrix.min() < 0
        image = axes.imshow(
            matrix,
            cmap="RdBu_r" if signed else "viridis",
            vmin=-top if signed else 0.0,
            vmax=top,
            interpolation="nearest",
        )
        figure.colorbar(image, ax=axes, shrink=0.85)
        power = f" / $n^{{{kernel.exponent}}}$" if name == "ntk" and kernel.exponent else ""
        axes.set_title(f"{name.upper()}{power}")
        if array.ndim == 2:
            axes.set(xlabel="input", ylabel="input")
            for axis in (axes.xaxis, axes.yaxis):
                axis.set_major_locator(MaxNLocator("auto", integer=True))
        else:
            _name_blocks(axes, kernel)
    return figure


def _name_blocks(axes: Axes, kernel: Kernel) -> None:
    """Lines between the blocks, and the outputs' names at their middles."""
    count, outputs = len(kernel), len(kernel.outputs)
    middles = [count * (k + 0.5) - 0.5 for k in range(outputs)]
    axes.set_xticks(middles, kernel.outputs)
    axes.set_yticks(middles, kernel.outputs)
    for k in range(1, outputs):
        axes.axvline(count * k - 0.5, color="black", linewidth=0.8)
        axes.axhline(count * k - 0.5, color="black", linewidth=0.8)


def blocks(array: Array) -> Array:
    """(N, m, N, m) as (m N, m N), a block for each pair of outputs; (N, N) as it is."""
    if array.ndim == 2:
        return array
    count, outputs = array.shape[:2]
    return array.transpose(1, 0, 3, 2).reshape(outputs * count, outputs * count)

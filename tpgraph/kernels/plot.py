"""Kernels as heat maps."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from tpgraph.kernels.result import Array, Kernel

__all__ = ["kernel_figure"]


def kernel_figure(kernel: Kernel) -> Figure:
    """NNGP and NTK side by side, one cell for each pair of inputs.

    With several outputs there is a block for each pair of outputs, in their order.
    """
    names = {"nngp": kernel.nngp, "ntk": kernel.ntk}
    shown = {name: array for name, array in names.items() if array is not None}
    figure = Figure(figsize=(4.6 * len(shown), 4.2), layout="constrained")
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
        axes.set_xlabel("input")
        axes.set_ylabel("input")
    return figure


def blocks(array: Array) -> Array:
    """(N, m, N, m) as (m N, m N), a block for each pair of outputs; (N, N) as it is."""
    if array.ndim == 2:
        return array
    count, outputs = array.shape[:2]
    return array.transpose(1, 0, 3, 2).reshape(outputs * count, outputs * count)

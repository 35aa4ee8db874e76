"""Figures that a notebook shows by themselves, without a backend of matplotlib's."""

from __future__ import annotations

import io
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

__all__ = ["ShownFigure"]

_DPI = 90


class ShownFigure(Figure):
    """An empty figure of so many inches, drawn without a screen.

    >>> ShownFigure(2, 1)._repr_png_()[1:4]
    b'PNG'
    """

    def __init__(self, width: float = 6.4, height: float = 4.8, **options: Any) -> None:
        super().__init__(figsize=(width, height), layout="constrained", **options)
        FigureCanvasAgg(self)

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=_DPI)
        return buffer.getvalue()

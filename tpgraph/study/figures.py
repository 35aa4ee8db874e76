"""Figures as the bytes of a file."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.textpath import TextPath
from matplotlib.ticker import NullLocator

from tpgraph.errors import TPDataError
from tpgraph.shown_figure import ShownFigure

__all__ = [
    "figure_bytes",
    "give_title",
    "new_figure",
    "plain_axes",
    "separated",
    "set_in_lines",
    "width_axis",
]

_BESIDE = 0.2  # inches that a title leaves at both sides
_METADATA: dict[str, dict[str, str | None]] = {
    "pdf": {"CreationDate": None},
    "png": {"Software": None},
    "svg": {"Date": None},
}


def figure_bytes(figure: Figure, name: str | Path, dpi: float = 150) -> bytes:
    """The figure in the format of a file's ending: .pdf, .png or .svg.

    The same figure gives the same bytes. Raises TPDataError for another ending.
    """
    kind = Path(name).suffix.lower().lstrip(".")
    if kind not in _METADATA:
        raise TPDataError(
            f"{name} is no name for a figure", expected=f"an ending {', '.join(_METADATA)}"
        )
    buffer = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "tpgraph"}), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # an empty axis shows that it is empty
        figure.savefig(buffer, format=kind, dpi=dpi, metadata=_METADATA[kind])
    return buffer.getvalue()


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of so many inches, drawn without a screen."""
    return ShownFigure(width, height)


def give_title(figure: Figure, head: str, parts: Sequence[str], size: float = 12) -> None:
    """A title `head: one, two` above the whole figure, in as many lines as that needs."""
    text = [f"{head}:", *separated(parts)]
    figure.suptitle(set_in_lines(text, figure.get_figwidth() - _BESIDE, size), fontsize=size)


def separated(parts: Sequence[str]) -> list[str]:
    """Parts with commas behind all but the last."""
    return [*(f"{part}," for part in parts[:-1]), *parts[-1:]]


def set_in_lines(parts: Sequence[str], inches: float, size: float) -> str:
    """The parts of a title of so many points, in lines that end behind them where it is wider."""
    lines: list[str] = []
    for part in parts:
        longer = f"{lines[-1]} {part}" if lines else part
        if lines and TextPath((0, 0), longer, size=size).get_extents().width <= 72 * inches:
            lines[-1] = longer
        else:
            lines.append(part)
    return "\n".join(lines)


def width_axis(axes: Axes, widths: Sequence[int]) -> None:
    """A logarithmic axis of widths with a mark at each (at every other, where there are many)."""
    axes.set_xscale("log")
    shown = widths if len(widths) <= 8 else widths[::2]
    axes.set_xticks(list(shown), labels=[str(w) for w in shown])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("width $n$")
    plain_axes(axes)


def plain_axes(axes: Axes) -> None:
    """A fine grid, and no frame above and to the right."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(True, linewidth=0.3, alpha=0.6)

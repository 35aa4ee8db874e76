"""Figures as the bytes of a file."""

from __future__ import annotations

import io
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from tpgraph.errors import TPDataError

__all__ = ["figure_bytes"]

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
    with mpl.rc_context({"svg.hashsalt": "tpgraph"}):
        figure.savefig(buffer, format=kind, dpi=dpi, metadata=_METADATA[kind])
    return buffer.getvalue()

"""How a notebook shows a program: by a function that whoever can draw leaves here.

A program stands on a lower floor than its picture, so it loads nothing of it and asks here. Python
runs the package `tpgraph` before any module of it, which leaves `tpgraph.draw` here unloaded: the
first program that a notebook shows loads the notation, whatever was imported.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["set_viewer", "svg_of"]

_viewers: list[Callable[[Any], str]] = []


def set_viewer(viewer: Callable[[Any], str]) -> None:
    """Have programs shown by this function, which gives the SVG of one."""
    _viewers[:] = [viewer]


def svg_of(program: Any) -> str | None:
    """The picture of a program; None where nothing can draw, which notebooks show as text."""
    return _viewers[0](program) if _viewers else None

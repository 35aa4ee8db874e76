"""How a text, a file or a name becomes a program: by a function that whoever can read leaves here.

A program stands on a lower floor than the language and the gallery, so it loads nothing of them and
asks here, as it does for its picture (`tpgraph.viewer`).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["program_of", "set_reader"]

_readers: list[Callable[[str | Path], Any]] = []


def set_reader(reader: Callable[[str | Path], Any]) -> None:
    """Have texts, files and names of the gallery read by this function."""
    _readers[:] = [reader]


def program_of(given: str | Path) -> Any:
    """The program that a text, a file or a name stands for."""
    return _readers[0](given)

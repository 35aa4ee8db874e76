"""What a shell may complete arguments with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import tpgraph as tp

__all__ = ["among", "programs"]

_ENDINGS = (".tp", ".json", ".svg", ".pdf", ".tex")
"""Of files that hold a program or carry one."""


def among(words: Callable[[], list[str]]) -> Callable[[str], list[str]]:
    """Those of some words that begin as what is there; they are asked for when a shell asks."""
    return lambda incomplete: [word for word in words() if word.startswith(incomplete)]


def programs(incomplete: str) -> list[str]:
    """Names of the gallery and files of this folder; nothing where the shell knows better.

    A shell that gets no word completes names of files and folders by itself.
    """
    if "/" in incomplete or "\\" in incomplete:
        return []
    files = sorted(file.name for file in Path().iterdir() if file.suffix in _ENDINGS)
    return among(lambda: [*files, *(entry.name for entry in tp.gallery.entries())])(incomplete)

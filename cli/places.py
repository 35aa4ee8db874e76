"""Where a command writes: tried before its work begins, and never over what it reads."""

from __future__ import annotations

import os
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path

import tpgraph as tp
from tpgraph_cli.numbers import OptionError

__all__ = ["STANDARD", "require_places"]

STANDARD = "-"
"""Standard input or output."""

PlaceName = str | Path | None


def require_places(
    *files: PlaceName,
    reads: Iterable[PlaceName] = (),
    folder: Path | None = None,
    names: Iterable[str] = (),
) -> None:
    """A usage error where a command could not write what it makes, or would lose what it reads.

    `files` are what options name, `folder` and `names` a folder of results and what is put there;
    `reads` are the files that the command reads. None and `-` stand for nothing to look at.
    """
    given = [tp.shell.as_path(name) for name in files if name is not None and name != STANDARD]
    sources = [tp.shell.as_path(name) for name in reads if name is not None and name != STANDARD]
    made = [] if folder is None else [tp.shell.as_path(folder) / name for name in names]
    for file in (*given, *made):
        for source in sources:
            if _same(file, source):
                raise OptionError(
                    f"{source} is read, and would be written over",
                    mend="name another place for the result",
                )
    for one, other in combinations(given, 2):
        if _same(one, other):
            raise OptionError(f"two results are to be written to {one}", mend="give each its place")
    if folder is not None:
        tp.shell.require_folder(folder)
    for file in (*given, *(file for file in made if os.path.lexists(file))):
        tp.shell.require_file(file)


def _same(one: Path, other: Path) -> bool:
    """Whether two names lead to one file; devices and pipes may be named twice."""
    if one.exists() and other.exists():
        return one.samefile(other) and (one.is_file() or one.is_dir())
    return os.path.realpath(one) == os.path.realpath(other)

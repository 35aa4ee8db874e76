"""What generated modules of every library share: sizes of widths, limits, loading."""

from __future__ import annotations

import builtins
import linecache
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from tpgraph.errors import TPDataError, TPLimitError
from tpgraph.program import Program, require_memory

__all__ = ["check_widths", "limited", "loaded"]


def check_widths(program: Program, widths: Mapping[str, int], rows: int = 1) -> dict[str, int]:
    """The sizes of the base widths, for so many inputs at once.

    Raises TPDataError for missing, unknown or unfit ones, TPLimitError where the network would be
    larger than `bounds.MEMORY`.
    """
    known = [w.name for w in program.base_widths]
    if not isinstance(widths, Mapping):
        raise TPDataError(
            f"widths are given by name, not as {widths!r}",
            expected=", ".join(known) or "no widths",
            mend="widths={" + ", ".join(f"{name!r}: {_likely(widths)}" for name in known) + "}",
        )
    for name, size in widths.items():
        if name not in known:
            ratio = next((w for w in program.widths if w.name == name), None)
            raise TPDataError(
                f"the program has no width {name} to give"
                if ratio is None
                else f"width {name} follows from {ratio.base}:"
                f" {name} = {ratio.ratio_text} {ratio.base}",
                expected=f"sizes of {', '.join(known)}" if known else "no widths",
            )
        if isinstance(size, bool) or not isinstance(size, int | np.integer):
            raise TPDataError(f"width {name} = {size!r} is not a whole number")
    sizes = {name: int(size) for name, size in widths.items()}
    for width in program.widths:
        width.size(sizes)
    require_memory(program, sizes, rows)
    return sizes


def _likely(size: object) -> int:
    """The size that was meant, where a number was given without a name."""
    return size if isinstance(size, int) and size > 0 else 1000


@contextmanager
def limited() -> Iterator[None]:
    """Raises TPLimitError in place of Python's own error of too deep a recursion."""
    try:
        yield
    except RecursionError:
        raise TPLimitError(
            "an expression nests too deeply to be compiled",
            mend="bind its parts to variables of their own",
        ) from None


def loaded(source: str, filename: str) -> dict[str, Any]:
    """Run the source; its lines are known to tracebacks."""
    namespace: dict[str, Any] = {"__name__": filename}
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    with limited():
        exec(builtins.compile(source, filename, "exec"), namespace)
    return namespace

"""The standard streams, made ready once: whatever a program holds can be written to them."""

from __future__ import annotations

import io
import os
import sys

__all__ = ["is_closed", "make_ready"]


def make_ready() -> None:
    r"""Let the standard streams take every character, and be there.

    A terminal keeps its encoding, and shows what that lacks as `\\u03be`; a file or a pipe in an
    encoding that lacks characters gets UTF-8, as every file that tpgraph writes. A stream that the
    caller closed is the null device: messages to it are dropped.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        elif isinstance(stream, io.TextIOWrapper):
            keeps = stream.isatty() or (stream.encoding or "").lower().startswith("utf")
            stream.reconfigure(
                encoding=stream.encoding if keeps else "utf-8", errors="backslashreplace"
            )


def is_closed() -> bool:
    """Whether the caller closed standard output: what is written to it would be lost."""
    return sys.stdout is None or getattr(sys.stdout, "name", "") == os.devnull

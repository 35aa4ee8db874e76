"""How long a command has worked, and how far it is: a line on the terminal, after two seconds.

Commands with a bar of their own (`progress`) show that alone. The line goes before anything else is
written, and nothing is shown where standard error is no terminal.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TextIO

import tpgraph as tp

__all__ = ["elapsed", "quiet"]

SILENT = 2.0
"""Seconds without a word."""
_PAUSE = 0.25
_CLEAR = "\r\x1b[K"


@dataclass
class _Line:
    """The line, while there is one; `stages` is what is counted."""

    write: Callable[[str], Any]
    begun: float = field(default_factory=time.monotonic)
    stages: tuple[tp.progress.Stage, ...] = ()
    shown: bool = False
    hidden: bool = False
    lock: threading.RLock = field(default_factory=threading.RLock)
    ended: threading.Event = field(default_factory=threading.Event)

    def heard(self, stages: tuple[tp.progress.Stage, ...]) -> None:
        """Take what is under way."""
        self.stages = stages

    def clear(self) -> None:
        """Take the line away."""
        with self.lock:
            if self.shown:
                self.shown = False
                self.write(_CLEAR)

    def run(self) -> None:
        """Show the line again and again, until it is ended."""
        while not self.ended.wait(_PAUSE):
            seconds = time.monotonic() - self.begun
            with self.lock:
                if seconds < SILENT or self.hidden:
                    continue
                counted = ", ".join(
                    f"{s.what} {s.done}/{s.of}" for s in self.stages if s.done < s.of
                )
                self.shown = True
                self.write(f"{_CLEAR}working, {seconds:.0f} s{': ' if counted else ''}{counted}")
                sys.stderr.flush()


_lines: list[_Line] = []
"""The line of the command that runs, if it has one."""


@contextmanager
def elapsed() -> Iterator[None]:
    """Show the line within the block, unless a shell asks for words that complete its own line."""
    if not sys.stderr.isatty() or "_TPGRAPH_COMPLETE" in os.environ:
        yield
        return
    line = _Line(sys.stderr.write)
    _lines.append(line)
    streams = [(stream, stream.write) for stream in (sys.stdout, sys.stderr)]
    for stream, write in streams:
        setattr(stream, "write", _behind(line, write))  # noqa: B010
    thread = threading.Thread(target=line.run, daemon=True)
    thread.start()
    try:
        with tp.progress.heard_by(line.heard):
            yield
    finally:
        line.ended.set()
        thread.join()
        line.clear()
        _lines.remove(line)
        for stream, _ in streams:
            _restore(stream)


@contextmanager
def quiet() -> Iterator[None]:
    """Within it nothing is shown, because something else is."""
    for line in _lines:
        line.clear()
        line.hidden = True
    try:
        yield
    finally:
        for line in _lines:
            line.hidden = False


def _behind(line: _Line, write: Callable[[str], int]) -> Callable[[str], int]:
    """Writing, behind the line's end."""

    def written(text: str) -> int:
        with line.lock:
            line.clear()
            return write(text)

    return written


def _restore(stream: TextIO) -> None:
    """The stream's own way to write."""
    vars(stream).pop("write", None)

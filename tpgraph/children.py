"""What processes that this one starts need: deafness to Ctrl-C, and an end with their parent."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import connection, resource_tracker

__all__ = ["HUNG_UP", "deaf_children", "end_with_parent", "signal_name"]

HUNG_UP = (EOFError, OSError)
"""What reading or writing a pipe raises whose other end is gone."""


@contextmanager
def deaf_children() -> Iterator[None]:
    """Ctrl-C reaches every process of a terminal; those begun in the block never hear of it.

    They inherit a blocked signal, so that not even the first moments of a process, in which it
    loads its modules, can be interrupted.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # else the first start begins it, and unblocks signals
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_with_parent() -> None:
    """Be deaf to Ctrl-C, and end, in the middle of work too, when the parent has ended.

    Called once in a child, at its begin.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_await_parent, daemon=True).start()


def signal_name(number: int) -> str:
    """The name of a signal, such as SIGKILL."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _await_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    connection.wait([parent.sentinel])
    os._exit(1)

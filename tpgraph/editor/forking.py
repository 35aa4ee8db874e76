"""How processes of sessions are begun: copies of one that has loaded all they need, where that is
safe.
"""

from __future__ import annotations

import multiprocessing
import sys
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext, SpawnContext

from tpgraph.children import deaf_children

__all__ = ["begin", "context"]

_LOADED = "tpgraph.editor.forked"
"""What every process needs, and takes a second to load."""


def context() -> ForkServerContext | SpawnContext:
    """What begins processes on this system."""
    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload([_LOADED])
    return found


def begin() -> None:
    """Have the one that is copied load what it needs, beside what else is to be done meanwhile."""
    if isinstance(context(), ForkServerContext):
        with deaf_children():
            forkserver.ensure_running()

"""Python's collector of cycles, which waits while programs are made."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["uncollected"]


@contextmanager
def uncollected() -> Iterator[None]:
    """Do not look for cycles meanwhile, which a program has none of.

    The collector would go through all equations that there are again and again while more are made:
    for a program of 10⁵ that is half of the time. It stays off where it was off before.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()

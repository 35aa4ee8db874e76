"""Threads that share work: each takes the next item when it is done with one.

Every product of matrices keeps to one thread meanwhile: two threads of two products each wait for
each other longer than they work. The thread that asked takes items as well, so that it hears
Ctrl-C, and counts what all have done.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from typing import Generic, TypeAlias, TypeVar

from threadpoolctl import ThreadpoolController

from tpgraph.progress import Counted, counting, one_more

__all__ = ["Shared", "Stopped", "Worker", "one_blas_thread", "share"]

T = TypeVar("T")


_LIBRARIES = ("numpy", "scipy.linalg", "torch")  # which bring a BLAS of their own


@lru_cache
def _blas(loaded: tuple[bool, ...]) -> ThreadpoolController:
    """What sets the threads of every BLAS, where these of the libraries are there."""
    return ThreadpoolController()


class _OneThread:
    """Who asks for one thread, so that the first sets it and the last sets it back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._askers = 0
        self._limits = ExitStack()

    def begin(self) -> None:
        with self._lock:
            self._askers += 1
            if self._askers == 1:
                found = _blas(tuple(name in sys.modules for name in _LIBRARIES))
                self._limits.enter_context(found.limit(limits=1))

    def end(self) -> None:
        with self._lock:
            self._askers -= 1
            if not self._askers:
                self._limits.close()


_one_thread = _OneThread()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """One thread for each product of matrices, in the block: the work has threads itself, or the
    matrices are so small that threads wait for each other longer than they work. Blocks of several
    threads may overlap.
    """
    _one_thread.begin()
    try:
        yield
    finally:
        _one_thread.end()


class Stopped(Exception):
    """Raised by a worker that sees that others have stopped: nobody asks for its work."""


class Shared(Generic[T]):
    """Items that several threads take from; it hands out no more where one of them failed."""

    def __init__(self, items: Sequence[T]) -> None:
        self._items = iter(items)
        self._lock = threading.Lock()
        self._finished = 0
        self.is_stopped = False

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        with self._lock:
            if self.is_stopped:
                raise StopIteration
            return next(self._items)

    def done(self) -> None:
        """Say that an item is done."""
        with self._lock:
            self._finished += 1

    def news(self) -> int:
        """How many items were done since this was last asked."""
        with self._lock:
            found, self._finished = self._finished, 0
            return found

    def stop(self) -> None:
        """Hand out no more: there are none, or one of the threads failed."""
        self.is_stopped = True


Worker: TypeAlias = Callable[["Shared[T]"], Callable[[T], None]]
"""Called once in each thread; what it returns is called with every item of that thread."""


def share(items: Sequence[T], threads: int, what: Counted, worker: Worker[T]) -> None:
    """Do the work on all items in so many threads, counted as `what`.

    An error of one thread stops all after the items at hand; a worker that looks at `is_stopped`
    may raise Stopped earlier.
    """
    queue = Shared(items)

    def labour(after: Callable[[], None]) -> None:
        try:
            work = worker(queue)
            for item in queue:
                work(item)
                queue.done()
                after()
        except Stopped:
            pass
        except BaseException:
            queue.stop()
            raise

    def tell() -> None:
        for _ in range(queue.news()):
            one_more()

    others = min(threads, len(items)) - 1
    with (
        counting(what, len(items)),
        one_blas_thread(),
        ThreadPoolExecutor(max(1, others)) as pool,
    ):
        futures = [pool.submit(labour, lambda: None) for _ in range(others)]
        labour(tell)
        for future in futures:
            future.result()
        tell()

"""Threads that share work: each takes the next item when it is done with one.

Every product of matrices keeps to one thread meanwhile: two threads of two products each wait for
each other longer than they work. The thread that asked takes items as well, so that it hears
Ctrl-C, and counts what all have done.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Generic, TypeAlias, TypeVar

from threadpoolctl import ThreadpoolController

from tpgraph.progress import Counted, counting, one_more

__all__ = ["Shared", "Stopped", "Worker", "one_blas_thread", "share"]

T = TypeVar("T")


@lru_cache(maxsize=1)
def _blas() -> ThreadpoolController:
    return ThreadpoolController()


def one_blas_thread() -> AbstractContextManager[object]:
    """One thread for each product of matrices, in the block: the work has threads itself."""
    limit: AbstractContextManager[object] = _blas().limit(limits=1)
    return limit


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

"""Who computes panels: threads of this process, or the workers of a Dask cluster of the user's.

Both take a function and its arguments and give a future; some more than there are workers are
handed out, so that none waits, and no more, so that few blocks are in memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module
from itertools import islice
from typing import Protocol

from tpgraph.errors import TPDataError
from tpgraph.kernels.streamed.panels import KernelTask, Panel, PanelBlocks, panel_blocks
from tpgraph.shared_work import one_blas_thread

__all__ = ["PanelCrew", "crew_of", "finished"]


class PanelCrew(Protocol):
    """Computes panels of one task; `slots` are handed out at a time."""

    @property
    def slots(self) -> int:
        """How many panels it takes on at a time."""
        ...

    def begin(self, panel: Panel) -> Future[PanelBlocks]:
        """Have a panel computed."""
        ...


class _Threads:
    def __init__(self, pool: Executor, task: KernelTask, count: int) -> None:
        self._pool = pool
        self._task = task
        self.slots = count + 1

    def begin(self, panel: Panel) -> Future[PanelBlocks]:
        return self._pool.submit(panel_blocks, self._task, panel)


@contextmanager
def _threads(task: KernelTask, count: int) -> Iterator[PanelCrew]:
    pool = ThreadPoolExecutor(count)
    try:
        with one_blas_thread():
            yield _Threads(pool, task, count)
    finally:
        pool.shutdown(cancel_futures=True)


def crew_of(
    task: KernelTask, threads: int, scheduler: str | None
) -> AbstractContextManager[PanelCrew]:
    """So many threads, or the cluster at an address. Raises TPDataError where there is none."""
    if scheduler is None:
        return _threads(task, threads)
    try:
        dask = import_module("tpgraph.kernels.streamed.dask_crew")
    except ModuleNotFoundError as error:
        raise TPDataError(
            f"a scheduler needs Dask, which is not installed (no module {error.name})",
            mend="pip install 'tpgraph[dask]', or leave the scheduler out",
        ) from None
    found: AbstractContextManager[PanelCrew] = dask.dask_crew(task, scheduler)
    return found


def finished(crew: PanelCrew, panels: Iterable[Panel], slots: int) -> Iterator[PanelBlocks]:
    """The panels in the order in which they are done, so many at a time in work.

    Raises what computing one raises.
    """
    waiting = iter(panels)
    running: set[Future[PanelBlocks]] = set()
    while True:
        running |= {crew.begin(panel) for panel in islice(waiting, slots - len(running))}
        if not running:
            return
        done, running = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            yield future.result()

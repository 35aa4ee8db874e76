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
from tpgraph.kernels.plan.executing import one_blas_thread
from tpgraph.kernels.streamed.panels import Panel, PanelBlocks, Recipe, panel_blocks

__all__ = ["PanelCrew", "crew_of", "finished"]


class PanelCrew(Protocol):
    """Computes panels of one recipe; `slots` are handed out at a time."""

    @property
    def slots(self) -> int: ...

    def begin(self, panel: Panel) -> Future[PanelBlocks]: ...


class _Threads:
    def __init__(self, pool: Executor, recipe: Recipe, count: int) -> None:
        self._pool = pool
        self._recipe = recipe
        self.slots = count + 1

    def begin(self, panel: Panel) -> Future[PanelBlocks]:
        return self._pool.submit(panel_blocks, self._recipe, panel)


@contextmanager
def _threads(recipe: Recipe, count: int) -> Iterator[PanelCrew]:
    pool = ThreadPoolExecutor(count)
    try:
        with one_blas_thread():
            yield _Threads(pool, recipe, count)
    finally:
        pool.shutdown(cancel_futures=True)


def crew_of(
    recipe: Recipe, threads: int, scheduler: str | None
) -> AbstractContextManager[PanelCrew]:
    """So many threads, or the cluster at an address. Raises TPDataError where there is none."""
    if scheduler is None:
        return _threads(recipe, threads)
    try:
        dask = import_module("tpgraph.kernels.streamed.dask_crew")
    except ModuleNotFoundError as error:
        raise TPDataError(
            f"a scheduler needs Dask, which is not installed (no module {error.name})",
            mend="pip install 'tpgraph[dask]', or leave the scheduler out",
        ) from None
    found: AbstractContextManager[PanelCrew] = dask.dask_crew(recipe, scheduler)
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

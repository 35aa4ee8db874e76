"""A Dask cluster of the user's that computes panels. Needs the extra `tpgraph[dask]`."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager

from distributed import Client, KilledWorker
from distributed.comm.core import CommClosedError

from tpgraph.clusters import connected
from tpgraph.errors import TPDataError
from tpgraph.kernels.streamed.panels import KernelTask, Panel, PanelBlocks, panel_blocks
from tpgraph.shared_work import one_blas_thread

__all__ = ["dask_crew"]

AHEAD = 2
"""Panels that are handed out per thread of a worker, so that none waits for the next."""


class _Workers:
    """A `PanelCrew` of the workers of a Dask scheduler; the task is sent to each of them once."""

    def __init__(self, client: Client, task: KernelTask) -> None:
        self._client = client
        self._executor = client.get_executor(pure=False)  # type: ignore[no-untyped-call]
        self._task = client.scatter(task, broadcast=True)  # type: ignore[no-untyped-call]

    @property
    def slots(self) -> int:
        return AHEAD * max(1, sum(self._client.nthreads().values()))  # type: ignore[no-untyped-call]

    def begin(self, panel: Panel) -> Future[PanelBlocks]:
        found: Future[PanelBlocks] = self._executor.submit(_alone, self._task, panel)
        return found


def _alone(task: KernelTask, panel: Panel) -> PanelBlocks:
    with one_blas_thread():
        return panel_blocks(task, panel)


@contextmanager
def dask_crew(task: KernelTask, address: str) -> Iterator[_Workers]:
    """The cluster at an address, left as it was at the end of the block.

    Raises TPDataError where it does not answer, now or later.
    """
    with connected(address) as client:
        try:
            yield _Workers(client, task)
        except (KilledWorker, CancelledError, CommClosedError) as error:
            raise TPDataError(
                f"the Dask scheduler or its workers do not answer any more: {error}",
                mend="the same command goes on with what is missing",
            ) from None

"""A Dask cluster of the user's that does the tasks of a sweep. Needs the extra `tpgraph[study]`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from distributed import Client, Future, KilledWorker, as_completed

from tpgraph.clusters import connected
from tpgraph.errors import TPDataError
from tpgraph.study.tasks import Batch, BatchOutcome, Work, done

__all__ = ["Cluster", "cluster"]
AHEAD = 2
"""Batches that are handed out per worker, so that none waits for the next."""


class Cluster:
    """A `Crew` of the workers of a Dask scheduler."""

    def __init__(self, client: Client, work: Work) -> None:
        self._client = client
        self._work = work
        self._batches: dict[str, Batch] = {}
        self._running = as_completed()  # type: ignore[no-untyped-call]

    @property
    def slots(self) -> int:
        """Two batches for each worker that there is now."""
        return AHEAD * max(1, len(self._client.scheduler_info(n_workers=-1)["workers"]))

    def begin(self, batch: Batch) -> None:
        """Submit a batch."""
        future = self._client.submit(done, self._work, batch, pure=False)
        self._batches[str(future.key)] = batch
        self._running.add(future)  # type: ignore[no-untyped-call]

    def answer(self) -> BatchOutcome:
        """Wait for any batch. Raises what a task raised, and TPDataError for a lost scheduler."""
        future: Future[Any] = next(self._running)
        batch = self._batches.pop(str(future.key))
        if future.status not in ("finished", "error"):
            raise TPDataError(
                "the Dask scheduler does not answer any more",
                mend="the same command goes on with what is missing",
            )
        error = future.exception()  # type: ignore[no-untyped-call]
        if isinstance(error, KilledWorker):
            return BatchOutcome([], batch, death=f"Dask's worker ended: {error}")
        if error is not None:
            raise error
        answer: BatchOutcome = future.result()
        future.release()  # type: ignore[no-untyped-call]
        return answer


@contextmanager
def cluster(address: str, work: Work) -> Iterator[Cluster]:
    """The cluster at an address, left as it was at the end of the block.

    Raises TPDataError where no scheduler answers, and for certificates that do not fit.
    """
    with connected(address) as client:
        yield Cluster(client, work)

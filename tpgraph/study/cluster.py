"""A Dask cluster of the user's that does the tasks of a sweep. Needs the extra `tpgraph[study]`.

Whoever reaches a scheduler can run code on its workers. Over more than one machine it should speak
TLS: an address `tls://HOST:PORT`, with certificates from Dask's own configuration
(`distributed.comm.tls`: `ca-file`, and `client.cert`, `client.key`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from distributed import Client, Future, KilledWorker, as_completed

from tpgraph.errors import TPDataError
from tpgraph.study.tasks import Batch, BatchOutcome, Work, done

__all__ = ["Cluster", "cluster"]

ANSWER = 10.0
"""Seconds that a scheduler has to answer."""

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
    try:
        client = Client(address, timeout=ANSWER)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, TypeError) as error:
        raise TPDataError(
            f"there is no Dask scheduler at {address}: {error}",
            expected="an address such as tcp://127.0.0.1:8786, or tls://HOST:PORT with the"
            " certificates of Dask's configuration",
        ) from None
    with client:
        yield Cluster(client, work)

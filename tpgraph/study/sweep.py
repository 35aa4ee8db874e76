"""Sweeps: many independent tasks on a Dask cluster, each computed once and kept in a store.

A task is a frozen dataclass of JSON values, and its result a pure function of it: arrays by name.
Its key is the SHA-256 of its canonical JSON, so that a sweep can be stopped anywhere, gone on with,
or extended by more tasks, and nothing is computed twice. Random numbers come from `seed_sequence`
of the task's own content, never from an order or a worker: results are the same bits for any
number of workers.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

import numpy.typing as npt
from distributed import Client, LocalCluster, as_completed
from threadpoolctl import threadpool_limits

from tpgraph.errors import TPDataError
from tpgraph.study.store import Entry, Store

__all__ = ["Outcome", "Progress", "Sweep", "run_sweep", "task_key", "task_spec"]

Task = Any
"""A frozen dataclass instance whose fields are JSON values."""

SLICE = 1.0
"""Seconds of tasks that a worker takes at a time: what dying costs at most, besides one task."""

ANSWER = 10.0
"""Seconds that the user's own scheduler has to answer."""

DEAF = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)"
"""What a local worker begins with: Ctrl-C reaches all processes, and only the waiting one acts."""

AHEAD = 2
"""Slices that are handed out per worker, so that none waits for the next."""


Progress: TypeAlias = Callable[[int, int], None]
"""Hears of a sweep: tasks done and in all, counting those of earlier runs."""


@dataclass(frozen=True)
class Sweep:
    """An ordered list of tasks of one study, and the function that does one.

    `version` is part of every key: a change of what `function` computes changes it, and results
    of before are kept apart. `function` must be importable by name from a module, as the workers
    do. The order is that in which tasks are begun: put what makes a figure usable early first.
    """

    study: str
    version: int
    function: Callable[[Task], dict[str, npt.ArrayLike]]
    tasks: tuple[Task, ...]

    def task_keys(self) -> tuple[str, ...]:
        """The key of every task, in order."""
        return tuple(task_key(self.study, self.version, task) for task in self.tasks)


@dataclass(frozen=True)
class Outcome:
    """How far a sweep came: tasks done of all, those done by this run and its seconds."""

    done: int
    total: int
    computed: int
    seconds: float
    interrupted: bool


def task_spec(study: str, version: int, task: Task) -> str:
    """The canonical JSON of a task: sorted names, no spaces, floats as `repr`.

    >>> @dataclass(frozen=True)
    ... class Point:
    ...     width: int
    ...     scale: float
    >>> task_spec("example", 1, Point(50, 0.1))
    '{"study":"example","task":{"scale":0.1,"width":50},"version":1}'
    """
    content = {"study": study, "version": version, "task": asdict(task)}
    return json.dumps(
        content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def task_key(study: str, version: int, task: Task) -> str:
    """The SHA-256 of a task's canonical JSON, in hexadecimal."""
    return hashlib.sha256(task_spec(study, version, task).encode()).hexdigest()


def run_sweep(
    sweep: Sweep,
    store: Store,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    progress: Progress | None = None,
    threads: int | None = 1,
) -> Outcome:
    """Do the tasks that the store does not hold yet, and keep each result as it comes.

    On the Dask cluster at the address `scheduler`, else on one of this machine: `workers`
    processes of one thread (default: one per core), or with 0 in this process, without a cluster.
    BLAS runs on `threads` threads in each, None as many as it likes. Ctrl-C ends the run and keeps
    what is done (`interrupted`). A script that starts processes needs
    `if __name__ == "__main__":`, as with any of Python's.

    Raises TPDataError for a scheduler that does not answer, and what a task raises.
    """
    began = time.monotonic()
    held = store.keys()
    keyed = list(zip(sweep.task_keys(), sweep.tasks, strict=True))
    missing = list({key: task for key, task in keyed if key not in held}.items())
    state = _State(len(keyed) - len(missing), len(keyed), progress)
    state.tell(0)
    interrupted = False
    try:
        for entries in _results(sweep, missing, workers, scheduler, threads):
            store.add(entries)
            state.tell(len(entries))
    except KeyboardInterrupt:
        interrupted = True
    computed = state.done - (len(keyed) - len(missing))
    return Outcome(state.done, state.total, computed, time.monotonic() - began, interrupted)


@dataclass
class _State:
    """What is counted while a sweep runs."""

    done: int
    total: int
    progress: Progress | None

    def tell(self, more: int) -> None:
        self.done += more
        if self.progress is not None:
            self.progress(self.done, self.total)


def _results(
    sweep: Sweep,
    missing: Sequence[tuple[str, Task]],
    workers: int | None,
    scheduler: str | None,
    threads: int | None,
) -> Iterator[list[Entry]]:
    """The finished tasks, some at a time."""
    if not missing:
        return
    if workers == 0 and scheduler is None:
        yield from _here(sweep, missing, threads)
        return
    with _cluster(workers, scheduler) as client:
        yield from _there(client, sweep, missing, threads)


def _here(
    sweep: Sweep, missing: Sequence[tuple[str, Task]], threads: int | None
) -> Iterator[list[Entry]]:
    """One task of this process after the other, each kept before the next is begun."""
    with threadpool_limits(limits=threads):
        for key, task in missing:
            yield [_entry(sweep, key, task)]


def _there(
    client: Client, sweep: Sweep, missing: Sequence[tuple[str, Task]], threads: int | None
) -> Iterator[list[Entry]]:
    """The finished tasks in the order in which they finish, some at a time.

    A worker is handed a list of tasks and gives back what it did of it within SLICE seconds; the
    rest goes to the front of the queue. So a list is as long as it can be for cheap tasks and one
    task for dear ones, and results held in memory are bounded.
    """
    queue = deque(missing)
    size = 1
    running = as_completed(with_results=True)  # type: ignore[no-untyped-call]

    def hand_out() -> None:
        part = [queue.popleft() for _ in range(min(size, len(queue)))]
        if part:
            future = client.submit(_slice, sweep, part, threads, pure=False)
            running.add(future)  # type: ignore[no-untyped-call]

    for _ in range(AHEAD * max(1, len(client.scheduler_info(n_workers=-1)["workers"]))):
        hand_out()
    for future, (entries, rest) in running:
        future.release()
        queue.extendleft(reversed(rest))
        size = len(entries) if rest else min(2 * len(entries), 64)
        hand_out()
        yield entries


def _slice(
    sweep: Sweep, part: Sequence[tuple[str, Task]], threads: int | None
) -> tuple[list[Entry], list[tuple[str, Task]]]:
    """Tasks of a list done within SLICE seconds, at least one, and what is left of it."""
    began = time.monotonic()
    entries: list[Entry] = []
    with threadpool_limits(limits=threads):
        for key, task in part:
            if entries and time.monotonic() - began > SLICE:
                break
            entries.append(_entry(sweep, key, task))
    return entries, list(part[len(entries) :])


def _entry(sweep: Sweep, key: str, task: Task) -> Entry:
    """What the store keeps of a task, which is done here."""
    return key, task_spec(sweep.study, sweep.version, task), sweep.function(task)


@contextmanager
def _cluster(workers: int | None, scheduler: str | None) -> Iterator[Client]:
    """A client of the cluster at an address, or of one made here that ends with the block."""
    if scheduler is not None:
        try:
            client = Client(scheduler, timeout=ANSWER)  # type: ignore[no-untyped-call]
        except (OSError, ValueError) as error:
            raise TPDataError(
                f"there is no Dask scheduler at {scheduler}: {error}",
                expected="an address such as tcp://127.0.0.1:8786",
            ) from None
        with client:
            yield client
        return
    with _local(workers) as cluster, Client(cluster) as client:  # type: ignore[no-untyped-call]
        yield client


def _local(workers: int | None) -> LocalCluster:
    """A cluster of this machine."""
    return LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=workers,
        threads_per_worker=1,
        dashboard_address="127.0.0.1:0",
        worker_dashboard_address="127.0.0.1:0",
        silence_logs=logging.CRITICAL,
        preload=DEAF,
    )

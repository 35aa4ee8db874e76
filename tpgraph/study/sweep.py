"""Sweeps: many independent tasks on processes, each computed once and kept in a store.

A sweep can be stopped anywhere, gone on with, or extended by more tasks, and nothing is computed
twice: results are kept under the keys of their tasks. They are the same bits for any number of
processes. These are Python's own on this machine, or those of a Dask cluster of the user's.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from importlib import import_module
from typing import TypeAlias

import numpy.typing as npt
from threadpoolctl import threadpool_limits

from tpgraph.errors import TPDataError, TPWarning, warn
from tpgraph.study.processes import Processes, core_count
from tpgraph.study.store import Entry, Result, Store
from tpgraph.study.tasks import Batch, BatchOutcome, Crew, KeyedTask, Task, Work, entry, task_key

__all__ = ["Outcome", "Progress", "Sweep", "run_sweep"]

BATCH = 64
"""Tasks in a batch at most: what is held in memory of cheap ones."""

DEATHS = 2
"""So many processes may die of one task, each with this task alone."""


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

    def results(
        self, store: Store, places: Iterable[int] | None = None
    ) -> Iterator[tuple[int, Result]]:
        """The place in `tasks` and the arrays of every task that is done, in order.

        Or of those at some `places` alone.
        """
        held, chosen = store.keys(), range(len(self.tasks)) if places is None else places
        for place in chosen:
            key = task_key(self.study, self.version, self.tasks[place])
            if key in held:
                yield place, store.read(key)


@dataclass(frozen=True)
class Outcome:
    """How far a sweep came: tasks done of all, those done by this run and its seconds; `others`
    counts the results of other sweeps in the store.
    """

    done: int
    total: int
    computed: int
    seconds: float
    interrupted: bool
    others: int = 0


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

    On `workers` processes of this machine (default: one per core; 0 is this process), or on the
    Dask cluster at the address `scheduler`. BLAS runs on `threads` threads in each, None as many
    as it likes. Ctrl-C ends the run and keeps what is done (`interrupted`). A process that dies is
    warned of (TPWarning) and its tasks are done again. A script that starts processes needs
    `if __name__ == "__main__":`, as with any of Python's.

    Raises TPDataError for a scheduler that does not answer and a task of which two processes died,
    and what a task raises.
    """
    began = time.monotonic()
    held = store.keys()
    keyed = list(zip(sweep.task_keys(), sweep.tasks, strict=True))
    missing = list({key: task for key, task in keyed if key not in held}.items())
    state = _State(len(keyed) - len(missing), len(keyed), progress)
    state.tell(0)
    interrupted = False
    work = Work(sweep.study, sweep.version, sweep.function, threads)
    try:
        for entries in _results(work, missing, workers, scheduler):
            store.add(entries)
            state.tell(len(entries))
    except KeyboardInterrupt:
        interrupted = True
    known = store.keys()  # an interruption may come between a result and its count
    done = sum(key in known for key, _ in keyed)
    computed = done - (len(keyed) - len(missing))
    others = len(known.difference(key for key, _ in keyed))
    return Outcome(done, state.total, computed, time.monotonic() - began, interrupted, others)


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
    work: Work, missing: Batch, workers: int | None, scheduler: str | None
) -> Iterator[Sequence[Entry]]:
    """The finished tasks, some at a time."""
    if not missing:
        return
    if workers == 0 and scheduler is None:
        yield from _here(work, missing)
        return
    with _crew(work, len(missing), workers, scheduler) as crew:
        yield from _there(crew, _Queue(deque(missing)))


def _here(work: Work, missing: Batch) -> Iterator[Sequence[Entry]]:
    """One task of this process after the other, each kept before the next is begun."""
    with threadpool_limits(limits=work.threads):
        for task in missing:
            yield [entry(work, task)]


def _crew(
    work: Work, count: int, workers: int | None, scheduler: str | None
) -> AbstractContextManager[Crew]:
    """Who does `count` tasks: a cluster at an address, or processes of this machine."""
    if scheduler is None:
        return Processes(work, min(count, core_count() if workers is None else workers))
    try:
        dask = import_module("tpgraph.study.cluster")
    except ModuleNotFoundError as error:
        raise TPDataError(
            f"a scheduler needs Dask, which is not installed (no module {error.name})",
            mend="pip install 'tpgraph[study]', or leave the scheduler out",
        ) from None
    found: AbstractContextManager[Crew] = dask.cluster(scheduler, work)
    return found


def _there(crew: Crew, queue: _Queue) -> Iterator[Sequence[Entry]]:
    """The finished tasks in the order in which they finish, some at a time."""
    running = _hand_out(crew, queue, 0)
    while running:
        answer = crew.answer()
        queue.take_back(answer)
        running = _hand_out(crew, queue, running - 1)
        yield answer.entries


def _hand_out(crew: Crew, queue: _Queue, running: int) -> int:
    """Batches for those of the crew that have none; how many are running then."""
    while queue.tasks and running < crew.slots:
        crew.begin(queue.batch())
        running += 1
    return running


@dataclass
class _Queue:
    """The tasks that nobody does yet, and how many make a batch.

    A process gives back what it did of a batch within a second; the rest goes to the front of the
    queue. So a batch is as long as it can be for cheap tasks and one task for dear ones.
    """

    tasks: deque[KeyedTask]
    size: int = 1
    suspects: set[str] = field(default_factory=set)
    deaths: Counter[str] = field(default_factory=Counter)

    def batch(self) -> list[KeyedTask]:
        """The next tasks; one that a process died of goes alone."""
        found = [self.tasks.popleft()]
        if found[0][0] in self.suspects:
            return found
        while self.tasks and len(found) < self.size and self.tasks[0][0] not in self.suspects:
            found.append(self.tasks.popleft())
        return found

    def take_back(self, answer: BatchOutcome) -> None:
        """Put back what was not done. Raises TPDataError for a task that processes die of."""
        self.tasks.extendleft(reversed(answer.rest))
        if answer.death is None:
            finished = len(answer.entries)
            self.size = finished if answer.rest else min(2 * finished, BATCH)
            return
        self._suspect(answer.rest, answer.death)

    def _suspect(self, batch: Batch, death: str) -> None:
        self.suspects.update(key for key, _ in batch)
        if len(batch) == 1:
            self.deaths[batch[0][0]] += 1
        key, task = batch[0]
        if self.deaths[key] >= DEATHS:
            raise TPDataError(
                f"{death}, as {DEATHS - 1} before it did over the same task: {task}",
                expected="processes that live; the system ends those for which memory is short",
                mend="fewer workers need less memory; the same command goes on with the rest",
            )
        more = f" and {len(batch) - 1} more" if len(batch) > 1 else ""
        warn(TPWarning(f"{death}; done again: {task}{more}"))

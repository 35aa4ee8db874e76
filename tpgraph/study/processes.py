"""Processes of this machine that do the tasks of a sweep: Python's own, talked to over pipes.

Nothing listens on a port or a socket, so that nobody else can send work. Each process has a pipe of
its own; it is known which batch a process holds, and a process that is killed costs its batch. The
processes end with this one, also where this one is killed: each watches for that.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import connection
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from types import TracebackType

from tpgraph.children import HUNG_UP, deaf_children, end_with_parent, signal_name
from tpgraph.errors import TPDataError
from tpgraph.study.tasks import Batch, BatchOutcome, Work, done

__all__ = ["Processes", "core_count"]

GRACE = 5.0
"""Seconds that a process has to end when it is told to."""


def core_count() -> int:
    """The cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(frozen=True)
class _Worker:
    """A process and our end of its pipe."""

    process: SpawnProcess
    pipe: Connection[Batch, BatchOutcome | BaseException]


class Processes:
    """A `Crew` of `count` processes for one work, begun when there is something to do.

    They are started afresh ("spawn") with a copy of `work`: a script that makes some needs
    `if __name__ == "__main__":`, as with any of Python's.
    """

    def __init__(self, work: Work, count: int) -> None:
        self._work = work
        self._count = count
        self._context = multiprocessing.get_context("spawn")
        self._workers: list[_Worker] = []
        self._idle: list[_Worker] = []
        self._busy: dict[Connection, tuple[_Worker, Batch]] = {}
        self._lost: list[BatchOutcome] = []

    @property
    def slots(self) -> int:
        """As many batches as processes: the pipe of one that works stays empty.

        Otherwise both ends could wait for the other one to read.
        """
        return self._count

    def begin(self, batch: Batch) -> None:
        """Hand a batch to a process that has nothing to do."""
        worker = self._idle.pop() if self._idle else self._start()
        try:
            worker.pipe.send(batch)
        except HUNG_UP:
            self._lost.append(self._bury(worker, batch))
        else:
            self._busy[worker.pipe] = worker, batch

    def answer(self) -> BatchOutcome:
        """Wait for the answer of any process. Raises what a task raised."""
        if self._lost:
            return self._lost.pop()
        pipe = connection.wait(list(self._busy))[0]
        assert isinstance(pipe, Connection)
        worker, batch = self._busy.pop(pipe)
        try:
            answer = worker.pipe.recv()
        except HUNG_UP:
            return self._bury(worker, batch)
        self._idle.append(worker)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def _start(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_serve, args=(theirs, self._work), daemon=True)
        with deaf_children():
            process.start()
            self._workers.append(worker := _Worker(process, ours))
        theirs.close()
        return worker

    def _bury(self, worker: _Worker, batch: Batch) -> BatchOutcome:
        """The answer that a process which has died would not give."""
        self._workers.remove(worker)
        pid, code = worker.process.pid, _end(worker)
        if code is None or code >= 0:
            raise TPDataError(
                f"a process for the tasks ended by itself, with exit code {code}",
                expected='a script that starts processes under `if __name__ == "__main__":`',
                mend="workers=0 does the tasks without processes",
            )
        return BatchOutcome([], batch, death=f"process {pid} was killed by {signal_name(-code)}")

    def __enter__(self) -> Processes:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for worker in self._workers:
            worker.process.terminate()
        for worker in self._workers:
            _end(worker)


def _end(worker: _Worker) -> int | None:
    """Wait for a process that is about to end; its exit code."""
    worker.process.join(GRACE)
    if worker.process.is_alive():
        worker.process.kill()
        worker.process.join()
    code = worker.process.exitcode
    worker.pipe.close()
    worker.process.close()
    return code


def _serve(pipe: Connection[BatchOutcome | BaseException, Batch], work: Work) -> None:
    """What a process does: batches from the pipe, until the other end closes."""
    end_with_parent()
    with suppress(*HUNG_UP):
        while True:
            batch = pipe.recv()
            pipe.send(_answer(work, batch))


def _answer(work: Work, batch: Batch) -> BatchOutcome | BaseException:
    try:
        return done(work, batch)
    except Exception as error:
        return _portable(error)


def _portable(error: Exception) -> Exception:
    """An error that can pass a pipe: itself, or one that says the same."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error

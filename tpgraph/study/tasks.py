"""Tasks as plain data: what they are called, and how a batch of them is done.

A task is a frozen dataclass of JSON values, and its result a pure function of it: arrays by name.
Its key is the SHA-256 of its canonical JSON. Random numbers come from `seed_sequence` of the task's
own content, never from an order or a process: results are the same bits wherever they are made.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy.typing as npt
from threadpoolctl import threadpool_limits

from tpgraph.study.store import Entry

__all__ = [
    "Batch",
    "BatchOutcome",
    "Crew",
    "KeyedTask",
    "Task",
    "Work",
    "done",
    "entry",
    "task_key",
    "task_spec",
]

Task = Any
"""A frozen dataclass instance whose fields are JSON values."""

KeyedTask = tuple[str, Task]
"""A task after its key."""

Batch = Sequence[KeyedTask]
"""Tasks that are handed to a process together."""

SLICE = 1.0
"""Seconds of a batch that are done at a time: what dying costs at most, besides one task."""


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


@dataclass(frozen=True)
class Work:
    """What is common to all tasks of a sweep, and all that a process must know beside them.

    BLAS runs on `threads` threads, None as many as it likes: one is the fastest where there are as
    many processes as cores, and gives the same bits for any number of processes.
    """

    study: str
    version: int
    function: Callable[[Task], dict[str, npt.ArrayLike]]
    threads: int | None


@dataclass(frozen=True)
class BatchOutcome:
    """What became of a batch: finished tasks, those that are left, and how its process died.

    `death` is None where the process lives. Where it does not, `rest` is the whole batch.
    """

    entries: Sequence[Entry]
    rest: Batch
    death: str | None = None


class Crew(Protocol):
    """Processes that do batches, at most `slots` at a time."""

    @property
    def slots(self) -> int:
        """How many batches may be handed out at a time."""

    def begin(self, batch: Batch) -> None:
        """Hand out a batch. There are fewer than `slots` of which no answer has come."""

    def answer(self) -> BatchOutcome:
        """Wait for an answer to any of the batches. Raises what a task raised."""


def entry(work: Work, task: KeyedTask) -> Entry:
    """What a store keeps of a task, which is done here."""
    key, content = task
    return key, task_spec(work.study, work.version, content), work.function(content)


def done(work: Work, batch: Batch) -> BatchOutcome:
    """Tasks of a batch done here within SLICE seconds, at least one, and what is left of it."""
    began = time.monotonic()
    entries: list[Entry] = []
    with threadpool_limits(limits=work.threads):
        for task in batch:
            if entries and time.monotonic() - began > SLICE:
                break
            entries.append(entry(work, task))
    return BatchOutcome(entries, list(batch[len(entries) :]))

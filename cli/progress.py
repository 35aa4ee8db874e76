"""Progress bars: on a terminal, nothing elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import tpgraph as tp
from tpgraph_cli.elapsed import quiet

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

__all__ = ["stage_progress", "sweep_progress", "training_progress"]


@contextmanager
def training_progress(steps: int) -> Iterator[Callable[[int, int, float], None] | None]:
    """A bar over the steps of one training, with its loss; None where there is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    with quiet(), _bar() as bar:
        task = bar.add_task("training", total=steps)

        def advance(done: int, total: int, loss: float) -> None:
            bar.update(task, completed=done, total=total, description=f"loss {loss:.4g}")

        yield advance


@contextmanager
def sweep_progress(name: str) -> Iterator[Callable[[int, int], None] | None]:
    """A bar over the tasks of a sweep, with rate and time left; None where there is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    with quiet(), _bar() as bar:
        task = bar.add_task(name, total=None)
        begun: list[tuple[float, int]] = []

        def advance(done: int, total: int) -> None:
            begun.append((time.monotonic(), done))
            del begun[1:-1]
            (start, before), (now, _) = begun[0], begun[-1]
            rate = (done - before) / (now - start) if now > start else 0.0
            description = f"{name}, {rate:.3g}/s"
            bar.update(task, completed=done, total=total, description=description)

        yield advance


@contextmanager
def stage_progress() -> Iterator[None]:
    """A bar over what the work of the block counts itself; nothing where there is no terminal."""
    if not sys.stderr.isatty():
        yield
        return
    with quiet(), _bar() as bar:
        tasks: dict[str, TaskID] = {}

        def hear(stages: tuple[tp.progress.Stage, ...]) -> None:
            stage = stages[0]
            if stage.what not in tasks:
                tasks[stage.what] = bar.add_task(stage.what, total=stage.of)
            bar.update(tasks[stage.what], completed=stage.done, total=stage.of)

        with tp.progress.heard_by(hear):
            yield


def _bar() -> Progress:
    """An empty bar on standard error."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    return Progress(*columns, console=Console(stderr=True))

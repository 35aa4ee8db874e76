"""Progress bars: on a terminal, nothing elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

__all__ = ["sweep_progress", "training_progress"]


@contextmanager
def training_progress(steps: int) -> Iterator[Callable[[int, int, float], None] | None]:
    """A bar over the steps of one training, with its loss; None where there is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    with _bar() as bar:
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
    with _bar() as bar:
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

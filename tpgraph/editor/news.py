"""How far long work is, for the pages that listen: the newest of each request, as it comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

__all__ = ["News", "Stages"]

Stages: TypeAlias = list[dict[str, Any]]
"""`what`, `done` and `of` of everything that is under way, outermost first."""


class News:
    """What is known of the requests that are being answered. To be used from one event loop.

    Who listens slowly misses what was overtaken, never what is newest; nothing is kept of a request
    that has its answer.
    """

    def __init__(self) -> None:
        self._now: dict[str, Stages] = {}
        self._listeners: list[tuple[set[str], asyncio.Event]] = []
        self._closed = False

    @contextmanager
    def about(self, id: str | None) -> Iterator[Callable[[Stages], None]]:
        """What hears of a request while it is being answered."""

        def hear(stages: Stages) -> None:
            if id is not None:
                self._now[id] = stages
                self._tell(id)

        try:
            yield hear
        finally:
            self._now.pop(id or "", None)

    def of(self, id: str) -> Stages:
        """How far a request is."""
        return self._now.get(id, [])

    async def listen(self) -> AsyncIterator[dict[str, Any]]:
        """{"id", "stages"} of every request that goes on, until `close`."""
        changed, event = set(self._now), asyncio.Event()
        listener = (changed, event)
        self._listeners.append(listener)
        try:
            while not self._closed:
                for id in sorted(changed & self._now.keys()):
                    yield {"id": id, "stages": self._now[id]}
                changed.clear()
                event.clear()
                await event.wait()
        finally:
            self._listeners.remove(listener)

    def close(self) -> None:
        """Let everybody go who listens."""
        self._closed = True
        for _, event in self._listeners:
            event.set()

    def _tell(self, id: str) -> None:
        for changed, event in self._listeners:
            changed.add(id)
            event.set()

"""Long work of a notebook's cell, in processes beside the notebook's own.

The kernel hears messages between its other work, and not every host lets a thread send one: so a
thread only keeps the work, and whoever asks looks how far it is.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Thread
from typing import Any

from tpgraph.editor.lanes import Lanes
from tpgraph.editor.worker import Misshapen

__all__ = ["Background"]

Data = dict[str, Any]


@dataclass(frozen=True)
class _Running:
    """A loop in a thread of its own, and the processes that it speaks to."""

    loop: asyncio.AbstractEventLoop
    lanes: Lanes
    thread: Thread

    @classmethod
    def begun(cls) -> _Running:
        loop = asyncio.new_event_loop()
        found = cls(loop, Lanes(), Thread(target=loop.run_forever, daemon=True))
        found.thread.start()
        return found

    def end(self) -> None:
        asyncio.run_coroutine_threadsafe(self.lanes.close(), self.loop).result()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


class Background:
    """Work that goes on by itself, under numbers; its thread begins with the first."""

    def __init__(self) -> None:
        self._running: _Running | None = None
        self._works: dict[int, Future[bytes]] = {}

    def begin(self, number: int, op: str, request: Mapping[str, Any]) -> None:
        """Begin some work."""
        if self._running is None:
            self._running = _Running.begun()
        asked = self._running.lanes.ask(op, {**request, "id": str(number)})
        self._works[number] = asyncio.run_coroutine_threadsafe(asked, self._running.loop)

    def look(self, number: int) -> Data:
        """{"stages"} of work that goes on, {"answer"} of what is done, {} of what there is not."""
        work = self._works.get(number)
        if work is None or self._running is None:
            return {}
        if not work.done():
            return {"stages": self._running.lanes.news.of(str(number))}
        del self._works[number]
        try:
            return {"answer": json.loads(work.result())}
        except Misshapen as error:
            return {"answer": {"refused": {"message": str(error)}}}

    def cancel(self, number: int) -> None:
        """End some work, of which nothing more is heard."""
        work = self._works.pop(number, None)
        if work is not None:
            work.cancel()

    def close(self) -> None:
        """End everything."""
        running, self._running = self._running, None
        if running is not None:
            running.end()

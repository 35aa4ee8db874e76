"""The pages of one server: each has sessions of its own, and none ends the work of another."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable

from tpgraph.editor.lanes import Lanes
from tpgraph.editor.news import News
from tpgraph.editor.presence import Presence

__all__ = ["Pages"]

_MOST = 4
"""Pages whose sessions are kept; of one that returns later the picture is made anew."""

_SOON = 1.0
"""Seconds after which a page has its picture, and the processes of the next are begun."""


class Pages:
    """The lanes of pages by the names that they give themselves. To be used from one event loop.

    `first` gives the name and the text of what a page opens, as far as that is known before.
    """

    def __init__(self, first: Callable[[], tuple[str, str] | None] = lambda: None) -> None:
        self._first = first
        self.news = News()
        self.presence = Presence()
        self._known: OrderedDict[str, Lanes] = OrderedDict()
        self._next = Lanes(self.news)
        self._ending: set[asyncio.Task[None]] = set()
        self._closed = False

    def start(self) -> None:
        """Have the lanes of the next page ready before it asks, and its picture."""
        if self._closed:
            return
        self._next.start()
        known = self._first()
        if known is not None:
            self._kept(asyncio.get_running_loop().create_task(self._next.ahead(*known)))

    def _kept(self, task: asyncio.Task[None]) -> None:
        """A task that nobody waits for, until it ends."""
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    def of(self, page: str) -> Lanes:
        """The lanes of a page, those not asked for longest being ended."""
        if page not in self._known:
            self._known[page], self._next = self._next, Lanes(self.news)
            asyncio.get_running_loop().call_later(_SOON, self.start)
        self._known.move_to_end(page)
        while len(self._known) > _MOST:
            _, left = self._known.popitem(last=False)
            self._kept(asyncio.create_task(left.close()))
        return self._known[page]

    def leave(self) -> None:
        """End all long work, and let everybody go who listens."""
        for lanes in self._known.values():
            lanes.cancel()
        self.news.close()
        self.presence.close()

    async def close(self) -> None:
        """End all processes."""
        self._closed = True
        self.leave()
        every = (self._next, *self._known.values())
        await asyncio.gather(*(lanes.close() for lanes in every), *self._ending)

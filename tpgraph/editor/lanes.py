"""Which process answers what, and how long it may take: typing never waits for a run."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from tpgraph.editor.news import News
from tpgraph.editor.worker import Misshapen, Worker

__all__ = ["Lanes", "id_of", "is_long", "needs_numbers"]

_SECONDS = {"open": 4.0, "tidy": 10.0, "card": 60.0, "annotate": 4.0, "limits": 4.0}
_QUICK, _SLOW = 2.0, 60.0

_AHEAD = 1.0
"""Seconds of what is drawn before a page asks, which would wait for it."""

_LANES = {
    "numbers": "numbers",
    "limits": "numbers",
    "step": "views",
    "walk": "views",
    "classes": "views",
    "derive": "views",
    "export": "views",
    "card": "views",
}
"""Requests that do not stand in the way of typing; all others are quick."""

_EACH = {"open", "tidy", "edit", "copy", "gallery", "card"}
"""Requests that are all answered, however many wait."""

_LONGEST = 100
"""Letters of the name that a page gives a request."""


def is_long(op: str) -> bool:
    """Whether a request does not stand in the way of typing."""
    return op in _LANES


def needs_numbers(op: str, request: Mapping[str, Any]) -> bool:
    """Whether a run or a limit is to be found first; plots that are taken off cost nothing."""
    nothing = request.get("run") is False and request.get("limit") is False
    return op == "annotate" and not nothing and "numbers" not in request


class Lanes:
    """Sessions in processes of their own: one for the page's picture, others for long work.

    A request may have an `id`: by it `news` tells how far it is, and `cancel` ends it.
    """

    def __init__(self, news: News | None = None) -> None:
        self.news = News() if news is None else news
        self._lanes = {
            "quick": Worker(),
            "numbers": Worker(eager=True),
            "views": Worker(eager=True),
        }

    def start(self) -> None:
        """Have the quick one ready before it is asked."""
        self._lanes["quick"].start()

    async def ahead(self, name: str, text: str) -> None:
        """Draw a text before a page opens it, which loads its scripts meanwhile."""
        request = {"op": "open", "name": name, "text": text}
        with suppress(Misshapen):
            await self._lanes["quick"].ask(request, None, _AHEAD)

    async def ask(self, op: str, request: Mapping[str, Any]) -> bytes:
        """The answer to a request, as JSON. Raises Misshapen.

        Numbers of a picture are found beside it, and then drawn where the picture is.
        """
        id, content = id_of(request), {k: v for k, v in request.items() if k != "id"}
        if not needs_numbers(op, content):
            return await self._ask(op, content, id)
        wanted = {key: value for key, value in content.items() if key != "have"}
        answer = await self._ask("numbers", wanted, id)
        numbers = json.loads(answer)
        if "annotations" not in numbers:
            return answer
        return await self._ask(op, {**content, "numbers": numbers}, id)

    async def _ask(self, op: str, request: Mapping[str, Any], id: str | None) -> bytes:
        lane = _LANES.get(op, "quick")
        seconds = _SECONDS.get(op, _QUICK if lane == "quick" else _SLOW)
        kind, content = _kind_of(op, request), {**request, "op": op}
        with self.news.about(id) as hear:
            return await self._lanes[lane].ask(content, kind, seconds, hear, id)

    def cancel(self, id: str | None = None) -> None:
        """End the long work, or what of it has this name."""
        for name, worker in self._lanes.items():
            if name != "quick":
                worker.cancel(id)

    async def close(self) -> None:
        """End all processes."""
        self.cancel()
        await asyncio.gather(*(worker.close() for worker in self._lanes.values()))


def id_of(request: Mapping[str, Any]) -> str | None:
    """The name that a page has given a request. Raises Misshapen."""
    found = request.get("id")
    if found is None or (isinstance(found, str) and len(found) <= _LONGEST):
        return found
    raise Misshapen(f"an id has at most {_LONGEST} letters")


def _kind_of(op: str, request: Mapping[str, Any]) -> str | None:
    """Of what kind the newest wins; None where each counts."""
    if op == "edit" and request.get("dry") is True:
        return "dry edit"
    return None if op in _EACH else op

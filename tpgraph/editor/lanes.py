"""Which process answers what, and how long it may take: typing never waits for a run."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from tpgraph.editor.worker import Worker

__all__ = ["Lanes"]

_SECONDS = {"open": 4.0, "tidy": 10.0, "gallery": 60.0, "annotate": 4.0}
_QUICK, _SLOW = 2.0, 60.0

_LANES = {
    "numbers": "numbers",
    "step": "views",
    "walk": "views",
    "derive": "views",
    "export": "views",
    "gallery": "views",
}
"""Requests that do not stand in the way of typing; all others are quick."""

_EACH = {"open", "tidy", "edit", "copy", "gallery"}
"""Requests that are all answered, however many wait."""


class Lanes:
    """Sessions in processes of their own: one for the page's picture, others for long work."""

    def __init__(self) -> None:
        self._lanes = {
            "quick": Worker(),
            "numbers": Worker(eager=True),
            "views": Worker(eager=True),
        }

    def start(self) -> None:
        """Have the quick one ready before it is asked."""
        self._lanes["quick"].start()

    async def ask(self, op: str, request: Mapping[str, Any]) -> bytes:
        """The answer to a request, as JSON. Raises Misshapen.

        Numbers of a picture are found beside it, and then drawn where the picture is.
        """
        if op == "annotate" and _needs_numbers(request):
            wanted = {key: value for key, value in request.items() if key != "have"}
            answer = await self._ask("numbers", wanted)
            numbers = json.loads(answer)
            if "annotations" not in numbers:
                return answer
            request = {**request, "numbers": numbers}
        return await self._ask(op, request)

    async def _ask(self, op: str, request: Mapping[str, Any]) -> bytes:
        lane = _LANES.get(op, "quick")
        seconds = _SECONDS.get(op, _QUICK if lane == "quick" else _SLOW)
        return await self._lanes[lane].ask({**request, "op": op}, _kind_of(op, request), seconds)

    def cancel(self) -> None:
        """End the long work."""
        for name, worker in self._lanes.items():
            if name != "quick":
                worker.cancel()

    async def close(self) -> None:
        """End all processes."""
        await asyncio.gather(*(worker.close() for worker in self._lanes.values()))


def _needs_numbers(request: Mapping[str, Any]) -> bool:
    """Whether there is something to be found; plots that are taken off again cost nothing."""
    nothing = request.get("run") is False and request.get("limit") is False
    return not nothing and "numbers" not in request


def _kind_of(op: str, request: Mapping[str, Any]) -> str | None:
    """Of what kind the newest wins; None where each counts."""
    if op == "edit" and request.get("dry") is True:
        return "dry edit"
    return None if op in _EACH else op

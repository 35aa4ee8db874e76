"""Which pages are open in any browser: the server asks, and one page of each browser answers.

Pages of one browser see each other by locks, those of two do not. A browser that was killed has no
connection any more, so that its work is offered at once.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Collection, Mapping
from typing import Annotated, Any, TypeAlias

from pydantic import Field, ValidationError

from tpgraph.editor.every_request import FileName, Request
from tpgraph.editor.worker import Misshapen

__all__ = ["OpenPages", "Presence"]

OpenPages: TypeAlias = Annotated[tuple[FileName, ...], Field(max_length=1000)]
"""The names of pages that are open in one browser."""

_SECONDS = 1.0
"""How long a page has to answer; it may be busy."""


class _Here(Request):
    question: FileName
    open: OpenPages


class Presence:
    """The pages that answer for their browsers. To be used from one event loop."""

    def __init__(self) -> None:
        self._listeners: dict[str, asyncio.Queue[str]] = {}
        self._asked: dict[str, asyncio.Future[frozenset[str]]] = {}

    async def listen(self, page: str) -> AsyncIterator[str]:
        """What a page is asked as it comes, each a word to be answered with; ends by `close`."""
        questions: asyncio.Queue[str] = asyncio.Queue()
        self._listeners[page] = questions
        try:
            while question := await questions.get():
                yield question
        finally:
            if self._listeners.get(page) is questions:
                del self._listeners[page]

    def answer(self, request: Mapping[str, Any]) -> None:
        """A page says which are open in its browser. Raises Misshapen."""
        try:
            here = _Here.model_validate(dict(request))
        except ValidationError as error:
            raise Misshapen(str(error)) from None
        asked = self._asked.get(here.question)
        if asked is not None and not asked.done():
            asked.set_result(frozenset(here.open))

    async def elsewhere(self, known: Collection[str]) -> frozenset[str]:
        """The pages that are open in other browsers than that of the `known`.

        Of a browser that does not answer there are none.
        """
        others = [asked for page, asked in self._listeners.items() if page not in known]
        return frozenset().union(*await asyncio.gather(*map(self._answer, others)))

    def close(self) -> None:
        """Let everybody go who listens."""
        for questions in self._listeners.values():
            questions.put_nowait("")

    async def _answer(self, questions: asyncio.Queue[str]) -> frozenset[str]:
        question = secrets.token_hex(8)
        asked = self._asked[question] = asyncio.get_running_loop().create_future()
        questions.put_nowait(question)
        try:
            return await asyncio.wait_for(asked, _SECONDS)
        except TimeoutError:
            return frozenset()
        finally:
            del self._asked[question]

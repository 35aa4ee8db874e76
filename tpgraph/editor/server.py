"""The editor's server: a page, its modules, and requests as JSON; on this machine alone."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from tpgraph import guide
from tpgraph.editor.desk import Desk
from tpgraph.editor.guard import EntryPass, Guard, TooLong
from tpgraph.editor.joined import WEB
from tpgraph.editor.lanes import id_of
from tpgraph.editor.pages import Pages
from tpgraph.editor.refusals import refusal_data
from tpgraph.editor.worker import Misshapen
from tpgraph.errors import TPError

__all__ = ["application"]

_TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html"}

_PAGE = "tpgraph-page"
"""The header in which a page says which of several it is."""

_log = logging.getLogger(__name__)


def application(known: EntryPass, desk: Desk, pages: Pages) -> ASGIApp:
    """What answers on the port of `known`; it ends its processes when it ends."""
    api = _Api(desk, pages)

    @asynccontextmanager
    async def life(_: Starlette) -> AsyncIterator[None]:
        pages.start()
        yield
        await pages.close()

    routes = [
        Route("/", _page),
        Route("/web/{name}", _module),
        Route("/guide/{name:path}", _guide),
        Route("/api/events", _Events(lambda page: pages.news.listen()), methods=["GET"]),
        Route("/api/questions", _Events(pages.presence.listen), methods=["GET"]),
        Route("/api/{op}", api, methods=["POST"]),
    ]
    return Guard(Starlette(routes=routes, lifespan=life), known)


async def _page(request: Request) -> Response:
    return _sent("index.html")


async def _module(request: Request) -> Response:
    return _sent(request.path_params["name"])


async def _guide(request: Request) -> Response:
    """A page of the guide, a picture of it, or how they look."""
    place = _guide_files().get(request.path_params["name"])
    if place is None:
        return PlainTextResponse("the guide has no such page", 404)
    content, media_type = place
    return Response(content, media_type=media_type)


@cache
def _guide_files() -> Mapping[str, tuple[bytes, str]]:
    """The files of the guide by their places, with what they are; read when one is asked for."""
    style = "style.css"
    found = {f"{one.name}.html": (one.html(style).encode(), "text/html") for one in guide.pages()}
    found |= {f"pictures/{n}": (svg, "image/svg+xml") for n, svg in guide.pictures().items()}
    return found | {style: (guide.STYLE.encode(), "text/css")}


def _sent(name: str) -> Response:
    """A file of the page; of no other folder, whatever the name says."""
    place = _places().get(name)
    if place is None:
        return PlainTextResponse("there is no such file", 404)
    return Response(place.read_bytes(), media_type=_TYPES[place.suffix])


@cache
def _places() -> Mapping[str, Path]:
    """The files of the page by their names: it asks for all of them at once."""
    return {place.name: place for place in WEB.iterdir() if place.suffix in _TYPES}


class _Events:
    """What comes by itself, as server-sent events, while the page listens that `page` names.

    GET /api/events: how far long work is; GET /api/questions: what a page answers for its browser.
    """

    def __init__(self, coming: Callable[[str], AsyncIterator[Any]]) -> None:
        self._coming = coming

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one listener, until it goes or the server ends."""
        page = Request(scope).query_params.get("page", "")
        response = StreamingResponse(self._told(page), media_type="text/event-stream")
        await response(scope, receive, send)

    async def _told(self, page: str) -> AsyncIterator[bytes]:
        yield b": listening\n\n"
        async for found in self._coming(page):
            yield b"data: %b\n\n" % _json(found)


class _Api:
    """POST /api/<op>: JSON in and out. A refusal is an answer; what is no request is a 400."""

    def __init__(self, desk: Desk, pages: Pages) -> None:
        self._desk = desk
        self._pages = pages

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        response = await self._response(Request(scope, receive))
        if response is not None:
            await response(scope, receive, send)

    async def _response(self, request: Request) -> Response | None:
        """The answer; None where nobody waits for it any more."""
        try:
            content = _object(await request.body())
            op = request.path_params["op"]
            page = request.headers.get(_PAGE, "")
            found = await _unless_gone(request, self._answer(op, content, page))
        except TooLong:
            return PlainTextResponse("the request is too long", 413)
        except ClientDisconnect:
            return None
        except Misshapen as error:
            return PlainTextResponse(str(error)[:2000], 400)
        return None if found is None else Response(found, media_type="application/json")

    async def _answer(self, op: str, content: dict[str, Any], page: str) -> bytes:
        try:
            return await self._found(op, content, page)
        except (TPError, Misshapen) as error:
            if isinstance(error, Misshapen):
                raise
            return _json(refusal_data(error))
        except Exception as error:
            _log.exception("%s failed", op)
            return _json(refusal_data(TPError(f"{op} failed: {type(error).__name__}")))

    async def _found(self, op: str, content: dict[str, Any], page: str) -> bytes:
        if op in self._desk.operations:
            if op == "start":
                content = await self._with_other_browsers(content)
            return _json(await run_in_threadpool(self._desk.answer, op, content, page))
        if op == "here":
            self._pages.presence.answer(content)
            return _json({})
        if op == "cancel":
            self._pages.of(page).cancel(id_of(content))
            return _json({})
        return await self._pages.of(page).ask(op, content)

    async def _with_other_browsers(self, start: dict[str, Any]) -> dict[str, Any]:
        """The pages that are open in a browser, and those in others."""
        known = start.get("open", [])
        if not isinstance(known, list):
            return start
        return start | {"open": [*known, *await self._pages.presence.elsewhere(known)]}


async def _unless_gone(request: Request, answer: Awaitable[bytes]) -> bytes | None:
    """An answer, or None where whoever asked has gone: then nothing goes on for it."""
    work = asyncio.ensure_future(answer)
    gone = asyncio.ensure_future(_gone(request.receive))
    await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
    gone.cancel()
    if work.done():
        return work.result()
    work.cancel()
    return None


async def _gone(receive: Callable[[], Awaitable[Any]]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _object(body: bytes) -> dict[str, Any]:
    """The JSON object in a body. Raises Misshapen."""
    try:
        found = json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Misshapen(f"this is no JSON: {error}") from None
    if not isinstance(found, dict):
        raise Misshapen("an object is expected")
    return found


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is no number of JSON")


def _json(data: Any) -> bytes:
    return json.dumps(data).encode()

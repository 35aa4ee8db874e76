"""Who may speak to the editor's server: its own page, in the browser that has the launch URL.

Asked of every request: Host (421: a name bound to this address elsewhere), Sec-Fetch-Site (403: a
page of another origin), the cookie that the launch token was exchanged for (403). Of every POST:
Origin (403), the type JSON (415), at most `BODY` bytes (413).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["BODY", "EntryPass", "Guard"]

BODY = 4_000_000
"""Bytes of a request."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)

_HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


@dataclass(frozen=True)
class EntryPass:
    """The names that a server on a port answers to, and the token that opens it."""

    port: int
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    @property
    def hosts(self) -> frozenset[str]:
        """What Host may say."""
        return frozenset({f"127.0.0.1:{self.port}", f"localhost:{self.port}"})

    @property
    def origins(self) -> frozenset[str]:
        """What Origin may say."""
        return frozenset(f"http://{host}" for host in self.hosts)

    @property
    def cookie(self) -> str:
        """The name of the cookie: cookies know no ports, so that it carries one."""
        return f"tpgraph-{self.port}"

    @property
    def url(self) -> str:
        """The address that lets a browser in."""
        return f"http://127.0.0.1:{self.port}/?token={self.token}"

    def opens(self, token: str) -> bool:
        """Whether a token is the one."""
        return secrets.compare_digest(token.encode(errors="replace"), self.token.encode())


class Guard:
    """The application behind it hears what passes alone."""

    def __init__(self, app: ASGIApp, known: EntryPass) -> None:
        self._app = app
        self._known = known

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer in place of the application, or let it."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        elif scope["type"] == "http":
            answer = self._answer(scope)
            bound = _Bound(receive)
            await (answer or self._app)(scope, bound, _Sent(send))
        else:
            await self._app(scope, receive, send)

    def _answer(self, scope: Scope) -> Response | None:
        """What is answered before the application is asked; None where it is asked."""
        headers, known = Headers(scope=scope), self._known
        if len(headers.getlist("host")) != 1 or headers["host"] not in known.hosts:
            return _no(421, "this server has another name")
        if headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
            return _no(403, "another site asks")
        if scope["method"] not in ("GET", "HEAD", "POST"):
            return _no(405, "GET and POST are understood")
        if scope["method"] == "POST" and (refused := self._refused(headers)) is not None:
            return refused
        token = parse_qs(scope["query_string"].decode("latin-1")).get("token")
        if token is not None and scope["path"] == "/" and scope["method"] == "GET":
            return self._let_in(token[-1])
        if not any(known.opens(value) for value in _cookies(headers, known.cookie)):
            return _no(403, "open the address that `tpgraph edit` has printed")
        return None

    def _refused(self, headers: Headers) -> Response | None:
        """What speaks against a POST."""
        if headers.get("origin") not in self._known.origins:
            return _no(403, "another origin asks")
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            return _no(415, "JSON is understood")
        size = headers.get("content-length", "0")
        if not (size.isascii() and size.isdigit()) or len(size) > 12 or int(size) > BODY:
            return _no(413, f"at most {BODY} bytes")
        return None

    def _let_in(self, token: str) -> Response:
        if not self._known.opens(token):
            return _no(403, "this is not the token that `tpgraph edit` has printed")
        answer = RedirectResponse("/", 303)
        answer.set_cookie(self._known.cookie, token, httponly=True, samesite="strict", path="/")
        return answer


class TooLong(Exception):
    """A body of more than `BODY` bytes."""


class _Bound:
    """What is received, of a body that is not too long."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._size = 0

    async def __call__(self) -> Message:
        message = await self._receive()
        self._size += len(message.get("body", b""))
        if self._size > BODY:
            raise TooLong
        return message


class _Sent:
    """What is sent, with the headers of every answer."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(_HEADERS)
        await self._send(message)


def _no(code: int, why: str) -> Response:
    return PlainTextResponse(why, code)


def _cookies(headers: Headers, name: str) -> list[str]:
    """The values that a request gives a cookie."""
    pairs = [p.strip().partition("=") for c in headers.getlist("cookie") for p in c.split(";")]
    return [value for key, _, value in pairs if key == name]

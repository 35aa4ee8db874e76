"""The editor served: a socket on this machine, the server on it, the browser that shows it."""

from __future__ import annotations

import socket
import webbrowser
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import uvicorn

from tpgraph.editor.desk import Desk
from tpgraph.editor.guard import EntryPass
from tpgraph.editor.pages import Pages
from tpgraph.editor.recovery import Recovery, state_folder
from tpgraph.editor.saving import Files
from tpgraph.editor.server import application
from tpgraph.errors import TPDataError, TPError
from tpgraph.files import as_path

__all__ = ["serve"]

_BYE = 2
"""Seconds that connections have to end."""


def serve(file: str | Path | None, *, port: int, browser: bool, say: Callable[[str], None]) -> None:
    """What `edit` does, which says what is given."""
    files = Files.beginning_with(Path.cwd(), None if file is None else as_path(file))
    files.first()
    with _bound(port) as listening:
        known = EntryPass(listening.getsockname()[1])
        recovery = Recovery(state_folder())
        pages = Pages(lambda: _first(files))
        app = application(known, Desk(files, recovery), pages)
        say(known.url)
        if files.is_new:
            say(f"{files.named} is not there yet: it is written when you save")
        if browser:
            webbrowser.open(known.url)
        config = uvicorn.Config(
            app, log_level="error", timeout_graceful_shutdown=_BYE, server_header=False
        )
        with suppress(KeyboardInterrupt):
            _Server(config, pages).run(sockets=[listening])
        recovery.close()


def _first(files: Files) -> tuple[str, str] | None:
    """Name and text of the file named at the start, if it can be read."""
    with suppress(TPError):
        found = files.first()
        return None if found is None else (found["name"], found["text"])
    return None


class _Server(uvicorn.Server):
    """A server that ends long work before it waits for its connections to end."""

    def __init__(self, config: uvicorn.Config, pages: Pages) -> None:
        super().__init__(config)
        self._pages = pages

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End everything."""
        self._pages.leave()
        await super().shutdown(sockets)


def _bound(port: int) -> socket.socket:
    """A socket on the loopback address. Raises TPError where the port is not to be had."""
    if not 0 <= port < 2**16:
        raise TPDataError(f"there is no port {port}", expected="a number from 0 to 65535")
    # asyncio sends answers without delay on sockets that say that they are TCP's, and on no others
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", port))
        listening.listen(128)  # so that a browser that comes before the server waits
    except OSError as error:
        listening.close()
        raise TPError(
            f"port {port} cannot be used: {error.strerror}",
            mend="without --port a free one is taken",
        ) from None
    return listening

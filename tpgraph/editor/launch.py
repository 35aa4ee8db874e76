"""The editor begun: processes of sessions load what they need while the server does."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from tpgraph.editor import forking

__all__ = ["edit"]


def edit(
    file: str | Path | None = None,
    *,
    port: int = 0,
    browser: bool = True,
    say: Callable[[str], None] = print,
) -> None:
    """Edit a program in the browser, until Ctrl-C.

    `file` is a .tp, a JSON document or a picture that carries its program (.svg, .pdf, .png, .eps,
    .tex); a .tp that is not there yet begins as a new program; without it the page begins with
    cards. Programs are saved into `file` and below the folder that this is called in. `port` 0
    takes a free one. `say` is told the address, which carries the token that lets a browser in.
    Raises TPError where the file cannot be read or the port is taken.
    """
    forking.begin()
    served = import_module("tpgraph.editor.served")
    served.serve(file, port=port, browser=browser, say=say)

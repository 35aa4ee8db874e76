"""What the server does by itself, without a session: the files, the journal, what to begin with."""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Callable, Mapping, Set
from contextlib import suppress
from pathlib import Path, PurePath
from threading import Lock
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, ValidationError

from tpgraph.editor.every_request import FileName, Request
from tpgraph.editor.journal import Journal
from tpgraph.editor.presence import OpenPages
from tpgraph.editor.recovery import Recovery
from tpgraph.editor.saving import Files, opened
from tpgraph.editor.worker import Misshapen
from tpgraph.errors import TPDataError, TPError
from tpgraph.program.naming import UNNAMED

__all__ = ["Desk"]

Data: TypeAlias = dict[str, Any]
_Text: TypeAlias = Annotated[str, Field(max_length=4_000_000)]


class _Nothing(Request):
    pass


class _Start(Request):
    open: OpenPages = ()


class _File(Request):
    path: FileName


class _Read(Request):
    name: FileName
    base64: _Text


class _Before(Request):
    """What a text was called before it was saved."""

    name: FileName = UNNAMED
    path: FileName | None = None


class _Save(Request):
    path: FileName
    text: _Text
    name: FileName = UNNAMED
    known: Annotated[str, Field(max_length=100)] | None = None
    was: _Before | None = None


class _Look(Request):
    path: FileName
    known: Annotated[str, Field(max_length=100)] | None = None


class _Journal(Request):
    text: _Text
    name: FileName
    path: FileName | None = None
    clean: bool = False
    known: Annotated[str, Field(max_length=100)] | None = None


class _Recovered(Request):
    answer: Literal["go on", "leave", "discard"]


class Desk:
    """Files and journal of one server."""

    def __init__(self, files: Files, recovery: Recovery) -> None:
        self._files = files
        self._recovery = recovery
        self._one = Lock()  # journals and files are written by one thread at a time
        self._acts: dict[str, tuple[type[Request], Callable[[Any, str], Data]]] = {
            "start": (_Start, lambda asked, page: self._start(frozenset(asked.open))),
            "recovered": (_Recovered, self._recovered),
            "files": (_Nothing, lambda asked, page: {"files": files.listed()}),
            "file": (_File, lambda asked, page: files.file(asked.path)),
            "read": (_Read, lambda asked, page: _read(asked)),
            "save": (_Save, self._save),
            "look": (_Look, lambda asked, page: files.look(asked.path, asked.known)),
            "journal": (_Journal, self._journal),
        }
        """What is asked, and what is done about it for a page."""

    @property
    def operations(self) -> frozenset[str]:
        """What is answered here."""
        return frozenset(self._acts)

    def answer(self, op: str, request: Mapping[str, Any], page: str = "") -> Data:
        """The answer to a page. Raises Misshapen, and TPError for what is not possible."""
        model, act = self._acts[op]
        try:
            asked = model.model_validate(dict(request))
        except ValidationError as error:
            raise Misshapen(str(error)) from None
        with self._one:
            return act(asked, page)

    def _start(self, pages: Set[str]) -> Data:
        """The file named at the start, and a text that was not saved when it was last open.

        What one of the `pages` has that are open still is not offered: `elsewhere` is whether that
        is of the same file. `damaged` are journals that were not whole, under the names that they
        have now.
        """
        first, problem = None, None
        try:
            first = self._files.first()
        except TPError as error:
            problem = str(error)
        named = None if first is None or first["path"] is None else first["path"]
        path = self._whole(named)
        journal = self._recovery.offer(path, pages)
        known = journal is None or (first is not None and journal.text == first["text"])
        recovered = None if journal is None or known else self._found(journal)
        damaged = [str(place) for place in self._recovery.damaged]
        return {
            "opened": first,
            "recovered": recovered,
            "elsewhere": path is not None and self._recovery.is_open(path, pages),
            "problem": problem,
            "damaged": damaged,
            "folder": self._files.folder,
        }

    def _found(self, journal: Journal) -> Data:
        """A text that is recovered, as the page opens it, and what is on disk of it.

        `digest` is of what it was made from: where the disk has something else, `changed` says so,
        and saving finds a conflict.
        """
        path = self._whole(journal.path)
        there = None
        with suppress(TPError):
            there = None if path is None else self._files.file(path)
        saved = None if there is None else there["text"]
        return {
            "name": journal.name,
            "text": journal.text,
            "undo": journal.undo_to(saved),
            "time": time.strftime("%Y-%m-%d %H:%M", time.localtime(journal.written)),
            "path": None if path is None else self._files.shown(Path(path)),
            "saved": saved,
            "digest": journal.base,
            "changed": there is not None and there["digest"] != journal.base,
        }

    def _recovered(self, asked: _Recovered, page: str) -> Data:
        match asked.answer:
            case "go on":
                self._recovery.taken(page)
            case "leave":
                self._recovery.left()
            case "discard":
                self._recovery.discarded()
        return {}

    def _save(self, asked: _Save, page: str) -> Data:
        found = self._files.save(asked.path, asked.text, asked.known)
        if "conflict" not in found:
            self._recovery.saved(asked.name, self._whole(asked.path), asked.text)
            if asked.was is not None:
                was = asked.was.name, self._whole(asked.was.path)
                self._recovery.keep(*was, asked.text, clean=True, page=page)
        return found

    def _journal(self, asked: _Journal, page: str) -> Data:
        path = self._whole(asked.path)
        self._recovery.keep(asked.name, path, asked.text, asked.clean, page, asked.known)
        return {}

    def _whole(self, path: str | None) -> str | None:
        return None if path is None else self._files.whole(path)


def _read(asked: _Read) -> Data:
    """A program from the content of a file that the page was given."""
    try:
        content = base64.b64decode(asked.base64, validate=True)
    except (binascii.Error, ValueError):
        raise TPDataError(f"{asked.name} did not arrive whole", mend="open it again") from None
    name = PurePath(asked.name).stem or UNNAMED
    return {"name": name, "text": opened(content, asked.name), "path": None, "digest": None}

"""The recovery journal: every text that was accepted, on disk before the next one.

A journal is a file of lines of JSON, one a text: `[time, start, end, insertion, check]` is the
change of the text before, which is empty at first. The first line is the head; `[digest, check]` is
the content of the file on disk that the texts from there on were made from. A line that was cut off
by a crash is left out; `check` is a sum over the text that comes of it, and its time, or over the
digest. What is damaged otherwise is set aside as it is, and what stands before the damage is
offered. A journal is locked by the process that writes it, and is one to recover when that process
has gone.
"""

from __future__ import annotations

import json
import os
import secrets
import time
import zlib
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, TypeAlias

from tpgraph.errors import TPError
from tpgraph.files import make_directory, write_bytes
from tpgraph.locks import lock

__all__ = ["Journal", "left_behind"]

Change: TypeAlias = tuple[int, int, str]
"""Of a text: from, to, and what comes there."""

_SUFFIX = ".journal"
_DAMAGED = ".damaged"
_STEPS = 10_000
"""How many texts before the last are told; each is that of a pause in typing or of an edit."""

_DAYS = 30.0
"""Days after which what was set aside, being damaged, is removed."""


@dataclass(eq=False)
class Journal:
    """One text over time. `path` is its file, None for one that was never saved."""

    place: Path
    name: str
    path: str | None
    text: str = ""
    written: float = 0.0
    base: str | None = None
    """The digest of what was on disk when the text was made from it; None where nothing was."""

    file: IO[bytes] | None = field(default=None, repr=False)
    undo: tuple[Change, ...] = field(default=(), repr=False)
    """What takes the text of one that was left behind back through those before, newest first."""

    damaged: Path | None = None
    """What it was, where it was not whole."""

    @classmethod
    def begun(cls, folder: Path, name: str, path: str | None) -> Journal:
        """A new journal, locked. Raises TPError where it cannot be written."""
        make_directory(folder)
        place = folder / f"{secrets.token_hex(8)}{_SUFFIX}"
        try:
            file = open(place, "xb", opener=_private)  # noqa: SIM115
        except OSError as error:
            raise TPError(f"{place} cannot be written: {error.strerror}") from None
        lock(file.fileno())
        own = cls(place, name, path, file=file)
        own._append(_head(name, path))
        return own

    @classmethod
    def left(cls, place: Path) -> Journal | None:
        """The journal in a file that no process holds any more; None for any other.

        Raises TPError where one that is damaged cannot be set aside.
        """
        try:
            file = open(place, "r+b")  # noqa: SIM115
        except OSError:
            return None
        content = file.read() if lock(file.fileno()) else b""
        if not content:
            file.close()
            return None
        own, whole = _read(place, content)
        if b"\n" in content[whole:]:
            own.damaged = place.with_suffix(_DAMAGED)
            write_bytes(own.damaged, content)
        file.truncate(whole)
        own.file = file
        return own

    def keep(self, text: str, base: str | None = None) -> None:
        """Have a text on disk when this returns, made from a file's content. Raises TPError."""
        if base != self.base:
            self._append([base, _check(json.dumps(base))])
            self.base = base
        if text == self.text:
            return
        start, end, put = _change(self.text, text)
        self.written = time.time()
        self._append([self.written, start, end, put, _check(text, self.written)])
        self.text = text

    def remove(self) -> None:
        """Remove the journal: its text is elsewhere."""
        with suppress(OSError):
            self.place.unlink()
        self.close()

    def close(self) -> None:
        """Let others have it."""
        if self.file is not None:
            self.file.close()
            self.file = None

    def _append(self, entry: Any) -> None:
        assert self.file is not None
        try:
            self.file.seek(0, os.SEEK_END)
            self.file.write(_line(entry) + b"\n")
            self.file.flush()
            os.fsync(self.file.fileno())
        except OSError as error:
            raise TPError(f"{self.place} cannot be written: {error.strerror}") from None

    def undo_to(self, saved: str | None) -> list[Change]:
        """`undo`, and what leads to the text that is saved where that is another than the first."""
        first = self.text
        for start, end, put in self.undo:
            first = first[:start] + put + first[end:]
        known = saved is None or saved == first or len(self.undo) == _STEPS
        return [*self.undo] if known else [*self.undo, _change(first, saved or "")]


def _private(name: str, flags: int) -> int:
    return os.open(name, flags, 0o600)


def _change(before: str, after: str) -> Change:
    """What makes one text of another."""
    start = _same(before, after)
    tail = _same(before[start:][::-1], after[start:][::-1])
    return start, len(before) - tail, after[start : len(after) - tail]


def _same(a: str, b: str) -> int:
    """How many letters two texts have in common at their beginning."""
    pairs = enumerate(zip(a, b, strict=False))
    return next((k for k, (x, y) in pairs if x != y), min(len(a), len(b)))


def _line(entry: Any) -> bytes:
    """The bytes of an entry. Others that read the same are none: nobody has written them."""
    return json.dumps(entry).encode()


def _check(text: str, when: float = 0.0) -> int:
    return zlib.crc32(f"{when!r} {text}".encode(errors="surrogatepass"))


def _head(name: str, path: str | None) -> dict[str, str | int | None]:
    return {"name": name, "path": path, "check": _check(json.dumps([name, path]))}


def _read(place: Path, content: bytes) -> tuple[Journal, int]:
    """A journal from its lines, and how many bytes of it are whole; an empty one without a head."""
    head, *lines = content.split(b"\n")[:-1] or [b""]
    own = Journal(place, place.stem, None)
    try:
        named = json.loads(head)
        if _line(_head(named["name"], named["path"])) != head:
            return own, 0
        own.name, own.path = named["name"], named["path"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return own, 0
    whole = len(head) + 1
    undo: deque[Change] = deque(maxlen=_STEPS)
    for line in lines:
        digest = _digest(line)
        found = (own.text, own.written) if digest else _applied(own.text, line)
        if found is None:
            break
        if digest:
            (own.base,) = digest
        elif own.written:
            undo.appendleft(_change(found[0], own.text))
        own.text, own.written = found
        whole += len(line) + 1
    own.undo = tuple(undo)
    return own, whole


def _digest(line: bytes) -> tuple[str | None] | None:
    """What a line says of the file on disk; None where it is a text's, or not whole."""
    try:
        base, _ = json.loads(line)
        whole = base is None or isinstance(base, str)
        whole = whole and _line([base, _check(json.dumps(base))]) == line
        return (base,) if whole else None
    except (ValueError, TypeError, RecursionError):
        return None


def _applied(text: str, line: bytes) -> tuple[str, float] | None:
    """The text after a line, and its time; None where the line is not whole."""
    try:
        when, start, end, put, check = json.loads(line)
        after = text[:start] + put + text[end:]
        whole = _line([when, start, end, put, check]) == line and _check(after, when) == check
        return (after, float(when)) if whole else None
    except (ValueError, TypeError, RecursionError):
        return None


def left_behind(folder: Path) -> list[Journal]:
    """The journals in a folder that no process holds; what was set aside weeks ago goes.

    Raises TPError where one that is damaged cannot be set aside.
    """
    _remove_old(folder)
    found = map(Journal.left, sorted(folder.glob(f"*{_SUFFIX}")))
    return [journal for journal in found if journal is not None]


def _remove_old(folder: Path) -> None:
    for left in folder.glob(f"*{_DAMAGED}"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _DAYS * 86400:
                left.unlink()

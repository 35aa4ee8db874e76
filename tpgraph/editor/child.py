"""A session in a process of its own: requests come and answers go as JSON over a pipe.

Work that takes more processor time than it may, or more memory, ends; the parent starts another
process for the next request.
"""

from __future__ import annotations

import gc
import json
import signal
import sys
import time
import traceback
from contextlib import suppress
from dataclasses import asdict
from importlib import import_module
from multiprocessing.connection import Connection

from tpgraph.children import HUNG_UP, end_with_parent
from tpgraph.editor.refusals import refusal_data
from tpgraph.errors import TPError, TPLimitError
from tpgraph.progress import Stage, heard_by

if sys.platform != "win32":
    import resource

__all__ = [
    "ANSWER", "COUNTS_TIME", "FULL", "LAST", "READY", "STOP", "UNDER_WAY", "UNFIT",
    "collect_seldom", "is_late", "serve",
]  # fmt: skip

READY, ANSWER, LAST, UNFIT, FULL, UNDER_WAY = b"r", b"a", b"l", b"u", b"f", b"w"
"""The first byte of a message: the process is ready, it answers, it answers and ends, the request
has not the form of one, there is not the memory to begin, this much is done of what it works at."""

STOP = b"stop"
"""A message to the process, in place of a request: what it works at is not wanted any more."""

COUNTS_TIME = hasattr(signal, "setitimer")
"""Whether a process ends by itself after some processor time."""

_TELLS = 0.1
"""Seconds between two messages of how far the work is."""

_LISTENS = 0.02
"""Seconds after which it is looked whether the work is still wanted."""

_LEAST = 2**28
"""Bytes below which loading does not end: libraries try again and again to begin their threads."""

_LOADING = 20.0
"""Seconds of processor time in which everything is loaded."""

_OWN = "apart:"
"""Before the revisions of a session that stands beside the one that keeps the page's picture."""


def serve(pipe: Connection[bytes, bytes], memory: int, beside: bool) -> None:
    """Answer requests from the pipe until its other end closes; `memory` bytes at most.

    A request is a number, the seconds of processor time that it may take, a space, and JSON.
    A session `beside` the one that keeps the picture of the page never has revisions of that one.
    """
    end_with_parent()
    _limit_memory(memory)
    _limit_time(_LOADING)
    try:
        if memory < _LEAST:
            raise MemoryError
        answering = _Answering(beside)
    except (MemoryError, ImportError, OSError):
        with suppress(*HUNG_UP):
            pipe.send_bytes(FULL)
        return
    _limit_time(0.0)
    collect_seldom()
    with suppress(*HUNG_UP):
        pipe.send_bytes(READY)
        while True:
            message = pipe.recv_bytes()
            if message == STOP:
                continue  # it was answered meanwhile
            seconds, _, request = message.partition(b" ")
            _limit_time(float(seconds))
            with heard_by(_Listening(pipe)):
                mark, answer = answering.answer(request)
            _limit_time(0.0)
            pipe.send_bytes(mark + answer)
            if mark == LAST:
                return


def collect_seldom() -> None:
    """Leave what is loaded out of the collection of garbage, and collect less often.

    A picture is a hundred thousand objects, of which hardly any are in circles.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)


class _Stopped(BaseException):
    """The work is not wanted any more; no `except Exception` on the way takes it for its own."""


class _Listening:
    """What hears how far the work is: it tells the parent, and ends the work when that says so."""

    def __init__(self, pipe: Connection[bytes, bytes]) -> None:
        self._pipe = pipe
        self._told = self._looked = time.monotonic()

    def __call__(self, stages: tuple[Stage, ...]) -> None:
        """Tell of these stages if it is time. Raises _Stopped."""
        now = time.monotonic()
        if now - self._looked > _LISTENS:
            self._looked = now
            if self._pipe.poll() and self._pipe.recv_bytes() == STOP:
                raise _Stopped
        if now - self._told > _TELLS:
            self._told = now
            self._pipe.send_bytes(UNDER_WAY + json.dumps([asdict(s) for s in stages]).encode())


class _Answering:
    """A session, and a new one after an exception that nobody foresaw."""

    def __init__(self, beside: bool) -> None:
        self._module = import_module("tpgraph.editor.session")
        self._session = self._module.Session()
        self._beside = beside

    def answer(self, request: bytes) -> tuple[bytes, bytes]:
        """The kind of the answer and its JSON."""
        try:
            found = self._session.answer(json.loads(request))
            if self._beside and "view" in found:
                found["view"]["revision"] = _OWN + found["view"]["revision"]
            return ANSWER, json.dumps(found, allow_nan=False).encode()
        except (self._module.Unfit, RecursionError) as error:
            return UNFIT, str(error).encode(errors="replace")
        except _Stopped:
            return ANSWER, _refusal(TPError("this was cancelled"))
        except MemoryError:
            return LAST, _refusal(_too_large())
        except Exception as error:
            traceback.print_exc()
            self._session = self._module.Session()
            return ANSWER, _refusal(_unforeseen(error))


def _refusal(error: TPError) -> bytes:
    return json.dumps(refusal_data(error)).encode()


def _too_large() -> TPError:
    return TPLimitError(
        "this needs more memory than the editor gives", mend="choose smaller numbers"
    )


def _unforeseen(error: Exception) -> TPError:
    return TPError(
        f"the editor could not do this: {type(error).__name__}: {str(error)[:200]}",
        mend="go on; the text is safe. Please report it with the program",
    )


def _limit_memory(most: int) -> None:
    """Bound the data of this process; not its addresses, of which wasmtime reserves gigabytes."""
    if sys.platform != "win32":
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def _limit_time(seconds: float) -> None:
    """Let SIGPROF end this process after some processor time; 0 takes the limit off."""
    if COUNTS_TIME:
        signal.setitimer(signal.ITIMER_PROF, seconds)


def is_late(code: int | None) -> bool:
    """Whether an exit code says that the limit of processor time was reached."""
    return COUNTS_TIME and code == -signal.SIGPROF

"""A process around a session: limits of time and memory, the newest request of a kind wins.

The process is started when it is needed, killed when it is late, and begun again; whatever happens
to it, the next request is answered. It talks over a pipe, so that nobody else can send it work.
Work tells how far it is; what nobody wants any more is told to stop, and killed if it goes on.
"""

from __future__ import annotations

import asyncio
import json
import os
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, TypeAlias

from tpgraph.bounds import EDITOR
from tpgraph.children import HUNG_UP, deaf_children
from tpgraph.editor import child, forking
from tpgraph.editor.news import Stages
from tpgraph.editor.refusals import refusal_data
from tpgraph.errors import TPError, TPLimitError

__all__ = ["SUPERSEDED", "Hear", "Misshapen", "Worker", "patience"]

SUPERSEDED = b'{"superseded": true}'

_START = 60.0
"""Seconds in which a process has to be ready."""

_PATIENCE = 6.0 if child.COUNTS_TIME else 1.5
"""Times its seconds that a request may take by the clock on the wall, while the machine has a
processor for it. Where the process counts its own time, the clock need only find one that hangs: a
machine that stood still for some seconds is no fault of the request.
"""

_ANEW = 2.0
"""Times its seconds that a request may take after one was late: nothing drawn is kept by then."""

_MOST = 64
"""Requests that may wait."""

_GRACE = 0.3
"""Seconds in which work that is not wanted any more has to stop; a new process takes longer."""

Hear: TypeAlias = Callable[[Stages], None]
"""What is told how far a request is."""


class Misshapen(ValueError):
    """A request that has not the form of one."""


@dataclass(frozen=True)
class _Child:
    """A process and our end of its pipe."""

    process: BaseProcess
    pipe: Connection[bytes, bytes]

    def end(self) -> int | None:
        """Kill the process; its exit code."""
        self.process.kill()
        self.process.join()
        self.pipe.close()
        return self.process.exitcode


def _deaf(stages: Stages) -> None:
    """Nobody hears."""


@dataclass(eq=False)
class _Asked:
    """A request that waits or is being answered. `kind` is None where each one counts."""

    request: bytes
    kind: str | None
    seconds: float
    hear: Hear
    id: str | None
    answer: asyncio.Future[bytes] = field(default_factory=asyncio.Future)

    def settle(self, answer: bytes) -> None:
        """Answer, unless nobody waits any more."""
        if not self.answer.done():
            self.answer.set_result(answer)

    def told(self, stages: Stages) -> None:
        """How far the work is, for who still waits."""
        if not self.answer.done():
            self.hear(stages)


class Worker:
    """One session in a process. To be used from one event loop.

    `eager`: a newer request of the kind that is being answered, or nobody who waits for it, ends
    the work in its middle, which suits work of seconds; otherwise it is let finish.
    """

    def __init__(self, *, eager: bool = False, memory: int | None = None) -> None:
        self._eager = eager
        self._memory = EDITOR.most if memory is None else memory
        self._unable: TPError | None = None
        self._waiting: list[_Asked] = []
        self._now: _Asked | None = None
        self._child: _Child | None = None
        self._task: asyncio.Task[None] | None = None
        self._closed = False
        self._anew = False
        self._sending = threading.Lock()

    async def ask(
        self,
        request: Mapping[str, Any],
        kind: str | None,
        seconds: float,
        hear: Hear = _deaf,
        id: str | None = None,
    ) -> bytes:
        """The answer to a request, as JSON. Raises Misshapen.

        An older request of this `kind` that still waits is answered by SUPERSEDED. `hear` is told
        how far the work is; by `id` it can be cancelled.
        """
        asked = _Asked(json.dumps(request).encode(), kind, seconds, hear, id)
        if kind is not None:
            self._supersede(kind)
        if len(self._waiting) >= _MOST:
            busy = TPLimitError(f"more than {_MOST} requests wait", mend="try again")
            return _refused(busy, again=True)
        self._waiting.append(asked)
        self.start()
        try:
            return await asked.answer
        finally:
            if asked in self._waiting:
                self._waiting.remove(asked)
            elif asked is self._now and self._eager:
                self._stop(asked)

    def start(self) -> None:
        """Have the process ready before it is asked."""
        if not self._closed and (self._task is None or self._task.done()):
            self._task = asyncio.get_running_loop().create_task(self._work())

    def cancel(self, id: str | None = None) -> None:
        """Answer all that waits or is being done, or what of it is named so, by a refusal."""
        now = self._now
        for asked in [a for a in self._waiting if id is None or a.id == id]:
            asked.settle(_refused(TPError("this was cancelled")))
            self._waiting.remove(asked)
        if now is not None and (id is None or now.id == id):
            now.settle(_refused(TPError("this was cancelled")))
            self._stop(now)

    async def close(self) -> None:
        """End the process; to be called once, at the end."""
        self._closed = True
        self.cancel()
        self._kill()
        if self._task is not None:
            await self._task

    def _supersede(self, kind: str) -> None:
        for older in [a for a in self._waiting if a.kind == kind]:
            older.settle(SUPERSEDED)
            self._waiting.remove(older)
        if self._eager and self._now is not None and self._now.kind == kind:
            self._now.settle(SUPERSEDED)
            self._stop(self._now)

    def _stop(self, asked: _Asked) -> None:
        """End work that nobody waits for any more: it is told so, and killed if it goes on."""
        with self._sending, suppress(*HUNG_UP):
            if self._child is not None:
                self._child.pipe.send_bytes(child.STOP)
        asyncio.get_running_loop().call_later(_GRACE, self._kill_with, asked)

    def _kill_with(self, asked: _Asked) -> None:
        if asked is self._now:
            self._kill()

    def _kill(self) -> None:
        if self._child is not None:
            self._child.process.kill()

    async def _work(self) -> None:
        """Answer what waits, one after the other; leave a process that is ready."""
        if not self._waiting:
            await asyncio.to_thread(self._ready)
        while self._waiting and not self._closed:
            self._now = asked = self._waiting.pop(0)
            loop = asyncio.get_running_loop()
            try:
                message = await asyncio.to_thread(self._exchanged, asked, loop)
            finally:
                self._now = None
            if message[:1] == child.UNFIT and not asked.answer.done():
                asked.answer.set_exception(Misshapen(message[1:].decode(errors="replace")))
            else:
                asked.settle(message[1:])
            if self._unable is None:
                await asyncio.to_thread(self._ready)
        if self._closed:
            self._end()

    def _exchanged(self, asked: _Asked, loop: asyncio.AbstractEventLoop) -> bytes:
        """The message that answers a request, in whatever state the process is.

        A process that was ended from outside is begun again, once.
        """
        code: int | None = None
        seconds = asked.seconds * (_ANEW if self._anew else 1.0)
        for _ in range(2):
            found = self._ready()
            if found is None:
                return child.ANSWER + _refused(self._unable or _dead(code), again=True)
            try:
                return self._told(found, asked, seconds, loop)
            except HUNG_UP:
                code = self._end()
            self._anew = child.is_late(code)
            if self._anew or asked.answer.done():
                return child.ANSWER + _refused(_late(seconds))
        return child.ANSWER + _refused(_dead(code), again=True)

    def _told(
        self, found: _Child, asked: _Asked, seconds: float, loop: asyncio.AbstractEventLoop
    ) -> bytes:
        """What a process answers, in time. Raises what a broken pipe does."""
        with self._sending:
            if asked.answer.done():
                return child.ANSWER + SUPERSEDED  # nobody hears it
            found.pipe.send_bytes(b"%r %b" % (seconds, asked.request))
        end = time.monotonic() + patience() * seconds
        while found.pipe.poll(max(end - time.monotonic(), 0.0)):
            message = found.pipe.recv_bytes()
            if message[:1] == child.UNDER_WAY:
                loop.call_soon_threadsafe(asked.told, json.loads(message[1:]))
                continue
            self._anew = False
            if message[:1] == child.LAST:
                self._end()
            return message
        self._end()
        self._anew = True
        return child.ANSWER + _refused(_late(seconds), again=True)

    def _ready(self) -> _Child | None:
        """The process, started where there is none that lives; None where that fails."""
        if self._child is not None and self._child.process.is_alive():
            return self._child
        self._end()
        if self._closed:
            return None
        context = forking.context()
        ours, theirs = context.Pipe()
        arguments = (theirs, self._memory, self._eager)
        process = context.Process(target=child.serve, args=arguments, daemon=True)
        with deaf_children():
            process.start()
        theirs.close()
        self._child = started = _Child(process, ours)
        self._unable = self._begun(started)
        if self._unable is None:
            return started
        self._end()
        return None

    def _begun(self, started: _Child) -> TPError | None:
        """Wait until a process is ready; what is in its way."""
        with suppress(*HUNG_UP):
            if started.pipe.poll(_START):
                message = started.pipe.recv_bytes()
                return None if message == child.READY else _too_small(self._memory)
        started.process.join(1.0)
        if child.is_late(started.process.exitcode):
            return _too_small(self._memory)
        return TPError(
            f"no process of the editor could be started in {_START:g} s",
            mend="look at what the terminal says, and begin the editor anew",
        )

    def _end(self) -> int | None:
        """End the process, if there is one; its exit code."""
        ended, self._child = self._child, None
        return None if ended is None else ended.end()


def patience() -> float:
    """Times its seconds of processor time that a request may take by the clock on the wall: more
    where others wait for the processors too, and each gets a share.
    """
    waiting = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return _PATIENCE * max(1.0, waiting / (os.cpu_count() or 1))


def _refused(error: TPError, again: bool = False) -> bytes:
    return json.dumps(refusal_data(error, again)).encode()


def _late(seconds: float) -> TPError:
    return TPLimitError(
        f"this takes longer than {seconds:g} s, and was ended",
        mend="choose smaller numbers: fewer turns of a loop, smaller widths",
    )


def _too_small(memory: int) -> TPError:
    return EDITOR.exceeded(f"{memory / 2**20:.0f} MiB are too little for the editor to start")


def _dead(code: int | None) -> TPError:
    return TPError(
        f"the editor's process ended, with exit code {code}", mend="do it again; the text is safe"
    )

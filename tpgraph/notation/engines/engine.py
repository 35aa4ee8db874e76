"""Layout engines: Graphviz as WebAssembly (built in), and the `dot` on PATH.

Both take a DOT text whose nodes have fixed sizes and no labels, and answer with positions.
"""

from __future__ import annotations

import functools
import importlib
import subprocess
from collections.abc import Callable
from typing import Protocol

from graphviz.backend import dot_command

from tpgraph.errors import TPError, TPLimitError
from tpgraph.notation.engines.graphviz_layout import (
    DEFAULT_TIMEOUT,
    ClusterBox,
    GraphvizEdge,
    GraphvizLayout,
    parse_layout,
)

__all__ = [
    "DEFAULT_TIMEOUT",
    "ClusterBox",
    "GraphvizEdge",
    "GraphvizLayout",
    "LayoutEngine",
    "SystemEngine",
    "get_engine",
    "parse_layout",
]


class LayoutEngine(Protocol):
    """Lays out a DOT graph; raises TPError where it cannot."""

    def layout(self, dot: str) -> GraphvizLayout:
        """Positions and splines in pt, y upwards."""
        ...


class SystemEngine:
    """The `dot` program on PATH, stopped after `timeout` seconds."""

    def __init__(self, timeout: float = DEFAULT_TIMEOUT) -> None:
        self.timeout = timeout

    def layout(self, dot: str) -> GraphvizLayout:
        """Positions and splines in pt, y upwards.

        Raises TPError when `dot` is missing, takes too long, or reports an error.
        """
        command = [str(part) for part in dot_command.command("dot", "json0")]
        try:
            done = subprocess.run(
                command, input=dot.encode(), capture_output=True, timeout=self.timeout, check=False
            )
        except OSError as error:
            raise TPError(
                f"the program `dot` cannot be run: {error.strerror or error}",
                expected="Graphviz on PATH",
                mend="install graphviz (apt-get install graphviz), "
                "or use the built-in engine: --engine wasm",
            ) from error
        except subprocess.TimeoutExpired as error:
            raise TPLimitError(
                f"`dot` did not finish the layout within {self.timeout:g} s",
                mend="draw less (--fold), or allow more time",
            ) from error
        if done.returncode:
            reason = done.stderr.decode(errors="replace").strip() or f"exit {done.returncode}"
            raise TPError(f"`dot` failed: {reason}", mend="use the built-in engine: --engine wasm")
        return parse_layout(done.stdout)


def get_engine(name: str = "wasm", timeout: float = DEFAULT_TIMEOUT) -> LayoutEngine:
    """The engine called `wasm` (built in) or `system` (the `dot` on PATH).

    One per process and timeout, so that the compiled Graphviz is loaded once. Raises TPError for
    an unknown name.
    """
    make = _ENGINES.get(name)
    if make is None:
        raise TPError(
            f"unknown layout engine {name!r}",
            expected=" or ".join(_ENGINES),
            mend="use --engine wasm, the built-in one",
        )
    return make(timeout)


def _wasm_engine(timeout: float) -> LayoutEngine:
    """The built-in engine, whose runtime is loaded with the first picture."""
    engine: LayoutEngine = importlib.import_module("tpgraph.notation.engines.wasm").WasmEngine(
        timeout
    )
    return engine


_ENGINES: dict[str, Callable[[float], LayoutEngine]] = {
    "wasm": functools.cache(_wasm_engine),
    "system": functools.cache(SystemEngine),
}

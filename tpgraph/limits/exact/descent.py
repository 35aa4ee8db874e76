"""Memoised recursion over a deep program, on a stack of its own.

E[Z^x Z^y] of one layer asks for that of the layer before, and so on. Python's stack ends after some
sixty layers; so beyond a few a computation is left, what it asked for is done first, and then it
begins again and finds that in the memory.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

__all__ = ["Descent"]

_DEEPEST = 16
"""Computations in one another; each takes about twenty frames of Python's thousand."""

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class _Deeper(Exception):
    """What is to be done first: a memory, a key, and how its value is made."""

    def __init__(self, task: tuple[dict[Any, Any], Any, Callable[[], Any]]) -> None:
        self.task = task


class Descent:
    """Computes values with a memory; `make` may ask for other values of the same descent.

    It may be left half done and called again, so it must not change anything before its end.
    """

    def __init__(self) -> None:
        self._depth = 0

    def value(self, memory: dict[K, V], key: K, make: Callable[[], V]) -> V:
        """The value of a key, made where the memory lacks it."""
        if key in memory:
            return memory[key]
        if self._depth >= _DEEPEST:
            raise _Deeper((memory, key, make))
        if self._depth:
            self._do(memory, key, make)
        else:
            self._from_below(memory, key, make)
        return memory[key]

    def _do(self, memory: dict[K, V], key: K, make: Callable[[], V]) -> None:
        self._depth += 1
        try:
            memory[key] = make()
        finally:
            self._depth -= 1

    def _from_below(self, memory: dict[K, V], key: K, make: Callable[[], V]) -> None:
        """Do a task, and before it every one that it cannot reach."""
        tasks: list[tuple[dict[Any, Any], Any, Callable[[], Any]]] = [(memory, key, make)]
        while tasks:
            kept, wanted, action = tasks[-1]
            try:
                if wanted not in kept:
                    self._do(kept, wanted, action)
                tasks.pop()
            except _Deeper as deeper:
                tasks.append(deeper.task)

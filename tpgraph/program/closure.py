"""What can be reached in steps from name to name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

__all__ = ["reached"]


def reached(name: str, along: Mapping[str, Iterable[str]]) -> set[str]:
    """The name, and all to which steps lead from it; `along` says what is one step away.

    >>> sorted(reached("b", {"a": ["b"], "b": ["c"], "c": ["d", "b"]}))
    ['b', 'c', 'd']
    """
    found, waiting = {name}, [name]
    while waiting:
        new = set(along.get(waiting.pop(), ())) - found
        found |= new
        waiting += new
    return found

"""Whole characters: a page's strings can hold half of one, which no file and no program can."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tpgraph.errors import Source, Span, TPSyntaxError

__all__ = ["require_characters"]

_HALF = re.compile("[\ud800-\udfff]")


def require_characters(request: Mapping[str, Any]) -> None:
    """Raise TPSyntaxError where a string of a request holds half of a character.

    In its text the place is said.
    """
    text = request.get("text")
    half = _HALF.search(text) if isinstance(text, str) else None
    span = None
    if half is not None:
        span = Span(
            Source("<text>", _HALF.sub("\N{REPLACEMENT CHARACTER}", half.string)), *half.span()
        )
    half = half or next((found for s in _strings(request) if (found := _HALF.search(s))), None)
    if half is not None:
        raise TPSyntaxError(
            f"half of a character, U+{ord(half.group()):04X}",
            span,
            "whole characters",
            "delete it",
        )


def _strings(value: Any) -> Iterator[str]:
    """The strings in what JSON can hold, without recursion."""
    waiting = [value]
    while waiting:
        found = waiting.pop()
        if isinstance(found, str):
            yield found
        elif isinstance(found, Mapping):
            waiting += (*found, *found.values())
        elif isinstance(found, list | tuple):
            waiting += found

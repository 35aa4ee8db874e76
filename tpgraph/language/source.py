"""The source of a text: what places count in."""

from __future__ import annotations

from tpgraph.errors import Source, Span, TPSyntaxError
from tpgraph.language.acceptance import require_lines, require_size

__all__ = ["source_of"]


def source_of(text: str, name: str) -> Source:
    """The source of a text: without a byte order mark, lines ended by a newline alone.

    Raises TPLimitError where it is too large, TPSyntaxError where it holds a NUL byte.
    """
    require_size(len(text))
    require_lines(text)
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    source = Source(name, text)
    zero = text.find("\0")
    if zero >= 0:
        raise TPSyntaxError(
            "a NUL byte", Span(source, zero, zero + 1), "text", "is this a file of another kind?"
        )
    return source

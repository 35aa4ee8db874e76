"""What a syntax error says: the mistakes that people make, then what could have stood there."""

from __future__ import annotations

from lark import Lark
from lark.exceptions import UnexpectedInput

from tpgraph.errors import Source, Span, TPError, TPSyntaxError
from tpgraph.language.lines import Line

__all__ = ["explain"]


def explain(
    lark: Lark, text: str, unexpected: UnexpectedInput, source: Source, line: Line
) -> TPError:
    """The error of a line that lark could not read."""
    position = unexpected.pos_in_stream or 0
    start = line.start + position
    return TPSyntaxError("this does not fit here", Span(source, start, start + 1))

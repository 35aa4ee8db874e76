"""Logical lines: the text cut where a line ends outside brackets, and the blocks they form."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import NamedTuple

from tpgraph.bounds import DEPTH
from tpgraph.errors import Source, Span, TextEdit, TPError, TPLimitError, TPSyntaxError
from tpgraph.language.vocabulary import STATEMENTS

__all__ = ["Line", "logical_lines"]

_PIECE = re.compile(r'[\[({]|[\])}]|#[^\n]*|"(?:[^"\n]|"")*"?|\n|[^\[\](){}#"\n]+')
_MARGIN = re.compile(
    r"(?:program|parametrization|width|dim|const|fn|data|target|param|matrix|vector|scalar|output"
    r"|loss|label|for)[ \t]|[^\W\d][^\s=\[\](){}#\"]*(?:\[[^\s=\[\](){}#\"]*\])?[ \t]*=[^=]"
)
_HEAD = re.compile(r"([^\W\d]\w*)[ \t]*[^\s,)\]}]")
_PAIRS = {")": "(", "]": "[", "}": "{"}
_CLOSING = {opening: closing for closing, opening in _PAIRS.items()}


class Line(NamedTuple):
    """One logical line: from its first character to its last, without a comment behind it.

    `indent` is the white space before it; `comment` the place of the comment that ends it, or −1.
    """

    start: int
    end: int
    indent: str
    comment: int
    error: TPError | None


def logical_lines(source: Source) -> Iterator[Line]:
    """The logical lines that are not empty, in order; a bracket at fault is the line's `error`.

    A line that opens a bracket goes on until it is closed; an unclosed one ends where the next
    statement begins, no deeper than itself, so that one mistake does not swallow the file: nor a
    line below it that reads like a statement with a word misspelt.
    """
    text, position, length = source.text, 0, len(source.text)
    while position < length:
        newline = text.find("\n", position)
        end = newline if newline >= 0 else length
        start = position
        while start < end and text[start] in " \t\r":
            start += 1
        position_after = end + 1
        if start < end and text[start] != "#":
            indent = text[position:start]
            line = _plain(text, start, end, indent) or _scan(source, start, indent)
            position_after = max(position_after, _after(text, line))
            yield line
        position = position_after


def _after(text: str, line: Line) -> int:
    """Where the line after a logical line begins."""
    newline = text.find("\n", max(line.end, line.comment))
    return newline + 1 if newline >= 0 else len(text)


def _plain(text: str, start: int, end: int, indent: str) -> Line | None:
    """The line, where it has no comment and no string and its brackets balance; else None."""
    row = text[start:end].rstrip()
    opening = row.count("(")
    if (
        "#" in row
        or '"' in row
        or "{" in row
        or "}" in row
        or opening != row.count(")")
        or row.count("[") != row.count("]")
        or opening + row.count("[") > DEPTH.most
    ):
        return None
    return Line(start, start + len(row), indent, -1, None)


def _scan(source: Source, start: int, indent: str) -> Line:
    """The logical line that begins at `start`."""
    text, position, comment, quote, solid = source.text, start, -1, -1, start
    opened: list[tuple[str, int]] = []
    doubt: tuple[int, int, int] | None = None
    while True:
        match = _PIECE.match(text, position)
        if match is None:
            end = len(text)
            break
        piece = match.group()
        first = piece[0]
        if first != "#" and piece.strip():
            solid = position + len(piece.rstrip())
        if first == "\n":
            below = _below(text, match.end(), indent)
            if not opened or (below and _MARGIN.match(below)):
                end = position
                break
            if doubt is None and below and _is_doubtful(below):
                doubt = position, comment, solid
            comment = -1
        elif first == '"' and piece.count('"') % 2:
            quote = position
        elif first == "#":
            comment = position
        elif first in "[({":
            opened.append((first, position))
            if len(opened) > DEPTH.most:
                return _rest(source, start, indent, _too_deep(source, position))
        elif first in "])}":
            if not opened or opened[-1][0] != _PAIRS[first]:
                return _rest(source, start, indent, _stray(source, position, opened))
            opened.pop()
        position = match.end()
    if opened and doubt is not None:  # what follows is read for itself: it has its own mistake
        end, comment, solid = doubt
    body = comment if comment >= 0 else end
    while body > start and text[body - 1] in " \t\r\n":
        body -= 1
    error = None
    if opened:
        error = _open_text(source, quote) if quote >= 0 else _unclosed(source, start, opened, solid)
    return Line(start, body, indent, comment, error)


def _below(text: str, start: int, indent: str) -> str:
    """The next row, where it is indented no deeper than a line; else nothing.

    In a block a row that begins with `for` may be the rest of a sum.
    """
    end = text.find("\n", start)
    row = text[start : end if end >= 0 else len(text)]
    bare = row.lstrip(" \t")
    in_sum = bool(indent) and bare.startswith("for ")
    return bare if len(row) - len(bare) <= len(indent) and not in_sum else ""


def _is_doubtful(row: str) -> bool:
    """Whether a row reads like a statement of which a word is misspelt: `vectr v : n ~ N(0, 1)`."""
    head = _HEAD.match(row)
    if head is None:
        return False
    signs = any(sign in row.partition("#")[0] for sign in "=:~")
    return signs or bool(difflib.get_close_matches(head[1].lower(), STATEMENTS, n=1, cutoff=0.6))


def _rest(source: Source, start: int, indent: str, error: TPError) -> Line:
    """The line up to its end in the file, given up because of `error`."""
    newline = source.text.find("\n", start)
    end = newline if newline >= 0 else len(source.text)
    if error.span is not None and error.span.start >= end:
        newline = source.text.find("\n", error.span.start)
        end = newline if newline >= 0 else len(source.text)
    return Line(start, end, indent, -1, error)


def _too_deep(source: Source, position: int) -> TPError:
    return TPLimitError(
        f"brackets nest deeper than {DEPTH.most}",
        Span(source, position, position + 1),
        f"at most {DEPTH.most} brackets in one another",
        "bind a part to a name of its own",
    )


def _open_text(source: Source, position: int) -> TPError:
    """The error of a text that swallows the brackets behind it."""
    newline = source.text.find("\n", position)
    end = len(source.text) if newline < 0 else newline
    return TPSyntaxError(
        "the text is never closed",
        Span(source, position, position + 1),
        'a second `"`',
        'write `"` behind it',
        (TextEdit(Span(source, end, end), '"'),),
    )


def _stray(source: Source, position: int, opened: list[tuple[str, int]]) -> TPError:
    span, closing = Span(source, position, position + 1), source.text[position]
    if opened:
        wanted = _CLOSING[opened[-1][0]]
        where = Span(source, opened[-1][1], opened[-1][1] + 1)
        return TPSyntaxError(
            f"`{closing}` closes the `{opened[-1][0]}` of line {where.line}, column {where.column}",
            span,
            f"`{wanted}`",
            f"write `{wanted}` in place of `{closing}`",
            (TextEdit(span, wanted),),
        )
    return TPSyntaxError(
        f"`{closing}` closes a bracket that is not open",
        span,
        mend=f"delete it, or write the `{_PAIRS[closing]}` that it closes",
        edits=(TextEdit(Span(source, position, _past_closing(source.text, position)), "", True),),
    )


def _past_closing(text: str, position: int) -> int:
    """Where a run of closing brackets ends."""
    while position < len(text) and text[position] in _PAIRS:
        position += 1
    return position


_INDEX = re.compile(r"\[[ \t]*[-−\w.]+(?:[ \t]*[-−+*/,][ \t]*[-−\w.]+)*")
_TAILS = re.compile(r"[ \t]+(?:scale\b|as[ \t]+X\b)|[ \t]*:[ \t]*[^\s=]|[ \t]*=(?!=)")
_HEADS = re.compile(r"(?:fn|for|param|vector|matrix)\b")


def _end_of_bracket(text: str, start: int, position: int, end: int) -> int:
    """Where a bracket may have ended: an index behind itself, others before what follows them."""
    if text[position] == "[":
        index = _INDEX.match(text, position, end)
        if index is not None:
            return index.end()
    quote = text.find('"', position, end)
    stop = end if quote < 0 else quote
    tail = _TAILS.search(text, position, stop) if _HEADS.match(text, start) else None
    return end if tail is None else tail.start()


def _unclosed(source: Source, start: int, opened: list[tuple[str, int]], end: int) -> TPError:
    opening, position = opened[-1]
    closing = _CLOSING[opening]
    missing = "".join(_CLOSING[bracket] for bracket, _ in reversed(opened))
    if len(opened) == 1:
        end = _end_of_bracket(source.text, start, position, end)
    return TPSyntaxError(
        f"`{opening}` is never closed",
        Span(source, position, position + 1),
        f"`{closing}`",
        f"write `{closing}` where the bracket ends",
        (TextEdit(Span(source, end, end), missing, guess=True),),
    )

"""`fmt`: the text of a program in its canonical layout.

Statements, loops, families, comments, line breaks inside brackets and single empty lines stay;
spelling, spaces and indentation become canonical. The program is the same before and after, and
formatting twice changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from lark import Token

from tpgraph.bounds import ERRORS
from tpgraph.errors import Source, TPError, raise_all
from tpgraph.functions import LIBRARY, PRIMITIVES
from tpgraph.language.lines import Line, logical_lines
from tpgraph.language.parser import statements, tokens
from tpgraph.language.syntax import DefineFunction
from tpgraph.language.tokens import SpacedToken, spaced
from tpgraph.program import REDUCTIONS

__all__ = ["format_source"]

_INDENT = "    "
_FAMILY = {
    **dict.fromkeys(("WIDTH", "DIM", "CONST"), "sizes"),
    **dict.fromkeys(("DATA", "TARGET", "PARAM", "MATRIX", "VECTOR", "SCALAR"), "given"),
}
"""Statements whose words are filled up to one width where they follow one another."""


@dataclass(slots=True)
class _Row:
    """One line of output: `cells` stand in columns with those of neighbours of the same `word`."""

    depth: int
    cells: list[str]
    comment: str = ""
    word: str = ""
    family: str = ""


def format_source(source: Source, ascii: bool = False) -> str:
    """The formatted text. Raises the syntax errors of the source."""
    functions = {*PRIMITIVES, *LIBRARY, *REDUCTIONS, *_require_syntax(source)}
    rows: list[_Row] = []
    headers: list[int] = []
    position = 0
    for line in logical_lines(source):
        rows.extend(_between(source.text[position : line.start], headers))
        headers[:] = [h for h in headers if h < len(line.indent)]
        own = tokens(source, line)
        rows.extend(_statement(source, line, own, len(headers), functions, ascii))
        if own[0].type == "FOR":
            headers.append(len(line.indent))
        position = max(line.end, line.comment)
        if line.comment >= 0:
            end = source.text.find("\n", line.comment)
            position = end if end >= 0 else len(source.text)
    rows.extend(_between(source.text[position:], headers))
    return _laid_out(rows)


def _require_syntax(source: Source) -> set[str]:
    """Raise the syntax errors; the names of the functions that the text defines."""
    errors: list[TPError] = []
    names = {
        s.name.full
        for s in statements(source, lambda error, _: errors.append(error))
        if isinstance(s, DefineFunction)
    }
    raise_all(errors[: ERRORS.most])
    return names


def _between(text: str, headers: Sequence[int]) -> Iterator[_Row]:
    """Empty lines and comments between two statements."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        stripped = line.strip()
        if stripped.startswith("#"):
            indent = len(line) - len(line.lstrip())
            yield _Row(sum(h < indent for h in headers), [stripped])
        elif 0 < number < len(lines) - 1:
            yield _Row(0, [])


def _statement(
    source: Source,
    line: Line,
    own: Sequence[Token],
    depth: int,
    functions: set[str],
    ascii: bool,
) -> Iterator[_Row]:
    """The rows of a logical line: one, or more where brackets break it."""
    text = source.text[line.start : line.end]
    comment = ""
    if line.comment >= 0:
        comment = source.text[line.comment :].split("\n", 1)[0].rstrip()
    pieces = spaced(own, functions, text, ascii)
    if "\n" not in text:
        family = _FAMILY.get(pieces[0].kind, "")
        if family:
            yield _Row(depth, _cells(pieces[1:]), comment, pieces[0].text, family)
        else:
            yield _Row(depth, [_joined(pieces)], comment)
        return
    yield from _broken(text, pieces, depth, comment)


def _joined(pieces: Sequence[SpacedToken]) -> str:
    words = []
    for number, piece in enumerate(pieces):
        words.append(f" {piece.text}" if piece.space and number else piece.text)
    return "".join(words)


def _cells(pieces: Sequence[SpacedToken]) -> list[str]:
    """A declaration cut before its colon and its ~."""
    cuts = [i for i, p in enumerate(pieces) if p.text in {":", "~"}]
    starts = [0, *cuts]
    return [_joined(pieces[a:b]) for a, b in zip(starts, [*cuts, len(pieces)], strict=True)]


def _broken(text: str, pieces: Sequence[SpacedToken], depth: int, comment: str) -> Iterator[_Row]:
    """A line that goes on over several: broken where it was, comments kept."""
    begin = 0
    for i in range(1, len(pieces) + 1):
        last = i == len(pieces)
        gap = "" if last else text[pieces[i - 1].end : pieces[i].start]
        if not last and "\n" not in gap:
            continue
        closing = begin > 0 and pieces[begin].kind in {"RPAR", "RSQB"}
        inner = depth + (begin > 0 and not closing)
        first, *others = _notes(gap) if "#" in gap.split("\n")[0] else ["", *_notes(gap)]
        yield _Row(inner, [_joined(pieces[begin:i])], comment if last else first.rstrip())
        for other in others:
            yield _Row(depth + 1, [other.rstrip()])
        begin = i


def _notes(gap: str) -> list[str]:
    return re.findall(r"#[^\n]*", gap)


def _laid_out(rows: Sequence[_Row]) -> str:
    """The text of the rows: words, cells and comments of neighbours aligned."""
    texts: list[tuple[str, str]] = []
    for (depth, family), run in _runs(rows, lambda row: (row.depth, row.family)):
        word = max(len(row.word) for row in run)
        for _, alike in _runs(run, lambda row: (row.depth, row.word)):
            lead = _INDENT * depth
            if family:
                lead += alike[0].word.ljust(word) + " "
            lines = _columns(alike) if family else [" ".join(row.cells) for row in alike]
            texts += [
                (lead + line if row.cells else "", row.comment)
                for row, line in zip(alike, lines, strict=True)
            ]
    return _with_comments(texts)


def _runs(
    rows: Sequence[_Row], key: Callable[[_Row], tuple[int, str]]
) -> Iterator[tuple[tuple[int, str], list[_Row]]]:
    """Neighbouring rows of one key."""
    for common, run in groupby(rows, key):
        yield common, list(run)


def _columns(rows: Sequence[_Row]) -> list[str]:
    """The cells of the rows in columns."""
    last = max(len(row.cells) for row in rows) - 1
    widths = [
        max((len(row.cells[c]) for row in rows if c < len(row.cells) - 1), default=0)
        for c in range(last)
    ]
    return [
        " ".join(
            [*(c.ljust(w) for c, w in zip(row.cells[:-1], widths, strict=False)), row.cells[-1]]
        )
        for row in rows
    ]


def _with_comments(texts: Sequence[tuple[str, str]]) -> str:
    """The lines with their comments, aligned where they follow one another."""
    lines: list[str] = []
    for commented, group in groupby(texts, key=lambda row: bool(row[1])):
        run = list(group)
        width = max(len(text) for text, _ in run)
        for text, comment in run:
            if commented:
                lines.append(f"{text.ljust(width)}  {comment}")
            elif text or (lines and lines[-1]):
                lines.append(text)
    while lines and not lines[-1]:
        lines.pop()
    return "\n".join(lines) + "\n" if lines else ""

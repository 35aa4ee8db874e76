"""`fmt`: the text of a program in its canonical layout.

Statements, loops, families, comments, line breaks inside brackets and single empty lines stay;
spelling, spaces and indentation become canonical. The program is the same before and after, and
formatting twice changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from tpgraph.errors import Source, TPError, raise_all
from tpgraph.functions import PRIMITIVES
from tpgraph.language.limits import MAX_ERRORS
from tpgraph.language.lines import Line, logical_lines
from tpgraph.language.parser import statements, tokens
from tpgraph.language.syntax import DefineFunction
from tpgraph.language.tokens import SpacedToken, spaced

__all__ = ["format_source"]

_INDENT = "    "
_DECLARATIONS = {"DATA", "TARGET", "PARAM", "MATRIX", "VECTOR"}


@dataclass(slots=True)
class _Row:
    """One line of output: its cells are aligned with those of the rows of one `kind` beside it."""

    depth: int
    cells: list[str]
    comment: str = ""
    kind: str = ""


def format_source(source: Source, ascii: bool = False) -> str:
    """The formatted text. Raises the syntax errors of the source."""
    functions = set(PRIMITIVES) | _require_syntax(source)
    rows: list[_Row] = []
    headers: list[int] = []
    position = 0
    for line in logical_lines(source):
        rows.extend(_between(source.text[position : line.start], headers))
        headers[:] = [h for h in headers if h < len(line.indent)]
        rows.extend(_statement(source, line, len(headers), functions, ascii))
        if source.text.startswith("for", line.start):
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
    raise_all(errors[:MAX_ERRORS])
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
    source: Source, line: Line, depth: int, functions: set[str], ascii: bool
) -> Iterator[_Row]:
    """The rows of a logical line: one, or more where brackets break it."""
    text = source.text[line.start : line.end]
    comment = ""
    if line.comment >= 0:
        comment = source.text[line.comment :].split("\n", 1)[0].rstrip()
    pieces = spaced(tokens(source, line), functions, text, ascii)
    if "\n" not in text:
        kind = pieces[0].kind if pieces[0].kind in _DECLARATIONS else ""
        yield _Row(depth, _cells(pieces) if kind else [_joined(pieces)], comment, kind)
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
    """The text of the rows: cells and comments of neighbours aligned, empty lines single."""
    texts: list[tuple[str, str]] = []
    for run in _runs(rows):
        columns = max(len(row.cells) for row in run)
        width = [
            max((len(row.cells[c]) for row in run if c < len(row.cells) - 1), default=0)
            for c in range(columns)
        ]
        for row in run:
            padded = [
                cell.ljust(width[c]) if c < len(row.cells) - 1 else cell
                for c, cell in enumerate(row.cells)
            ]
            text = _INDENT * row.depth + " ".join(padded) if row.cells else ""
            texts.append((text, row.comment))
    return _with_comments(texts)


def _runs(rows: Sequence[_Row]) -> Iterator[list[_Row]]:
    """Neighbouring rows of one kind and depth."""
    run: list[_Row] = []
    for row in rows:
        if run and row.kind and (row.kind, row.depth) == (run[-1].kind, run[-1].depth):
            run.append(row)
            continue
        if run:
            yield run
        run = [row]
    if run:
        yield run


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

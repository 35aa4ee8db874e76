"""How results show themselves: one line in a console, a small table in a notebook."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

__all__ = ["html_table", "html_text", "one_line", "quantity"]

_ROWS = 24
"""Of a table that stands as it is; of a longer one so many are seen, and the rest by scrolling."""
_ROW_EM = 1.6


def quantity(count: int, unit: str) -> str:
    """How many of what, in words.

    >>> quantity(1, "step"), quantity(2000, "step")
    ('1 step', '2000 steps')
    """
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


def one_line(kind: str, subject: str, *facts: str) -> str:
    """`<Kernel of f: 4 inputs, exact>`.

    >>> one_line("Kernel", "f", "4 inputs", "exact")
    '<Kernel of f: 4 inputs, exact>'
    """
    of = f" of {subject}" if subject else ""
    return f"<{kind}{of}: {', '.join(facts)}>"


def html_table(caption: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table of texts; a long one scrolls under its caption, so that a page stays short.

    >>> html_table("f", ["a"], [["<"]])
    '<div><p>f</p><table><tr><th>a</th></tr><tr><td>&lt;</td></tr></table></div>'
    """
    lines = [_row("th", head), *(_row("td", row) for row in rows)]
    table = f"<table>{''.join(lines)}</table>"
    if len(lines) > _ROWS:
        height = f"{_ROWS * _ROW_EM:g}em"
        table = f'<div style="max-height:{height};overflow:auto">{table}</div>'
    return f"<div><p>{escape(caption)}</p>{table}</div>"


def html_text(text: str) -> str:
    """A text whose columns are aligned, as it is."""
    return f'<pre style="font-family:monospace">{escape(text)}</pre>'


def _row(tag: str, cells: Iterable[object]) -> str:
    return "<tr>" + "".join(f"<{tag}>{escape(str(cell))}</{tag}>" for cell in cells) + "</tr>"

"""Lines of generated code: indentation, comments, breaks; text from outside made harmless.

What a program's author wrote stands in generated code as an identifier of the compiler's own, as a
string literal (`quoted`), in a comment or in a docstring (`in_docstring`), never as it is.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from tpgraph.errors import on_one_line

__all__ = ["Lines", "in_docstring", "quoted"]

_WIDTH = 99


def quoted(text: str) -> str:
    r"""The Python literal of a text, between double quotes where it holds none.

    >>> print(quoted("h[1]"), quoted("it's"), quoted('"'), quoted("\n"))
    "h[1]" "it's" '"' "\n"
    """
    literal = repr(f"'{text}")  # the quote inside makes repr take double quotes
    return f'"{literal[2:]}' if literal[0] == '"' else repr(text)


def in_docstring(text: str) -> str:
    """Printable text as it stands between triple double quotes."""
    return text.replace("\\", "\\\\").replace('"""', "'''")


class Lines:
    """The body of one generated function, at one level of indentation."""

    def __init__(self, indent: int = 4) -> None:
        self._indent = " " * indent
        self._rows: list[str] = []

    def add(self, code: str, comment: str = "") -> None:
        """Add a statement; its comment stands behind it where both fit, else above."""
        self._put([code], comment)

    def assign(
        self, target: str, value: str | Sequence[str], comment: str = "", operator: str = "="
    ) -> None:
        """Add an assignment; a long value stands in parentheses, in several rows.

        The value is cut at its blanks; where a literal in it holds some, it is given as its words.
        """
        self._put([f"{target} {operator}", *_words(value)], comment)

    def returns(self, value: str | Sequence[str], comment: str = "") -> None:
        """Add a `return`; long values as in assignments."""
        self._put(["return", *_words(value)], comment)

    def _put(self, words: Sequence[str], comment: str) -> None:
        """Add a statement: what stands before its value, and the words of that."""
        comment, row = on_one_line(comment), self._indent + " ".join(words)
        if comment and len(row) + len(comment) + 4 <= _WIDTH:
            self._rows.append(f"{row}  # {comment}")
            return
        if comment:
            self.comment(comment)
        if len(row) <= _WIDTH or len(words) == 1:
            self._rows.append(row)
        else:
            self._rows.extend(self._broken(*words))

    def comment(self, text: str) -> None:
        """Add a comment on lines of its own."""
        text, lead = on_one_line(text), f"{self._indent}# "
        if len(lead) + len(text) <= _WIDTH:
            self._rows.append(lead + text)
        else:
            self._rows.extend(
                textwrap.wrap(text, _WIDTH, initial_indent=lead, subsequent_indent=lead + "    ")
            )

    def _broken(self, start: str, *words: str) -> list[str]:
        """An overlong statement with its value in parentheses, in several rows."""
        inner = self._indent + "    "
        rows = [inner]
        for word in words:
            if rows[-1] != inner and len(rows[-1]) + 1 + len(word) > _WIDTH:
                rows.append(inner)
            rows[-1] += word if rows[-1] == inner else f" {word}"
        return [f"{self._indent}{start} (", *rows, f"{self._indent})"]

    @property
    def text(self) -> str:
        """The lines, each ended."""
        return "".join(f"{row}\n" for row in self._rows)


def _words(value: str | Sequence[str]) -> Sequence[str]:
    return value.split(" ") if isinstance(value, str) else value

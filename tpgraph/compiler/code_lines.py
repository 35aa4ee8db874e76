"""Lines of generated code: indentation, comments, breaks; text from outside made harmless.

What a program's author wrote stands in generated code as an identifier of the compiler's own, as a
string literal (`quoted`), in a comment or in a docstring (`in_docstring`), never as it is.
"""

from __future__ import annotations

import io
import textwrap
import tokenize
from collections.abc import Iterator

from tpgraph.errors import on_one_line

__all__ = ["Lines", "in_docstring", "quoted"]

_WIDTH = 99
_ASSIGNMENTS = frozenset(("=", "+=", "-=", "*=", "/="))


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
        comment = on_one_line(comment)
        row = self._indent + code
        if comment and len(row) + len(comment) + 4 <= _WIDTH:
            self._rows.append(f"{row}  # {comment}")
            return
        if comment:
            self.comment(comment)
        if len(row) <= _WIDTH:
            self._rows.append(row)
        else:
            self._rows.extend(self._broken(code))

    def comment(self, text: str) -> None:
        """Add a comment on lines of its own."""
        text, lead = on_one_line(text), f"{self._indent}# "
        if len(lead) + len(text) <= _WIDTH:
            self._rows.append(lead + text)
        else:
            self._rows.extend(
                textwrap.wrap(text, _WIDTH, initial_indent=lead, subsequent_indent=lead + "    ")
            )

    def _broken(self, code: str) -> list[str]:
        """An overlong statement with what it assigns or returns in parentheses, in several rows."""
        place = _value_place(code)
        if place == 0:
            return [self._indent + code]
        inner = self._indent + "    "
        rows = [inner]
        for word in _words(code[place:]):
            if rows[-1] != inner and len(rows[-1]) + 1 + len(word) > _WIDTH:
                rows.append(inner)
            rows[-1] += word if rows[-1] == inner else f" {word}"
        return [f"{self._indent}{code[:place]}(", *rows, f"{self._indent})"]

    @property
    def text(self) -> str:
        """The lines, each ended."""
        return "".join(f"{row}\n" for row in self._rows)


def _value_place(code: str) -> int:
    """Where the value of an assignment or of a `return` begins; 0 in any other statement."""
    depth = 0
    for token in _tokens(code.lstrip()):
        depth += (token.string in ("(", "[", "{")) - (token.string in (")", "]", "}"))
        end = token.end[1] + len(code) - len(code.lstrip()) + 1
        if token.start[1] == 0 and token.string == "return":
            return end
        if token.start[1] == 0 and token.string in ("if", "for", "raise", "yield"):
            return 0
        if depth == 0 and token.type == tokenize.OP and token.string in _ASSIGNMENTS:
            return end
    return 0


def _words(code: str) -> Iterator[str]:
    """The code cut at the blanks between its tokens: those inside of a literal stay."""
    start = end = 0
    for token in _tokens(code):
        if token.start[1] > end:
            yield code[start:end]
            start = token.start[1]
        end = token.end[1]
    yield code[start:end]


def _tokens(code: str) -> Iterator[tokenize.TokenInfo]:
    """The tokens of a statement in one line that stand in it."""
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.string.strip():
            yield token

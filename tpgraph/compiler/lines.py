"""Lines of generated code: indentation, comments, breaks."""

from __future__ import annotations

import textwrap

__all__ = ["Lines"]

_WIDTH = 99


class Lines:
    """The body of one generated function, at one level of indentation."""

    def __init__(self, indent: int = 4) -> None:
        self._indent = " " * indent
        self._rows: list[str] = []

    def add(self, code: str, comment: str = "") -> None:
        """Add a statement; its comment stands behind it where both fit, else above."""
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
        lead = f"{self._indent}# "
        if len(lead) + len(text) <= _WIDTH:
            self._rows.append(lead + text)
        else:
            self._rows.extend(
                textwrap.wrap(text, _WIDTH, initial_indent=lead, subsequent_indent=lead + "    ")
            )

    def _broken(self, code: str) -> list[str]:
        """An overlong statement with what stands right in parentheses, broken at blanks."""
        mark = "return " if code.startswith("return ") else "= "
        target, equals, value = code.partition(mark)
        if not equals or code.startswith(('"', "yield ", "raise ")):
            return [self._indent + code]
        inner = self._indent + "    "
        rows = textwrap.wrap(
            value,
            _WIDTH,
            initial_indent=inner,
            subsequent_indent=inner,
            break_long_words=False,
            break_on_hyphens=False,
        )
        return [f"{self._indent}{target}{equals}(", *rows, f"{self._indent})"]

    @property
    def text(self) -> str:
        """The lines, each ended."""
        return "".join(f"{row}\n" for row in self._rows)

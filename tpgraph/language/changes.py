"""Changes of a logical line, and errors on the way out that carry them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from tpgraph.errors import Source, Span, TextEdit, TPError
from tpgraph.language import syntax as s

__all__ = ["Change", "PlacedError", "edits_of", "instead", "perhaps"]


class Change(NamedTuple):
    """`text` in place of what stands from `start` to `end` of the logical line.

    A `guess` may not be what was meant: a name that is near, a law or a size that is made up.
    """

    start: int
    end: int
    text: str
    guess: bool = False


class PlacedError(Exception):
    """A TPError on the way out, with its place and that of its mend in the logical line.

    `wanted` is the name that nothing binds, where that is the error.
    """

    def __init__(
        self, error: TPError, start: int, end: int, *changes: Change, wanted: str = ""
    ) -> None:
        super().__init__(error.message)
        self.error = error
        self.start = start
        self.end = end
        self.changes = changes
        self.wanted = wanted

    def located(self, source: Source, origin: int) -> TPError:
        """The error with its places in the source, for a line that begins at `origin`."""
        if self.changes:
            self.error.edits = edits_of(self.changes, source, origin)
        return self.error.at(Span(source, origin + self.start, origin + self.end))


def edits_of(changes: Iterable[Change], source: Source, origin: int) -> tuple[TextEdit, ...]:
    """Changes of the line that begins at `origin` as changes of the source."""
    return tuple(
        TextEdit(Span(source, origin + c.start, origin + c.end), c.text, c.guess) for c in changes
    )


def instead(node: s.Entry | s.Mark, word: str | None) -> tuple[Change, ...]:
    """The change that writes a word in place of a node; none without a word."""
    return (Change(node.start, node.end, word),) if word else ()


def perhaps(node: s.Entry | s.Mark, word: str | None) -> tuple[Change, ...]:
    """The same as a guess: another word may be meant."""
    return tuple(change._replace(guess=True) for change in instead(node, word))

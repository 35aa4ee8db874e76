"""Names that are read above the statement that binds them."""

from __future__ import annotations

from collections.abc import Callable

from tpgraph.errors import Source, Span, TextEdit, TPError
from tpgraph.language import syntax as s
from tpgraph.language.bindings import bound_bases
from tpgraph.program import base_of

__all__ = ["BoundBelow"]


class BoundBelow:
    """The errors of names that nothing binds, and the statements that come after them."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._missed: list[tuple[TPError, str, int]] = []
        self._later: list[s.Statement] = []

    def miss(self, error: TPError, name: str, top: int) -> None:
        """Remember that the statement at `top` of the left margin reads a name not bound yet."""
        self._missed.append((error, name, top))

    def note(self, statement: s.Statement) -> None:
        """Take the next statement at the left margin, which may bind what was missed."""
        if self._missed:
            self._later.append(statement)

    def finish(self, is_known: Callable[[str], bool]) -> None:
        """Say of what is bound by now where that is, with the mend that moves it up."""
        for error, name, top in self._missed:
            found = next((one for one in self._later if _binds(one, name)), None)
            if found is None or not is_known(name) or found.origin <= top:
                continue
            place = Span(self._source, found.origin, found.origin + found.end)
            error.mend = f"{name} is bound below, in line {place.line}: move that up"
            error.edits = self._moved(found, top) if not isinstance(found, s.Loop) else ()

    def _moved(self, statement: s.Statement, top: int) -> tuple[TextEdit, ...]:
        text, start = self._source.text, statement.origin
        newline = text.find("\n", start + statement.end)
        end = len(text) if newline < 0 else newline + 1
        lines = text[start:end] if newline >= 0 else f"{text[start:end]}\n"
        above, below = Span(self._source, top, top), Span(self._source, start, end)
        return TextEdit(above, lines), TextEdit(below, "")


def _binds(statement: s.Statement, name: str) -> bool:
    """Whether a statement, or one in its loop, binds a name."""
    match statement:
        case s.Loop(_, _, body):
            return any(_is_family(inner, name) for inner in body)
        case s.Equate(target):
            return target.full == name
        case _:
            return base_of(name) in bound_bases(statement)


def _is_family(statement: s.Statement, name: str) -> bool:
    """Whether a statement of a loop binds names of this base; which ones its values say."""
    if isinstance(statement, s.Loop):
        return _binds(statement, name)
    return base_of(name) in bound_bases(statement)

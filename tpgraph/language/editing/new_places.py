"""Where a new statement goes and how it is written there: lone, or in a loop for all its values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from tpgraph.language import syntax as s
from tpgraph.language.editing.edit import Patch, refusal
from tpgraph.language.editing.node_places import alike, spelled
from tpgraph.language.editing.statement_places import (
    EQUATION,
    extent,
    fresh,
    inserted,
    new_name,
    next_name,
    origin_of,
    statement_of,
)
from tpgraph.language.readings import Reading, Statement
from tpgraph.program import Origin, join_name

__all__ = ["NewPlace"]


@dataclass(frozen=True)
class NewPlace:
    """The place of a new equation: behind all others, or in the block of the statement that makes
    `beside`, where names count with the loops, `x[3]` is `x[l]`.
    """

    reading: Reading
    beside: str | None = None

    @cached_property
    def _host(self) -> tuple[Statement, Origin] | None:
        if self.beside is None:
            return None
        host = statement_of(self.reading, self.beside)
        if not host.loops:
            raise refusal("this stands in no loop", host.span, "make it of one alone")
        return host, origin_of(self.reading, self.beside)

    def name(self, word: str | None, usual: str, avoid: Sequence[str] = ()) -> str:
        """What a new variable is called, without indices: a word that is given, or a free one."""
        if word:
            return new_name(self.reading, word)
        free = next_name if self._host is None else fresh
        return free(self.reading, usual, avoid)

    def spelled(self, name: str) -> str:
        """A variable as the new statement says it."""
        if self._host is None:
            return name
        host, origin = self._host
        return spelled(self.reading, name, host, origin)

    def all(self, name: str) -> list[str]:
        """All that the new statement says where it speaks of a variable."""
        if self._host is None:
            return [name]
        host, origin = self._host
        return alike(self.reading, name, host, origin)

    def target(self, name: str) -> str:
        """What the new statement binds, as it says that."""
        return f"{name}[{','.join(self._letters)}]" if self._host is not None else name

    def member(self, name: str) -> str:
        """What it binds where `beside` is made."""
        if self._host is None:
            return name
        values = self._host[1].values
        return join_name(name, tuple(values[letter] for letter in self._letters))

    @cached_property
    def _letters(self) -> list[str]:
        """The variables of the loops, in the order in which the host has them as indices."""
        if self._host is None:
            return []
        host, origin = self._host
        own = host.node.target.indices if isinstance(host.node, s.Equate) else ()
        named = [one.base for one in own if isinstance(one, s.Name)]
        return named if sorted(named) == sorted(origin.values) else [*origin.values]

    def patch(self, text: str, operands: Sequence[str]) -> Patch:
        """The patch that adds a statement, or some, behind those of what it reads."""
        made = [statement_of(self.reading, name) for name in operands]
        if self._host is None:
            return inserted(self.reading, text, EQUATION, made)
        last = max((self._within(one) for one in made), key=lambda one: one.line.start)
        source, start = self.reading.source.text, last.line.start
        if source.rfind("\n", 0, start) + 1 + len(last.line.indent) != last.span.start:
            raise refusal(
                "its loop stands on one line", last.span, "write its block on lines of its own"
            )
        _, end = extent(self.reading, last)
        lead = "" if source[:end].endswith("\n") else "\n"
        lines = "".join(f"{last.line.indent}{line}\n" for line in text.splitlines())
        return Patch(end, end, lead + lines)

    def _within(self, statement: Statement) -> Statement:
        """The statement of the host's block that holds another one, or the host."""
        assert self._host is not None, "asked for where there is a loop"
        host, _ = self._host
        loop = host.loops[-1]
        if loop not in statement.loops:
            return host
        inner = statement.loops[statement.loops.index(loop) + 1 :]
        return self.reading.statements[inner[0]] if inner else statement

"""What is known of a text, also of one that is half written: one parse, and nothing raised."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from tpgraph.errors import Source, Span, TPError, TPWarning
from tpgraph.language import syntax as s
from tpgraph.language.bindings import bound_bases
from tpgraph.language.elaborate import elaborated
from tpgraph.language.lexer import Token, tokens_of
from tpgraph.language.lines import Line, logical_lines
from tpgraph.language.source import source_of
from tpgraph.program import Origin, Program
from tpgraph.program.tex import is_foreign

__all__ = ["Reading", "Statement", "read"]


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of a text: its syntax, its line, and the loops around it, outermost first.

    `number` and `loops` are places in `Reading.statements`; `number` is that of `Origin`.
    """

    number: int
    node: s.Statement
    line: Line
    span: Span
    loops: tuple[int, ...] = ()

    @property
    def binds(self) -> tuple[str, ...]:
        """The names that it defines, without their indices."""
        return bound_bases(self.node)


@dataclass(frozen=True)
class Reading:
    """What a text says, as far as it holds.

    `program` is that of the statements without errors, None where they make none; `errors` are
    all that were found, in the order of the text. `text` is the text as it was given, `source` the
    same with lines ended by a newline alone: places count its characters.
    """

    text: str
    source: Source
    program: Program | None
    errors: tuple[TPError, ...]
    statements: tuple[Statement, ...]
    lines: tuple[Line, ...]

    @cached_property
    def origin(self) -> Mapping[str, Origin]:
        """The statement behind every name that the program binds, in order."""
        if self.program is None:
            return MappingProxyType({})
        found: dict[str, Origin] = {}
        for declaration in self.program.declarations:
            if declaration.origin is not None:
                found.update((v.name, declaration.origin) for v in declaration.variables)
        for equation in self.program.equations:
            if equation.origin is not None:
                found[equation.out.name] = equation.origin
        return MappingProxyType(found)

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        """The words and signs of the whole text in order, comments among them."""
        return tuple(tokens_of(self.source.text, self.lines))

    def tokens_in(self, start: int, end: int) -> tuple[Token, ...]:
        """The tokens that begin between two places."""
        first = bisect_right(self._starts, start - 1)
        return self.tokens[first : bisect_right(self._starts, end - 1)]

    @cached_property
    def _starts(self) -> list[int]:
        return [token.start for token in self.tokens]

    @cached_property
    def warnings(self) -> tuple[TPWarning, ...]:
        """Definitions that nothing reads, and names whose letters no picture has."""
        return (*self._unused(), *self._unpictured())

    def _unused(self) -> Iterator[TPWarning]:
        used: dict[str, int] = {}
        for token in self.tokens:
            if token.base:
                used[token.base] = used.get(token.base, 0) + 1
        wrong = {error.span.line for error in self.errors if error.span is not None}
        for statement in self.statements:
            if statement.span.line in wrong:
                continue  # its error says what to do with it
            if isinstance(statement.node, s.DefineConst | s.DefineDim | s.DefineFunction):
                for name in statement.binds:
                    if used.get(name, 0) < 2:
                        yield TPWarning(f"{name} is defined, but nothing uses it", statement.span)

    def _unpictured(self) -> Iterator[TPWarning]:
        """Names without a label, in scripts that the fonts of pictures and LaTeX do not have."""
        labelled = {one.node.name.base for one in self.statements if type(one.node) is s.SetLabel}
        said = set(labelled)
        for token in self.tokens:
            foreign = [c for c in token.base or "" if c.isalpha() and is_foreign(c)]
            if not foreign or token.base in said:
                continue
            said.add(token.base)
            yield TPWarning(
                f"pictures have no letter {foreign[0]}, and spell it out; "
                f'a label is drawn in its place: label {token.base} = "w"',
                Span(self.source, token.start, token.end),
            )


def read(text: str, name: str = "<text>") -> Reading:
    r"""What a text in the `.tp` language says, as far as it holds; never raises for its content.

    `name` is what errors call the text. `parse` is the same for whom only a whole program serves.

    >>> r = read("width n\nvector u : n ~ N(0, 1)\ny = tanh(u)\nz = W u\n")
    >>> list(r.program.variables), [error.message for error in r.errors]
    (['u', 'y'], ['W is not bound before its use'])
    >>> r.statements[r.origin["y"].statement].span.text
    'y = tanh(u)'
    """
    try:
        source = source_of(text, name)
    except TPError as error:
        kept = error.span.source if error.span is not None else Source(name, "")
        return Reading(text, kept, None, error.errors, (), ())
    nodes: list[s.Statement] = []
    found = elaborated(source, nodes.append)
    lines = tuple(logical_lines(source))
    statements = tuple(_flattened(nodes, {line.start: line for line in lines}, source))
    return Reading(text, source, found.program, found.errors, statements, lines)


def _flattened(
    nodes: list[s.Statement], lines: Mapping[int, Line], source: Source
) -> Iterator[Statement]:
    """The statements in the order of the text, those of a block behind its `for`."""
    todo: list[tuple[s.Statement, tuple[int, ...]]] = [(node, ()) for node in reversed(nodes)]
    number = 0
    while todo:
        node, loops = todo.pop()
        span = Span(source, node.origin + node.start, node.origin + node.end)
        yield Statement(number, node, lines[node.origin], span, loops)
        if isinstance(node, s.Loop | s.Broken):
            todo += [(inner, (*loops, number)) for inner in reversed(node.body)]
        number += 1

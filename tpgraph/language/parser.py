"""Text to syntax tree: logical lines parsed one by one, so that each error stands alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from importlib import resources
from threading import Lock
from typing import cast

from lark import Token
from lark.exceptions import UnexpectedInput

from tpgraph.bounds import DEPTH
from tpgraph.errors import Source, Span, TextEdit, TPError, TPLimitError, TPSyntaxError
from tpgraph.language.changes import PlacedError
from tpgraph.language.diagnose import explain
from tpgraph.language.lexer import words
from tpgraph.language.lines import Line, logical_lines
from tpgraph.language.parsing_tables import parser_of
from tpgraph.language.syntax import Broken, DefineFunction, Expr, Loop, Name, Statement
from tpgraph.language.templates import Templates
from tpgraph.language.tree import TreeBuilder
from tpgraph.language.vocabulary import NAME

__all__ = ["LineParser", "Reporter", "expression", "grammar", "statements", "tokens"]

Reporter = Callable[[TPError, Line], None]
"""Takes an error and the line at fault, whose names are not known then."""


@cache
def grammar() -> str:
    """The text of the grammar, in which $NAME stands for what every name of a program fulfils."""
    text = resources.files("tpgraph.language").joinpath("grammar.lark").read_text("utf-8")
    return text.replace("$NAME", NAME.pattern)


class LineParser:
    """The parser of one logical line."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._builder = TreeBuilder()
        self._templates = Templates()
        self._lark = parser_of(grammar(), self._builder)

    def parse(self, source: Source, line: Line) -> Statement:
        """The statement of a line. Raises a TPError."""
        if line.error is not None:
            raise line.error
        text = source.text[line.start : line.end]
        with self._lock:
            pieces = self._templates.split(text)
            made = self._templates.made(pieces, line.start)
            if made is not None:
                return made
            self._builder.begin(line.start, line.end)
            try:
                statement = cast(Statement, self._lark.parse(text))
                self._templates.learn(pieces, statement)
                return statement
            except PlacedError as placed:
                raise placed.located(source, line.start) from None
            except UnexpectedInput as unexpected:
                raise self._explained(text, unexpected, source, line) from None

    def _explained(
        self, text: str, unexpected: UnexpectedInput, source: Source, line: Line
    ) -> TPError:
        try:
            return explain(self._lark, text, unexpected, source, line)
        except PlacedError as placed:
            return placed.located(source, line.start)

    def tokens(self, source: Source, line: Line) -> list[Token]:
        """The tokens of a line that can be parsed."""
        with self._lock:
            self._builder.begin(line.start, line.end)
            interactive = self._lark.parse_interactive(source.text[line.start : line.end])
            return list(interactive.iter_parse())


@cache
def _line_parser() -> LineParser:
    return LineParser()


def expression(source: Source, start: int) -> tuple[tuple[Name, ...], Expr]:
    """Parameters and body of the `fn` statement that a source is."""
    line = Line(start, len(source.text), "", -1, None)
    statement = _line_parser().parse(source, line)
    assert isinstance(statement, DefineFunction)
    return statement.parameters, statement.body


class _Blocks:
    """Reads blocks of a source, one statement with its block at a time."""

    def __init__(self, source: Source, report: Reporter) -> None:
        self.source = source
        self.report = report
        self.lines = logical_lines(source)
        self.line = next(self.lines, None)
        self.parser = _line_parser()

    def advance(self) -> None:
        self.line = next(self.lines, None)

    def fail(self, error: TPError, line: Line) -> None:
        self.report(error, line)

    def top(self) -> Iterator[Statement]:
        """The statements at the left margin."""
        while (line := self.line) is not None:
            if line.indent:
                self.fail(self._unexpected_indent(line), line)
                self.skip_block("")
                continue
            statement = self.statement(line, 0)
            if statement is not None:
                yield statement

    def skip_block(self, indent: str) -> None:
        """Go on at the next line that is indented no deeper than `indent`."""
        while self.line is not None and len(self.line.indent) > len(indent):
            self.advance()

    def statement(self, line: Line, depth: int) -> Statement | None:
        """The statement of a line with the block under it; None where it has an error."""
        self.advance()
        try:
            statement: Statement | None = self.parser.parse(self.source, line)
        except TPError as error:
            self.fail(error, line)
            statement = None
            if not self._begins_loop(line):
                return None
        innermost = statement
        while isinstance(innermost, Loop) and innermost.body:
            innermost = innermost.body[0]
        deeper = self.line is not None and _is_deeper(self.line.indent, line.indent)
        if statement is not None and not isinstance(innermost, Loop):
            if deeper:
                assert self.line is not None
                self.fail(self._unexpected_indent(self.line, line.indent), self.line)
                self.skip_block(line.indent)
            return statement
        if depth >= DEPTH.most:
            self.fail(self._too_deep(line), line)
            self.skip_block(line.indent)
            return None
        body = self.block(line, depth + 1) if deeper else ()
        if statement is None:
            return Broken(body, line.start, 0, line.end - line.start)
        if not deeper:
            self.fail(self._missing_body(line), line)
            return None
        return _with_body(statement, body)

    def block(self, header: Line, depth: int) -> tuple[Statement, ...]:
        """The indented lines under a `for`."""
        assert self.line is not None
        indent = self.line.indent
        found = []
        while (line := self.line) is not None and _is_deeper(line.indent, header.indent):
            if line.indent != indent:
                self.fail(self._uneven(line, indent), line)
                self.skip_block(header.indent)
                break
            statement = self.statement(line, depth)
            if statement is not None:
                found.append(statement)
        return tuple(found)

    def _begins_loop(self, line: Line) -> bool:
        """Whether a line that cannot be read is a `for`."""
        first = next(words(self.source.text, line.start, line.end), None)
        return first is not None and first.text == "for"

    def _span(self, line: Line) -> Span:
        return Span(self.source, line.start, line.end)

    def _indented(self, line: Line, indent: str) -> tuple[TextEdit, ...]:
        """The edit that changes the white space in front of a line."""
        return (TextEdit(Span(self.source, line.start - len(line.indent), line.start), indent),)

    def _unexpected_indent(self, line: Line, above: str = "") -> TPError:
        if _mixes(line.indent + above):
            return self._mixed(line, above)
        return TPSyntaxError(
            "the line is indented, but no `for` stands above it",
            self._span(line),
            "a statement at the margin of the one before",
            "delete the spaces in front of it, or write `for k in 1..3:` above it",
            self._indented(line, above),
        )

    def _too_deep(self, line: Line) -> TPError:
        return TPLimitError(
            f"`for` blocks nest deeper than {DEPTH.most}",
            self._span(line),
            f"at most {DEPTH.most} in one another",
        )

    def _missing_body(self, line: Line) -> TPError:
        below = self.line if self.line and self.line.indent == line.indent else None
        return TPSyntaxError(
            "the `for` has no body",
            self._span(line),
            "a statement behind the colon, or lines under it that are indented",
            "indent the lines to repeat by four spaces",
            self._indented(below, f"{line.indent}    ") if below is not None else (),
        )

    def _mixed(self, line: Line, indent: str) -> TPError:
        return TPSyntaxError(
            "the indentation mixes tabs and spaces",
            self._span(line),
            "the same white space in front of every line of a block",
            "use spaces alone",
            self._indented(line, indent),
        )

    def _uneven(self, line: Line, indent: str) -> TPError:
        if _mixes(line.indent + indent):
            return self._mixed(line, indent)
        return TPSyntaxError(
            "the line is indented otherwise than the block it stands in",
            self._span(line),
            f"{len(indent)} spaces in front of it",
            "line it up with the line above",
            self._indented(line, indent),
        )


def _mixes(indent: str) -> bool:
    return "\t" in indent and " " in indent


def _is_deeper(inner: str, outer: str) -> bool:
    return len(inner) > len(outer)


def _with_body(statement: Statement, body: tuple[Statement, ...]) -> Statement:
    """The loop with `body` in its innermost `for` that has none."""
    assert isinstance(statement, Loop)
    if statement.body:
        return statement._replace(body=(_with_body(statement.body[0], body),))
    return statement._replace(body=body)


def statements(source: Source, report: Reporter) -> Iterator[Statement]:
    """The statements of a source that could be read, in order; errors go to `report`."""
    return _Blocks(source, report).top()


def tokens(source: Source, line: Line) -> list[Token]:
    """The tokens of a logical line that can be parsed, with their places in it."""
    return _line_parser().tokens(source, line)

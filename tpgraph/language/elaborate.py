"""From the syntax tree to the program: names, numbers, families and loops resolved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from tpgraph.bounds import ERRORS
from tpgraph.errors import (
    Source,
    Span,
    TPError,
    TPLimitError,
    TPNameError,
    TPSyntaxError,
    TPTypeError,
    raise_all,
)
from tpgraph.language import syntax as s
from tpgraph.language.bound_below import BoundBelow
from tpgraph.language.changes import Change, PlacedError, perhaps
from tpgraph.language.count import weight
from tpgraph.language.declare import Declarer
from tpgraph.language.define import Definer
from tpgraph.language.late_hints import LateHints
from tpgraph.language.lexer import failing_names
from tpgraph.language.lines import Line
from tpgraph.language.parser import statements
from tpgraph.language.scope import Scope, Silent, fail
from tpgraph.language.to_terms import Terms
from tpgraph.program import (
    Builder,
    Moment,
    Nonlin,
    Origin,
    Program,
    Read,
    Ref,
    Variable,
)
from tpgraph.program.near_names import meant, nearest
from tpgraph.program.tex import require_settable
from tpgraph.types import Scalar

__all__ = ["Elaborated", "elaborate", "elaborated"]


class _Stop(Exception):
    """Too many errors, or one beyond which nothing is worth reading."""


class Elaborated(NamedTuple):
    """The program of what holds, None where it makes none, and the errors in order."""

    program: Program | None
    errors: tuple[TPError, ...]


def elaborated(source: Source, note: Callable[[s.Statement], None] | None = None) -> Elaborated:
    """What a source says, as far as it holds; `note` takes every statement at the left margin."""
    return _Elaborator(source).run(note)


def elaborate(source: Source) -> Program:
    """The program of a source. Raises a TPError, or a TPErrorGroup of every independent one."""
    found = elaborated(source)
    raise_all(found.errors)
    assert found.program is not None
    return found.program


class _Elaborator:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.builder = Builder()
        self.scope = Scope(source, self.builder)
        self.terms = Terms(self.scope)
        self.definer = Definer(self.scope, self.terms)
        self.declarer = Declarer(self.scope, self.terms)
        self.errors: list[TPError] = []
        self.reported: set[int] = set()
        self.below = BoundBelow(source)
        self.labels: list[tuple[str, s.SetLabel, int]] = []
        self.hints = LateHints(self.scope, self.builder)
        self.numbered = 0
        self._numbers: dict[int, int] = {}
        self._actions: dict[type, Callable[[Any], None]] = {
            s.ProgramName: self.definer.program,
            s.SetParametrization: self.definer.parametrization,
            s.DefineWidth: self.definer.width,
            s.DefineDim: self.definer.dim,
            s.DefineConst: self.definer.const,
            s.DefineFunction: self.definer.function,
            s.Declare: self.declarer.declare,
            s.Equate: self._equate,
            s.Output: self._output,
            s.Loss: self._loss,
            s.SetLabel: self._label,
            s.SetHint: self._hint,
            s.Loop: self._loop,
        }

    def run(self, note: Callable[[s.Statement], None] | None) -> Elaborated:
        stopped = False
        try:
            for statement in statements(self.source, self._report_line):
                if note is not None:
                    note(statement)
                self.below.note(statement)
                self._top(statement)
            self._finish_labels()
            for error in self.hints.finish():
                self._report(error)
        except _Stop:
            stopped = True
        self.below.finish(self.scope.knows)
        program = self._program(stopped)
        return Elaborated(program, tuple(sorted(self.errors, key=_position)))

    def _program(self, stopped: bool) -> Program | None:
        """The program of what was bound; what is wrong with it as a whole is reported."""
        try:
            program = self.builder.build()
        except TPError as error:
            if "parametrization" not in self.scope.failed and not stopped:
                self.errors.extend(error.errors)
            return None
        if program.declarations or program.equations:
            return program
        if not self.errors:
            self.errors.append(
                TPSyntaxError(
                    f"{self.source.name} holds no program",
                    expected="at least one declaration or equation",
                    mend="begin with: width n, then vector x : n ~ N(0, 1)",
                )
            )
        return None

    # ---- errors

    def _report(self, error: TPError) -> None:
        context = ", ".join(f"{name} = {value}" for name, value in self.scope.loops)
        for single in error.errors:
            if context:
                single.message += f" (for {context})"
                single.args = (single.message,)
            self.errors.append(single)
        most = ERRORS.most
        if len(self.errors) >= most:
            last = self.errors[most - 1]
            del self.errors[most:]
            self.errors.append(
                TPLimitError(
                    f"{most} errors; the rest of the text was not looked at",
                    last.span,
                    mend="mend these first",
                )
            )
            raise _Stop

    def _report_line(self, error: TPError, line: Line) -> None:
        """A line that could not be read: the names that it would bind count as failed."""
        self.scope.failed.update(failing_names(self.source.text, line.start, line.end))
        self._report(error)

    def _top(self, statement: s.Statement) -> None:
        self.reported.clear()
        self._numbers.clear()
        self._number(statement)
        self.scope.origin = self.scope.top = statement.origin
        text, origin = self.source.text, statement.origin
        repeats = text.find("sum", origin, origin + statement.end) >= 0
        if repeats or isinstance(statement, s.Loop):
            try:
                self.scope.spend(weight(statement, self.scope), statement)
            except (PlacedError, TPError, Silent) as problem:
                self._failed(statement, problem, self.scope.origin)
                return
        self._do(statement)

    def _number(self, statement: s.Statement) -> None:
        """Number a statement and those of its block, in the order of the text."""
        self._numbers[id(statement)] = self.numbered
        self.numbered += 1
        if isinstance(statement, s.Loop | s.Broken):
            for inner in statement.body:
                self._number(inner)

    def _do(self, statement: s.Statement) -> None:
        """Elaborate one statement; what goes wrong is reported once."""
        self.scope.origin = statement.origin
        action = self._actions.get(type(statement))
        if action is None or id(statement) in self.reported:
            self._poison(statement)
            return
        span = self.scope.span(statement)
        number = self._numbers[id(statement)]
        self.builder.origin = Origin(number, span, dict(self.scope.loops))
        try:
            action(statement)
        except (PlacedError, TPError, Silent) as problem:
            self._failed(statement, problem, statement.origin)

    def _failed(self, statement: s.Statement, problem: Exception, origin: int) -> None:
        """Report what went wrong; `origin` is that of the line in which it did."""
        self.scope.origin = statement.origin
        self._poison(statement)
        if isinstance(problem, Silent) or id(statement) in self.reported:
            return
        self.reported.add(id(statement))
        if isinstance(problem, PlacedError):
            error = problem.located(self.source, origin)
            if problem.wanted:
                self.below.miss(error, problem.wanted, self.scope.top)
        else:
            assert isinstance(problem, TPError)
            error = problem.at(self.scope.span(statement))
        self._report(error)
        if isinstance(error, TPLimitError):
            raise _Stop

    def _poison(self, statement: s.Statement) -> None:
        """Count the names that a statement binds as failed."""
        match statement:
            case s.Loop(body=body) | s.Broken(body):
                for inner in body:
                    self._poison(inner)
            case s.Equate(target):
                self._poison_name(target)
            case s.Declare(_, names) | s.Output(names):
                for name in names:
                    self._poison_name(name)
            case s.DefineWidth(name) | s.DefineDim(name) | s.DefineConst(name):
                self.scope.failed.add(name.full)
            case s.DefineFunction(name):
                self.scope.failed.add(name.full)
            case s.SetParametrization():
                self.scope.failed.add("parametrization")
            case s.Loss():
                self.scope.failed.add("loss")
            case _:
                pass

    def _poison_name(self, name: s.Name) -> None:
        try:
            bound = self.scope.full_names(name)
        except (PlacedError, TPError, Silent):
            bound = [name.base]
        self.scope.failed.update(full for full in bound if full not in self.scope.bound)

    # ---- statements

    def _equate(self, node: s.Equate) -> None:
        scope = self.scope
        target = node.target.full or scope.full_name(node.target)
        if target == "loss":
            fail(node.target, TPNameError("loss names the program's loss", mend="write: loss E"))
        if node.target.base == "loss" and not node.target.intermediate:
            loss = Change(node.target.start, node.value.start, "loss ")
            fail(node.target, TPNameError("loss has no index", mend="write: loss E"), loss)
        if target in scope.numbers:
            fail(node.target, TPNameError(f"{target} is bound twice: it is a number already"))
        self._bind(target, node.value, node)

    def _bind(self, target: str, value: s.Expr, node: s.Statement) -> Variable:
        inner = value.operand if isinstance(value, s.MeanOf) else value
        if isinstance(inner, s.Explicit):
            span = self.scope.span(value)
            return self._bind_explicit(target, inner, inner is not value, span)
        return self.builder.bind(target, self.terms.term(value), self.scope.span(node))

    def _bind_explicit(self, target: str, node: s.Explicit, mean: bool, span: Span) -> Variable:
        body = self.terms.expression(node.body, [p.full for p in node.parameters])
        arguments = tuple(self.scope.variable(name) for name in node.arguments)
        if len(arguments) != len(node.parameters):
            fail(
                node,
                TPTypeError(f"{len(node.parameters)} parameters, but {len(arguments)} arguments"),
            )
        function = self.builder.intern(body)
        reads = tuple(
            Read(v.name, self.scope.span(name))
            for v, name in zip(arguments, node.arguments, strict=True)
        )
        rest = None, span, self.builder.origin, reads
        vectors = [argument for argument in arguments if argument.is_vector]
        if mean or not vectors:
            return self.builder.add(Moment(Variable(target, Scalar()), function, arguments, *rest))
        out = Variable(target, vectors[0].type)
        return self.builder.add(Nonlin(out, function, arguments, *rest))

    def _output(self, node: s.Output) -> None:
        for name in node.names:
            for full in self.scope.full_names(name):
                member = name._replace(full=full)
                self.builder.output(self.scope.variable(member), self.scope.span(name))

    def _loss(self, node: s.Loss) -> None:
        scope = self.scope
        value = self.terms.term(node.value) if not _is_explicit(node.value) else None
        if isinstance(value, Ref):
            self.builder.loss(value.variable, scope.span(node))
            return
        with self.builder.whole():
            variable = self._bind("loss", node.value, node)
            self.builder.loss(variable, scope.span(node))

    def _label(self, node: s.SetLabel) -> None:
        full = self.scope.full_name(node.name)
        self.labels.append((full, node, self.scope.origin))

    def _hint(self, node: s.SetHint) -> None:
        self.hints.note(node)

    def _finish_labels(self) -> None:
        scope = self.scope
        for name, node, origin in self.labels:
            if name in scope.bound or name in scope.functions:
                self._label_of(name, node, origin)
            elif name not in scope.failed and node.name.base not in scope.failed:
                near = nearest(name, [*scope.bound, *scope.functions])
                error = TPNameError(f"{name} has a label but is not bound", mend=meant(near))
                place = node.name.start, node.name.end
                self._report(
                    PlacedError(error, *place, *perhaps(node.name, near)).located(
                        self.source, origin
                    )
                )

    def _label_of(self, name: str, node: s.SetLabel, origin: int) -> None:
        try:
            self.builder.label(name, node.latex)
            require_settable(node.latex)
        except TPError as error:
            place = node.written.start, node.written.end
            self._report(PlacedError(error, *place).located(self.source, origin))

    def _loop(self, node: s.Loop) -> None:
        scope = self.scope
        values = scope.bounds(node.range)
        name = node.variable.full
        with scope.loop_variable(name, node.variable) as numbers:
            for value in values:
                numbers[name] = value
                scope.loops.append((name, value))
                for statement in node.body:
                    self._do(statement)
                scope.loops.pop()


def _is_explicit(node: s.Expr) -> bool:
    return isinstance(node.operand if isinstance(node, s.MeanOf) else node, s.Explicit)


def _position(error: TPError) -> int:
    return error.span.start if error.span is not None else -1

"""Building programs: every declaration and equation is checked when it is added.

A statement's right-hand side is a term (`tpgraph.program.statement_terms`). `Builder.bind` cuts it
into equations: a product is one MatMul, a mean one Moment, a maximal coordinatewise part a Nonlin.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import MappingProxyType
from typing import assert_never

from tpgraph.bounds import OPERATIONS
from tpgraph.errors import Span, TPTypeError
from tpgraph.functions import Apply, Argument, Expression, Number, written_out
from tpgraph.program.any_program import reads_program
from tpgraph.program.equations import (
    Equation,
    MatMul,
    Moment,
    Nonlin,
    Origin,
    Place,
    Read,
    rebuilt,
)
from tpgraph.program.gate import Gate
from tpgraph.program.graph import Program, assembled, through_gate
from tpgraph.program.naming import UNNAMED
from tpgraph.program.statement_terms import (
    Call,
    Constant,
    Mean,
    Once,
    Product,
    Ref,
    Term,
    components_as_scalars,
)
from tpgraph.program.typing_rules import result_type
from tpgraph.program.variables import Variable, temporary_name
from tpgraph.types import Scalar

__all__ = ["Builder", "check"]


_PENDING = Scalar()


class Builder(Gate):
    """Collects a program; every method raises a TPError at the first thing that does not fit.

    `origin` is the statement of a text that is being carried out, if there is one: what `bind`
    makes comes from it.
    """

    def __init__(self, name: str = UNNAMED) -> None:
        super().__init__(name)
        self.origin: Origin | None = None
        self._interned: dict[Expression, Expression] = {}
        self._own: dict[int, Expression] = {}  # the same by identity

    def bind(
        self, target: str, term: Term, span: Span | None = None, place: Place | None = None
    ) -> Variable:
        """Bind `target` to a term, cut into equations.

        Intermediate values are `target~1`, `target~2`, … in the order of their evaluation. A
        vector of one component is a scalar where it meets a vector of another dimension. If a part
        is ill typed nothing is added.
        """
        self._require_free(target, span)
        try:
            return self._cut(target, term, span, place)
        except TPTypeError:
            spread = components_as_scalars(term)
            if spread is term:
                raise
        return self._cut(target, spread, span, place)

    def _cut(self, target: str, term: Term, span: Span | None, place: Place | None) -> Variable:
        """The variable that a term is bound to; no equation where that raises."""
        with self.whole():
            return _Cut(self, target, place, span).finish(term)

    def bind_loss(self, term: Term, span: Span | None = None) -> Variable:
        """Declare a term the loss, under the name `loss`. If it cannot be, nothing is added."""
        with self.whole():
            variable = self.bind("loss", term, span)
            self.loss(variable, span)
        return variable

    @contextmanager
    def whole(self) -> Iterator[None]:
        """All equations that are added inside of it, or none where that raises."""
        mark = len(self._equations)
        try:
            yield
        except Exception:
            self._discard(mark)
            raise

    def _discard(self, mark: int) -> None:
        """Unbind the equations from `mark` on."""
        for equation in self._equations[mark:]:
            del self._scope[equation.out.name], self._where[equation.out.name]
        del self._equations[mark:]

    def build(self) -> Program:
        """The program. Raises what can only be seen of the whole."""
        self.finish()
        return assembled(
            name=self.name,
            widths=tuple(self._widths.values()),
            declarations=tuple(self._declarations),
            equations=tuple(self._equations),
            outputs=tuple(self._outputs),
            loss=self._loss,
            parametrization=self.parametrization,
            functions=tuple(self._functions.values()),
            labels=MappingProxyType(dict(self._labels)),
            hints=tuple(self._hints),
            training_plan=self._training_plan,
        )

    def add_typed(self, equation: Equation) -> Variable:
        """Add an equation and bind its `out`, whose type the right-hand side gives."""
        out = Variable(equation.out.name, result_type(equation, self._checked))
        return self.add(rebuilt(equation, out, equation.place, equation.origin))

    def intern(self, expression: Expression, size: int | None = None) -> Expression:
        """One object for equal expressions: a program of a million equations has few of them.

        `size` is the number of its operations with what it calls written out, where that is known.
        Raises TPLimitError for one that is too large.
        """
        if self._own.get(id(expression)) is expression:
            return expression
        known = self._interned.get(expression)
        if known is not None:
            return known
        if size is None:
            size = written_out(expression)
        OPERATIONS.require(
            size,
            f"an expression has {size:,} operations with what it calls written out",
            mend="bind its parts to names of their own",
        )
        self._interned[expression] = self._own[id(expression)] = expression
        return expression


class _Cut:
    """One statement being cut into equations."""

    def __init__(
        self, builder: Builder, target: str, place: Place | None, span: Span | None
    ) -> None:
        self.builder = builder
        self.target = target
        self.place = place
        self.span = span
        self.count = 0
        self.origin = builder.origin
        self.once: dict[Once, Variable] = {}

    def finish(self, term: Term) -> Variable:
        """Bind the whole term to the target."""
        return self._emit(term, self.target)

    def _emit(self, term: Term, name: str | None) -> Variable:
        """Add the equation of `term`; a None name is the next temporary, after its operands."""
        reads: list[Read] = []
        rest = self.place, term.span or self.span, self.origin
        equation: Equation
        match term:
            case Once(operand):
                return self._emit(operand, name)
            case Product(matrix, transpose, operand, _, matrix_span):
                _note(reads, matrix, matrix_span)
                inner = self._value(operand)
                _note(reads, inner, operand.span)
                out = self._out(name)
                equation = MatMul(out, matrix, transpose, inner, *rest, tuple(reads))
            case Mean(operand):
                function, arguments = self._coordinatewise(operand, reads)
                out = self._out(name)
                equation = Moment(out, function, arguments, *rest, tuple(reads))
            case Ref() | Constant() | Call():
                function, arguments = self._coordinatewise(term, reads)
                out = self._out(name)
                make = Nonlin if any(not a.is_scalar for a in arguments) else Moment
                equation = make(out, function, arguments, *rest, tuple(reads))
            case _:
                assert_never(term)
        return self.builder.add_typed(equation)

    def _value(self, term: Term) -> Variable:
        """The variable that holds a term: itself, or a temporary."""
        match term:
            case Ref(variable):
                return variable
            case Once(operand):
                if term not in self.once:
                    self.once[term] = self._value(operand)
                return self.once[term]
            case _:
                return self._emit(term, None)

    def _out(self, name: str | None) -> Variable:
        if name is None:
            self.count += 1
            name = temporary_name(self.target, self.count)
        return Variable(name, _PENDING)

    def _coordinatewise(
        self, term: Term, reads: list[Read]
    ) -> tuple[Expression, tuple[Variable, ...]]:
        """The expression of a coordinatewise term, and its arguments in order of appearance."""
        arguments: dict[Variable, int] = {}
        expression = self._expression(term, arguments, reads)
        return self.builder.intern(expression), tuple(arguments)

    def _expression(
        self, term: Term, arguments: dict[Variable, int], reads: list[Read]
    ) -> Expression:
        match term:
            case Constant(value):
                return Number(value)
            case Call(function, inner, order):
                parts = tuple([self._expression(t, arguments, reads) for t in inner])
                return Apply(function, parts, order)
            case Ref() | Product() | Mean() | Once():
                variable = self._value(term)
                _note(reads, variable, term.span)
                return Argument(arguments.setdefault(variable, len(arguments)))
            case _:
                assert_never(term)


def _note(reads: list[Read], variable: Variable, span: Span | None) -> None:
    if span is not None:
        reads.append(Read(variable.name, span))


@reads_program
def check(program: Program) -> Program:
    """Check a program that was put together by a transform, and return it.

    Raises a TPError, or a TPErrorGroup, as `Builder` does.
    """
    through_gate(program)
    return program

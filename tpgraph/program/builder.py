"""Building programs: every declaration and equation is checked when it is added.

A statement's right-hand side is a *term*: a tree over variables in which coordinatewise
operations, products with matrices and means nest freely. `Builder.bind` cuts it into equations: a
product is one MatMul, a mean one Moment, a maximal coordinatewise part one Nonlin.

    term ::= Ref(variable) | Constant(q) | Call(function, (term, …), order)
           | Product(matrix, transpose, term) | Mean(term)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from types import MappingProxyType
from typing import TypeAlias, assert_never

from tpgraph.bounds import OPERATIONS
from tpgraph.errors import Span
from tpgraph.functions import Apply, Argument, Expression, Function, Number, written_out
from tpgraph.program.any_program import reads_program
from tpgraph.program.equations import (
    Equation,
    MatMul,
    Moment,
    Nonlin,
    Origin,
    Place,
    Read,
)
from tpgraph.program.gate import Gate
from tpgraph.program.graph import Program, assembled, through_gate
from tpgraph.program.typing_rules import result_type
from tpgraph.program.variables import Variable, temporary_name
from tpgraph.types import Scalar

__all__ = ["Builder", "Call", "Constant", "Mean", "Product", "Ref", "Term", "check"]


@dataclass(frozen=True, slots=True)
class Ref:
    """A variable where it is used."""

    variable: Variable
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Constant:
    """An exact number."""

    value: Fraction
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A coordinatewise function (its derivative of this order) of terms."""

    function: Function
    arguments: tuple[Term, ...]
    order: int = 0
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Product:
    """A matrix, or its transpose, times a term."""

    matrix: Variable
    transpose: bool
    operand: Term
    span: Span | None = field(default=None, compare=False, repr=False)
    matrix_span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Mean:
    """(1/n) Σ_α of a term."""

    operand: Term
    span: Span | None = field(default=None, compare=False, repr=False)


Term: TypeAlias = Ref | Constant | Call | Product | Mean

_PENDING = Scalar()


class Builder(Gate):
    """Collects a program; every method raises a TPError at the first thing that does not fit.

    `origin` is the statement of a text that is being carried out, if there is one: what `bind`
    makes comes from it.
    """

    def __init__(self, name: str = "program") -> None:
        super().__init__(name)
        self.origin: Origin | None = None
        self._interned: dict[Expression, Expression] = {}

    def bind(
        self, target: str, term: Term, span: Span | None = None, place: Place | None = None
    ) -> Variable:
        """Bind `target` to a term, cut into equations.

        Intermediate values are `target~1`, `target~2`, … in the order of their evaluation. If a
        part is ill typed nothing is added.
        """
        self._require_free(target, span)
        mark = len(self._equations)
        cut = _Cut(self, target, place, span)
        try:
            return cut.finish(term)
        except Exception:
            self._discard(mark)
            raise

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
        )

    def intern(self, expression: Expression) -> Expression:
        """One object for equal expressions: a program of a million equations has few of them.

        Raises TPLimitError for one that is too large with what it calls written out.
        """
        known = self._interned.get(expression)
        if known is not None:
            return known
        size = written_out(expression)
        OPERATIONS.require(
            size,
            f"an expression has {size:,} operations with what it calls written out",
            mend="bind its parts to names of their own",
        )
        self._interned[expression] = expression
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

    def finish(self, term: Term) -> Variable:
        """Bind the whole term to the target."""
        return self._emit(term, self.target)

    def _emit(self, term: Term, name: str | None) -> Variable:
        """Add the equation of `term`; a None name is the next temporary, after its operands."""
        reads: list[Read] = []
        rest = self.place, term.span or self.span, self.origin
        equation: Equation
        match term:
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
        return self.builder.add(_typed(equation))

    def _value(self, term: Term) -> Variable:
        """The variable that holds a term: itself, or a temporary."""
        return term.variable if isinstance(term, Ref) else self._emit(term, None)

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
            case Ref() | Product() | Mean():
                variable = self._value(term)
                _note(reads, variable, term.span)
                return Argument(arguments.setdefault(variable, len(arguments)))
            case _:
                assert_never(term)


def _note(reads: list[Read], variable: Variable, span: Span | None) -> None:
    if span is not None:
        reads.append(Read(variable.name, span))


def _typed(equation: Equation) -> Equation:
    """The equation with the type of its `out`, which the right-hand side gives."""
    return replace(equation, out=Variable(equation.out.name, result_type(equation)))


@reads_program
def check(program: Program) -> Program:
    """Check a program that was put together by a transform, and return it.

    Raises a TPError, or a TPErrorGroup, as `Builder` does.
    """
    through_gate(program)
    return program

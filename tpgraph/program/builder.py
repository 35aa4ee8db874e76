"""Building programs: every declaration and equation is checked when it is added.

A statement's right-hand side is a *term*: a tree over variables in which coordinatewise
operations, products with matrices and means nest freely. `Builder.bind` cuts it into equations: a
product is one MatMul, a mean one Moment, a maximal coordinatewise part one Nonlin.

    term ::= Ref(variable) | Constant(q) | Call(function, (term, …), order)
           | Product(matrix, transpose, term) | Mean(term)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from types import MappingProxyType
from typing import TypeAlias, assert_never

from tpgraph.bounds import OPERATIONS
from tpgraph.errors import Span, TextEdit, TPNameError, TPTypeError, raise_all
from tpgraph.functions import Apply, Argument, Defined, Expression, Function, Number, written_out
from tpgraph.program.equations import (
    Declaration,
    Equation,
    InitialScalar,
    MatMul,
    Moment,
    Nonlin,
    Origin,
    Parameter,
    Place,
    Read,
    Target,
)
from tpgraph.program.graph import Program
from tpgraph.program.parametrization import Parametrization
from tpgraph.program.rules import Checked, check_declaration, check_equation, result_type
from tpgraph.program.variables import Variable, temporary_name
from tpgraph.types import Scalar, Width

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


class Builder:
    """Collects a program; every method raises a TPError at the first thing that does not fit.

    `origin` is the statement of a text that is being carried out, if there is one: what `bind`
    makes comes from it.
    """

    def __init__(self, name: str = "program") -> None:
        self.name = name
        self.parametrization: Parametrization | None = None
        self.origin: Origin | None = None
        self._scope: dict[str, Variable] = {}
        self._where: dict[str, Span | None] = {}
        self._widths: dict[str, Width] = {}
        self._declarations: list[Declaration] = []
        self._equations: list[Equation] = []
        self._outputs: list[Variable] = []
        self._loss: Variable | None = None
        self._functions: dict[str, Defined] = {}
        self._labels: dict[str, str] = {}
        self._interned: dict[Expression, Expression] = {}
        self._checked: Checked = {}

    @property
    def scope(self) -> Mapping[str, Variable]:
        """The names bound so far."""
        return MappingProxyType(self._scope)

    @property
    def widths(self) -> Mapping[str, Width]:
        """The widths declared so far."""
        return MappingProxyType(self._widths)

    def width(self, width: Width, span: Span | None = None) -> Width:
        """Declare a width; a ratio needs its base declared before."""
        if width.name in self._widths:
            raise TPNameError(f"width {width.name} is declared twice", span)
        if width.base is not None and width.base not in self._widths:
            raise TPNameError(f"width {width.base} is not declared", span, mend="declare it before")
        if width.base is not None and self._widths[width.base].base is not None:
            raise TPTypeError(
                f"width {width.name} is a ratio of {width.base}, which is a ratio itself",
                span,
                f"a ratio of {self._widths[width.base].base}",
            )
        if width.ratio <= 0 or (width.base is None and width.ratio != 1):
            raise TPTypeError(
                f"width {width.name} = {width.ratio} {width.base or ''}".rstrip(),
                span,
                "a ratio > 0 of another width",
            )
        self._widths[width.name] = width
        return width

    def define(self, function: Defined, span: Span | None = None) -> Defined:
        """Add a coordinatewise function of the program's own."""
        if function.name in self._functions:
            raise TPNameError(f"function {function.name} is defined twice", span)
        self._functions[function.name] = function
        return function

    def declare(self, declaration: Declaration) -> tuple[Variable, ...]:
        """Add a declaration and bind its variables."""
        names: set[str] = set()
        for variable in declaration.variables:
            self._require_free(variable.name, declaration.span)
            if variable.name in names:
                raise TPNameError(f"{variable} is declared twice", declaration.span)
            names.add(variable.name)
        check_declaration(declaration)
        self._require_widths(declaration)
        for variable in declaration.variables:
            self._bind(variable, declaration.span)
        self._declarations.append(declaration)
        return declaration.variables

    def add(self, equation: Equation) -> Variable:
        """Add an equation and bind its `out`."""
        self._require_free(equation.out.name, equation.span)
        check_equation(equation, self._scope, self._checked)
        origin = equation.origin
        self._bind(equation.out, equation.span if origin is None else origin.span)
        self._equations.append(equation)
        return equation.out

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
        mark = len(self._equations)
        variable = self.bind("loss", term, span)
        try:
            self.loss(variable, span)
        except Exception:
            self._discard(mark)
            raise
        return variable

    def _discard(self, mark: int) -> None:
        """Unbind the equations from `mark` on."""
        for equation in self._equations[mark:]:
            del self._scope[equation.out.name], self._where[equation.out.name]
        del self._equations[mark:]

    def output(self, variable: Variable, span: Span | None = None) -> None:
        """Declare a variable an output of the network."""
        self._require_bound(variable, span)
        if variable.is_matrix:
            raise TPTypeError(f"output {variable} is a matrix", span, "a vector or a scalar")
        if variable in self._outputs:
            raise TPNameError(f"{variable} is an output already", span)
        self._outputs.append(variable)

    def loss(self, variable: Variable, span: Span | None = None) -> None:
        """Declare the loss, a scalar or a vector of fixed dimension that is summed."""
        if self._loss is not None:
            raise TPNameError("the program has a loss already", span)
        self._require_bound(variable, span)
        if not (variable.is_scalar or variable.is_fixed):
            raise TPTypeError(
                f"the loss is a {variable.type}",
                span,
                "a scalar or a vector of fixed dimension",
                "take the mean of it, or read it out by a matrix",
            )
        self._loss = variable

    def label(self, name: str, latex: str) -> None:
        """Give a variable or function the LaTeX label that pictures and listings show."""
        self._labels[name] = latex

    def build(self) -> Program:
        """The program. Raises what can only be seen of the whole."""
        raise_all(self._global_errors())
        return Program(
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

    def _require_free(self, name: str, span: Span | None) -> None:
        if name in self._scope:
            where = self._where[name]
            raise TPNameError(
                f"{name} is bound twice",
                span,
                "a new name: every variable is bound once",
                f"it was bound before at {where}" if where is not None else None,
            )

    def _require_bound(self, variable: Variable, span: Span | None) -> None:
        if self._scope.get(variable.name) != variable:
            raise TPNameError(f"{variable} is not bound before its use", span)

    def _require_widths(self, declaration: Declaration) -> None:
        """Every width of a declared object must be one of the program's."""
        widths = declaration.widths if isinstance(declaration, InitialScalar) else ()
        for variable in declaration.variables:
            widths += tuple(d for d in variable.type.dimensions if isinstance(d, Width))
        for width in widths:
            if self._widths.get(width.name) != width:
                raise TPNameError(
                    f"width {width} of {declaration.variables[0]} is not declared",
                    declaration.span,
                    mend="declare it before",
                )

    def _bind(self, variable: Variable, span: Span | None) -> None:
        self._scope[variable.name] = variable
        self._where[variable.name] = span

    def _global_errors(self) -> Iterator[TPTypeError]:
        first = next((d for d in self._declarations if isinstance(d, Parameter)), None)
        if first is not None and self.parametrization is None:
            raise TPTypeError(
                f"{first.variable} is a param, but the program has no parametrization",
                first.span,
                "parametrization ntk, mup, standard or abc(…)",
                "add a line such as: parametrization ntk",
                _line_above(first, "parametrization ntk"),
            )
        tainted = {
            d.variable.name: d.variable.name for d in self._declarations if isinstance(d, Target)
        }
        if not tainted:
            return
        for equation in self._equations:
            source = next((tainted[v.name] for v in equation.inputs if v.name in tainted), None)
            if source is not None:
                tainted[equation.out.name] = source
        for output in self._outputs:
            if output.name in tainted:
                yield TPTypeError(
                    f"output {output} depends on the target {tainted[output.name]}",
                    self._where[output.name],
                    "targets used in the loss alone",
                )


def _line_above(declaration: Declaration, line: str) -> tuple[TextEdit, ...]:
    """The edit that adds a line above the statement of a declaration; none inside of a loop."""
    origin = declaration.origin
    if origin is None or origin.values:
        return ()
    place = Span(origin.span.source, origin.span.start, origin.span.start)
    return (TextEdit(place, f"{line}\n"),)


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


def check(program: Program) -> Program:
    """Check a program that was put together by hand or by a transform, and return it.

    Raises a TPError, or a TPErrorGroup, as `Builder` does.
    """
    builder = Builder(program.name)
    builder.parametrization = program.parametrization
    for width in program.widths:
        builder.width(width)
    for function in program.functions:
        builder.define(function)
    for declaration in program.declarations:
        builder.declare(declaration)
    for equation in program.equations:
        builder.add(equation)
    for output in program.outputs:
        builder.output(output)
    if program.loss is not None:
        builder.loss(program.loss)
    builder.build()
    return program

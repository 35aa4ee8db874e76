"""The program of a JSON document: `from_json(to_json(p)) == p`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import partial
from typing import Any, assert_never

from pydantic import ValidationError

from tpgraph.bounds import ERRORS, TERMS
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
from tpgraph.functions import PRIMITIVES, Defined, Expression
from tpgraph.language.acceptance import require_size
from tpgraph.language.define import require_small
from tpgraph.language.document_places import PlaceReader
from tpgraph.language.function_text import function_of
from tpgraph.language.schema import (
    DeclarationModel,
    Document,
    EquationModel,
    FedModel,
    GateModel,
    MatMulModel,
    MatrixModel,
    ParamModel,
    ScalarModel,
    TrainingPlanModel,
    VectorModel,
)
from tpgraph.program import (
    Builder,
    Data,
    Declaration,
    InitialMatrix,
    InitialScalar,
    InitialVectors,
    MatMul,
    Moment,
    Nonlin,
    Parameter,
    Parametrization,
    Place,
    Program,
    Target,
    Variable,
)
from tpgraph.program.hints import Hint
from tpgraph.program.naming import require_base
from tpgraph.program.training_plan import TrainingPlan
from tpgraph.types import Dimension, Fixed, Matrix, Scalar, Vector, Width

__all__ = ["from_json"]


def from_json(text: str, name: str = "<json>") -> Program:
    """The program of a JSON document.

    Raises a TPError, or a TPErrorGroup, as `parse` does.
    """
    require_size(len(text))
    return _Reader(_validated(text, name)).program()


def _validated(text: str, name: str) -> Document:
    """The document that a text holds. Raises a TPError for each thing that does not fit."""
    source = Source(name, text)
    try:
        parts = (text.count("[") + text.count("{")) // 2
        TERMS.require(parts, f"the document has {parts:,} parts")
        data = json.loads(text.removeprefix("\ufeff"), parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        span = Span(source, error.pos, error.pos + 1)
        raise TPSyntaxError(f"this is not JSON: {error.msg}", span) from None
    except RecursionError:
        raise TPLimitError("the document nests too deep") from None
    except ValueError as error:
        raise TPLimitError(f"a number in the document is too long: {str(error)[:60]}") from None
    try:
        return Document.model_validate(data)
    except ValidationError as error:
        raise_all(_structural(error, name))
        raise AssertionError from error


def _no_constant(word: str) -> float:
    raise TPTypeError(f"{word} is not a number that a program can hold")


def _structural(error: ValidationError, name: str) -> Iterator[TPError]:
    for count, entry in enumerate(error.errors(include_url=False, include_input=False)):
        if count == ERRORS.most:
            yield TPLimitError(f"{count} errors; the rest is not shown")
            return
        place = "".join(
            f"[{part}]" if isinstance(part, int) else f".{part}" for part in entry["loc"]
        )
        yield TPSyntaxError(
            f"{name}: {place.lstrip('.') or 'the document'}: {entry['msg']}",
            expected="a document of schema tpgraph.program/1",
        )


class _Reader:
    """Builds the program of a document; errors name the place in it."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.builder = Builder()
        self.functions: dict[str, Any] = dict(PRIMITIVES)
        self.unfolded: dict[str, tuple[int, int]] = {}
        self.widths: dict[str, Width] = {}
        self.texts: dict[tuple[str, int], Expression] = {}
        self.places = PlaceReader(document)
        self.errors: list[TPError] = []
        self.failed: set[str] = set()

    def program(self) -> Program:
        document = self.document
        self._try("name", (), self._name, document.name)
        for number, width in enumerate(document.widths):
            self._try(f"widths[{number}]", (), self._width, width)
        self._try("parametrization", (), self._parametrization, None)
        for number, function in enumerate(document.functions):
            self._try(f"functions[{number}]", (), self._function, function)
        for number, declaration in enumerate(document.declarations):
            names = (
                declaration.names if isinstance(declaration, VectorModel) else [declaration.name]
            )
            self._try(f"declarations[{number}]", names, self._declaration, declaration)
        for number, equation in enumerate(document.equations):
            self._try(f"equations[{number}]", (equation.out,), self._equation, equation)
        for number, output in enumerate(document.outputs):
            self._try(f"outputs[{number}]", (), self._output, output)
        if document.loss is not None:
            self._try("loss", (), self._loss, document.loss)
        for name, latex in document.labels.items():
            self._try("labels", (), partial(self.builder.label, name), latex)
        for number, hint in enumerate(document.hints):
            said = Hint(hint.kind, tuple(hint.names), hint.text, tuple(hint.others))
            self._try(f"hints[{number}]", (), self.builder.hint, said)
        if document.training_plan is not None:
            self._try("training_plan", (), self._training_plan, document.training_plan)
        self._try("dims", (), self._dims, document.dims)
        raise_all(self.errors)
        self.builder.require_whole()
        program = self.builder.build()
        if not (program.declarations or program.equations):
            raise TPSyntaxError("the document holds no program", expected="a declaration")
        return program

    def _try(self, place: str, names: Sequence[str], action: Any, item: object) -> None:
        """Do one thing; where it fails, what it would bind is not reported again."""
        try:
            action(item)
        except TPError as error:
            self.failed.update(n for n in names if n not in self.builder.scope)
            if isinstance(error, _Skipped):
                return
            error.message = f"{place}: {error.message}"
            error.args = (error.message,)
            self.errors.append(error)
            if len(self.errors) >= ERRORS.most:
                last = TPLimitError(f"{ERRORS.most} errors; the rest was not looked at")
                raise_all([*self.errors, last])

    def _training_plan(self, said: TrainingPlanModel) -> None:
        plan = TrainingPlan(tuple(said.rates), said.momentum, said.weight_decay)
        self.builder.train_by(plan)

    def _name(self, name: str) -> None:
        self.builder.name = name

    def _dims(self, dims: Mapping[str, int]) -> None:
        for name in dims:
            require_base(name, "a dim")
            if name in self.widths:
                raise TPNameError(f"{name} is a width and a dim")

    def _width(self, item: Any) -> None:
        ratio = _fraction(item.ratio)
        self.widths[item.name] = self.builder.width(Width(item.name, ratio, item.base))

    def _parametrization(self, _: object) -> None:
        given = self.document.parametrization
        if given is None:
            return
        a, b = ((_fraction(e[0]), _fraction(e[1]), _fraction(e[2])) for e in (given.a, given.b))
        self.builder.parametrization = Parametrization(given.name, a, b, _fraction(given.c))

    def _function(self, item: Any) -> None:
        if item.name in PRIMITIVES:
            raise TPNameError(f"{item.name} is a function of the table")
        body = self._expression(item.body, len(item.parameters))
        self.unfolded[item.name] = require_small(item.name, body, self.unfolded)
        function = self.builder.define(Defined(item.name, tuple(item.parameters), body))
        self.functions[item.name] = function

    def _expression(self, text: str, arity: int) -> Expression:
        key = text, arity
        if key not in self.texts:
            names = [f"z{i}" for i in range(1, arity + 1)]
            self.texts[key] = function_of(text, names, self.functions)
        return self.texts[key]

    def _dim(self, item: int | str) -> Dimension:
        if isinstance(item, int):
            return Fixed(item)
        if item in self.widths:
            return self.widths[item]
        if item in self.document.dims:
            return Fixed(self.document.dims[item], item)
        raise TPNameError(f"{item} is neither a width nor a dim")

    def _variable(self, name: str) -> Variable:
        found = self.builder.scope.get(name)
        if found is None:
            if name in self.failed:
                raise _Skipped(name)
            raise TPNameError(f"{name} is not bound before its use")
        return found

    def _declaration(self, item: DeclarationModel) -> None:
        self.builder.declare(self._declared(item))

    def _declared(self, item: DeclarationModel) -> Declaration:
        match item:
            case ScalarModel():
                widths = tuple(self._named_width(w) for w in item.widths)
                value = self._expression(item.value, len(widths))
                return InitialScalar(Variable(item.name, Scalar()), value, item.limit, widths)
            case VectorModel():
                type_ = Vector(self._dim(item.dim))
                variables = tuple(Variable(name, type_) for name in item.names)
                covariance = tuple(tuple(row) for row in item.covariance)
                return InitialVectors(variables, tuple(item.mean), covariance, item.as_x)
            case MatrixModel():
                rows, columns = item.shape
                type_matrix = Matrix(self._dim(rows), self._dim(columns))
                return InitialMatrix(Variable(item.name, type_matrix), item.variance)
            case ParamModel():
                dims = [self._dim(d) for d in item.shape]
                shape = Matrix(dims[0], dims[1]) if len(dims) == 2 else Vector(dims[0])
                return Parameter(Variable(item.name, shape), item.variance, item.scale)
            case FedModel():
                variable = Variable(item.name, Vector(self._dim(item.dim)))
                if item.kind == "target":
                    return Target(variable)
                return Data(variable, place=self.places.place(item.place))
            case _:
                assert_never(item)

    def _named_width(self, name: str) -> Width:
        if name not in self.widths:
            raise TPNameError(f"{name} is not a width")
        return self.widths[name]

    def _equation(self, item: EquationModel) -> None:
        place = self.places.place(item.place)
        if isinstance(item, MatMulModel):
            matrix, operand = self._variable(item.matrix), self._variable(item.operand)
            if not matrix.is_matrix:
                raise TPTypeError(f"{matrix} is a {matrix.type}", expected="a matrix")
            shape = matrix.matrix.transposed if item.transpose else matrix.matrix
            out = Variable(item.out, Vector(shape.rows))
            self.builder.add(MatMul(out, matrix, item.transpose, operand, place))
            return
        self._gate(item, place)

    def _gate(self, item: GateModel, place: Place | None) -> None:
        arguments = tuple(self._variable(name) for name in item.arguments)
        function = self._expression(item.function, len(arguments))
        if item.kind == "moment":
            out = Variable(item.out, Scalar())
            self.builder.add(Moment(out, function, arguments, place))
            return
        vector = next((a for a in arguments if a.is_vector), None)
        type_ = vector.type if vector is not None else Scalar()
        self.builder.add(Nonlin(Variable(item.out, type_), function, arguments, place))

    def _output(self, name: str) -> None:
        self.builder.output(self._variable(name))

    def _loss(self, name: str) -> None:
        self.builder.loss(self._variable(name))


class _Skipped(TPError):
    """Something that reads what failed before."""


def _fraction(text: str) -> Fraction:
    try:
        return Fraction(text)
    except ZeroDivisionError:
        raise TPTypeError(f"{text} divides by zero") from None

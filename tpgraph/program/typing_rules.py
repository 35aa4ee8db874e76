"""The typing rules of programs.

    W : r × c    x : c              x¹, …, x^k : n    θ₁, …, θ_l scalars
    ──────────────────              ───────────────────────────────────
        W x : r                 ψ(x; θ) : n          mean ψ(x; θ) : scalar

Widths never mix with other widths or with fixed dimensions inside one Nonlin or Moment. Every rule
raises a TPError with the span of the equation or declaration at fault.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import TypeAlias, assert_never

from tpgraph.bounds import NUMBER
from tpgraph.errors import Span, TextEdit, TPLimitError, TPNameError, TPTypeError
from tpgraph.functions import (
    PRIMITIVES,
    Apply,
    Argument,
    Defined,
    Expression,
    Function,
    Number,
    Primitive,
    reads_components,
)
from tpgraph.program.equations import (
    Data,
    Declaration,
    Equation,
    InitialMatrix,
    InitialScalar,
    InitialVectors,
    MatMul,
    Moment,
    Nonlin,
    Parameter,
    Target,
)
from tpgraph.program.parametrization import layer_kind
from tpgraph.program.variables import Variable
from tpgraph.types import Fixed, Matrix, Scalar, Type, Vector, Width

__all__ = [
    "MAX_NUMBER",
    "MAX_SIZE",
    "Checked",
    "check_declaration",
    "check_equation",
    "check_expression",
    "result_type",
]

MAX_NUMBER = Fraction(NUMBER.default)
"""Of every constant of a program, so that it is a float."""
MAX_SIZE = 10**9
"""Of a fixed dimension."""

_SCALAR = Scalar()


def check_declaration(declaration: Declaration) -> None:
    """Raise a TPTypeError where the declaration's own numbers and shapes do not fit."""
    span = declaration.span
    for variable in declaration.variables:
        _require_dimensions(variable, span)
    match declaration:
        case InitialScalar(variable, value, limit):
            _require(variable, variable.is_scalar, "a scalar", span)
            _require_finite(limit, f"the limit of {variable}", span)
            check_expression(value, len(declaration.widths), span)
        case InitialVectors():
            _check_gaussian(declaration)
        case InitialMatrix(variable, variance):
            _require(variable, variable.is_matrix, "a matrix", span)
            _require_variance(variance, variable, span)
        case Parameter(variable, variance, scale):
            try:
                layer_kind(variable)
            except TPTypeError as error:
                raise error.at(span) from None
            _require_variance(variance, variable, span)
            _require_finite(scale, f"the scale of {variable}", span)
            effective = scale * scale * variance
            _require_finite(effective, f"the variance scale² · N of {variable}", span)
        case Data(variable) | Target(variable):
            if not variable.is_fixed:
                raise TPTypeError(
                    f"{variable} is a {variable.type}, but data have a fixed dimension",
                    span,
                    "a fixed dimension, such as d or 64",
                    "declare a dim, or declare the variable as a vector",
                )
        case _:
            assert_never(declaration)


def _require_dimensions(variable: Variable, span: Span | None) -> None:
    for dimension in variable.type.dimensions:
        if isinstance(dimension, Fixed) and not _is_size(dimension.value):
            raise TPTypeError(
                f"{variable} has dimension {dimension.value}", span, "a whole number ≥ 1"
            )


def _is_size(value: object) -> bool:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return whole and 1 <= value <= MAX_SIZE  # type: ignore[operator]


def _check_gaussian(declaration: InitialVectors) -> None:
    span, variables = declaration.span, declaration.variables
    if not variables:
        raise TPTypeError("a declaration binds no vector", span)
    for variable in variables:
        _require(variable, variable.is_vector, "a vector", span)
        if variable.dim != variables[0].dim:
            raise TPTypeError(
                f"{variables[0]} : {variables[0].dim} and {variable} : {variable.dim} are jointly"
                " Gaussian, but of different dimensions",
                span,
            )
    k, covariance = len(variables), declaration.covariance
    if len(declaration.mean) != k or len(covariance) != k or any(len(r) != k for r in covariance):
        raise TPTypeError(
            f"the mean and covariance of {k} vectors do not have {k} and {k} × {k} entries",
            span,
            f"N([m, …], [[s, …], …]) with {k} means and {k} rows of {k}",
        )
    for entry in (*declaration.mean, *(c for row in covariance for c in row)):
        _require_finite(entry, f"the distribution of {variables[0]}", span)
    if any(
        not math.isclose(covariance[i][j], covariance[j][i], abs_tol=1e-15)
        for i in range(k)
        for j in range(i)
    ):
        raise TPTypeError(f"the covariance of {variables[0]} is not symmetric", span)
    if not _is_positive_semidefinite(covariance):
        raise TPTypeError(
            f"the covariance of {variables[0]} has a negative eigenvalue",
            span,
            "a positive semidefinite matrix",
        )


def _is_positive_semidefinite(matrix: tuple[tuple[float, ...], ...]) -> bool:
    """Whether elimination meets no negative pivot, up to rounding."""
    rows = [list(row) for row in matrix]
    largest = max((abs(row[i]) for i, row in enumerate(rows)), default=0.0)
    tolerance = 1e-12 * max(largest, 1e-300)
    for i, row in enumerate(rows):
        if row[i] < -tolerance:
            return False
        if row[i] <= tolerance:
            if any(abs(entry) > 1e-6 * max(largest, 1e-300) for entry in row[i + 1 :]):
                return False
            continue
        for below in rows[i + 1 :]:
            factor = below[i] / row[i]
            below[i:] = [b - factor * a for a, b in zip(row[i:], below[i:], strict=True)]
    return True


def _require(variable: Variable, holds: bool, kind: str, span: Span | None) -> None:
    if not holds:
        raise TPTypeError(f"{variable} is a {variable.type}, not {kind}", span, kind)


def _require_finite(value: float, what: str, span: Span | None) -> None:
    if not (isinstance(value, int | float) and math.isfinite(value)):
        raise TPTypeError(f"{what} is {value}", span, "a finite number")


def _require_variance(variance: float, variable: Variable, span: Span | None) -> None:
    real = isinstance(variance, int | float) and math.isfinite(variance)
    if not (real and variance >= 0):
        raise TPTypeError(
            f"the variance of {variable} is {variance!r}", span, "a finite number ≥ 0"
        )


Checked: TypeAlias = dict[int, tuple[Expression, int, bool]]
"""Expressions that passed `check_expression`, by identity, with their number of arguments and
whether they read all components of a vector."""


def check_equation(
    equation: Equation, scope: Mapping[str, Variable], checked: Checked | None = None
) -> None:
    """Raise a TPError where the equation is not well typed in `scope`, the names bound before.

    An expression object that is in `checked` is not looked into again, and enters it if it passes.
    """
    for variable in equation.inputs:
        bound = scope.get(variable.name)
        if bound is None:
            raise TPNameError(f"{variable} is not bound before its use", equation.span)
        if bound is not variable and bound != variable:
            raise TPTypeError(
                f"{variable} is a {bound.type}, but is used as a {variable.type}", equation.span
            )
    result, type_ = result_type(equation, checked), equation.out.type
    if type_ is not result and type_ != result:
        raise TPTypeError(
            f"{equation.out} is a {equation.out.type}, but the right-hand side is a {result}",
            equation.span,
        )


def result_type(equation: Equation, checked: Checked | None = None) -> Type:
    """The type of what the equation makes. Raises TPTypeError where it has none."""
    if isinstance(equation, MatMul):
        return _matmul_type(equation)
    span = equation.span
    over = _check_once(equation.function, len(equation.arguments), span, checked)
    vector = _common_type(equation)
    if over:
        _require_components(vector, span)
    if isinstance(equation, Moment):
        return _SCALAR
    if vector is None:
        raise TPTypeError(
            "a Nonlin needs a vector, but every argument is a scalar",
            span,
            mend="scalars among themselves make a Moment",
        )
    return vector


def _check_once(
    expression: Expression, arity: int, span: Span | None, checked: Checked | None
) -> bool:
    """Check an expression; the answer is whether it reads all components of a vector."""
    known = None if checked is None else checked.get(id(expression))
    if known is None or known[1] != arity:
        check_expression(expression, arity, span)
        known = expression, arity, reads_components(expression)
        if checked is not None:
            checked[id(expression)] = known
    return known[2]


def _require_components(vector: Vector | None, span: Span | None) -> None:
    """A function of all components stands over a vector that has a fixed number of them."""
    if vector is None or not isinstance(vector.dim, Fixed):
        what = "a scalar" if vector is None else f"a vector of width {vector.dim}"
        raise TPTypeError(
            f"a function of all components is applied to {what}",
            span,
            "a vector of fixed dimension",
        )


def _matmul_type(equation: MatMul) -> Type:
    matrix, operand, span = equation.matrix, equation.operand, equation.span
    _require(matrix, matrix.is_matrix, "a matrix", span)
    if not operand.is_vector:
        factor = _spoken(operand, "operand")
        raise TPTypeError(
            f"{matrix} multiplies a vector, but {_spoken(operand, 'its operand')}"
            f" is a {operand.type}",
            span,
            "a vector",
            f"write the factor in front: {factor} * (…)" if operand.is_scalar else None,
        )
    shape = matrix.matrix.transposed if equation.transpose else matrix.matrix
    if shape.columns is not operand.dim and shape.columns != operand.dim:
        name = f"{matrix}'" if equation.transpose else str(matrix)
        other = str(matrix) if equation.transpose else f"{matrix}'"
        fits = shape.rows == operand.dim
        raise TPTypeError(
            f"{name} is {shape.rows} × {shape.columns} and cannot multiply"
            f" {_spoken(operand, 'its operand')}, a vector of {operand.dim}",
            span,
            f"a vector of {shape.columns}",
            f"the transpose fits: {other} {_spoken(operand, '(…)')}" if fits else None,
            _transposed(equation) if fits else (),
        )
    return Vector(shape.rows)


def _transposed(equation: MatMul) -> tuple[TextEdit, ...]:
    """The edit that marks the matrix as transposed; none where it is, or came from no text."""
    places = () if equation.transpose else equation.places(equation.matrix.name)
    ends = [Span(place.source, place.end, place.end) for place in places]
    return tuple(TextEdit(end, "'") for end in ends)


def _spoken(variable: Variable, unnamed: str) -> str:
    """The name of a variable as errors say it; intermediates `x~1` have none in the text."""
    return unnamed if variable.is_temporary else variable.name


def _place(equation: Nonlin | Moment, argument: Variable) -> Span | None:
    """Where the text reads an argument; the whole equation where that is not known."""
    return next(iter(equation.places(argument.name)), equation.span)


def _common_type(equation: Nonlin | Moment) -> Vector | None:
    """The type that all vectors among the arguments share; None if there is no vector."""
    first: Variable | None = None
    shared: Vector | None = None
    for argument in equation.arguments:
        kind = argument.type
        if kind is shared or isinstance(kind, Scalar):
            continue
        if isinstance(kind, Matrix):
            raise TPTypeError(
                f"{argument} is a matrix and cannot stand in a coordinatewise expression",
                _place(equation, argument),
                "vectors and scalars",
                f"multiply it with a vector: {argument} x, without a sign between",
            )
        if first is None or shared is None:
            first, shared = argument, kind
        elif kind.dim is not shared.dim and kind.dim != shared.dim:
            mixed = isinstance(argument.dim, Width) and isinstance(first.dim, Width)
            what = "widths" if mixed else "dimensions"
            one = _spoken(first, "one operand")
            other = _spoken(argument, "another" if first.is_temporary else "one operand")
            raise TPTypeError(
                f"{what} mix: {one} has dimension {first.dim}, {other} has {argument.dim}",
                _place(equation, argument),
                f"vectors of {first.dim}",
                "a matrix leads from one dimension to another",
            )
    return shared


def _require_number(value: object, span: Span | None) -> None:
    if not isinstance(value, Fraction | int):
        raise TPTypeError(f"{value!r} is not an exact number", span)
    if abs(Fraction(value)) > MAX_NUMBER:
        raise TPLimitError("the number is too large", span, "numbers to 1e308")


def _require_function(function: Function, order: int, span: Span | None) -> None:
    """A primitive must be the table's own, as its text becomes code."""
    if isinstance(function, Primitive):
        own = PRIMITIVES.get(function.name)
        if own is not function and (
            own is None or own.numpy != function.numpy or own.helpers != function.helpers
        ):
            raise TPNameError(f"{function.name!r} is no function of the table", span)
    elif not isinstance(function, Defined):
        raise TPTypeError(f"a {type(function).__name__} is no function", span)
    if not (isinstance(order, int) and order >= 0):
        raise TPTypeError(f"a derivative of order {order!r}", span, "a whole number ≥ 0")


def check_expression(expression: Expression, arity: int, span: Span | None) -> None:
    """Raise a TPTypeError where a function has a wrong number of arguments, and a TPLimitError for
    an expression so deep that nothing could walk it.
    """
    try:
        _check_expression(expression, arity, span)
    except RecursionError:
        raise TPLimitError("the function nests too deeply", span) from None


def _check_expression(expression: Expression, arity: int, span: Span | None) -> None:
    match expression:
        case Number(value):
            _require_number(value, span)
        case Argument(index):
            if not (isinstance(index, int) and 0 <= index < arity):
                raise TPTypeError(f"there is no argument {index!r} of {arity}", span)
        case Apply(function, arguments, order):
            _require_function(function, order, span)
            given, wanted = len(arguments), function.arity
            if given != wanted and (wanted is not None or given < 2):
                raise TPTypeError(
                    f"{function.name} takes {wanted or 'at least 2'} argument{'s' * (wanted != 1)},"
                    f" not {given}",
                    span,
                )
            if order and wanted != 1:
                raise TPTypeError(
                    f"{function.name}' needs a function of one argument; {function.name} takes"
                    f" {wanted or 'several'}",
                    span,
                    mend="write the partial derivative out",
                )
            for argument in arguments:
                _check_expression(argument, arity, span)
        case _:
            assert_never(expression)

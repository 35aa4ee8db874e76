"""The statements of a program as plain text, for the comments of generated code.

Floor 3 modules do not import each other, so this is not the language's printer: it shows what the
typed graph holds, one instruction a line, unnamed intermediates by their names `x~1`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from tpgraph.compiler.expressions import Expressions
from tpgraph.functions import to_text
from tpgraph.program import (
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
    Program,
    Target,
    Variable,
)
from tpgraph.types import Dimension, Fixed, Width

__all__ = ["declaration_text", "equation_text", "program_text"]

_SHOWN = 60


def declaration_text(declaration: Declaration) -> str:
    """`param W[1] : n × d ~ N(0, 1) scale 2`."""
    match declaration:
        case InitialScalar(variable, value, limit, widths):
            formula = to_text(value, [w.name for w in widths])
            return f"scalar {variable} -> {limit:g} = {formula}"
        case InitialVectors(variables, mean, covariance):
            names = ", ".join(v.name for v in variables)
            law = f"{mean[0]:g}, {covariance[0][0]:g}"
            if len(variables) > 1:
                rows = ", ".join(f"[{', '.join(f'{c:g}' for c in row)}]" for row in covariance)
                law = f"[{', '.join(f'{m:g}' for m in mean)}], [{rows}]"
            return f"vector {names} : {_dimension(variables[0].dim)} ~ N({law})"
        case InitialMatrix(variable, variance):
            return f"matrix {variable} : {_shape(variable)} ~ N(0, {variance:g})"
        case Parameter(variable, variance, scale):
            factor = "" if scale == 1 else f" scale {scale:.17g}"
            return f"param {variable} : {_shape(variable)} ~ N(0, {variance:g}){factor}"
        case Data(variable):
            return f"data {variable} : {_shape(variable)}"
        case Target(variable):
            return f"target {variable} : {_shape(variable)}"
        case _:
            assert_never(declaration)


def _shape(variable: Variable) -> str:
    if variable.is_matrix:
        return f"{_dimension(variable.matrix.rows)} × {_dimension(variable.matrix.columns)}"
    return _dimension(variable.dim)


def _dimension(dimension: Dimension) -> str:
    return str(dimension.value) if isinstance(dimension, Fixed) else dimension.name


def equation_text(equation: Equation, expressions: Expressions) -> str:
    """`h[2] = W[2] x[1]`, `x[1] = φ(h[1] + b[1])`, `θ = mean(x[1]^2)`."""
    match equation:
        case MatMul(out, matrix, transpose, operand):
            return f"{out} = {matrix}{chr(39) * transpose} {operand}"
        case Nonlin(out, function, arguments):
            text = expressions.statement(function).fill([a.name for a in arguments])
            return f"{out} = {text}"
        case Moment(out, function, arguments):
            text = expressions.statement(function).fill([a.name for a in arguments])
            return f"{out} = mean({text})" if equation.vectors else f"{out} = {text}"
        case _:
            assert_never(equation)


def program_text(program: Program, expressions: Expressions) -> Iterator[str]:
    """The statements, one a line; the equations in the middle of a long program are left out."""
    for width in program.widths:
        yield f"width {_width(width)}"
    parametrization = program.parametrization
    if parametrization is not None:
        yield f"parametrization {parametrization.name}"
    for function in program.functions:
        head = f"fn {function.name}({', '.join(function.parameters)})"
        yield f"{head} = {to_text(function.body, function.parameters)}"
    for declaration in program.declarations[:_SHOWN]:
        yield declaration_text(declaration)
    if len(program.declarations) > _SHOWN:
        yield f"… {len(program.declarations) - _SHOWN} more declarations"
    shown = program.equations
    if len(shown) > _SHOWN:
        shown = shown[: _SHOWN // 2]
    for equation in shown:
        yield equation_text(equation, expressions)
    if len(program.equations) > _SHOWN:
        yield f"… {len(program.equations) - _SHOWN} more equations"
        for equation in program.equations[-(_SHOWN // 2) :]:
            yield equation_text(equation, expressions)
    for output in program.outputs:
        yield f"output {output}"
    if program.loss is not None:
        yield f"loss {program.loss}"


def _width(width: Width) -> str:
    return width.name if width.base is None else f"{width.name} = {width.ratio} {width.base}"

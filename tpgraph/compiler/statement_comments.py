"""The statements of a program as plain text, for the comments of generated code.

They show what the typed graph holds, one instruction a line, unnamed intermediates by their names
`x~1`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tpgraph.compiler.expressions import Expressions
from tpgraph.functions import Expression, to_text
from tpgraph.program import Declaration, Equation, Program
from tpgraph.program.text import Spelling, declaration_text, right_hand_side
from tpgraph.types import Dimension, Fixed, Width

__all__ = ["declared", "equation_text", "program_text"]

_SHOWN = 60


def declared(declaration: Declaration) -> str:
    """`param W[1] : n × 64 ~ N(0, 1) scale 2`: fixed dimensions by their sizes."""
    return declaration_text(declaration, _SPELLING)


def _dimension(dimension: Dimension) -> str:
    return str(dimension.value) if isinstance(dimension, Fixed) else dimension.name


_SPELLING = Spelling(str, _dimension)


def equation_text(equation: Equation, expressions: Expressions) -> str:
    """`h[2] = W[2] x[1]`, `x[1] = φ(h[1] + b[1])`, `θ = mean(x[1]^2)`."""

    def write(function: Expression, names: Sequence[str]) -> str:
        return expressions.statement(function).fill(names)

    return f"{equation.out} = {right_hand_side(equation, write)}"


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
        yield declared(declaration)
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
    return width.name if width.base is None else f"{width.name} = {width.ratio_text} {width.base}"

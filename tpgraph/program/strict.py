"""The strict program behind one with fixed dimensions: `tpgraph check --strict`.

Of U : n × d the d columns are initial vectors, of ξ : d the d entries initial scalars, so that the
MatMul U ξ is the Nonlin ξ_0 U_0 + … + ξ_{d−1} U_{d−1}. A readout V x, V : k × n, is k inner
products with the rows of V: a Gaussian process in the limit (Tensor Programs I), outside of the
program, as is all that depends on it. Columns, rows and entries count from 0, as in data files.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import assert_never

from tpgraph.program.any_program import reads_program
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
from tpgraph.program.graph import Program
from tpgraph.program.monomial import initial_variance, parameter_formulas
from tpgraph.program.text import aligned, distribution, right_hand_side
from tpgraph.program.variables import Variable
from tpgraph.types import Fixed, Width

__all__ = ["strict_text"]

_SHOWN = 3


@reads_program
def strict_text(program: Program) -> str:
    """The program in the strict language: MatMuls by columns and readouts by rows written out."""
    initial = [row for d in program.declarations for row in _initial(program, d)]
    steps = [_step(program, equation) for equation in program.equations]
    return "\n".join([f"program {program.name}", *aligned([*initial, *steps])])


def _initial(program: Program, declaration: Declaration) -> Iterator[tuple[str, ...]]:
    match declaration:
        case Data(variable) | Target(variable):
            kind = "data" if isinstance(declaration, Data) else "target"
            yield _entries(variable), f"entries of the {kind} {variable}", "initial scalars"
        case InitialMatrix(variable) | Parameter(variable) if variable.is_matrix:
            yield _matrix_row(variable, _variance(program, declaration))
        case Parameter(variable):
            law = f"~ N(0, {_variance(program, declaration)})"
            yield f"{variable} : {variable.dim}", law, "initial vector"
        case InitialScalar(variable):
            yield variable.name, distribution(declaration, variable), "initial scalar"
        case InitialVectors(variables):
            for v in variables:
                if v.is_fixed:
                    yield _entries(v), distribution(declaration, v), "initial scalars"
                else:
                    yield f"{v} : {v.dim}", distribution(declaration, v), "initial vector"


def _variance(program: Program, declaration: InitialMatrix | Parameter) -> str:
    if isinstance(declaration, InitialMatrix):
        return str(initial_variance(declaration))
    assert program.parametrization is not None, "checked by the builder"
    base = program.widths[0] if program.widths else None
    return str(parameter_formulas(declaration, program.parametrization, base).variance)


def _matrix_row(variable: Variable, variance: str) -> tuple[str, ...]:
    law = f"~ N(0, {variance})"
    match variable.matrix.rows, variable.matrix.columns:
        case Width() as rows, Fixed(count):
            return f"{_family(variable, count)} : {rows}", law, "initial vectors"
        case Fixed(count), Width() as columns:
            return f"{_family(variable, count)} : {columns}", law, "initial vectors"
        case rows, columns:
            return f"{variable} : {rows} × {columns}", law, "initial matrix"


def _family(variable: Variable, count: int) -> str:
    """The names of the columns, rows or entries of a variable.

    >>> from tpgraph.types import Vector
    >>> _family(Variable("ξ", Vector(Fixed(9))), 9), _family(Variable("y", Vector(Fixed(1))), 1)
    ('ξ_0, …, ξ_8', 'y_0')
    """
    return _elided([f"{variable}_{i}" for i in _indices(count)], count, ", ", "…")


def _entries(variable: Variable) -> str:
    assert isinstance(variable.dim, Fixed), variable
    return _family(variable, variable.dim.value)


def _indices(count: int) -> list[int]:
    """The indices to show: all of them if they are few, else the first and the last."""
    return list(range(count)) if count <= _SHOWN else [0, count - 1]


def _elided(pieces: list[str], count: int, joint: str, dots: str) -> str:
    return joint.join(pieces if count <= _SHOWN else [pieces[0], dots, pieces[1]])


def _step(program: Program, equation: Equation) -> tuple[str, ...]:
    """Left-hand side, right-hand side and kind of one equation, in entries where it has some."""
    out, outside = equation.out, equation.out.name in program.downstream
    match equation:
        case MatMul(_, matrix, _, operand) if out.is_wide and isinstance(operand.dim, Fixed):
            count = operand.dim.value
            terms = [f"{operand}_{i} * {matrix}_{i}" for i in _indices(count)]
            text, kind = _elided(terms, count, " + ", "…"), "Nonlin"
        case MatMul(_, matrix, transpose, operand) if out.is_fixed and operand.is_wide:
            vectors = "columns" if transpose else "rows"
            text, kind = f"{matrix}_i · {operand}", f"inner products with {vectors}: a readout"
        case MatMul():
            text, kind = right_hand_side(equation), "MatMul"
        case Nonlin() | Moment():
            entries = any(a.is_fixed for a in equation.arguments)
            text = right_hand_side(_in_entries(equation) if entries else equation)
            kind = "Moments of entries" if entries else type(equation).__name__
        case _:
            assert_never(equation)
    name = f"{out} : {out.dim}" if out.is_wide else f"{out}_i" if out.is_fixed else out.name
    return name, f"= {text}", f"{kind}, outside of the program" if outside else kind


def _in_entries(equation: Nonlin | Moment) -> Nonlin | Moment:
    """The equation with `ξ_i` in the place of each vector ξ of fixed dimension."""
    arguments = tuple(Variable(f"{a}_i", a.type) if a.is_fixed else a for a in equation.arguments)
    return replace(equation, arguments=arguments)

"""The table of `tpgraph show`: one row for every variable of a program."""

from __future__ import annotations

from collections.abc import Iterator
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
from tpgraph.program.text import aligned, distribution, right_hand_side
from tpgraph.program.variables import Variable
from tpgraph.types import Matrix, Scalar, Vector

__all__ = ["listing"]

_HEAD = ("name", "type", "dimension", "instruction", "")


@reads_program
def listing(program: Program) -> str:
    """An aligned table: name, type (G, X, scalar, matrix, data), dimension, instruction, content.

    Below it the outputs and the loss. Names with `~` are the unnamed intermediate values of a
    statement.
    """
    lines = aligned([_HEAD, *_rows(program)])
    if program.outputs:
        lines.append(f"output {', '.join(v.name for v in program.outputs)}")
    if program.loss is not None:
        lines.append(f"loss {program.loss}")
    return "\n".join(lines)


def _rows(program: Program) -> Iterator[tuple[str, ...]]:
    for declaration in program.declarations:
        instruction = _declared(declaration)
        for v in declaration.variables:
            content = distribution(declaration, v)
            yield v.name, _type(program, v), _dimension(v), instruction, content
    for equation in program.equations:
        v = equation.out
        content = f"= {right_hand_side(equation)}"
        yield v.name, _type(program, v), _dimension(v), _instruction(equation), content


def _type(program: Program, variable: Variable) -> str:
    match variable.type:
        case Scalar():
            return "scalar"
        case Matrix():
            return "matrix"
        case Vector():
            outside = isinstance(program.declaration_of.get(variable.name), Data | Target)
            return "data" if outside else "G" if program.is_g(variable) else "X"
        case _:
            assert_never(variable.type)


def _dimension(variable: Variable) -> str:
    return " × ".join(map(str, variable.type.dimensions))


def _instruction(equation: Equation) -> str:
    match equation:
        case MatMul():
            return "MatMul"
        case Nonlin():
            return "Nonlin"
        case Moment():
            return "Moment"
        case _:
            assert_never(equation)


def _declared(declaration: Declaration) -> str:
    match declaration:
        case InitialScalar() | InitialVectors() | InitialMatrix():
            return "initial"
        case Parameter():
            return "param"
        case Data():
            return "data"
        case Target():
            return "target"
        case _:
            assert_never(declaration)

"""The reference interpreter: what a program means at finite width.

One equation at a time, one sample, float64, no tricks. Generated code, transforms and limits are
tested against it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias, assert_never

import numpy as np
import numpy.typing as npt

from tpgraph.arrays import plain_array
from tpgraph.errors import TPDataError
from tpgraph.functions import evaluate
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
    scaling,
)
from tpgraph.program.any_program import reads_program
from tpgraph.types import Matrix, Vector

__all__ = ["Values", "interpret", "multipliers", "sample"]

Array: TypeAlias = npt.NDArray[np.float64]
Values: TypeAlias = dict[str, Array]


@reads_program
def sample(program: Program, widths: Mapping[str, int], seed: int) -> Values:
    """Draw every initial object of the program but data and targets.

    Scalars have their finite-width value; entries of an untrained r × c matrix are N(0, s/c);
    joint vectors N(μ, Σ) over coordinates iid; a param gets the trained w (not W = M w). numpy's
    default generator at `seed`, in declaration order. Raises TPDataError for missing widths.
    """
    rng = np.random.default_rng(seed)
    values: Values = {}
    for declaration in program.declarations:
        values.update(_draw(program, declaration, widths, rng))
    return values


def _draw(
    program: Program, declaration: Declaration, widths: Mapping[str, int], rng: np.random.Generator
) -> Values:
    match declaration:
        case InitialScalar(variable, value, _, of):
            sizes = [np.asarray(float(width.size(widths))) for width in of]
            return {variable.name: np.asarray(evaluate(value, sizes))}
        case InitialVectors(variables, mean, covariance):
            size = variables[0].dim.size(widths)
            draws = rng.standard_normal((len(variables), size))
            values, vectors = np.linalg.eigh(np.array(covariance))
            root = vectors * np.sqrt(np.maximum(values, 0.0)) @ vectors.T
            joint = np.array(mean)[:, None] + root @ draws
            return {v.name: row for v, row in zip(variables, joint, strict=True)}
        case InitialMatrix(variable, variance):
            rows, columns = _shape(variable, widths)
            return {
                variable.name: rng.standard_normal((rows, columns)) * np.sqrt(variance / columns)
            }
        case Parameter(variable):
            assert program.parametrization is not None, "checked by the builder"
            scale = scaling(declaration, program.parametrization, program.widths[0], widths)
            draws = rng.standard_normal(_shape(variable, widths))
            return {variable.name: draws * np.sqrt(scale.variance)}
        case Data() | Target():
            return {}
        case _:
            assert_never(declaration)


def _shape(variable: Variable, widths: Mapping[str, int]) -> tuple[int, ...]:
    match variable.type:
        case Matrix(rows, columns):
            return rows.size(widths), columns.size(widths)
        case Vector(dim):
            return (dim.size(widths),)
        case _:
            return ()


def multipliers(program: Program, widths: Mapping[str, int]) -> dict[str, float]:
    """The multiplier M of every param's W = M w."""
    if program.parametrization is None:
        return {}
    base = program.widths[0] if program.widths else None
    return {
        p.variable.name: scaling(p, program.parametrization, base, widths).multiplier
        for p in program.parameters
    }


@reads_program
def interpret(program: Program, initial: Mapping[str, Array], widths: Mapping[str, int]) -> Values:
    """The value of every vector and scalar of the program.

    `initial` holds every declared object (`sample` draws them, with w for params) and the data and
    targets of one sample; the result holds the equations' values beside them, params as W = M w.
    Raises TPDataError where something declared is missing or has the wrong shape.
    """
    values: Values = {}
    factor = multipliers(program, widths)
    for declaration in program.declarations:
        for variable in declaration.variables:
            given = _given(variable, initial, widths)
            values[variable.name] = given * factor.get(variable.name, 1.0)
    for equation in program.equations:
        values[equation.out.name] = _apply(equation, values, widths)
    return values


def _given(variable: Variable, initial: Mapping[str, Array], widths: Mapping[str, int]) -> Array:
    if variable.name not in initial:
        raise TPDataError(f"no value was given for {variable}")
    value = plain_array(variable.name, initial[variable.name], float)
    if value.shape != _shape(variable, widths):
        raise TPDataError(
            f"{variable} has shape {value.shape}", expected=f"{_shape(variable, widths)}"
        )
    return value


def _apply(equation: Equation, values: Values, widths: Mapping[str, int]) -> Array:
    match equation:
        case MatMul(_, matrix, transpose, operand):
            W = values[matrix.name]
            return np.asarray((W.T if transpose else W) @ values[operand.name])
        case Nonlin(out, function, arguments):
            y = evaluate(function, [values[a.name] for a in arguments])
            return np.array(np.broadcast_to(y, (out.dim.size(widths),)))
        case Moment(_, function, arguments):
            coordinates = evaluate(function, [values[a.name] for a in arguments])
            return np.asarray(np.mean(coordinates))
        case _:
            assert_never(equation)

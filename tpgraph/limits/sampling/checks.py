"""Expectations by samples, refused where they are no numbers; and how many normals there are."""

from __future__ import annotations

import numpy as np

from tpgraph.errors import TPTypeError
from tpgraph.functions import DIV, POW, Apply, Expression, evaluate
from tpgraph.limits.sampling.normals import Array
from tpgraph.program import InitialVectors, MatMul, Parameter, Program, Variable
from tpgraph.program.reach import descendants
from tpgraph.types import Width

__all__ = ["divides", "finite", "mean", "normals_of"]

_DOMINANT = 0.25
_HUGE = 1e3


def normals_of(program: Program, count: int = 1) -> int:
    """How many normals the program draws on this many inputs, at most."""
    given = [d.variable.name for d in (*program.data, *program.targets)]
    varying = descendants(program, given)
    total = 0
    for declaration in program.declarations:
        if isinstance(declaration, InitialVectors | Parameter):
            total += sum(_size(v) for v in declaration.variables if v.is_vector)
    ranks: dict[tuple[str, bool], int] = {}
    for product in (e for e in program.equations if isinstance(e, MatMul)):
        rank = count if product.operand.name in varying else 1
        if product.operand.is_wide:
            total += rank * _size(product.out)
        else:
            key = product.matrix.name, product.transpose
            ranks[key] = min(ranks.get(key, 0) + rank, _size(product.operand))
    return total + sum(ranks.values())


def _size(variable: Variable) -> int:
    return 1 if isinstance(variable.dim, Width) else variable.dim.value


def divides(expression: Expression) -> bool:
    """Whether a quotient or a power stands in the expression."""
    return isinstance(expression, Apply) and (
        expression.function in (DIV, POW) or any(map(divides, expression.arguments))
    )


def finite(expression: Expression, values: tuple[Array, ...]) -> Array:
    """ψ on samples. Raises TPTypeError where it is not a number."""
    with np.errstate(all="ignore"):
        found = evaluate(expression, values)
    bad = found[~np.isfinite(found)]
    if bad.size:
        raise TPTypeError(
            f"its value is {bad.flat[0]:g} for {bad.size / found.size:.2g} of the samples",
            expected="a function that is finite wherever its arguments fall",
        )
    return np.broadcast_to(found, np.broadcast_shapes(found.shape, (1, 1, 1)))


def mean(values: Array) -> Array:
    """E by samples, over the last axis of (B, M, S).

    Raises TPTypeError where single samples make up the mean.
    """
    size = np.abs(values)
    largest = size.max(axis=-1)
    with np.errstate(all="ignore"):
        share = float(np.median(largest / size.sum(axis=-1), axis=0).max())
    huge = np.median(largest, axis=0).max() > _HUGE * (1.0 + float(np.median(size)))
    if values.shape[-1] > 1 and share > _DOMINANT and huge:
        raise TPTypeError(
            f"the expectation seems to diverge: one sample in {values.shape[-1]} makes up"
            f" {share:.0%} of the mean",
            expected="functions that grow no faster than polynomials",
        )
    return np.asarray(values.mean(axis=-1))

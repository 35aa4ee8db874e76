"""Expectations by samples, refused where they are no numbers; and how many normals there are."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np
from scipy.special import ndtri

from tpgraph.errors import TPTypeError
from tpgraph.functions import (
    Apply,
    Expression,
    inline,
    innermost_not_finite,
    number,
    to_text,
)
from tpgraph.limits.regularity import Reach
from tpgraph.limits.sampling.block_values import values_of
from tpgraph.limits.sampling.normals import Array
from tpgraph.program import InitialVectors, MatMul, Parameter, Program, Variable
from tpgraph.program.reach import descendants
from tpgraph.types import Width

__all__ = ["FINITE_VARIANCE", "finite", "normals_of", "require_mean", "tail_index"]

FINITE_VARIANCE = 2.2
"""The least index of a tail of which the variance is taken to be finite."""
_LEAST_INDEX = 1.05


def normals_of(program: Program, count: int, given: Collection[str]) -> int:
    """How many normals the program draws at most, on this many inputs that differ in these data."""
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


_WRITTEN_OUT = "where what reads it stays finite, write it out there, as in exp(x)/(1 + exp(x))"


def finite(expression: Expression, values: tuple[Array, ...]) -> Array:
    """ψ on samples. Raises TPTypeError where it is not a number."""
    with np.errstate(all="ignore"):
        (found,) = values_of([expression], values)
        is_finite = np.isfinite(found.sum()) or np.isfinite(found).all()
    if not is_finite:
        bad = found[~np.isfinite(found)]
        raise TPTypeError(
            f"its value is {bad.flat[0]:g} for {bad.size / found.size:.2g} of the samples"
            f"{_because(expression, values)}",
            expected="a function that is finite in floats wherever its arguments fall",
            mend=_WRITTEN_OUT if np.isinf(bad).all() else None,
        )
    return np.broadcast_to(found, np.broadcast_shapes(found.shape, (1, 1, 1)))


def _because(expression: Expression, values: tuple[Array, ...]) -> str:
    """The function within ψ that is not finite, of the numbers that it gets: `: sqrt(-0.5)`."""
    with np.errstate(all="ignore"):
        found = innermost_not_finite(inline(expression), values)
    if found is None or not isinstance(found[0], Apply):
        return ""
    numbers = tuple(number(float(f"{a:.4g}")) for a in found[1])
    return f": {to_text(replace(found[0], arguments=numbers), ())}"


def require_mean(values: Array, reach: Reach) -> None:
    """Raise TPTypeError where E over samples (B, M, S) diverges.

    So where `reach` allows it and large values v are not rarer than 1/v, or the replicates do not
    agree.
    """
    if reach.may_diverge and values.shape[-1] > 1:
        size = np.abs(values)
        index = tail_index(size, is_exponential=not reach.has_pole)
        if index < _LEAST_INDEX or _disagree(size.mean(axis=-1)):
            why = "a quotient by what may be 0" if reach.has_pole else "an exponential"
            raise TPTypeError(
                f"the expectation seems to diverge: {why} makes values above v as frequent as"
                f" v^−{index:.2g}",
                expected="values that are rarer than 1/v",
            )


def _disagree(means: Array) -> bool:
    """Whether the replicates are as far apart as they are large."""
    return len(means) > 1 and bool((means.std(axis=0) > means.mean(axis=0)).any())


def tail_index(size: Array, is_exponential: bool) -> float:
    """The least α over inputs for P(|ψ| > v) ~ v^−α, by Hill's estimator.

    1/α is the mean of log |ψ|/v over the values above a quantile v. Of exp(c g²) that is c times
    the mean of g² − q² over |g| > q, which comes near 2 only slowly; it is taken exactly.
    """
    pooled = np.moveaxis(size, 1, 0).reshape(size.shape[1], -1)
    count = pooled.shape[1]
    most = max(16, count // 128)
    top = np.partition(pooled, count - most, axis=1)[:, count - most :]
    lowest = top.min(axis=1, keepdims=True)
    if not (lowest > 0).all():
        return np.inf
    excess = np.log(top / lowest).mean(axis=1).max()
    if not excess > 0:
        return np.inf
    tail = most / count
    q = -ndtri(tail / 2)
    chi = 1.0 - q**2 + q * np.exp(-(q**2) / 2) / np.sqrt(2 * np.pi) / (tail / 2)
    return float((chi / 2 if is_exponential else 1.0) / excess)

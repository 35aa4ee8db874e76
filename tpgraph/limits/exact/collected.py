"""The facts of an exact evaluation on one input: values with bounds of rounding and quadrature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np

from tpgraph.limits.estimates import Estimate, VectorLimit
from tpgraph.limits.exact.algebra import ExactAlgebra
from tpgraph.limits.exact.forms import Array, CentredGaussian
from tpgraph.limits.exact.terms import Sum
from tpgraph.limits.not_closed import NotClosed, refusal
from tpgraph.limits.result import Limit
from tpgraph.program import Program
from tpgraph.progress import counted

__all__ = ["exact_limit"]

_ROUNDING = 2.0**-44


def exact_limit(found: ExactAlgebra, program: Program) -> Limit:
    """The limit of a program by an evaluation that has run. Raises NotClosed."""
    given = {d.variable.name for d in (*program.data, *program.targets)}
    vectors: dict[str, VectorLimit] = {}
    for name in counted("vectors", tuple(program.variables)):
        entries = _entries(found, name)
        if entries is not None and name not in given:
            try:
                vectors[name] = _vector(found, name, entries)
            except NotClosed as error:
                equation = program.equation_of.get(name)
                span = equation.span if equation is not None else None
                raise NotClosed(error.reason, name, span) from None
    return Limit(
        program=program,
        engine="exact",
        samples=0,
        scalar_values={
            name: _estimate(found, found.scalars[name])
            for name in program.variables
            if name in found.scalars
        },
        vectors=vectors,
        joint=partial(_covariance, found),
    )


def _entries(found: ExactAlgebra, name: str) -> tuple[Sum, ...] | None:
    """A vector, or a scalar that stays random, entry by entry."""
    if name in found.sums:
        return (found.sums[name],)
    if name in found.entries or (name in found.outputs and not found.outputs[name].power):
        return found.as_entries(name)
    return None


def _estimate(found: ExactAlgebra, value: Array, size: float = 0.0) -> Estimate:
    """A number whose terms are as large as `size`, with what rounding and quadrature may do."""
    number = float(np.mean(value))
    return Estimate(number, (_ROUNDING + found.blocks.error) * (1.0 + max(abs(number), size)))


def _moments(
    found: ExactAlgebra, first: Sequence[Sum], second: Sequence[Sum]
) -> tuple[Array, Array]:
    """E[x y] − E x E y and E[x y], the means over entries."""
    centred, whole = [], []
    for x, y in zip(first, second, strict=True):
        both = found.blocks.expected(x * y)
        centres = found.blocks.expected(x) * found.blocks.expected(y)
        is_number = x.is_constant or y.is_constant
        centred.append(0.0 * both if is_number else both - centres)
        whole.append(both)
    return np.asarray(sum(centred) / len(centred)), np.asarray(sum(whole) / len(whole))


def _vector(found: ExactAlgebra, name: str, entries: Sequence[Sum]) -> VectorLimit:
    variable = found.program.variables[name]
    values = np.concatenate([found.blocks.expected(entry) for entry in entries])
    shown = entries[:1] if name in found.alike else entries
    variance, second = _moments(found, shown, shown)
    return VectorLimit(
        dimension=variable.dim if variable.is_vector else None,
        values=values,
        mean=_estimate(found, values),
        var=_estimate(found, np.maximum(variance, 0.0), float(np.mean(second))),
        hat_var=_hat(found, name, name),
        hat_covariances=_hat_covariances(found, name),
        dot={y: _estimate(found, c) for y, c in found.products.dots.get(name, {}).items()},
    )


def _hat(found: ExactAlgebra, a: str, b: str) -> Estimate | None:
    """Cov(Ẑ^a, Ẑ^b); None for what has no Ẑ."""
    a, b = (found.products.repeats.get(name, name) for name in (a, b))
    family = found.gaussians.family_of.get(a)
    if family is None:
        return None
    return _estimate(found, family.same(CentredGaussian(a), CentredGaussian(b)))


def _hat_covariances(found: ExactAlgebra, name: str) -> Mapping[str, Estimate]:
    """With the earlier products of the same matrix."""
    own = found.products.repeats.get(name, name)
    for family in found.products.families.values():
        if own in family.names:
            earlier = family.names[: family.names.index(own) + (own != name)]
            shared = {y: _hat(found, name, y) for y in earlier}
            return {y: c for y, c in shared.items() if c is not None}
    return {}


def _covariance(found: ExactAlgebra, a: str, b: str) -> Estimate:
    first, second = (_entries(found, name) or () for name in (a, b))
    try:
        value, size = _moments(found, first, second)
    except NotClosed as error:
        raise refusal(NotClosed(error.reason, f"{a} and {b}")) from None
    return _estimate(found, value, float(np.mean(np.abs(size))))

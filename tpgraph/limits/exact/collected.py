"""The facts of an exact evaluation on one input: values, with errors by evaluations beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TypeAlias

import numpy as np

from tpgraph.limits.estimates import USELESS, Basis, Estimate, VectorLimit
from tpgraph.limits.exact.algebra import ExactAlgebra
from tpgraph.limits.exact.disturbance import moved_by, of_those_that_close
from tpgraph.limits.exact.forms import Array, CentredGaussian
from tpgraph.limits.exact.terms import Sum
from tpgraph.limits.not_closed import NotClosed, refusal
from tpgraph.limits.result import Limit
from tpgraph.limits.written_at import written_at
from tpgraph.program import Program
from tpgraph.program.formula_text import formula_text
from tpgraph.progress import counted

__all__ = ["Evaluations", "exact_limit"]

_NO_ROUNDING = 1e-6
"""Errors below are those of what is 0."""

Quantity: TypeAlias = Callable[[ExactAlgebra], tuple[float, float]]
"""A number of an evaluation, and how large the parts are that it is made of."""


@dataclass(frozen=True)
class Evaluations:
    """The evaluation that counts, and those `beside` it whose numbers were moved."""

    main: ExactAlgebra
    beside: Sequence[ExactAlgebra]

    @cached_property
    def bases(self) -> Mapping[str, Basis]:
        """How what the equations compute is known, by name."""
        return self.main.bases_with_inputs()

    def estimate(self, quantity: Quantity, *names: str) -> Estimate:
        """The number, of these `names`, with the error by which it moves. Raises NotClosed."""
        (value, size), own = self.main.blocks.with_basis(lambda: quantity(self.main))
        basis = max([own, *(self.bases.get(name, own) for name in names)])
        others = [np.array(x) for x, _ in of_those_that_close(quantity, self.beside)]
        error = float(moved_by(np.array(value), others, size, self.main.blocks.error))
        if error > USELESS * abs(value) and error > _NO_ROUNDING:
            basis = Basis.UNKNOWN
        return Estimate(value, error, basis)


def exact_limit(found: Evaluations, program: Program) -> Limit:
    """The limit of a program by evaluations that have run. Raises NotClosed."""
    main = found.main
    given = {d.variable.name for d in (*program.data, *program.targets)}
    vectors: dict[str, VectorLimit] = {}
    for name in counted("vectors", tuple(program.variables)):
        entries = _entries(main, name)
        if entries is not None and name not in given:
            try:
                vectors[name] = _vector(found, name, entries)
            except NotClosed as error:
                span = written_at(program, program.equation_of.get(name))
                where = formula_text(program, program.variables[name])
                raise NotClosed(error.reason, where, span) from None
    return Limit(
        program=program,
        engine="exact",
        samples=0,
        scalar_values={
            name: found.estimate(partial(_scalar, name), name)
            for name in program.variables
            if name in main.scalars
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


def _number(value: Array) -> tuple[float, float]:
    number = float(np.mean(value))
    return number, abs(number)


def _scalar(name: str, at: ExactAlgebra) -> tuple[float, float]:
    return _number(at.scalars[name])


def _mean(name: str, at: ExactAlgebra) -> tuple[float, float]:
    return _number(np.concatenate([at.blocks.expected(entry) for entry in _shown(at, name)]))


def _variance(name: str, at: ExactAlgebra) -> tuple[float, float]:
    entries = _shown(at, name)
    variance, second = _moments(at, entries, entries)
    return _number(np.maximum(variance, 0.0))[0], float(np.mean(second))


def _shown(at: ExactAlgebra, name: str) -> tuple[Sum, ...]:
    """Its entries, one of those that are alike."""
    entries = _entries(at, name) or ()
    return entries[:1] if name in at.alike else entries


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


def _vector(found: Evaluations, name: str, entries: Sequence[Sum]) -> VectorLimit:
    main = found.main
    variable = main.program.variables[name]
    return VectorLimit(
        dimension=variable.dim if variable.is_vector else None,
        values=np.concatenate([main.blocks.expected(entry) for entry in entries]),
        mean=found.estimate(partial(_mean, name), name),
        var=found.estimate(partial(_variance, name), name),
        hat_var=_hat(found, name, name),
        hat_covariances=_hat_covariances(found, name),
        dot={
            y: found.estimate(partial(_coefficient, name, y), name)
            for y in main.products.dots.get(name, {})
        },
    )


def _coefficient(name: str, y: str, at: ExactAlgebra) -> tuple[float, float]:
    """Of Z^y in Ż; an evaluation may have found 0 and left it out."""
    return _number(at.products.dots[name].get(y, np.zeros(1)))


def _hat(found: Evaluations, a: str, b: str) -> Estimate | None:
    """Cov(Ẑ^a, Ẑ^b); None for what has no Ẑ."""
    repeats = found.main.products.repeats
    a, b = (repeats.get(name, name) for name in (a, b))
    if a not in found.main.gaussians.family_of:
        return None
    return found.estimate(partial(_hat_number, a, b), a, b)


def _hat_number(a: str, b: str, at: ExactAlgebra) -> tuple[float, float]:
    return _number(at.gaussians.family_of[a].same(CentredGaussian(a), CentredGaussian(b)))


def _hat_covariances(found: Evaluations, name: str) -> Mapping[str, Estimate]:
    """With the earlier products of the same matrix."""
    products = found.main.products
    own = products.repeats.get(name, name)
    for family in products.families.values():
        if own in family.names:
            earlier = family.names[: family.names.index(own) + (own != name)]
            shared = {y: _hat(found, name, y) for y in earlier}
            return {y: c for y, c in shared.items() if c is not None}
    return {}


def _covariance(found: Evaluations, a: str, b: str) -> Estimate:
    def quantity(at: ExactAlgebra) -> tuple[float, float]:
        first, second = (_entries(at, name) or () for name in (a, b))
        value, size = _moments(at, first, second)
        return _number(value)[0], float(np.mean(np.abs(size)))

    try:
        return found.estimate(quantity, a, b)
    except NotClosed as error:
        raise refusal(NotClosed(error.reason, f"{a} and {b}")) from None

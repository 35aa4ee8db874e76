"""Z of a vector as a sum of products: numbers × powers of Gaussians × functions of forms.

    Z(ξ_i) = Σ_t  c_t(i) · Π_g g^(m_g) · Π_k F_k(forms of i)

Polynomials of Gaussians are multiplied out; what is left are `Factor`s, functions of one form or
of several. Factors on the same form are one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from tpgraph.functions import (
    MUL,
    PRIMITIVES,
    Apply,
    Argument,
    Expression,
    add,
    evaluate,
    mul,
    number,
    substitute,
)
from tpgraph.limits.exact.forms import Array, CentredGaussian, LinearForm
from tpgraph.limits.exact.underflow import product
from tpgraph.limits.not_closed import NotClosed

__all__ = ["Factor", "LimitTerm", "Sum", "constant", "density", "linear"]

_MOST_TERMS = 400
_HIGHEST_DEGREE = 64
_STEP = Apply(PRIMITIVES["step"], (Argument(0),))
_DEEPEST, _LARGEST = 60, 2000
"""Of a function that functions were put into: in one another, and written out."""


@dataclass(frozen=True, eq=False)
class Factor:
    """F(forms), F an expression in `Argument(k)`, or its `weak`-th derivative as a distribution.

    A function of one Gaussian form has it as Argument(0); constant forms may follow. `depth` and
    `size` count the factors that went into it, in one another and written out.
    """

    expression: Expression
    forms: tuple[LinearForm, ...]
    weak: int = 0
    depth: int = 0
    size: int = 1

    @staticmethod
    def made_of(
        parts: Iterable[Factor], expression: Expression, forms: tuple[LinearForm, ...]
    ) -> Factor:
        """The factor of an expression that holds those of `parts`. Raises NotClosed."""
        depth, size = 1, 1
        for part in parts:
            depth, size = max(depth, part.depth + 1), size + part.size
        if depth > _DEEPEST or size > _LARGEST:
            raise NotClosed("functions of functions that are too many in one another")
        return Factor(expression, forms, 0, depth, size)

    @cached_property
    def key(self) -> tuple[object, ...]:
        """What tells two factors apart."""
        return (self.expression, self.weak, *(form.key for form in self.forms))

    @property
    def is_single(self) -> bool:
        """Whether it is a function of one form and of numbers that all inputs share."""
        return len(self.forms) == 1

    @property
    def is_curve(self) -> bool:
        """Whether it is a function of one Gaussian form."""
        return sum(not form.is_constant for form in self.forms) == 1

    @property
    def gaussians(self) -> Iterator[CentredGaussian]:
        """The Gaussians beneath it."""
        for form in self.forms:
            yield from form.coefficients


@dataclass(frozen=True, eq=False)
class LimitTerm:
    """`coefficient` · Π g^m over `powers` · Π `factors`."""

    coefficient: Array
    powers: tuple[tuple[CentredGaussian, int], ...] = ()
    factors: tuple[Factor, ...] = ()

    @cached_property
    def key(self) -> tuple[object, ...]:
        """All but the coefficient."""
        return self.powers, frozenset(f.key for f in self.factors)

    @property
    def gaussians(self) -> Iterator[CentredGaussian]:
        """The Gaussians beneath it."""
        yield from (g for g, _ in self.powers)
        for factor in self.factors:
            yield from factor.gaussians

    @property
    def degree(self) -> int:
        """Of the monomial."""
        return sum(m for _, m in self.powers)

    def scaled(self, by: Array) -> LimitTerm:
        """The term times numbers."""
        return replace(self, coefficient=product(self.coefficient, by))


@dataclass(frozen=True, eq=False)
class Sum:
    """A sum of terms with different keys and coefficients that do not all vanish."""

    terms: tuple[LimitTerm, ...] = ()

    @property
    def is_constant(self) -> bool:
        """Whether no Gaussian is in it."""
        return all(not t.powers and not t.factors for t in self.terms)

    @property
    def value(self) -> Array:
        """The numbers of a sum without Gaussians."""
        return self.terms[0].coefficient if self.terms else np.zeros(1)

    @cached_property
    def form(self) -> LinearForm | None:
        """The sum as one linear form, where it is one."""
        if any(t.factors or t.degree > 1 for t in self.terms):
            return None
        found = {t.powers[0][0]: t.coefficient for t in self.terms if t.powers}
        own = [t.coefficient for t in self.terms if not t.powers]
        return LinearForm(found, own[0] if own else np.zeros(1))

    @cached_property
    def gaussians(self) -> frozenset[CentredGaussian]:
        """The Gaussians beneath it."""
        return frozenset(g for t in self.terms for g in t.gaussians)

    def __add__(self, other: Sum) -> Sum:
        return _collected([*self.terms, *other.terms])

    def scaled(self, by: Array | float) -> Sum:
        """The sum times numbers."""
        return _collected([t.scaled(np.atleast_1d(by)) for t in self.terms])

    def __mul__(self, other: Sum) -> Sum:
        merged = _along_one_form(self, other)
        if merged is not None:
            return merged
        if len(self.terms) * len(other.terms) > _MOST_TERMS**2:
            raise NotClosed("products of sums of too many terms")
        return _collected([_product(s, t) for s in self.terms for t in other.terms])

    def power(self, exponent: int) -> Sum:
        """The sum multiplied by itself."""
        found = constant(1.0)
        for _ in range(exponent):
            found = found * self
        return found


def constant(value: Array | float) -> Sum:
    """Numbers as a sum."""
    return _collected([LimitTerm(np.atleast_1d(value))])


def density(form: LinearForm) -> Sum:
    """δ of a linear form, the derivative of a step."""
    return Sum((LimitTerm(np.ones(1), (), (Factor(_STEP, (form,), weak=1),)),))


def linear(gaussian: CentredGaussian, mean: float = 0.0) -> Sum:
    """A Gaussian with its mean."""
    return _collected([LimitTerm(np.ones(1), ((gaussian, 1),)), LimitTerm(np.full(1, mean))])


def _collected(terms: Iterable[LimitTerm]) -> Sum:
    found: dict[tuple[object, ...], LimitTerm] = {}
    for term in terms:
        known = found.get(term.key)
        found[term.key] = (
            term
            if known is None
            else replace(known, coefficient=known.coefficient + term.coefficient)
        )
    kept = tuple(t for t in found.values() if t.coefficient.any())
    if len(kept) > _MOST_TERMS:
        raise NotClosed(f"a sum of more than {_MOST_TERMS} products")
    return Sum(kept)


def _product(s: LimitTerm, t: LimitTerm) -> LimitTerm:
    if s.degree + t.degree > _HIGHEST_DEGREE:
        raise NotClosed(f"a product of more than {_HIGHEST_DEGREE} Gaussians")
    powers = dict(s.powers)
    for g, m in t.powers:
        powers[g] = powers.get(g, 0) + m
    factors = list(s.factors)
    for factor in t.factors:
        _merge(factors, factor)
    coefficient = product(s.coefficient, t.coefficient)
    return LimitTerm(coefficient, tuple(sorted(powers.items())), tuple(factors))


def _merge(factors: list[Factor], new: Factor) -> None:
    """Put a factor among others, into the one on the same form if there is one."""
    for k, old in enumerate(factors):
        at_zero = _at_density(old, new) or _at_density(new, old)
        if at_zero is not None:
            factors[k] = at_zero
            return
        if old.is_single and new.is_single and not old.weak and not new.weak:
            moved = _moved(new, old.forms[0])
            if moved is not None:
                factors[k] = Factor.made_of([old, new], mul(old.expression, moved), old.forms)
                return
    factors.append(new)


def _at_density(delta: Factor, other: Factor) -> Factor | None:
    """δ(z) F(z) = F(0) δ(z), for a δ that is the derivative of c step(z)."""
    if not _is_density(delta) or not other.is_single or other.weak:
        return None
    moved = _moved(other, delta.forms[0])
    if moved is None:
        return None
    with np.errstate(all="ignore"):
        value = float(evaluate(moved, [np.zeros(())]))
    if not np.isfinite(value):
        raise NotClosed("the value of a function where another one jumps")
    return replace(delta, expression=mul(number(value), delta.expression))


def _is_density(factor: Factor) -> bool:
    """Whether it is a multiple of δ."""
    inner = factor.expression
    while isinstance(inner, Apply) and inner.function == MUL and len(inner.arguments) == 2:
        inner = inner.arguments[1]
    return factor.weak == 1 and factor.is_single and inner == _STEP


def _moved(factor: Factor, base: LinearForm) -> Expression | None:
    """The factor's expression as one in `base`, of which its form is an affine function."""
    relation = factor.forms[0].relative_to(base)
    if relation is None:
        return None
    return substitute(factor.expression, [line(*relation)])


def line(r: float, d: float) -> Expression:
    """r z + d."""
    return add(mul(number(r), Argument(0)), number(d))


def _along_one_form(first: Sum, second: Sum) -> Sum | None:
    """L · Σ c f(z) with L affine in the one form z, as Σ c ((r z + d) f(z))."""
    for a, b in ((first, second), (second, first)):
        form = a.form
        if form is None or form.is_constant or not b.terms:
            continue
        found = [_absorbed(form, t) for t in b.terms]
        if all(t is not None for t in found):
            return _collected([t for t in found if t is not None])
    return None


def _absorbed(form: LinearForm, term: LimitTerm) -> LimitTerm | None:
    for k, factor in enumerate(term.factors):
        relation = form.relative_to(factor.forms[0]) if factor.is_single else None
        if relation is not None and not factor.weak:
            absorbed = mul(line(*relation), factor.expression)
            grown = Factor.made_of([factor], absorbed, factor.forms)
            rest: Sequence[Factor] = (*term.factors[:k], grown, *term.factors[k + 1 :])
            return replace(term, factors=tuple(rest))
    return None

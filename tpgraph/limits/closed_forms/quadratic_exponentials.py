"""Closed forms for polynomials times exponentials of quadratic forms of several Gaussians.

    f ~ N(μ, RR′),   E[Π f_i^{m_i} e^(f′Df/2 + r′f)] = e^s |S|^(−1/2) E[Π F_i^{m_i}],
    S = I − R′DR,   F ~ N(μ + Cw, C),   C = R S⁻¹ R′,   w = r + Dμ,
    s = μ′Dμ/2 + r′μ + w′Cw/2,

where S is positive definite; else it is infinite. It is the tilted measure: the density of f times
the exponential is that of F, but for a factor.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import numpy as np

from tpgraph.functions import (
    ADD,
    DIV,
    MUL,
    NEG,
    POW,
    Apply,
    Argument,
    Expression,
    Number,
    expand,
    inline,
)
from tpgraph.limits.closed_forms.error_functions import is_lost_in
from tpgraph.limits.estimates import Array

__all__ = [
    "Powers",
    "QuadraticTerm",
    "QuadraticTerms",
    "Tilted",
    "TiltedLaw",
    "gaussian_moment",
    "multiplied",
    "quadratic_terms",
    "tilted",
    "tilted_law",
]

Powers: TypeAlias = tuple[int, ...]
"""The arguments of a monomial in their order, each as often as its power."""

_MOST_TERMS = 64
_HIGHEST_POWER = 8


@dataclass(frozen=True, slots=True)
class QuadraticTerm:
    """`coefficient` · Π x_i over `powers` · exp(Σ c Π x_i), of degree 2 at most."""

    coefficient: float
    powers: Powers = ()
    exponent: tuple[tuple[Powers, float], ...] = ()

    @property
    def is_quadratic(self) -> bool:
        """Whether the exponent is."""
        return any(len(powers) == 2 for powers, _ in self.exponent)

    def times(self, other: QuadraticTerm) -> QuadraticTerm:
        """The product."""
        exponent = dict(self.exponent)
        for powers, c in other.exponent:
            exponent[powers] = exponent.get(powers, 0.0) + c
        kept = tuple(sorted((p, c) for p, c in exponent.items() if c))
        powers = tuple(sorted((*self.powers, *other.powers)))
        return QuadraticTerm(self.coefficient * other.coefficient, powers, kept)

    def placed(self, places: Sequence[int]) -> QuadraticTerm:
        """With argument `places[i]` in place of argument i."""
        found = QuadraticTerm(self.coefficient, _moved(self.powers, places))
        for powers, c in self.exponent:
            found = found.times(QuadraticTerm(1.0, (), ((_moved(powers, places), c),)))
        return found


QuadraticTerms: TypeAlias = tuple[QuadraticTerm, ...]


def _moved(powers: Powers, places: Sequence[int]) -> Powers:
    return tuple(sorted(places[i] for i in powers))


@lru_cache(maxsize=4096)
def quadratic_terms(expression: Expression) -> QuadraticTerms | None:
    """The expression as a sum of such terms, or None."""
    return _terms(expand(inline(expression)))


def _terms(expression: Expression) -> QuadraticTerms | None:
    match expression:
        case Number(value):
            return (QuadraticTerm(float(value)),) if value else ()
        case Argument(index):
            return (QuadraticTerm(1.0, (index,)),)
        case Apply(function, (inner,), 0) if function == NEG:
            return multiplied([_terms(inner), (QuadraticTerm(-1.0),)])
        case Apply(function, arguments, 0) if function == ADD:
            parts = [_terms(a) for a in arguments]
            whole = [t for part in parts if part is not None for t in part]
            return None if None in parts else _collected(whole)
        case Apply(function, factors, 0) if function == MUL:
            return multiplied([_terms(a) for a in factors])
        case Apply(function, (above, below), 0) if function == DIV:
            return multiplied([_terms(above), _inverse(_terms(below))])
        case Apply(function, (base, Number(value)), 0) if function == POW:
            if value.denominator != 1 or abs(value) > _HIGHEST_POWER:
                return None
            found = _terms(base) if value >= 0 else _inverse(_terms(base))
            return multiplied([found] * abs(int(value)))
        case Apply(function, (inner,), 0) if function.name == "exp":
            return _exponential(_terms(inner))
        case _:
            return None


def _inverse(terms: QuadraticTerms | None) -> QuadraticTerms | None:
    """Of a number or an exponential."""
    if terms is None or len(terms) != 1 or terms[0].powers:
        return None
    exponent = tuple((p, -c) for p, c in terms[0].exponent)
    return (QuadraticTerm(1.0 / terms[0].coefficient, (), exponent),)


def _exponential(terms: QuadraticTerms | None) -> QuadraticTerms | None:
    if terms is None or any(t.exponent or len(t.powers) > 2 for t in terms):
        return None
    return (QuadraticTerm(1.0, (), tuple(sorted((t.powers, t.coefficient) for t in terms))),)


def multiplied(factors: Sequence[QuadraticTerms | None]) -> QuadraticTerms | None:
    """The product; None where it has too many terms, or a number of it is lost."""
    total: QuadraticTerms = (QuadraticTerm(1.0),)
    for factor in factors:
        if factor is None or len(total) * len(factor) > _MOST_TERMS:
            return None
        if any(is_lost_in(s.coefficient, t.coefficient) for s in total for t in factor):
            return None
        total = _collected(s.times(t) for s in total for t in factor)
    return total


def _collected(terms: Iterable[QuadraticTerm]) -> QuadraticTerms:
    found: dict[tuple[Powers, tuple[tuple[Powers, float], ...]], float] = {}
    for term in terms:
        key = term.powers, term.exponent
        found[key] = found.get(key, 0.0) + term.coefficient
    return tuple(QuadraticTerm(c, *key) for key, c in found.items() if c)


@dataclass(frozen=True)
class Tilted:
    """E of a term, the size of its parts, the least eigenvalue of S, (E,) each, nan where none is.

    `amplified` is how many roundings the relative error is made of: large parts of the exponent
    cancel where it is a narrow spike.
    """

    value: Array
    size: Array
    least: Array
    amplified: Array


@dataclass(frozen=True)
class TiltedLaw:
    """The law N(`means`, AA′) of F, A the `roots` (E, k, r), and the factor E e^(f′Df/2 + r′f).

    `least` and `amplified` are those of `Tilted`, `pulled` is how far w moves the means.
    """

    factor: Array
    means: Array
    roots: Array
    least: Array
    amplified: Array
    pulled: Array


def tilted_law(exponent: Iterable[tuple[Powers, float]], means: Array, roots: Array) -> TiltedLaw:
    """The law that an exponential of a quadratic form gives, from `means` and `roots` R."""
    k, rank = roots.shape[1:]
    linear, quadratic, own = np.zeros(k), np.zeros((k, k)), 0.0
    for powers, c in exponent:
        match powers:
            case (i, j):
                quadratic[i, j] += c
                quadratic[j, i] += c
            case (i,):
                linear[i] += c
            case _:
                own += c
    s = np.eye(rank) - np.einsum("eia,ij,ejb->eab", roots, quadratic, roots)
    values, vectors = np.linalg.eigh(s)
    least, most = values.min(axis=1, initial=1.0), values.max(axis=1, initial=1.0)
    safe = np.where(values > 0, values, np.nan)
    across = np.einsum("eia,eab->eib", roots, vectors) / np.sqrt(safe)[:, None, :]
    slope = linear + means @ quadratic
    pulled = np.einsum("eia,ei->ea", across, slope)
    straight, bent = ((linear + slope) * means).sum(axis=1) / 2, (pulled**2).sum(axis=1) / 2
    parts = np.abs(linear) @ np.abs(means).T + (np.abs(slope) * np.abs(means)).sum(axis=1)
    return TiltedLaw(
        np.exp(own + straight + bent - np.log(safe).sum(axis=1) / 2),
        means + np.einsum("eia,ea->ei", across, pulled),
        across,
        least,
        most / np.abs(least) + abs(own) + parts + bent,
        np.einsum("eia,eja,ej->ei", np.abs(across), np.abs(across), np.abs(slope)),
    )


def tilted(term: QuadraticTerm, means: Array, roots: Array) -> Tilted:
    """E of the term, `means` are (E, k) and `roots` R (E, k, r)."""
    law = tilted_law(term.exponent, means, roots)
    covariance = law.roots @ law.roots.transpose(0, 2, 1)
    moment = gaussian_moment(term.powers, law.means, covariance)
    largest = gaussian_moment(term.powers, np.abs(means) + law.pulled, np.abs(covariance))
    return Tilted(
        term.coefficient * law.factor * moment,
        abs(term.coefficient) * law.factor * largest,
        law.least,
        law.amplified,
    )


def gaussian_moment(powers: Powers, means: Array, covariance: Array) -> Array:
    """E[Π F_i] with means, by Isserlis' theorem, (E,)."""
    known: dict[Powers, Array] = {(): np.ones(len(means))}

    def moment(left: Powers) -> Array:
        if left not in known:
            first, rest = left[0], left[1:]
            total = means[:, first] * moment(rest)
            for other in dict.fromkeys(rest):
                place = rest.index(other)
                pair = rest.count(other) * covariance[:, first, other]
                total = total + pair * moment(rest[:place] + rest[place + 1 :])
            known[left] = total
        return known[left]

    return moment(powers)

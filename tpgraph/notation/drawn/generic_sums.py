r"""Terms that are equal but for the step that they come from: one of them, behind a Σ.

a − c (θ_0 dh_0 + θ_1 dh_1 + θ_2 dh_2)   is   a − c Σ_{s<3} θ_s dh_s
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isclose, prod

from tpgraph.functions import (
    ADD,
    MUL,
    NEG,
    Apply,
    Argument,
    Expression,
    Number,
    add,
    arguments_of,
    mul,
    neg,
)
from tpgraph.notation.drawn.coefficients import CoefficientLaw, base_of_law

__all__ = ["SUM", "SumSigns", "behind", "summed"]

SUM = r"\textstyle\sum"
"""The label of a scalar that stands for the sign of a sum over what its range says."""


TermKey = Callable[[int, int], Hashable]
"""What argument i is, if the step s goes by a letter."""


@dataclass(frozen=True)
class SumSigns:
    """What stands for the sign of a sum; with a `law` of its coefficients also for the share that
    a term has by that, and for what is kept of weights.
    """

    sum: Expression
    law: CoefficientLaw | None = None
    share: Expression | None = None
    kept: Expression | None = None


def summed(
    function: Expression,
    steps: Sequence[Collection[int]],
    time: int,
    key: TermKey,
    signs: SumSigns,
) -> Expression:
    """The function with one term for all steps before a time, that of the last one, behind a sign.

    `steps` are the earlier steps that argument i comes from; a term belongs to the step from which
    all its arguments come that come from one.
    """
    match function:
        case Apply(operator, terms, 0) if operator == ADD:
            return _summed_terms(terms, steps, time, key, signs)
        case Apply(operator, arguments, order):
            inner = tuple(summed(e, steps, time, key, signs) for e in arguments)
            return Apply(operator, inner, order)
        case _:
            return function


def _summed_terms(
    terms: Sequence[Expression],
    steps: Sequence[Collection[int]],
    time: int,
    key: TermKey,
    signs: SumSigns,
) -> Expression:
    if signs.law is not None:
        return _by_law(terms, steps, time, key, signs, signs.law)
    families: dict[Hashable, dict[int, int]] = {}
    for i, term in enumerate(terms):
        found = {s for argument in arguments_of(term) for s in steps[argument]}
        if len(found) == 1:
            (step,) = found
            families.setdefault(_shape(term, step, key), {})[step] = i
    whole = [f for f in families.values() if f.keys() == set(range(time))]
    dropped = {i for family in whole for i in family.values()}
    rest = [summed(t, steps, time, key, signs) for i, t in enumerate(terms) if i not in dropped]
    if not whole:
        return add(*rest)
    total = behind(signs.sum, [terms[family[time - 1]] for family in whole])
    before = sum(i not in dropped for i in range(min(dropped)))
    return add(*rest[:before], total, *rest[before:])


def _by_law(
    terms: Sequence[Expression],
    steps: Sequence[Collection[int]],
    time: int,
    key: TermKey,
    signs: SumSigns,
    law: CoefficientLaw,
) -> Expression:
    """The sum of terms with those of all steps, as far as their coefficients follow a law, behind
    signs; and with a sign for what is kept of others.
    """
    totals: dict[int, Expression] = {}
    dropped: set[int] = set()
    for family in _scaled_families(terms, steps, key):
        base = base_of_law(law, {step: value for step, _, value, _ in family}, time)
        if base is not None and signs.share is not None:
            places = [i for _, i, _, _ in family]
            dropped.update(places)
            totals[min(places)] = _share_of(base, family[-1][3], steps, signs, signs.share)
    kept = law.kept(time) if totals else None
    written: list[Expression] = []
    for i, term in enumerate(terms):
        if i in totals:
            written.append(totals[i])
        elif i not in dropped:
            written.append(_kept(term, kept, signs.kept))
    return add(*written)


def _scaled_families(
    terms: Sequence[Expression], steps: Sequence[Collection[int]], key: TermKey
) -> Iterator[list[tuple[int, int, float, Expression]]]:
    """Terms that are equal but for coefficients and the step, one for each step: their steps, where
    they stand, their coefficients, and the rest.
    """
    families: dict[Hashable, list[tuple[int, int, float, Expression]]] = {}
    for i, term in enumerate(terms):
        found = {s for argument in arguments_of(term) for s in steps[argument]}
        if len(found) == 1:
            (step,) = found
            value, rest = _scaled(term)
            families.setdefault(_shape(rest, step, key), []).append((step, i, value, rest))
    for family in families.values():
        family.sort(key=lambda member: member[0])
        if len({step for step, *_ in family}) == len(family):
            yield family


def _scaled(term: Expression) -> tuple[float, Expression]:
    """The numbers in front of a term, and the term without them."""
    match term:
        case Apply(operator, (inner,), 0) if operator == NEG:
            value, rest = _scaled(inner)
            return value, neg(rest)
        case Apply(operator, factors, 0) if operator == MUL:
            value = prod(float(e.value) for e in factors if isinstance(e, Number))
            return value, mul(*(e for e in factors if not isinstance(e, Number)))
        case _:
            return 1.0, term


def _share_of(
    base: float,
    term: Expression,
    steps: Sequence[Collection[int]],
    signs: SumSigns,
    share: Expression,
) -> Expression:
    """c a Σ share · b for a term a b, of which a has to do with no step."""
    if isinstance(term, Apply) and term.function == NEG:
        return neg(_share_of(base, term.arguments[0], steps, signs, share))
    product = isinstance(term, Apply) and term.function == MUL
    factors = term.arguments if isinstance(term, Apply) and product else (term,)
    front = [e for e in factors if not any(steps[i] for i in arguments_of(e))]
    back = [e for e in factors if e not in front]
    return mul(Number(Fraction(f"{base:.12g}")), *front, signs.sum, share, *back)


def _kept(term: Expression, factor: float | None, sign: Expression | None) -> Expression:
    """A term in which a sign stands for this factor, or the term as it is."""
    value, rest = _scaled(term)
    if factor is None or sign is None or not isclose(value, factor, rel_tol=1e-9):
        return term
    return mul(sign, rest)


def behind(sign: Expression, terms: Sequence[Expression]) -> Expression:
    """Σ terms, with a minus that all have in front of the Σ."""
    inner = [t.arguments[0] for t in terms if isinstance(t, Apply) and t.function == NEG]
    if len(inner) == len(terms):
        return neg(behind(sign, inner))
    return mul(sign, add(*terms))


def _shape(term: Expression, step: int, key: TermKey) -> Hashable:
    """The term with names in which the step is a letter."""
    match term:
        case Argument(index):
            return key(index, step)
        case Number(value):
            return value
        case Apply(function, arguments, order):
            return function, order, tuple(_shape(e, step, key) for e in arguments)

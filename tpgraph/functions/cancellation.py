"""Sums of which some terms cancel: like terms are one, and what is 0 everywhere is found out.

    a + b − a = b,   (x − m)·(x − m) − (x − m)² = 0,   (x + y)² − x² − 2xy − y² = 0

The first two are told by their factors; the last by its values at random points, to which only the
leading coefficient of a series is put.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction

import numpy as np

from tpgraph.functions.evaluate import evaluate
from tpgraph.functions.expression import Apply, Expression, Number, arguments_of, number
from tpgraph.functions.table import ADD, DIV, MUL, NEG, POW, ZERO, add, mul, neg

__all__ = ["gathered", "likeness", "vanishes"]

_POINTS = 48
_ROUNDING = 1e-11

_Factors = frozenset[tuple[Expression, int]]


def gathered(terms: Iterable[Expression]) -> Expression:
    """The sum of the terms with like ones put together, each written as the first of its kind."""
    count: dict[_Factors, Fraction] = {}
    first: dict[_Factors, tuple[Expression, Fraction]] = {}
    for sign, term in (pair for one in terms for pair in _terms(one, Fraction(1))):
        value, factors = _factors(term)
        count[factors] = count.get(factors, Fraction(0)) + sign * value
        first.setdefault(factors, (term if sign == 1 else neg(term), sign * value))
    kept = ((first[factors], total) for factors, total in count.items() if total)
    return add(*(_times(total / own, term) for (term, own), total in kept))


def likeness(expression: Expression) -> frozenset[tuple[_Factors, Fraction]]:
    """What sums share that are equal once like terms are put together: x² + y and y + x x."""
    count: dict[_Factors, Fraction] = {}
    for sign, term in _terms(expression, Fraction(1)):
        value, factors = _factors(term)
        count[factors] = count.get(factors, Fraction(0)) + sign * value
    return frozenset((factors, total) for factors, total in count.items() if total)


def _times(by: Fraction, term: Expression) -> Expression:
    return neg(term) if by == -1 else mul(number(by), term)


def _terms(expression: Expression, sign: Fraction) -> Iterator[tuple[Fraction, Expression]]:
    match expression:
        case Apply(function, arguments, 0) if function == ADD:
            for argument in arguments:
                yield from _terms(argument, sign)
        case Apply(function, (inner,), 0) if function == NEG:
            yield from _terms(inner, -sign)
        case Number(value) if not value:
            return
        case _:
            yield sign, expression


def _factors(term: Expression) -> tuple[Fraction, _Factors]:
    """A number, and powers of what stands beside it."""
    powers: Counter[Expression] = Counter()
    value = _count(term, 1, powers)
    return value, frozenset((base, k) for base, k in powers.items() if k)


def _count(term: Expression, sign: int, powers: Counter[Expression]) -> Fraction:
    match term:
        case Number(value) if value:
            return value**sign
        case Apply(function, (inner,), 0) if function == NEG:
            return -_count(inner, sign, powers)
        case Apply(function, factors, 0) if function == MUL:
            total = Fraction(1)
            for factor in factors:
                total *= _count(factor, sign, powers)
            return total
        case Apply(function, (above, below), 0) if function == DIV and below != ZERO:
            return _count(above, sign, powers) * _count(below, -sign, powers)
        case Apply(function, (base, Number(k)), 0) if (
            function == POW and k.denominator == 1 and abs(k) <= 8
        ):
            total = Fraction(1)
            for _ in range(abs(int(k))):
                total *= _count(base, sign if k > 0 else -sign, powers)
            return total
        case _:
            powers[term] += sign
            return Fraction(1)


def vanishes(expression: Expression) -> bool:
    """Whether it is 0 at random points, all but rounding; of a product, whether a factor is or all
    of it without rounding, as step(x) step(−x).

    The rounding of a factor that is 0 would be all that there is of the product.
    """
    match expression:
        case Number(value):
            return not value
        case Apply(function, factors, 0) if function == MUL and any(map(vanishes, factors)):
            return True
        case Apply(function, (inner, *_), 0) if function in (NEG, DIV):
            return vanishes(inner)
        case Apply(function, _, 0) if function == ADD:
            signed = _terms(expression, Fraction(1))
            terms = [term if sign == 1 else neg(term) for sign, term in signed]
            left = [term for term in terms if not (_is_product(term) and vanishes(term))]
            return not left or _cancels(add(*left), left)
        case Apply():
            return _cancels(expression, [expression])
        case _:
            return False


def _is_product(term: Expression) -> bool:
    return isinstance(term, Apply) and term.function in (MUL, DIV, NEG)


def _cancels(expression: Expression, terms: Sequence[Expression]) -> bool:
    """Whether a sum of terms is 0 at random points, beside its terms."""
    rng = np.random.default_rng(0)
    count = 1 + max(arguments_of(expression), default=0)
    scale = 10.0 ** np.repeat([0.0, 0.5, 1.0], _POINTS // 3)
    points = list(rng.standard_normal((count, len(scale))) * scale)
    with np.errstate(all="ignore"):
        value = np.broadcast_to(evaluate(expression, points), scale.shape)
        parts = [np.broadcast_to(evaluate(term, points), scale.shape) for term in terms]
        size = np.sum(np.abs(parts), axis=0)
    known = np.isfinite(value) & np.isfinite(size)
    return bool(known.sum() >= 3 and (np.abs(value) <= _ROUNDING * size)[known].all())

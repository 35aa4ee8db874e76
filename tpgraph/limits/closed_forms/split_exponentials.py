"""Functions as sums of exponentials of quadratic forms times what is left of them.

exp(0.4 x² − |x|) tanh(y) + y = exp(0.4 x²) · exp(−|x|) tanh(y) + 1 · y
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import TypeAlias

from tpgraph.functions import (
    ADD,
    DIV,
    MUL,
    NEG,
    POW,
    PRIMITIVES,
    Apply,
    Expression,
    Number,
    add,
    div,
    expand,
    inline,
    mul,
    number,
    power,
)
from tpgraph.limits.closed_forms.quadratic_exponentials import (
    QuadraticTerm,
    quadratic_terms,
)

__all__ = ["SplitTerm", "split_exponentials"]

SplitTerm: TypeAlias = tuple[QuadraticTerm, Expression]
"""An exponential, and what stands beside it."""

_ONE = QuadraticTerm(1.0)
_MOST_TERMS = 16
_HIGHEST_POWER = 4


@lru_cache(maxsize=1024)
def split_exponentials(expression: Expression) -> tuple[SplitTerm, ...]:
    """The expression as a sum of such terms; itself beside 1 where it has too many."""
    written = expand(inline(expression))
    found = _split(written)
    return found if found and len(found) <= _MOST_TERMS else ((_ONE, written),)


def _split(expression: Expression) -> tuple[SplitTerm, ...]:
    match expression:
        case Apply(function, (inner,), 0) if function == NEG:
            return tuple((e, mul(number(-1), rest)) for e, rest in _split(inner))
        case Apply(function, arguments, 0) if function == ADD:
            return _gathered([t for a in arguments for t in _split(a)])
        case Apply(function, factors, 0) if function == MUL:
            return _multiplied([_split(f) for f in factors])
        case Apply(function, (above, below), 0) if function == DIV:
            bottom = _split(below)
            if len(bottom) != 1:
                return tuple((e, div(rest, below)) for e, rest in _split(above))
            ((e, rest),) = bottom
            return _multiplied([_split(above), ((_raised(e, -1), div(number(1), rest)),)])
        case Apply(function, (base, Number(value)), 0) if function == POW:
            return _power(base, value, expression)
        case Apply(function, (inner,), 0) if function.name == "exp":
            return (_exponential(inner),)
        case _:
            return ((_ONE, expression),)


def _power(base: Expression, value: Fraction, whole: Expression) -> tuple[SplitTerm, ...]:
    parts = _split(base)
    if len(parts) == 1:
        ((e, rest),) = parts
        return (
            ((_raised(e, float(value)), power(rest, number(value))),)
            if e != _ONE
            else ((_ONE, whole),)
        )
    if value.denominator == 1 and 0 < value <= _HIGHEST_POWER:
        return _multiplied([parts] * int(value))
    return ((_ONE, whole),)


def _raised(term: QuadraticTerm, to: float) -> QuadraticTerm:
    return QuadraticTerm(1.0, (), tuple((p, c * to) for p, c in term.exponent))


def _multiplied(factors: Sequence[tuple[SplitTerm, ...]]) -> tuple[SplitTerm, ...]:
    total: tuple[SplitTerm, ...] = ((_ONE, number(1)),)
    for factor in factors:
        if len(total) * len(factor) > _MOST_TERMS:
            return ()
        total = _gathered([(e.times(f), mul(a, b)) for e, a in total for f, b in factor])
    return total


def _gathered(terms: Sequence[SplitTerm]) -> tuple[SplitTerm, ...]:
    found: dict[QuadraticTerm, Expression] = {}
    for e, rest in terms:
        found[e] = add(found[e], rest) if e in found else rest
    return tuple(found.items())


def _exponential(inner: Expression) -> SplitTerm:
    """exp of a polynomial of degree 2 and of what is added to it."""
    exponent, left = _ONE, list[Expression]()
    for part in _addends(inner):
        terms = quadratic_terms(part)
        if terms is None or any(t.exponent or len(t.powers) > 2 for t in terms):
            left.append(part)
            continue
        for t in terms:
            exponent = exponent.times(QuadraticTerm(1.0, (), ((t.powers, t.coefficient),)))
    rest = Apply(PRIMITIVES["exp"], (add(*left),)) if left else number(1)
    return exponent, rest


def _addends(expression: Expression) -> Iterator[Expression]:
    match expression:
        case Apply(function, arguments, 0) if function == ADD:
            for argument in arguments:
                yield from _addends(argument)
        case _:
            yield expression

"""Logistic functions that are written by exponentials, as functions of the table.

    1 / (a + b exp(u)) = sigmoid(−v) / a,   exp(u) / (a + b exp(u)) = sigmoid(v) / b,
    log(a + b exp(u)) = log a + softplus(v),   v = u + log(b/a),   a, b > 0

They stay bounded, or grow like relu, though an exponential is in them that grows faster than every
polynomial: how far a function reaches is asked of it in this form.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeGuard

from tpgraph.functions import (
    PRIMITIVES,
    Apply,
    Argument,
    Expression,
    Number,
    add,
    applications,
    div,
    mul,
    neg,
    number,
    power,
)

__all__ = ["with_logistics"]

_MOST = 8
"""The highest power that is taken apart."""
_MOST_TERMS = 64
"""Terms into which a numerator is multiplied out."""


def with_logistics(expression: Expression) -> Expression:
    """The expression with sigmoid and softplus of the table where it writes them out.

    >>> from tpgraph.functions import to_text
    >>> rising = Apply(PRIMITIVES["exp"], (Argument(0),))
    >>> to_text(with_logistics(div(rising, add(Number(Fraction(1)), rising))), ["z"])
    'sigmoid(z)'
    """
    return _rewritten(expression) if _has_exp(expression) else expression


def _has_exp(expression: Expression) -> bool:
    return any(map(_is_exp, applications(expression)))


def _rewritten(expression: Expression) -> Expression:
    match expression:
        case Number() | Argument():
            return expression
        case Apply(function, inner, order):
            found = None if order else _named(function.name, expression)
            if found is not None:
                return found
            return Apply(function, tuple(_rewritten(part) for part in inner), order)


def _named(name: str, expression: Apply) -> Expression | None:
    """A product over powers of a + b exp(u), or a logarithm of it; None for anything else."""
    if name == "log":
        inner = _Logistic.of(expression.arguments[0])
        return None if inner is None else add(number(math.log(inner.a)), inner.softplus)
    if name not in ("mul", "neg", "div", "pow"):
        return None
    above: list[Expression] = []
    below: list[tuple[Expression, int]] = []
    for factor, k in _powers(expression):
        if k > 0:
            above += [factor] * k
        else:
            below.append((factor, -k))
    logistics = [(found, k) for base, k in below if (found := _Logistic.of(base)) is not None]
    if not logistics:
        return None
    sums = [place for place, factor in enumerate(above) if _has_exp_in_sum(factor)]
    if sums and math.prod(len(list(_terms(above[place]))) for place in sums) <= _MOST_TERMS:
        rest = [*above[: sums[0]], *above[sums[0] + 1 :]]
        rest += [power(base, Number(Fraction(-k))) for base, k in below]
        return add(*(_rewritten(mul(term, *rest)) for term in _terms(above[sums[0]])))
    others = [power(_rewritten(base), Number(Fraction(-k))) for base, k in below
              if _Logistic.of(base) is None]  # fmt: skip
    return mul(*_over(above, logistics), *others)


def _has_exp_in_sum(factor: Expression) -> bool:
    """Whether a factor is a sum, of which a term has an exponential as a factor."""
    terms = list(_terms(factor))
    return len(terms) > 1 and any(_is_exp(f) for term in terms for f, _ in _powers(term))


def _over(
    above: Sequence[Expression], below: Sequence[tuple[_Logistic, int]]
) -> Iterator[Expression]:
    """The factors over Π (a + b exp(u))^k: each exp(u) takes one of the k."""
    left = list(above)
    for logistic, k in below:
        taken = [f for f in left if _is_exp(f) and f.arguments[0] == logistic.u][:k]
        for factor in taken:
            left.remove(factor)
            yield logistic.share
        yield power(logistic.inverse, Number(Fraction(k - len(taken))))
    yield from map(with_logistics, left)


@dataclass(frozen=True, slots=True)
class _Logistic:
    """a + b exp(u) with positive numbers."""

    a: float
    b: float
    u: Expression

    @classmethod
    def of(cls, expression: Expression) -> _Logistic | None:
        """The expression in this form; None where it has another."""
        numbers, others = Fraction(0), []
        for term in _terms(expression):
            if isinstance(term, Number):
                numbers += term.value
            else:
                others.append(list(_factors(term)))
        if len(others) != 1 or numbers <= 0:
            return None
        b = math.prod((f.value for f in others[0] if isinstance(f, Number)), start=Fraction(1))
        exps = [f for f in others[0] if not isinstance(f, Number)]
        if len(exps) != 1 or b <= 0 or not _is_exp(exps[0]):
            return None
        return cls(float(numbers), float(b), exps[0].arguments[0])

    @property
    def v(self) -> Expression:
        """u + log(b/a)."""
        return self.u if self.a == self.b else add(self.u, number(math.log(self.b / self.a)))

    @property
    def softplus(self) -> Expression:
        """log(1 + exp(v))."""
        return Apply(PRIMITIVES["softplus"], (self.v,))

    @property
    def inverse(self) -> Expression:
        """1 / (a + b exp(u))."""
        return div(Apply(PRIMITIVES["sigmoid"], (neg(self.v),)), number(self.a))

    @property
    def share(self) -> Expression:
        """exp(u) / (a + b exp(u))."""
        return div(Apply(PRIMITIVES["sigmoid"], (self.v,)), number(self.b))


def _is_exp(expression: Expression) -> TypeGuard[Apply]:
    match expression:
        case Apply(function, _, 0):
            return function.name == "exp"
    return False


def _powers(expression: Expression) -> Iterator[tuple[Expression, int]]:
    """The factors of products and quotients, with the whole powers to which they are raised."""
    match expression:
        case Apply(function, inner, 0) if function.name == "mul":
            for part in inner:
                yield from _powers(part)
        case Apply(function, (inner,), 0) if function.name == "neg":
            yield Number(Fraction(-1)), 1
            yield from _powers(inner)
        case Apply(function, (above, below), 0) if function.name == "div":
            yield from _powers(above)
            yield from ((factor, -k) for factor, k in _powers(below))
        case Apply(function, (base, Number(value)), 0) if function.name == "pow" and _is_few(value):
            yield from ((factor, k * int(value)) for factor, k in _powers(base))
        case _:
            yield expression, 1


def _is_few(exponent: Fraction) -> bool:
    return exponent == int(exponent) and 0 < abs(exponent) <= _MOST


def _factors(expression: Expression) -> Iterator[Expression]:
    """The factors of a product; what is divided by is one, to the power −1."""
    for factor, k in _powers(expression):
        if k > 0:
            yield from [factor] * k
        else:
            yield power(factor, Number(Fraction(k)))


def _terms(expression: Expression) -> Iterator[Expression]:
    match expression:
        case Apply(function, inner, 0) if function.name == "add":
            for part in inner:
                yield from _terms(part)
        case Apply(function, (inner,), 0) if function.name == "neg":
            yield from (mul(Number(Fraction(-1)), term) for term in _terms(inner))
        case _:
            yield expression

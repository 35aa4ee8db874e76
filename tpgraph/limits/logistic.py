"""Logistic functions that are written by exponentials, as functions of the table.

    S = Σ_j c_j exp(u_j),   c_j > 0,   v_i = log Σ_{j≠i} c_j exp(u_j) − log c_i
    exp(u_i) / S = sigmoid(u_i − v_i) / c_i,   log S = log c_1 + u_1 + softplus(v_1 − u_1)

so a softmax too. They stay bounded, or grow like relu, though an exponential is in them that grows
faster than every polynomial and overflows: how far a function reaches is asked of it in this form,
and its value is computed in it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
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
    expand,
    inline,
    logsumexp,
    mul,
    neg,
    number,
    power,
    primitives_of,
)

__all__ = ["stable", "with_logistics"]

_MOST = 8
"""The highest power that is taken apart."""
_ARITHMETIC = ("add", "mul", "neg", "div", "pow")
_ZERO = Number(Fraction(0))
_MOST_TERMS = 64
"""Terms into which a numerator is multiplied out."""


def with_logistics(expression: Expression) -> Expression:
    """The expression with sigmoid and softplus of the table where it writes them out.

    >>> from tpgraph.functions import to_text
    >>> rising = Apply(PRIMITIVES["exp"], (Argument(0),))
    >>> to_text(with_logistics(div(rising, add(Number(Fraction(1)), rising))), ["z"])
    'sigmoid(z)'
    """
    return _rewritten(_inside(expression)) if _has_exp(expression) else expression


@lru_cache(maxsize=4096)
def stable(expression: Expression) -> Expression:
    """The same with quotients and logarithms of sums of exponentials in which nothing overflows."""
    if not any(function.name == "exp" for function in primitives_of(expression)):
        return expression
    written = inline(expand(expression))
    found = with_logistics(written)
    return expression if found == written else found


def _has_exp(expression: Expression) -> bool:
    return any(map(_is_exp, applications(expression)))


def _inside(expression: Expression) -> Expression:
    """The same done to arguments of what is no arithmetic."""
    match expression:
        case Number() | Argument():
            return expression
        case Apply(function, inner, order):
            if function.name == "log" and not order:
                found = _logarithm(inner[0])
                if found is not None:
                    return found
            inward = _inside if function.name in _ARITHMETIC else with_logistics
            return Apply(function, tuple(map(inward, inner)), order)


def _logarithm(expression: Expression) -> Expression | None:
    """log of a product of exponentials and sums of them, or None."""
    rates: list[Expression] = []
    found: list[tuple[_Mixture, int]] = []
    for factor, k in _powers(expression):
        mixture = _Mixture.of(factor, numbers=True)
        if mixture is None:
            return None
        if _is_exp(factor) and k > 0:
            rates += [factor.arguments[0]] * k
        else:
            found.append((mixture, k))
    parts: list[Expression] = []
    for mixture, k in found:
        for u in [u for u in rates if u in mixture.exponents][: max(-k, 0)]:
            rates.remove(u)
            parts.append(mixture.log_share(mixture.exponents.index(u)))
            k += 1
        parts.append(mul(number(k), mixture.logarithm))
    return add(*map(with_logistics, (*rates, *parts)))


def _rewritten(expression: Expression) -> Expression:
    match expression:
        case Apply(function, inner, 0) if function.name in _ARITHMETIC:
            found = None if function.name == "add" else _named(expression)
            if found is not None:
                return found
            return Apply(function, tuple(_rewritten(part) for part in inner))
        case _:
            return expression


def _named(expression: Apply) -> Expression | None:
    """A product over powers of sums of exponentials; None for anything else."""
    above: list[Expression] = []
    below: list[tuple[Expression, int]] = []
    for factor, k in _powers(expression):
        if k > 0:
            above += [factor] * k
        else:
            below.append((factor, -k))
    mixtures = [(found, base, k) for base, k in below if (found := _Mixture.of(base)) is not None]
    if not mixtures:
        return None
    sums = [place for place, factor in enumerate(above) if _has_exp_in_sum(factor)]
    if sums and math.prod(len(list(_terms(above[place]))) for place in sums) <= _MOST_TERMS:
        rest = [*above[: sums[0]], *above[sums[0] + 1 :]]
        rest += [power(base, Number(Fraction(-k))) for base, k in below]
        return add(*(_rewritten(mul(term, *rest)) for term in _terms(above[sums[0]])))
    others = [power(_rewritten(base), Number(Fraction(-k))) for base, k in below
              if _Mixture.of(base) is None]  # fmt: skip
    return mul(*_over(above, mixtures), *others)


def _has_exp_in_sum(factor: Expression) -> bool:
    """Whether a factor is a sum, of which a term has an exponential as a factor."""
    terms = list(_terms(factor))
    return len(terms) > 1 and any(_is_exp(f) for term in terms for f, _ in _powers(term))


def _over(
    above: Sequence[Expression], below: Sequence[tuple[_Mixture, Expression, int]]
) -> Iterator[Expression]:
    """The factors over Π S^k: each exp(u) takes one of the k, or all are one exponential."""
    left, found = list(above), []
    for mixture, written, k in below:
        taken = [f for f in left if _is_exp(f) and f.arguments[0] in mixture.exponents][:k]
        for factor in taken:
            left.remove(factor)
            found.append(mixture.share(mixture.exponents.index(factor.arguments[0])))
        found.append(mixture.inverse(written, k - len(taken)))
    if any(map(_is_exp, left)):  # Beside shares of what it is divided by, which may be 0.
        rates = [f.arguments[0] for f in above if _is_exp(f)]
        rates += [mul(number(-k), mixture.logarithm) for mixture, _, k in below]
        left, found = [f for f in left if not _is_exp(f)], [_call("exp", add(*rates))]
    yield from found
    yield from map(_rewritten, left)


@dataclass(frozen=True, slots=True)
class _Mixture:
    """S = Σ c exp(u) with positive numbers c, of which u = 0 is one at most, the first."""

    coefficients: tuple[float, ...]
    exponents: tuple[Expression, ...]

    @classmethod
    def of(cls, expression: Expression, numbers: bool = False) -> _Mixture | None:
        """The expression in this form; None where it has another, or no exponential.

        With `numbers` a number is one, too.
        """
        found: dict[Expression, Fraction] = {}
        for term in _terms(expression):
            c, rates = Fraction(1), []
            for factor, k in _powers(term):
                if isinstance(factor, Number) and (factor.value > 0 or k > 0):
                    c *= factor.value**k
                elif _is_exp(factor):
                    rates.append(mul(number(k), factor.arguments[0]))
                else:
                    return None
            u = add(*rates) if rates else _ZERO
            found[u] = found.get(u, Fraction(0)) + c
        if any(c <= 0 for c in found.values()) or (set(found) <= {_ZERO} and not numbers):
            return None
        ordered = sorted(found, key=lambda u: u != _ZERO)
        return cls(tuple(float(found[u]) for u in ordered), tuple(ordered))

    def _rate(self, place: int, beside: int = 0) -> Expression:
        """u + log c, less those of the term `beside`."""
        u = self.exponents[place]
        own = self.coefficients[place] / self.coefficients[beside]
        return u if own == 1 else add(u, number(math.log(own)))

    def _logsumexp(self, places: Sequence[int], beside: int) -> Expression:
        """log Σ c exp(u) over the places, less log c of the term `beside`."""
        return logsumexp([self._rate(i, beside) for i in places])

    @property
    def logarithm(self) -> Expression:
        """log S."""
        c = self.coefficients[0]
        own = self._logsumexp(range(len(self.exponents)), 0)
        return own if c == 1 else add(number(math.log(c)), own)

    def _odds(self, place: int) -> Expression | None:
        """log of one of them over the others; None where there are none."""
        others = [i for i in range(len(self.exponents)) if i != place]
        if not others:
            return None
        return _difference(self.exponents[place], self._logsumexp(others, place))

    def share(self, place: int) -> Expression:
        """exp(u) / S of one of them."""
        odds, c = self._odds(place), number(self.coefficients[place])
        return div(number(1) if odds is None else _call("sigmoid", odds), c)

    def log_share(self, place: int) -> Expression:
        """log(exp(u) / S)."""
        odds, c = self._odds(place), number(math.log(self.coefficients[place]))
        return neg(c if odds is None else add(_call("softplus", neg(odds)), c))

    def inverse(self, written: Expression, times: int) -> Expression:
        """S^−`times`, bounded by what is no exponential in it, else as `written`."""
        has_number = self.exponents[0] == _ZERO
        base = self.share(0) if has_number else power(_rewritten(written), number(-1))
        return power(base, number(times))


def _difference(u: Expression, v: Expression) -> Expression:
    return neg(v) if u == _ZERO else add(u, neg(v))


def _call(name: str, argument: Expression) -> Expression:
    return Apply(PRIMITIVES[name], (argument,))


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

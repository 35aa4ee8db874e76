"""Expressions as series in an argument t that tends to 0 from above.

    ψ(x, t) = Σ_k c_k(x) t^{e_k} + O(t^known),   e_k rational, also negative

Sums, products, quotients and powers are those of series; a function of the table is expanded around
c_0, and where that vanishes or grows, by the leading term alone: relu, |·| and roots are
homogeneous, sign and step see a sign. What jumps has a density for its derivative
(`tpgraph.functions.jumps`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from tpgraph.errors import TPTypeError
from tpgraph.functions.asymptotics import HOMOGENEOUS, LIKE_RELU
from tpgraph.functions.cancellation import gathered, vanishes
from tpgraph.functions.evaluate import evaluate
from tpgraph.functions.expression import (
    Apply,
    Argument,
    Expression,
    Number,
    Primitive,
    arguments_of,
    number,
)
from tpgraph.functions.jumps import CHAINS, NOT_LINEAR, applied, has_density
from tpgraph.functions.table import (
    ADD,
    DIV,
    MUL,
    NEG,
    ONE,
    POW,
    PRIMITIVES,
    ZERO,
    add,
    div,
    mul,
    neg,
)
from tpgraph.functions.table import power as raised

__all__ = ["Series", "series"]

_FAR: dict[str, Callable[[Expression], Expression]] = {
    "tanh": applied("sign"),
    "erf": applied("sign"),
    "sigmoid": applied("step"),
}
"""What is left far out, but for exponentially little."""


@dataclass(frozen=True)
class Series:
    """Σ c t^e over `terms`, ascending in e, complete below t^`known`."""

    terms: tuple[tuple[Fraction, Expression], ...]
    known: float = math.inf

    @property
    def lead(self) -> float:
        """The least exponent, or `known` where there is no term."""
        return float(self.terms[0][0]) if self.terms else self.known

    def at(self, exponent: int) -> Expression:
        """The coefficient of t^exponent."""
        return dict(self.terms).get(Fraction(exponent), ZERO)

    def shifted(self, by: Fraction) -> Series:
        """Times t^by."""
        return Series(tuple((e + by, c) for e, c in self.terms), self.known + float(by))

    def settled(self) -> Series:
        """Without leading terms that are 0 everywhere."""
        terms = self.terms
        while terms and not has_density(terms[0][1]) and vanishes(terms[0][1]):
            terms = terms[1:]
        return Series(terms, self.known)


def series(expression: Expression, index: int, depth: int) -> Series:
    """The expression as a series in the argument `index`, with so many terms of every function.

    It has no functions of its own (`inline`). Raises TPTypeError where there is no such series.
    """
    if index not in arguments_of(expression):
        return Series(() if expression == ZERO else ((Fraction(0), expression),))
    match expression:
        case Argument():
            return Series(((Fraction(1), ONE),))
        case Apply(function, arguments, 0) if function == ADD:
            return _sum([series(a, index, depth) for a in arguments])
        case Apply(function, (inner,), 0) if function == NEG:
            own = series(inner, index, depth)
            return Series(tuple((e, neg(c)) for e, c in own.terms), own.known)
        case Apply(function, arguments, 0) if function == MUL:
            total, *rest = (_without_zeros(series(a, index, depth)) for a in arguments)
            for factor in rest:
                total = _product(total, factor)
            return total
        case Apply(function, (above, below), 0) if function == DIV:
            inverse = _power(series(below, index, depth), Fraction(-1), depth)
            return _product(series(above, index, depth), inverse)
        case Apply(function, (base, Number(k)), 0) if function == POW:
            return _power(series(base, index, depth), k, depth)
        case Apply(function, (first, second), 0) if function.name in ("min", "max", "leaky_relu"):
            return series(_by_relu(function.name, first, second), index, depth)
        case Apply(function, (inner,), order) if isinstance(function, Primitive):
            return _applied(function, order, series(inner, index, depth).settled(), depth)
        case _:
            raise TPTypeError("a power whose exponent tends to its limit has no expansion here")


def _without_zeros(found: Series) -> Series:
    """Without leading sums that cancel: times a jump they would be one."""
    is_sum = found.terms and isinstance(c := found.terms[0][1], Apply) and c.function == ADD
    return found.settled() if is_sum else found


def _by_relu(name: str, a: Expression, b: Expression) -> Expression:
    """max(a, b) = b + relu(a − b), min = a − relu(a − b), lrelu(a, s) = s a + (1 − s) relu(a)."""
    relu = applied("relu")
    if name == "leaky_relu":
        return add(mul(b, a), mul(add(ONE, neg(b)), relu(a)))
    gap = relu(add(a, neg(b)))
    return add(b, gap) if name == "max" else add(a, neg(gap))


def _sum(parts: Sequence[Series]) -> Series:
    known = min(p.known for p in parts)
    found: dict[Fraction, list[Expression]] = {}
    for part in parts:
        for e, c in part.terms:
            found.setdefault(e, []).append(c)
    return _collected(found, known)


def _collected(found: dict[Fraction, list[Expression]], known: float) -> Series:
    terms = ((e, gathered(found[e])) for e in sorted(found) if e < known)
    return Series(tuple((e, c) for e, c in terms if c != ZERO), known)


def _product(first: Series, second: Series) -> Series:
    """Of two jumps t^e δ, which are of size t^(e − 1) on a share t, that is of order e + f − 1."""
    known = min(first.known + second.lead, second.known + first.lead)
    found: dict[Fraction, list[Expression]] = {}
    for e, c in first.terms:
        for f, d in second.terms:
            if has_density(c) and has_density(d):
                known = min(known, float(e + f) - 1)
                continue
            found.setdefault(e + f, []).append(mul(c, d))
    return _collected(found, known)


def _without_jumps(found: Series) -> Series:
    """What a function sees of it: a jump t^e δ changes it by t^(e − 1) on a share t, e ≥ 1."""
    jumping = [e for e, c in found.terms if has_density(c)]
    if not jumping:
        return found
    if jumping[0] - Fraction(int(min(0.0, found.lead))) < 1:
        raise TPTypeError(NOT_LINEAR)
    kept = tuple((e, c) for e, c in found.terms if not has_density(c))
    return Series(kept, min(found.known, float(jumping[0])))


def _power(base: Series, exponent: Fraction, depth: int) -> Series:
    """(c t^m (1 + u))^k = c^k t^{mk} Σ_j binom(k, j) u^j."""
    base = base.settled()
    if exponent.denominator != 1 or exponent < 0:
        base = _without_jumps(base)
    if not base.terms:
        if base.known == math.inf and exponent > 0:
            return Series(())
        return Series((), -math.inf if exponent <= 0 else base.known * float(exponent))
    (m, c), *rest = base.terms
    if exponent.denominator % 2 == 0 and isinstance(c, Number) and c.value < 0:
        raise TPTypeError("a root of what is < 0 is no number")
    if exponent.denominator == 1 and exponent > 0:
        found = base
        for _ in range(int(exponent) - 1):
            found = _product(found, base)
        return found
    u = Series(tuple((e - m, div(d, c)) for e, d in rest), base.known - float(m))
    binomials = [Fraction(1)]
    for j in range(depth):
        binomials.append(binomials[-1] * (exponent - j) / (j + 1))
    inner = _in_powers(u, [number(b) for b in binomials])
    head = div(ONE, c) if exponent == -1 else raised(c, Number(exponent))
    return _product(Series(((m * exponent, head),)), inner)


def _in_powers(u: Series, coefficients: Sequence[Expression]) -> Series:
    """Σ_k a_k u^k of a u that tends to 0, with what lies beyond the last a_k."""
    total = Series(() if coefficients[0] == ZERO else ((Fraction(0), coefficients[0]),))
    power = Series(((Fraction(0), ONE),))
    for a in coefficients[1:]:
        power = _product(power, u)
        if a != ZERO:
            total = _sum([total, _product(Series(((Fraction(0), a),)), power)])
    beyond = len(coefficients) * u.lead
    kept = tuple((e, c) for e, c in total.terms if e < beyond)
    return Series(kept, min(total.known, u.known, beyond))


def _applied(function: Primitive, order: int, inner: Series, depth: int) -> Series:
    name = function.name
    inner = _without_jumps(inner)
    if inner.lead != 0:
        special = _away_from_numbers(name, order, inner, depth)
        if special is not None:
            return special
    if inner.lead < 0:
        raise TPTypeError(f"{name} of a quotient by what tends to 0 has no expansion")
    start = inner.at(0)
    rest = Series(tuple((e, c) for e, c in inner.terms if e > 0), inner.known)
    return _in_powers(rest, _taylor(function, order, start, depth))


def _away_from_numbers(name: str, order: int, inner: Series, depth: int) -> Series | None:
    """f of what tends to 0 or grows, by its leading term; None where f is smooth there."""
    if not inner.terms:
        return Series((), inner.known) if name in CHAINS and inner.known < math.inf else None
    m = inner.terms[0][0]
    scaled = inner.shifted(-m)
    if name in CHAINS:
        degree = HOMOGENEOUS[name] - order
        return _applied(PRIMITIVES[name], order, scaled, depth).shifted(m * degree)
    if name == "sqrt" and not order:
        return _power(inner, Fraction(1, 2), depth)
    if name == "log" and m:
        raise TPTypeError("the logarithm of what tends to 0 or grows is no power of the width")
    if m < 0 and not order:
        if name in _FAR:
            return Series(((Fraction(0), _FAR[name](inner.terms[0][1])),))
        if name in LIKE_RELU:
            return _applied(PRIMITIVES["relu"], 0, scaled, depth).shifted(m)
    return None


def _taylor(function: Primitive, order: int, start: Expression, depth: int) -> list[Expression]:
    """f^(k)(start)/k!, k = 0, 1, …"""
    chain = CHAINS.get(function.name)
    if chain is not None:
        own = [f(start) for f in chain[order:]]
    elif start == ZERO:
        own = [_at_number(function, order + k) for k in range(depth + 1)]
    else:
        own = [Apply(function, (start,), order + k) for k in range(depth + 1)]
    return [mul(number(Fraction(1, math.factorial(k))), f) for k, f in enumerate(own)]


def _at_number(function: Primitive, order: int) -> Expression:
    """f^(k)(0)."""
    with np.errstate(all="ignore"):
        value = float(evaluate(Apply(function, (ZERO,), order), []))
    if not math.isfinite(value):
        raise TPTypeError(f"{function.name} has no derivatives at 0")
    return number(int(value) if value == int(value) else value)

r"""Formulas as one would write them: known derivatives written out, signs and powers collected.

sqrt′(v)                          \frac{1}{2 \sqrt{v}}
-(x - μ) / √v² · sqrt′(v) · d     -\frac{(x - μ) d}{2 v^{3/2}}
exp′(a) / s - exp(a) exp′(a)      \frac{\exp(a)}{s} - \exp(a)^2
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

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
    mul,
    neg,
    number,
    power,
)

__all__ = ["collected"]

_SQRT = PRIMITIVES["sqrt"]
_KNOWN = frozenset(PRIMITIVES[n] for n in ("sqrt", "exp", "log", "sin", "cos", "sinh", "cosh"))
"""Functions whose derivatives everybody writes out."""

_PRODUCTS = (MUL, DIV, NEG, POW, _SQRT)
_ONE = Fraction(1)
_LARGEST = 100  # of a denominator that stands below the line
_HIGHEST = 8  # power that is worked out


def collected(expression: Expression, fractions: bool = True) -> Expression:
    """The same function of the same arguments, in fewer signs, roots and fractions; without any
    root or fraction, as powers, if these are not to be.

    >>> from tpgraph.functions import Argument
    >>> v, d = Argument(0), Argument(1)
    >>> slope = Apply(_SQRT, (v,), order=1)
    >>> collected(mul(div(d, Apply(_SQRT, (v,))), slope)) == div(d, mul(number(2), v))
    True
    """
    if not isinstance(expression, Apply):
        return expression
    inner = tuple(collected(e, fractions) for e in expression.arguments)
    call = Apply(expression.function, inner, expression.order)
    if call.order and call.function in _KNOWN:
        return collected(expand(call), fractions)
    if call.order:
        return call
    if call.function == ADD:
        return add(*call.arguments)
    return _product(call, fractions) if call.function in _PRODUCTS else call


def _product(call: Apply, fractions: bool) -> Expression:
    """c · Π base^k over Π base^k, every base once, in the order of the formula."""
    value, powers = _ONE, dict[Expression, Fraction]()
    for base, k in _factors(call, _ONE):
        if isinstance(base, Number) and k.denominator == 1 and abs(k) <= _HIGHEST and base.value:
            value *= base.value ** int(k)
        else:
            powers[base] = powers.get(base, Fraction(0)) + k
    sign, value = (-1, -value) if value < 0 else (1, value)
    if not fractions:
        plain = [power(base, Number(k)) for base, k in powers.items() if k]
        found = mul(Number(value), *plain)
        return neg(found) if sign < 0 else found
    above = [_power(base, k) for base, k in powers.items() if k > 0]
    below = [_power(base, -k) for base, k in powers.items() if k < 0]
    if (below or call.function == DIV) and value.denominator <= _LARGEST:
        above.insert(0, Number(Fraction(value.numerator)))
        below.insert(0, Number(Fraction(value.denominator)))
        found = div(mul(*above), mul(*below))
    else:
        factors = [div(mul(*above), mul(*below))] if below else above
        found = mul(Number(value), *factors)
    return neg(found) if sign < 0 else found


def _factors(expression: Expression, k: Fraction) -> Iterator[tuple[Expression, Fraction]]:
    """What a product is made of, with exponents; a number has a whole one."""
    whole = k.denominator == 1
    match expression:
        case Apply(function, (inner,), 0) if function == NEG and whole:
            yield number(-1), k
            yield from _factors(inner, k)
        case Apply(function, factors, 0) if function == MUL and whole:
            for factor in factors:
                yield from _factors(factor, k)
        case Apply(function, (above, below), 0) if function == DIV and whole:
            yield from _factors(above, k)
            yield from _factors(below, -k)
        case Apply(function, (base, Number(power_of)), 0) if function == POW and whole:
            yield from (
                _factors(base, k * power_of) if abs(power_of) <= _HIGHEST else ((expression, k),)
            )
        case Apply(function, (inner,), 0) if function == _SQRT and whole:
            yield inner, k / 2
        case _:
            yield expression, k


def _power(base: Expression, k: Fraction) -> Expression:
    return Apply(_SQRT, (base,)) if k == Fraction(1, 2) else power(base, Number(k))

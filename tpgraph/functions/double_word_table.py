"""The functions of the table on numbers of two floats (`double_word`), some 30 digits of each.

Series and reductions of arguments are those that lose no digits where the function is small. What
is not covered, sin beyond 10¹⁶ say, is not a number. Source: Hida, Li and Bailey, "Library for
double-double and quad-double arithmetic" (2001).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from types import MappingProxyType

import numpy as np

from tpgraph.functions.double_word import Array, Twofold

__all__ = ["TWOFOLD"]

_LN2_PARTS = 0.6931471805599453, 2.3190468138462996e-17, 5.707708438416212e-34
_LN2 = Twofold(*map(np.asarray, _LN2_PARTS[:2]))
_HALF_PI = 1.5707963267948966, 6.123233995736766e-17, -1.4973849048591698e-33
_ROOT_HALF = Twofold(np.asarray(0.7071067811865476), np.asarray(-4.833646656726457e-17))
_TWO_OVER_ROOT_PI = Twofold(np.asarray(1.1283791670955126), np.asarray(1.533545961316588e-17))
_ONE, _TWO = Twofold.of(1.0), Twofold.of(2.0)
_HALVINGS, _TERMS = 9, 10
_CIRCULAR = 15
"""Terms of sin and cos up to π/4."""
_TURNS = 2.0**53
"""Quarters of a circle that floats count."""
_ERF_IS_ONE = 8.7
_LAST_BIT = 2.0**-108
_FACTORIAL = [Twofold.of(Fraction(1, math.factorial(j))) for j in range(2 * _CIRCULAR + 2)]


def _exp_minus_1_small(r: Twofold) -> Twofold:
    """exp(r) − 1 for |r| < 1/2: of r/2⁹ by its series, then (1 + s)² − 1 = 2s + s²."""
    small = r.scaled(2.0**-_HALVINGS)
    series = _FACTORIAL[_TERMS]
    for j in range(_TERMS - 1, 0, -1):
        series = series.times(small).plus(_FACTORIAL[j])
    found = series.times(small)
    for _ in range(_HALVINGS):
        found = found.scaled(2.0).plus(found.times(found))
    return found


def _exp_minus_1(z: Twofold) -> Twofold:
    """exp(z) − 1 with the digits of z where that is small."""
    k, rest = _without(z, _LN2_PARTS)
    small = _exp_minus_1_small(rest)
    return small.where(k == 0, _shifted(small.plus(_ONE), k).minus(_ONE))


def _exp(z: Twofold) -> Twofold:
    k, rest = _without(z.where(z.high > -746, Twofold.of(-746.0)), _LN2_PARTS)
    return _shifted(_exp_minus_1_small(rest).plus(_ONE), k)


def _without(z: Twofold, parts: Sequence[float]) -> tuple[Array, Twofold]:
    """k and z − k c with c the sum of parts and |z − k c| ≤ c/2."""
    k = np.rint(z.high / parts[0])
    for part in parts:
        z = z.minus(Twofold.of(k).times(Twofold.of(part)))
    return k, z


def _shifted(z: Twofold, k: Array) -> Twofold:
    """2^k z, in two steps, as 2^k alone may be no float."""
    half = np.floor(np.nan_to_num(k) / 2)
    first, second = (np.ldexp(1.0, p.astype(int)) for p in (half, np.nan_to_num(k) - half))
    return z.scaled(first).scaled(second)


def _log_1_plus(t: Twofold) -> Twofold:
    """log(1 + t) for t > −1: y of floats, then one step of (1 + t) exp(−y) − 1 = δ + δ²/2."""
    near = Twofold.of(np.log1p(t.high))
    shrunk = _exp_minus_1(near.negative())
    rest = shrunk.plus(t).plus(t.times(shrunk))
    return near.plus(rest).minus(rest.times(rest).scaled(0.5))


def _log(z: Twofold) -> Twofold:
    """k log 2 + log of what is between √½ and √2."""
    k = np.rint(np.log2(np.where(z.high > 0, z.high, 1.0)))
    found = _log_1_plus(_shifted(z, -k).minus(_ONE)).plus(_LN2.times(Twofold.of(k)))
    return found.where(z.high > 0, Twofold.of(np.nan))


def _circular(z: Twofold) -> tuple[Twofold, Twofold]:
    """sin and cos."""
    k, rest = _without(z, _HALF_PI)
    square = rest.times(rest)
    sin, cos = _FACTORIAL[2 * _CIRCULAR + 1], _FACTORIAL[2 * _CIRCULAR]
    for j in range(_CIRCULAR - 1, -1, -1):
        sin = _FACTORIAL[2 * j + 1].minus(square.times(sin))
        cos = _FACTORIAL[2 * j].minus(square.times(cos))
    sin = sin.times(rest)
    turn = np.mod(k, 4)
    is_odd = turn % 2 == 1
    known = np.where(np.abs(k) < _TURNS, 1.0, np.nan)
    own, other = cos.where(is_odd, sin), sin.where(is_odd, cos)
    return (
        own.scaled(known * np.where(turn >= 2, -1.0, 1.0)),
        other.scaled(known * np.where((turn == 1) | (turn == 2), -1.0, 1.0)),
    )


def _sinh(z: Twofold) -> Twofold:
    """(e + e/(e + 1))/2 of e = exp(|z|) − 1."""
    e = _exp_minus_1(z.absolute())
    found = e.plus(e.over(e.plus(_ONE))).scaled(0.5)
    return found.negative().where(z.is_negative(), found)


def _cosh(z: Twofold) -> Twofold:
    e = _exp(z.absolute())
    return e.plus(_ONE.over(e)).scaled(0.5)


def _tanh(z: Twofold) -> Twofold:
    """e/(e + 2) of e = exp(2z) − 1, of |z| up to where it is 1."""
    size = z.absolute()
    e = _exp_minus_1(size.where(size.high < 50, Twofold.of(50.0)).scaled(2.0))
    found = e.over(e.plus(_TWO))
    return found.negative().where(z.is_negative(), found)


def _sigmoid(z: Twofold) -> Twofold:
    """exp(min(z, 0))/(1 + exp(−|z|))."""
    below = _exp(z.absolute().negative())
    return below.where(z.is_negative(), _ONE).over(below.plus(_ONE))


def _softplus(z: Twofold) -> Twofold:
    return _relu(z).plus(_log_1_plus(_exp(z.absolute().negative())))


def _arctan(z: Twofold) -> Twofold:
    """y of floats, then one step: arctan z − y = arctan((z − tan y)/(1 + z tan y)) = d − d³/3."""
    near = Twofold.of(np.arctan(z.high))
    sin, cos = _circular(near)
    step = z.times(cos).minus(sin).over(cos.plus(z.times(sin)))
    return near.plus(step).minus(step.times(step).times(step).over(Twofold.of(3.0)))


def _erf(z: Twofold) -> Twofold:
    """2/√π exp(−z²) Σ_n z (2z²)^n/(1·3·…·(2n+1)), of which all terms have one sign."""
    is_far = np.abs(z.high) > _ERF_IS_ONE
    near = Twofold.of(0.0).where(is_far, z)
    square = near.times(near)
    twice, term, total, odd = square.scaled(2.0), near, near, 1
    while (np.abs(term.high) > _LAST_BIT * np.abs(total.high)).any():
        odd += 2
        term = term.times(twice).times(Twofold.of(Fraction(1, odd)))
        total = total.plus(term)
    found = total.times(_exp(square.negative())).times(_TWO_OVER_ROOT_PI)
    return Twofold.of(np.sign(z.high)).where(is_far, found)


def _gelu(z: Twofold) -> Twofold:
    return z.scaled(0.5).times(_ONE.plus(_erf(z.times(_ROOT_HALF))))


def _relu(z: Twofold) -> Twofold:
    return z.where(z.is_positive(), Twofold.of(0.0))


def _leaky_relu(z: Twofold, slope: Twofold) -> Twofold:
    return z.where(z.is_positive(), z.times(slope))


def _sign(z: Twofold) -> Twofold:
    return Twofold.of(np.asarray(z.is_positive() * 1.0 - z.is_negative() * 1.0))


def _max(a: Twofold, b: Twofold) -> Twofold:
    return b.where(a.minus(b).is_negative(), a)


def _min(a: Twofold, b: Twofold) -> Twofold:
    return a.where(a.minus(b).is_negative(), b)


def _pow(base: Twofold, exponent: Twofold) -> Twofold:
    """Whole powers by products, halves by roots, others of what is positive by logarithms."""
    twice = _one_value(exponent.scaled(2.0))
    if twice is not None and abs(twice) <= 128:
        k, is_half = divmod(twice, 2)
        return base.root().times(base.to_the(k)) if is_half else base.to_the(k)
    return _exp(exponent.times(_log(base)))


def _one_value(values: Twofold) -> int | None:
    """The whole number that all are, None where they are not one."""
    first = float(values.high.flat[0]) if values.high.size else math.nan
    same = bool((values.high == first).all() and not values.low.any())
    return int(first) if same and first.is_integer() else None


_Function = Callable[..., Twofold]
TWOFOLD: MappingProxyType[str, _Function] = MappingProxyType(
    {
        "add": Twofold.plus,
        "mul": Twofold.times,
        "neg": Twofold.negative,
        "div": Twofold.over,
        "pow": _pow,
        "tanh": _tanh,
        "relu": _relu,
        "leaky_relu": _leaky_relu,
        "erf": _erf,
        "sigmoid": _sigmoid,
        "gelu": _gelu,
        "silu": lambda z: z.times(_sigmoid(z)),
        "softplus": _softplus,
        "sin": lambda z: _circular(z)[0],
        "cos": lambda z: _circular(z)[1],
        "sinh": _sinh,
        "cosh": _cosh,
        "arctan": _arctan,
        "exp": _exp,
        "log": _log,
        "abs": Twofold.absolute,
        "sign": _sign,
        "step": lambda z: Twofold.of(np.asarray(z.is_positive() * 1.0)),
        "sqrt": Twofold.root,
        "min": _min,
        "max": _max,
    }
)
"""By name; sums and products of two numbers."""

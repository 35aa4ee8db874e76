"""Functions that every program may call without defining them, each made of the table's.

A call of one is a call of a function that the program defined: `elu(h)` is drawn as elu, and what
is differentiated, compiled or taken to its limit is the body. A program that defines a function of
the same name means its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType

from tpgraph.functions.expression import Apply, Argument, Defined, Expression, number
from tpgraph.functions.table import PRIMITIVES, add, div, mul, neg, power

__all__ = ["LIBRARY", "OF_SEVERAL", "logsumexp", "of_several"]

_ALPHA = number(Fraction("1.6732632423543772"))
_SCALE = number(Fraction("1.0507009873554805"))
_ZERO, _ONE, _THREE, _SIX = (number(k) for k in (0, 1, 3, 6))


def _call(name: str, *arguments: Expression) -> Expression:
    return Apply(PRIMITIVES[name], arguments)


def _clipped(z: Expression, low: Expression, high: Expression) -> Expression:
    """z between low and high."""
    return _call("min", _call("max", z, low), high)


def _below(z: Expression) -> Expression:
    """exp(z) − 1 for z < 0, else 0: the exponential meets nothing above 0."""
    return add(_call("exp", _call("min", z, _ZERO)), neg(_ONE))


def _elu(z: Expression) -> Expression:
    """z for z > 0, else exp(z) − 1 (Clevert et al. 2016, α = 1)."""
    return add(_call("max", z, _ZERO), _below(z))


def _selu(z: Expression) -> Expression:
    """λ z for z > 0, else λ α (exp(z) − 1) (Klambauer et al. 2017)."""
    return mul(_SCALE, add(_call("max", z, _ZERO), mul(_ALPHA, _below(z))))


def _mish(z: Expression) -> Expression:
    """z tanh(softplus(z)) (Misra 2020)."""
    return mul(z, _call("tanh", _call("softplus", z)))


def _hardsigmoid(z: Expression) -> Expression:
    """(z + 3)/6 between 0 and 1."""
    return div(_clipped(add(z, _THREE), _ZERO, _SIX), _SIX)


_BODIES: dict[str, Callable[[Expression], Expression]] = {
    "elu": _elu,
    "selu": _selu,
    "mish": _mish,
    "hardtanh": lambda z: _clipped(z, neg(_ONE), _ONE),
    "hardsigmoid": _hardsigmoid,
    "hardswish": lambda z: mul(z, _hardsigmoid(z)),
    "relu6": lambda z: _clipped(z, _ZERO, _SIX),
    "logsigmoid": lambda z: neg(_call("softplus", neg(z))),
    "softsign": lambda z: div(z, add(_ONE, _call("abs", z))),
    "gaussian": lambda z: _call("exp", neg(power(z, number(2)))),
}


def logsumexp(terms: Sequence[Expression]) -> Expression:
    """log Σ_i exp(z_i) as a + softplus(b − a), in which nothing overflows; a and b are those of the
    first and the second half, so that derivatives by all of T arguments have T² parts, not T³.
    """
    if len(terms) == 1:
        return terms[0]
    half = (len(terms) + 1) // 2
    first, second = logsumexp(terms[:half]), logsumexp(terms[half:])
    return add(first, _call("softplus", add(second, neg(first))))


def _softmax(terms: Sequence[Expression]) -> Expression:
    """exp(z₁) / Σ_i exp(z_i), the share of the first: exp(−softplus(log Σ_{i>1} exp(z_i) − z₁))."""
    rest = logsumexp(terms[1:])
    return _call("exp", neg(_call("softplus", add(rest, neg(terms[0])))))


_OF_SEVERAL: dict[str, Callable[[Sequence[Expression]], Expression]] = {
    "logsumexp": logsumexp,
    "softmax": _softmax,
}
OF_SEVERAL = tuple(_OF_SEVERAL)
"""Names of the functions of two arguments or more, as many as a call gives."""


@lru_cache(maxsize=256)
def of_several(name: str, count: int, is_first: bool = True) -> Defined:
    """`softmax(a, b, c)` or `logsumexp(a, b, c)`, of `count` arguments.

    The first of a program is called `softmax`, one of another count beside it `softmax_4`.

    >>> of_several("softmax", 3).parameters, of_several("softmax", 2, False).name
    (('z_1', 'z_2', 'z_3'), 'softmax_2')
    """
    parameters = tuple(f"z_{i}" for i in range(1, count + 1))
    body = _OF_SEVERAL[name]([Argument(i) for i in range(count)])
    return Defined(name if is_first else f"{name}_{count}", parameters, body)


LIBRARY = MappingProxyType(
    {name: Defined(name, ("z",), body(Argument(0))) for name, body in _BODIES.items()}
)
"""The functions by their names."""

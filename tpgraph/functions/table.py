"""The open table of coordinatewise functions, with exact derivatives.

Conventions at kinks, the same in every reading of a program: relu′(0) = step(0) = 0,
sign(0) = |·|′(0) = 0, step′ = sign′ = 0; where max (min) ties, the derivative goes wholly to the
second argument, so that max(z, 0) has relu's derivative.

`held_max` is the largest component of a vector, held constant: its derivative is 0. It is what a
softmax subtracts so that nothing overflows, where its choice does not matter.

Arithmetic is in the table like everything else: `add` and `mul` take two or more arguments, a − b
is add(a, neg(b)).
"""

from __future__ import annotations

import math
import sys
from fractions import Fraction
from importlib import import_module
from types import MappingProxyType

import numpy as np

from tpgraph.functions.erf import ERF_HELPER
from tpgraph.functions.expression import Apply, Array, Expression, Number, Primitive, number

__all__ = [
    "ADD",
    "COORDINATEWISE",
    "DIV",
    "MUL",
    "NEG",
    "POW",
    "PRIMITIVES",
    "add",
    "div",
    "mul",
    "neg",
    "power",
]

SIGMOID_HELPER = '''
def sigmoid(z):
    """1 / (1 + exp(−z)), without overflow."""
    return 0.5 * (1 + np.tanh(0.5 * z))
'''
SILU_HELPER = '''
def silu(z):
    """z sigmoid(z)."""
    return z * sigmoid(z)
'''
GELU_HELPER = f'''
def gelu(z):
    """z Φ(z), Φ the distribution function of N(0, 1)."""
    return 0.5 * z * (1 + erf({math.sqrt(0.5)!r} * z))
'''
LEAKY_RELU_HELPER = '''
def leaky_relu(z, slope):
    """z for z > 0, else slope · z."""
    return np.where(z > 0, z, slope * z)
'''

ZERO, ONE, TWO = number(0), number(1), number(2)
_HALF = number(Fraction(1, 2))
_LARGEST = Fraction(sys.float_info.max)


def _erf(z: Array) -> Array:
    """The erf of scipy, which is loaded when it is first asked for."""
    special = import_module("scipy.special")
    return np.asarray(special.erf(z), dtype=np.float64)


def _call(name: str, *arguments: Expression) -> Expression:
    return Apply(PRIMITIVES[name], arguments)


def add(*terms: Expression) -> Expression:
    """a + b + …, without the zeros; numbers are added."""
    kept: list[Expression] = [term for term in terms if term != ZERO]
    values = [term.value for term in kept if isinstance(term, Number)]
    if kept and len(values) == len(kept) and abs(total := sum(values, Fraction(0))) <= _LARGEST:
        return Number(total)
    if len(kept) < 2:
        return kept[0] if kept else ZERO
    return Apply(ADD, tuple(kept))


def mul(*factors: Expression) -> Expression:
    """a · b · …, without the ones; zero if a factor is."""
    if ZERO in factors:
        return ZERO
    kept = [factor for factor in factors if factor != ONE]
    values = [factor.value for factor in kept if isinstance(factor, Number)]
    if kept and len(values) == len(kept):
        product = math.prod(values, start=Fraction(1))
        if abs(product) <= _LARGEST:
            return Number(product)
    if len(kept) < 2:
        return kept[0] if kept else ONE
    return Apply(MUL, tuple(kept))


def neg(z: Expression) -> Expression:
    """−z."""
    match z:
        case Number(value):
            return Number(-value)
        case Apply(function, (inner,)) if function == NEG:
            return inner
        case _:
            return Apply(NEG, (z,))


def div(a: Expression, b: Expression) -> Expression:
    """a / b; a quotient of numbers is a number."""
    if b == ONE:
        return a
    if isinstance(a, Number) and isinstance(b, Number) and b.value != 0:
        quotient = a.value / b.value
        return Number(quotient) if abs(quotient) <= _LARGEST else Apply(DIV, (a, b))
    return ZERO if a == ZERO and b != ZERO else Apply(DIV, (a, b))


def power(base: Expression, exponent: Expression) -> Expression:
    """base ^ exponent."""
    if exponent == ONE:
        return base
    if exponent == ZERO:
        return ONE
    return Apply(POW, (base, exponent))


def _mul_partials(z: tuple[Expression, ...]) -> tuple[Expression, ...]:
    """∂(Π z)/∂z_i = Π_{j≠i} z_j."""
    return tuple(mul(*(z[:i] + z[i + 1 :])) for i in range(len(z)))


def _pow_partials(z: tuple[Expression, ...]) -> tuple[Expression, ...]:
    """∂ a^b = (b a^(b−1), a^b log a)."""
    a, b = z
    by_base = mul(b, power(a, add(b, number(-1))))
    by_exponent = ZERO if isinstance(b, Number) else mul(power(a, b), _call("log", a))
    return by_base, by_exponent


def _leaky_relu_partials(z: tuple[Expression, ...]) -> tuple[Expression, ...]:
    """∂/∂z = slope + (1 − slope) step(z); ∂/∂slope = min(z, 0)."""
    step = _call("step", z[0])
    slope = add(z[1], mul(add(ONE, neg(z[1])), step))
    return slope, add(z[0], neg(_call("relu", z[0])))


def _gaussian_density(z: Expression) -> Expression:
    """exp(−z²/2) / √(2π)."""
    scale = number(1 / math.sqrt(2 * math.pi))
    return mul(scale, _call("exp", neg(div(power(z, TWO), TWO))))


def _gaussian_cdf(z: Expression) -> Expression:
    """Φ(z) = (1 + erf(z/√2)) / 2."""
    return mul(_HALF, add(ONE, _call("erf", mul(number(math.sqrt(0.5)), z))))


def _sigmoid(z: Array) -> Array:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * z)))


def _sum(*z: Array) -> Array:
    total = z[0]
    for term in z[1:]:
        total = total + term
    return total


def _product(*z: Array) -> Array:
    total = z[0]
    for factor in z[1:]:
        total = total * factor
    return total


def _largest(z: Array) -> Array:
    """The largest along the last axis, at every place of it."""
    z = np.atleast_1d(z)
    return np.broadcast_to(np.max(z, axis=-1, keepdims=True), z.shape)


def _power(base: Array, exponent: Array) -> Array:
    return np.asarray(base) ** exponent


ADD = Primitive("add", None, lambda z: (ONE,) * len(z), _sum, "", "+")
MUL = Primitive("mul", None, _mul_partials, _product, "", r"\,")
NEG = Primitive("neg", 1, lambda z: (neg(ONE),), np.negative, "", "-")
DIV = Primitive(
    "div",
    2,
    lambda z: (div(ONE, z[1]), neg(div(z[0], power(z[1], TWO)))),
    np.divide,
    "",
    r"\frac",
)
POW = Primitive("pow", 2, _pow_partials, _power, "", "^")

_NAMED = (
    Primitive(
        "tanh",
        1,
        lambda z: (add(ONE, neg(power(_call("tanh", z[0]), TWO))),),
        np.tanh,
        "np.tanh({0})",
        r"\tanh",
    ),
    Primitive(
        "relu",
        1,
        lambda z: (_call("step", z[0]),),
        lambda z: np.maximum(z, 0.0),
        "np.maximum({0}, 0)",
        r"\mathrm{relu}",
    ),
    Primitive(
        "leaky_relu",
        2,
        _leaky_relu_partials,
        lambda z, slope: np.where(z > 0, z, slope * z),
        "leaky_relu({0}, {1})",
        r"\mathrm{lrelu}",
        (LEAKY_RELU_HELPER,),
        defaults=(Fraction(1, 100),),
    ),
    Primitive(
        "erf",
        1,
        lambda z: (mul(number(2 / math.sqrt(math.pi)), _call("exp", neg(power(z[0], TWO)))),),
        _erf,
        "erf({0})",
        r"\mathrm{erf}",
        (ERF_HELPER,),
    ),
    Primitive(
        "sigmoid",
        1,
        lambda z: (mul(_call("sigmoid", z[0]), add(ONE, neg(_call("sigmoid", z[0])))),),
        _sigmoid,
        "sigmoid({0})",
        r"\sigma",
        (SIGMOID_HELPER,),
    ),
    Primitive(
        "gelu",
        1,
        lambda z: (add(_gaussian_cdf(z[0]), mul(z[0], _gaussian_density(z[0]))),),
        lambda z: 0.5 * z * (1.0 + _erf(z * math.sqrt(0.5))),
        "gelu({0})",
        r"\mathrm{gelu}",
        (ERF_HELPER, GELU_HELPER),
    ),
    Primitive(
        "silu",
        1,
        lambda z: (
            mul(
                _call("sigmoid", z[0]),
                add(ONE, mul(z[0], add(ONE, neg(_call("sigmoid", z[0]))))),
            ),
        ),
        lambda z: z * _sigmoid(z),
        "silu({0})",
        r"\mathrm{silu}",
        (SIGMOID_HELPER, SILU_HELPER),
    ),
    Primitive(
        "softplus",
        1,
        lambda z: (_call("sigmoid", z[0]),),
        lambda z: np.logaddexp(0.0, z),
        "np.logaddexp(0, {0})",
        r"\mathrm{softplus}",
    ),
    Primitive("sin", 1, lambda z: (_call("cos", z[0]),), np.sin, "np.sin({0})", r"\sin"),
    Primitive("cos", 1, lambda z: (neg(_call("sin", z[0])),), np.cos, "np.cos({0})", r"\cos"),
    Primitive("sinh", 1, lambda z: (_call("cosh", z[0]),), np.sinh, "np.sinh({0})", r"\sinh"),
    Primitive("cosh", 1, lambda z: (_call("sinh", z[0]),), np.cosh, "np.cosh({0})", r"\cosh"),
    Primitive(
        "arctan",
        1,
        lambda z: (div(ONE, add(ONE, power(z[0], TWO))),),
        np.arctan,
        "np.arctan({0})",
        r"\arctan",
    ),
    Primitive("exp", 1, lambda z: (_call("exp", z[0]),), np.exp, "np.exp({0})", r"\exp"),
    Primitive("log", 1, lambda z: (div(ONE, z[0]),), np.log, "np.log({0})", r"\log"),
    Primitive("abs", 1, lambda z: (_call("sign", z[0]),), np.abs, "np.abs({0})", r"\mathrm{abs}"),
    Primitive("sign", 1, lambda z: (ZERO,), np.sign, "np.sign({0})", r"\mathrm{sign}"),
    Primitive(
        "step",
        1,
        lambda z: (ZERO,),
        lambda z: np.asarray(np.asarray(z) > 0, dtype=np.float64),
        "np.asarray({0} > 0, dtype=DTYPE)",
        r"\mathrm{step}",
    ),
    Primitive(
        "sqrt",
        1,
        lambda z: (div(_HALF, _call("sqrt", z[0])),),
        np.sqrt,
        "np.sqrt({0})",
        r"\sqrt",
    ),
    Primitive(
        "min",
        2,
        lambda z: (
            _call("step", add(z[1], neg(z[0]))),
            add(ONE, neg(_call("step", add(z[1], neg(z[0]))))),
        ),
        np.minimum,
        "np.minimum({0}, {1})",
        r"\min",
    ),
    Primitive(
        "max",
        2,
        lambda z: (
            _call("step", add(z[0], neg(z[1]))),
            add(ONE, neg(_call("step", add(z[0], neg(z[1]))))),
        ),
        np.maximum,
        "np.maximum({0}, {1})",
        r"\max",
    ),
    Primitive(
        "held_max",
        1,
        lambda z: (ZERO,),
        _largest,
        "np.max({0}, axis=-1, keepdims=True)",
        r"\max",
        over_components=True,
    ),
)

PRIMITIVES = MappingProxyType({p.name: p for p in (ADD, MUL, NEG, DIV, POW, *_NAMED)})
"""Every function of the table by its name; arithmetic under add, mul, neg, div, pow."""

COORDINATEWISE = MappingProxyType(
    {name: p for name, p in PRIMITIVES.items() if not p.over_components}
)
"""Those that a number suffices for."""

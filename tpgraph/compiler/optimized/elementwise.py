"""Coordinatewise functions as numpy's functions, one at a time, each into an array that is there.

    relu(h + b)     u = add(h, b); maximum(u, 0)

A function of the table that numpy or scipy has as a ufunc is called with `out=`; one that is made
of others is written out by its definition here; any other is computed by its text and copied.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from tpgraph.compiler.optimized.operations import Known, Operand, Tape, Value
from tpgraph.functions import (
    ADD,
    DIV,
    MUL,
    NEG,
    POW,
    PRIMITIVES,
    Apply,
    Argument,
    Defined,
    Expression,
    Number,
    Primitive,
    add,
    arguments_of,
    evaluate,
    function_derivative,
    mul,
    number,
)

__all__ = ["Lowering", "product"]

_UFUNCS = MappingProxyType(
    {
        "tanh": "np.tanh({0}, out={out})",
        "relu": "np.maximum({0}, 0, out={out})",
        "erf": "special.erf({0}, out={out})",
        "sigmoid": "special.expit({0}, out={out})",
        "softplus": "np.logaddexp({0}, 0, out={out})",
        "sin": "np.sin({0}, out={out})",
        "cos": "np.cos({0}, out={out})",
        "sinh": "np.sinh({0}, out={out})",
        "cosh": "np.cosh({0}, out={out})",
        "arctan": "np.arctan({0}, out={out})",
        "exp": "np.exp({0}, out={out})",
        "log": "np.log({0}, out={out})",
        "abs": "np.absolute({0}, out={out})",
        "sign": "np.sign({0}, out={out})",
        "step": "np.greater({0}, 0, out={out})",
        "sqrt": "np.sqrt({0}, out={out})",
        "min": "np.minimum({0}, {1}, out={out})",
        "max": "np.maximum({0}, {1}, out={out})",
    }
)
_ADD, _SUBTRACT = "np.add({0}, {1}, out={out})", "np.subtract({0}, {1}, out={out})"
_MULTIPLY, _DIVIDE = "np.multiply({0}, {1}, out={out})", "np.divide({0}, {1}, out={out})"
_POWERS = MappingProxyType(
    {
        2: "np.square({0}, out={out})",
        0.5: "np.sqrt({0}, out={out})",
        -1: "np.reciprocal({0}, out={out})",
    }
)


def _gelu(z: Expression) -> Expression:
    erf = Apply(PRIMITIVES["erf"], (mul(number(math.sqrt(0.5)), z),))
    return mul(number(0.5), z, add(number(1), erf))


def _silu(z: Expression) -> Expression:
    return mul(z, Apply(PRIMITIVES["sigmoid"], (z,)))


_MADE_OF: Mapping[str, Callable[[Expression], Expression]] = MappingProxyType(
    {"gelu": _gelu, "silu": _silu}
)


class Lowering:
    """Expressions onto a tape; `helpers` are the definitions that texts of functions need."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self.helpers: dict[str, None] = {}

    def value(self, expression: Expression, operands: Sequence[Operand]) -> Operand:
        """The expression at operands."""
        match expression:
            case Number(value):
                return Known(repr(float(value)))
            case Argument(index):
                return operands[index]
        if next(arguments_of(expression), None) is None:
            with np.errstate(all="ignore"):
                return Known(repr(float(evaluate(expression, ()))))
        function, order = expression.function, expression.order
        if order:
            inner = [self.value(z, operands) for z in expression.arguments]
            return self.value(function_derivative(function, order), inner)
        if isinstance(function, Defined):
            inner = [self.value(z, operands) for z in expression.arguments]
            return self.value(function.body, inner)
        return self._primitive(function, expression.arguments, operands)

    def sum(self, left: Operand, right: Operand) -> Operand:
        """left + right."""
        if isinstance(left, Known) and isinstance(right, Known):
            return Known(f"({left.text} + {right.text})")
        return self._tape.elementwise(_ADD, left, right)

    def _primitive(
        self, function: Primitive, arguments: tuple[Expression, ...], operands: Sequence[Operand]
    ) -> Operand:
        if function == ADD:
            return self._sum(arguments, operands)
        inner = [self.value(z, operands) for z in arguments]
        if function == MUL:
            return product(self._tape, *inner)
        if function == NEG:
            return self._tape.elementwise("np.negative({0}, out={out})", *inner)
        if function == DIV:
            return self._tape.elementwise(_DIVIDE, *inner)
        if function == POW:
            return self._power(arguments[1], inner)
        if function.name in _UFUNCS:
            return self._tape.elementwise(_UFUNCS[function.name], *inner)
        if function.name in _MADE_OF:
            return self.value(_MADE_OF[function.name](Argument(0)), inner)
        self.helpers.update(dict.fromkeys(function.helpers))
        return self._tape.elementwise(f"{{out}}[...] = {function.numpy}", *inner)

    def _sum(self, terms: tuple[Expression, ...], operands: Sequence[Operand]) -> Operand:
        """Arrays first, numbers among themselves, then what is subtracted."""
        total: Operand | None = None
        for term in sorted(terms, key=_rank):
            if total is not None and isinstance(term, Apply) and term.function == NEG:
                inner = self.value(term.arguments[0], operands)
                total = self._tape.elementwise(_SUBTRACT, total, inner)
            else:
                inner = self.value(term, operands)
                total = inner if total is None else self.sum(total, inner)
        assert total is not None, "a sum has terms"
        return total

    def _power(self, exponent: Expression, inner: list[Operand]) -> Operand:
        if isinstance(exponent, Number) and (call := _POWERS.get(float(exponent.value))):
            return self._tape.elementwise(call, inner[0])
        return self._tape.elementwise("np.power({0}, {1}, out={out})", *inner)


def _rank(term: Expression) -> int:
    """0 for arrays, 1 for numbers, 2 for what is subtracted."""
    if next(arguments_of(term), None) is None:
        return 1
    return 2 if isinstance(term, Apply) and term.function == NEG else 0


def product(tape: Tape, *factors: Operand) -> Operand:
    """a · b · …: numbers among themselves as text, then from the left."""
    known = [f.text for f in factors if isinstance(f, Known) and f.text != "1.0"]
    arrays: list[Operand] = [f for f in factors if isinstance(f, Value)]
    if known:
        arrays.append(Known(" * ".join(known)))
    if not arrays:
        return Known("1.0")
    total = arrays[0]
    for factor in arrays[1:]:
        total = tape.elementwise(_MULTIPLY, total, factor)
    return total

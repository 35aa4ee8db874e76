"""Values of constant expressions: exact where arithmetic is, and bounded."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TypeVar

import numpy as np

from tpgraph.bounds import INDEX, NUMBER
from tpgraph.errors import TPLimitError, TPNameError, TPTypeError
from tpgraph.functions import PRIMITIVES, number
from tpgraph.language import syntax as s
from tpgraph.language.changes import PlacedError, perhaps
from tpgraph.program.near_names import meant, nearest

__all__ = ["PI", "bounded", "value_of", "whole"]

PI = number(math.pi).value
_MAX_BITS = 4096
Number = TypeVar("Number", int, Fraction)


def bounded(value: Fraction, node: s.Entry) -> Fraction:
    """The value, if a program can hold it."""
    bits = max(value.numerator.bit_length(), value.denominator.bit_length())
    if abs(value) > NUMBER.most or bits > _MAX_BITS:
        raise PlacedError(
            TPLimitError("the number is too large or too long", expected="numbers to 1e308"),
            node.start,
            node.end,
        )
    return value


def whole(node: s.Expr, numbers: Mapping[str, Fraction | int]) -> int:
    """The whole number that an index or the bound of a range is."""
    value: Fraction | int | None = None
    if type(node) is s.Name:
        value = numbers.get(node.full)
    elif type(node) is s.Chain and node.operator == "+":
        items = [whole(item, numbers) for item in node.items]
        return _in_range(sum(_signed(node, items)), node)
    elif type(node) is s.Minus:
        return -whole(node.operand, numbers)
    elif type(node) is s.Exact:
        value = node.value
    if value is None:
        value = value_of(node, numbers)
    if value.denominator != 1:
        raise PlacedError(
            TPTypeError(f"the index is {value}", expected="a whole number"), node.start, node.end
        )
    return _in_range(int(value), node)


def _in_range(value: int, node: s.Expr) -> int:
    if abs(value) > INDEX.most:
        raise PlacedError(
            TPLimitError("the index is too large", expected="indices to 10^9"),
            node.start,
            node.end,
        )
    return value


def value_of(node: s.Entry, numbers: Mapping[str, Fraction | int]) -> Fraction:
    """The value of a constant expression over numbers known by name.

    Raises Placed: what is no constant, division by zero, what is too large.
    """
    match node:
        case s.Exact(value):
            return value
        case s.Name():
            return _named(node, numbers)
        case s.Minus(operand):
            return -value_of(operand, numbers)
        case s.Chain("+", items):
            values = [value_of(i, numbers) for i in items]
            return bounded(sum(_signed(node, values), Fraction(0)), node)
        case s.Chain(_, items):
            product = Fraction(1)
            for item in items:
                product = bounded(product * value_of(item, numbers), node)
            return product
        case s.Quotient(left, right):
            divisor = value_of(right, numbers)
            if divisor == 0:
                raise PlacedError(TPTypeError("division by zero"), right.start, right.end)
            return bounded(value_of(left, numbers) / divisor, node)
        case s.Power(base, exponent):
            return _power(value_of(base, numbers), value_of(exponent, numbers), node)
        case s.Transposed(name, s.Mark("^T") as mark):
            exponent = s.Name("T", "T", (), None, mark.start, mark.end)
            return _power(value_of(name, numbers), value_of(exponent, numbers), node)
        case s.Invoke():
            return _call(node, numbers)
        case _:
            is_mean = isinstance(node, s.MeanOf)
            raise PlacedError(
                TPTypeError(
                    "this is not a constant",
                    expected="numbers, consts and functions",
                    mend="leave the word scalar out: s = mean(x) is an equation"
                    if is_mean
                    else None,
                ),
                node.start,
                node.end,
            )


def _signed(node: s.Chain, values: Sequence[Number]) -> list[Number]:
    """The values of a sum's items, negated where they are subtracted."""
    return [-value if node.subtracts(i) else value for i, value in enumerate(values)]


def _named(node: s.Name, numbers: Mapping[str, Fraction | int]) -> Fraction:
    value = numbers.get(node.full)
    if value is not None:
        return Fraction(value)
    if node.full == "π":
        return PI
    word = node.full or node.base
    near = nearest(word, [name for name in numbers if name != word])
    error = TPNameError(
        f"{word} is not a const",
        expected="a number or a const",
        mend=meant(near) or f"define it above: const {word} = …",
    )
    raise PlacedError(error, node.start, node.end, *perhaps(node, near), wanted=word)


def _power(base: Fraction, exponent: Fraction, node: s.Entry) -> Fraction:
    if base == 0 and exponent < 0:
        raise PlacedError(TPTypeError("division by zero"), node.start, node.end)
    if exponent.denominator == 1:
        bits = max(base.numerator.bit_length(), base.denominator.bit_length())
        if base not in (0, 1, -1) and abs(exponent) * (bits - 1) > _MAX_BITS:
            bounded(Fraction(NUMBER.most + 1), node)
        if base in (1, -1):
            exponent = Fraction(int(exponent) % 2)
        if base == 0:
            return Fraction(0 if exponent else 1)
        return bounded(base ** int(exponent), node)
    return _by_float("pow", [base, exponent], node)


def _call(node: s.Invoke, numbers: Mapping[str, Fraction | int]) -> Fraction:
    function = PRIMITIVES.get(node.function)
    if function is None or node.order:
        near = None if function else nearest(node.function, PRIMITIVES)
        error = TPNameError(
            f"{node.function} cannot stand in a constant",
            expected="functions of the table, such as sqrt and exp",
            mend=meant(near),
        )
        place = node if function else node.name
        raise PlacedError(error, place.start, place.end, *perhaps(node.name, near))
    arguments = [value_of(argument, numbers) for argument in node.arguments]
    arity = function.arity
    if arity is not None and len(arguments) < arity:
        arguments += function.defaults[len(arguments) - arity :]
    if len(arguments) != arity and (arity is not None or len(arguments) < 2):
        raise PlacedError(
            TPTypeError(
                f"{node.function} takes {arity or 'at least 2'} arguments,"
                f" not {len(node.arguments)}"
            ),
            node.start,
            node.end,
        )
    return _by_float(function.name, arguments, node)


def _by_float(name: str, arguments: list[Fraction], node: s.Entry) -> Fraction:
    """A function of the table in floating point; the result is the decimal that it prints as."""
    with np.errstate(all="ignore"):
        result = float(PRIMITIVES[name].evaluate(*(np.float64(a) for a in arguments)))
    if not math.isfinite(result):
        raise PlacedError(
            TPTypeError(f"the constant is {result}", expected="a finite number"),
            node.start,
            node.end,
        )
    return bounded(number(result).value, node)

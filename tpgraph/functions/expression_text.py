"""Expressions and numbers as the `.tp` language writes them."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import replace
from fractions import Fraction

from tpgraph.functions.expression import Apply, Expression, Number
from tpgraph.functions.render import ATOM, POWER, PRODUCT, SIGN, SUM, Dialect
from tpgraph.functions.table import ADD, DIV, MUL, NEG, POW

__all__ = ["exact_decimal", "is_call", "number_text", "to_text"]


def exact_decimal(value: Fraction) -> str | None:
    """The shortest exact decimal text, or None where the expansion does not end soon."""
    if value.denominator == 1 and abs(value) < 10**15:
        return str(value.numerator)
    text = repr(float(value))
    return text if Fraction(text) == value else None


def number_text(value: Fraction | float) -> str:
    """A number as the `.tp` language reads it: a decimal if it is one, else a quotient.

    A float is the decimal that Python shows.

    >>> number_text(0.1), number_text(Fraction(-1, 3)), number_text(10**20 + 1)
    ('0.1', '-1/3', '100000000000000000001')
    """
    exact = Fraction(repr(value)) if isinstance(value, float) else Fraction(value)
    return exact_decimal(exact) or str(exact)


def _plain_number(value: Fraction) -> tuple[str, int]:
    text = number_text(value)
    if "/" in text:
        return text, SUM if value < 0 else PRODUCT
    return text, SIGN if value < 0 else ATOM


def _text_call(call: Apply, arguments: Sequence[str]) -> tuple[str, int]:
    return f"{call.function.name}{chr(39) * call.order}({', '.join(arguments)})", ATOM


_TEXT = Dialect(
    number=_plain_number,
    call=_text_call,
    times=" * ".join,
    divide=lambda a, b: (f"{a} / {b}", PRODUCT),
    power=lambda a, b: (f"{a}^{b}", POWER),
    divide_strength=(PRODUCT, SIGN),
    power_strength=(ATOM, POWER),
)


def to_text(
    expression: Expression, arguments: Sequence[str], products: Container[str] = frozenset()
) -> str:
    """The expression in the `.tp` language: `φ(h[1] + b[1])`, `a * b / c`, `z^2`, `φ'(h)`.

    `products` are the texts of arguments that are products of matrices, as in `(W x)^2`.

    >>> from tpgraph.functions.expression import Argument, number
    >>> square = Apply(POW, (Argument(0), number(2)))
    >>> to_text(square, ["z"]), to_text(square, ["W x"], {"W x"})
    ('z^2', '(W x)^2')
    """
    dialect = replace(_TEXT, argument=lambda text: POWER if text in products else ATOM)
    return dialect.render(expression, arguments)


def is_call(expression: Expression) -> bool:
    """Whether the text of an expression is a name or a call, so that it needs no parentheses
    anywhere.
    """
    match expression:
        case Apply(function, _, 0):
            return function not in (ADD, MUL, NEG, DIV, POW)
        case _:
            return not isinstance(expression, Number)

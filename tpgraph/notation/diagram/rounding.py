"""Constants to four digits, as -2.0000000000000004 says no more than -2."""

from __future__ import annotations

from fractions import Fraction

from tpgraph.functions import Apply, Expression, Number

__all__ = ["rounded"]

_DIGITS = 4


def rounded(expression: Expression) -> Expression:
    """The expression with its decimals of more than three places to four digits.

    >>> rounded(Number(Fraction("-2.0000000000000004"))), rounded(Number(Fraction(1, 3)))
    (Number(value=Fraction(-2, 1)), Number(value=Fraction(1, 3)))
    """
    match expression:
        case Number(value):
            return Number(_rounded(value))
        case Apply(function, arguments, order):
            return Apply(function, tuple(map(rounded, arguments)), order)
        case _:
            return expression


def _rounded(value: Fraction) -> Fraction:
    is_short = (1000 * value).denominator == 1
    is_decimal = Fraction(repr(float(value))) == value
    return value if is_short or not is_decimal else Fraction(f"{float(value):.{_DIGITS}g}")

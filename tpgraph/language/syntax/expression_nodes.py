"""Expressions, and the entries of brackets."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple, TypeAlias

__all__ = [
    "Chain",
    "Entry",
    "Exact",
    "Explicit",
    "Expr",
    "Invoke",
    "Juxtaposed",
    "List",
    "Mark",
    "MeanOf",
    "Minus",
    "Name",
    "Power",
    "Quotient",
    "Range",
    "SumOver",
    "Transposed",
]


class Mark(NamedTuple):
    """A token that is no node of its own: an operator, a word, what stands in quotes."""

    text: str
    start: int
    end: int


class Exact(NamedTuple):
    """A number."""

    value: Fraction
    start: int
    end: int


class Name(NamedTuple):
    """`base`, `base[i]`, `base[i,j]`, with `~k` behind it for an intermediate.

    `full` is the whole name where every index is written as a whole number; else it is empty and
    `indices` holds the expressions.
    """

    base: str
    full: str
    indices: tuple[Expr | Range, ...]
    intermediate: int | None
    start: int
    end: int


class Range(NamedTuple):
    """`low..high`, both included."""

    low: Expr
    high: Expr
    start: int
    end: int


class Transposed(NamedTuple):
    """`W'`, `W^T`: `mark` is how it is written."""

    name: Name
    mark: Mark
    start: int
    end: int


class Invoke(NamedTuple):
    """`φ(a, b)`, `φ''(a)`, `√a`; also `W (a)`, which only the names can tell apart.

    `opening` and `closing` are the place of what holds the arguments: the brackets, or the
    argument of a root itself.
    """

    name: Name
    order: int
    arguments: tuple[Expr, ...]
    opening: int
    closing: int
    start: int
    end: int

    @property
    def function(self) -> str:
        """The name of what is called."""
        return self.name.base

    @property
    def bracketed(self) -> Expr:
        """The first argument with the brackets that hold it."""
        return self.arguments[0]._replace(start=self.opening, end=self.closing)


class Minus(NamedTuple):
    """`-a`."""

    operand: Expr
    start: int
    end: int


class Chain(NamedTuple):
    """`a + b - c` or `a * b * c`: `signs` stand between the items, those of a sum are + or -.

    `operator` is "+" for a sum and "*" for a product.
    """

    operator: str
    items: tuple[Expr, ...]
    signs: tuple[Mark, ...]
    start: int
    end: int

    def subtracts(self, position: int) -> bool:
        """Whether the item at a position is subtracted."""
        return position > 0 and self.signs[position - 1].text == "-"


class Quotient(NamedTuple):
    """`a / b`."""

    left: Expr
    right: Expr
    sign: Mark
    start: int
    end: int


class Power(NamedTuple):
    """`a ^ b`."""

    base: Expr
    exponent: Expr
    sign: Mark
    start: int
    end: int


class Juxtaposed(NamedTuple):
    """`W x`."""

    left: Expr
    right: Expr
    start: int
    end: int


class MeanOf(NamedTuple):
    """`mean(a)`."""

    operand: Expr
    start: int
    end: int


class SumOver(NamedTuple):
    """`sum(a for k in 1..T)`."""

    body: Expr
    variable: Name
    range: Range
    start: int
    end: int


class Explicit(NamedTuple):
    """`(fn(a, b) = body)(u, v)`."""

    parameters: tuple[Name, ...]
    body: Expr
    arguments: tuple[Name, ...]
    start: int
    end: int


Expr: TypeAlias = (
    Exact
    | Name
    | Transposed
    | Invoke
    | Minus
    | Chain
    | Quotient
    | Power
    | Juxtaposed
    | MeanOf
    | SumOver
    | Explicit
)


class List(NamedTuple):
    """`[a, b, …]` of a distribution or a parametrization."""

    items: tuple[Entry, ...]
    start: int
    end: int


Entry: TypeAlias = Expr | Range | List

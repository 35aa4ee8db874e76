"""The syntax tree of the language: what the text says, before names and types are looked at.

`start` and `end` count characters from the beginning of the statement's logical line, whose place
in the file is the statement's `origin`; they are those of the node's own first and last token, so
that the text between them reads as the node again. An expression in brackets has the place of its
brackets. Named tuples, because a flat file has millions of them.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple, TypeAlias

__all__ = [
    "Broken",
    "Chain",
    "Declare",
    "DefineConst",
    "DefineDim",
    "DefineFunction",
    "DefineWidth",
    "Entry",
    "Equate",
    "Exact",
    "Explicit",
    "Expr",
    "Gaussian",
    "Invoke",
    "Juxtaposed",
    "List",
    "Loop",
    "Loss",
    "Mark",
    "MeanOf",
    "Minus",
    "Name",
    "Output",
    "Power",
    "ProgramName",
    "Quotient",
    "Range",
    "Ratio",
    "SetLabel",
    "SetParametrization",
    "Setting",
    "Statement",
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


class Gaussian(NamedTuple):
    """`N(mean, variance)`."""

    mean: Entry
    variance: Entry
    start: int
    end: int


class Setting(NamedTuple):
    """`a=[0, 1/2, 1/2]` of a parametrization."""

    key: Mark
    value: Entry
    start: int
    end: int


class ProgramName(NamedTuple):
    """`program name`."""

    name: str
    written: Mark
    origin: int
    start: int
    end: int


class SetParametrization(NamedTuple):
    """`parametrization name`, with the settings of `abc(…)`."""

    name: Mark
    settings: tuple[Setting, ...] | None
    origin: int
    start: int
    end: int


class Ratio(NamedTuple):
    """`factor base / divisor`."""

    factor: Expr | None
    base: Name
    divisor: Expr | None
    start: int
    end: int


class DefineWidth(NamedTuple):
    """`width name = ratio`."""

    name: Name
    ratio: Ratio | None
    origin: int
    start: int
    end: int


class DefineDim(NamedTuple):
    """`dim name = value`."""

    name: Name
    value: Expr
    origin: int
    start: int
    end: int


class DefineConst(NamedTuple):
    """`const name = value`."""

    name: Name
    value: Expr
    origin: int
    start: int
    end: int


class DefineFunction(NamedTuple):
    """`fn name(parameters) = body`."""

    name: Name
    parameters: tuple[Name, ...]
    body: Expr
    origin: int
    start: int
    end: int


class Declare(NamedTuple):
    """`kind names : shape ~ N(mean, variance) …`; a shape is names and numbers of dimensions.

    `extra` is the scale of a param, or the limit of a scalar; `value` is that of a scalar.
    """

    word: Mark
    names: tuple[Name, ...]
    shape: tuple[Name | Exact, ...]
    law: Gaussian | None
    value: Expr | None
    extra: Expr | None
    as_x: Mark | None
    origin: int
    start: int
    end: int

    @property
    def kind(self) -> str:
        """`data`, `target`, `param`, `matrix`, `vector` or `scalar`."""
        return self.word.text


class Equate(NamedTuple):
    """`target = value`."""

    target: Name
    value: Expr
    origin: int
    start: int
    end: int


class Output(NamedTuple):
    """`output a, b`."""

    names: tuple[Name, ...]
    origin: int
    start: int
    end: int


class Loss(NamedTuple):
    """`loss value`."""

    value: Expr
    origin: int
    start: int
    end: int


class SetLabel(NamedTuple):
    """`label name = "latex"`."""

    name: Name
    latex: str
    written: Mark
    origin: int
    start: int
    end: int


class Loop(NamedTuple):
    """`for variable in range:` and its body."""

    variable: Name
    range: Range
    body: tuple[Statement, ...]
    origin: int
    start: int
    end: int


class Broken(NamedTuple):
    """A `for` that could not be read, with the body that could."""

    body: tuple[Statement, ...]
    origin: int
    start: int
    end: int


Statement: TypeAlias = (
    ProgramName
    | SetParametrization
    | DefineWidth
    | DefineDim
    | DefineConst
    | DefineFunction
    | Declare
    | Equate
    | Output
    | Loss
    | SetLabel
    | Loop
    | Broken
)

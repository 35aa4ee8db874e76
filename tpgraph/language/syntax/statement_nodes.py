"""Statements, and what stands in them alone: distributions, ratios, settings."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from tpgraph.language.syntax.expression_nodes import (
    Entry,
    Exact,
    Expr,
    Mark,
    Name,
    Range,
)

__all__ = [
    "Broken",
    "Declare",
    "DefineConst",
    "DefineDim",
    "DefineFunction",
    "DefineWidth",
    "Equate",
    "Gaussian",
    "Loop",
    "Loss",
    "Output",
    "ProgramName",
    "Ratio",
    "SetHint",
    "SetLabel",
    "SetParametrization",
    "Setting",
    "Statement",
]


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


class SetHint(NamedTuple):
    """`group "text" names`, `note "text" at name`, `color names = "text"`, `hide names`,
    `order names`, `place names above others`, where the side is the word before the others.
    """

    word: Mark
    names: tuple[Name, ...]
    text: str
    written: Mark | None
    side: Mark | None
    others: tuple[Name, ...]
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
    | SetHint
    | Loop
    | Broken
)

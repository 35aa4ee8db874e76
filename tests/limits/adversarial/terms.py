"""Formulas of one's own: a text for tpgraph, a value by mpmath at any precision, one by numpy.

Nothing of tpgraph stands behind them, so that what they say of a program is independent of it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import mpmath
import numpy as np
from mpmath import mp
from scipy import special

__all__ = ["Term", "by_mpmath", "by_numpy", "call", "not_smooth_at_zero", "number", "variable"]


Operand: TypeAlias = "Term | str | int"


@dataclass(frozen=True)
class Term:
    """A number or variable (`name`, no arguments), or an operator or function of arguments."""

    name: str
    arguments: tuple[Term, ...] = ()

    def __add__(self, other: Operand) -> Term:
        return Term("+", (self, term(other)))

    def __sub__(self, other: Operand) -> Term:
        return Term("-", (self, term(other)))

    def __mul__(self, other: Operand) -> Term:
        return Term("*", (self, term(other)))

    def __truediv__(self, other: Operand) -> Term:
        return Term("/", (self, term(other)))

    def __pow__(self, other: Operand) -> Term:
        return Term("^", (self, term(other)))

    def __str__(self) -> str:
        """As it is written in a program."""
        inner = [str(argument) for argument in self.arguments]
        if not inner:
            return f"({self.name})" if self.name.startswith("-") else self.name
        if len(self.name) == 1 and not self.name.isalpha():
            return f"({inner[0]} {self.name} {inner[1]})"
        return f"{self.name}({', '.join(inner)})"

    def put(self, values: Mapping[str, Term]) -> Term:
        """With terms in place of variables."""
        if not self.arguments:
            return values.get(self.name, self)
        return Term(self.name, tuple(argument.put(values) for argument in self.arguments))


def term(value: Operand) -> Term:
    return value if isinstance(value, Term) else Term(str(value))


def number(value: str | int) -> Term:
    """A decimal number, the same in every reading."""
    return Term(str(value))


def variable(name: str) -> Term:
    return Term(name)


def call(name: str, *arguments: Operand) -> Term:
    """A function of the table of tpgraph."""
    return Term(name, tuple(map(term, arguments)))


def by_mpmath(formula: Term, values: Mapping[str, Any]) -> Any:
    """The value at numbers of mpmath, at its present precision."""
    if formula.arguments:
        inner = [by_mpmath(argument, values) for argument in formula.arguments]
        return MPMATH[formula.name](*inner)
    return values[formula.name] if formula.name in values else mp.mpf(formula.name)


def by_numpy(formula: Term, values: Mapping[str, Any]) -> Any:
    """The value at arrays of floats."""
    if formula.arguments:
        inner = [by_numpy(argument, values) for argument in formula.arguments]
        return NUMPY[formula.name](*inner)
    return values[formula.name] if formula.name in values else float(formula.name)


def not_smooth_at_zero(formula: Term) -> Iterator[Term]:
    """Arguments where a function in it has its kink or jump: the differences of min and max."""
    if formula.name in ("min", "max"):
        yield formula.arguments[0] - formula.arguments[1]
    elif formula.name in ("relu", "leaky_relu", "abs", "sign", "step"):
        yield formula.arguments[0]
    for argument in formula.arguments:
        yield from not_smooth_at_zero(argument)


def _power(a: Any, b: Any) -> Any:
    return a ** int(b) if b == int(b) else mp.power(a, b)


_ARITHMETIC: dict[str, Callable[..., Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}

MPMATH: dict[str, Callable[..., Any]] = _ARITHMETIC | {
    "^": _power,
    "relu": lambda z: z if z > 0 else mp.zero,
    "leaky_relu": lambda z, a: z if z > 0 else a * z,
    "abs": abs,
    "sign": mp.sign,
    "step": lambda z: mp.one if z > 0 else mp.zero,
    "max": max,
    "min": min,
    "tanh": mp.tanh,
    "sigmoid": lambda z: 1 / (1 + mp.exp(-z)),
    "erf": mp.erf,
    "exp": mp.exp,
    "log": mp.log,
    "sqrt": mp.sqrt,
    "sin": mp.sin,
    "cos": mp.cos,
    "cosh": mp.cosh,
    "arctan": mp.atan,
    "gelu": lambda z: z * mpmath.ncdf(z),
    "silu": lambda z: z / (1 + mp.exp(-z)),
    "softplus": lambda z: mp.log(1 + mp.exp(z)),
}

NUMPY: dict[str, Callable[..., Any]] = _ARITHMETIC | {
    "^": lambda a, b: a**b,
    "relu": lambda z: np.maximum(z, 0.0),
    "leaky_relu": lambda z, a: np.where(z > 0, z, a * z),
    "abs": np.abs,
    "sign": np.sign,
    "step": lambda z: (np.asarray(z) > 0) * 1.0,
    "max": np.maximum,
    "min": np.minimum,
    "tanh": np.tanh,
    "sigmoid": special.expit,
    "erf": special.erf,
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "sin": np.sin,
    "cos": np.cos,
    "cosh": np.cosh,
    "arctan": np.arctan,
    "gelu": lambda z: z * special.ndtr(z),
    "silu": lambda z: z * special.expit(z),
    "softplus": lambda z: np.logaddexp(0.0, z),
}

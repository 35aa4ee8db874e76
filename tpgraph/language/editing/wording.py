"""Text that a user gives for a part of a statement, looked at before it is put in."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, TypeAlias

from tpgraph.errors import Source, TPError, TPSyntaxError
from tpgraph.language import syntax as s
from tpgraph.language.parser import statements

__all__ = ["Value", "checked", "entry", "expression", "parametrization", "ratio", "shape"]

Value: TypeAlias = str | int | float | Fraction
"""What a part becomes: a number, or its text."""


def expression(value: Value) -> str:
    """The text of a constant or coordinatewise expression. Raises TPSyntaxError."""
    return checked(value, "const q = ", "", lambda node: node.value, "an expression")


def entry(value: Value) -> str:
    """The text of a mean or a variance: an expression, or a list in brackets."""
    return checked(value, "vector q : n ~ N(", ", 1)", lambda node: node.law.mean, "a number")


def shape(value: Value) -> str:
    """The text of a shape: `n`, `n × d`."""
    what = "one dimension, or rows × columns"
    return checked(value, "param q : ", " ~ N(0, 1)", lambda node: node.shape, what)


def ratio(value: Value) -> str:
    """The text of a width's ratio: `2 n`, `n / 3`."""
    return checked(value, "width q = ", "", lambda node: node.ratio, "a ratio, such as 2 n")


def parametrization(value: Value) -> str:
    """The text of a parametrization: `ntk`, `abc(a=[…], b=[…], c=…)`."""
    what = "ntk, mup, standard or abc(a=[…], b=[…], c=…)"
    return checked(value, "parametrization ", "", lambda node: node, what)


def checked(
    value: Value, before: str, behind: str, part: Callable[[Any], Any], expected: str
) -> str:
    """The text of a value that is just the part of the statement `before … behind`.

    Raises TPSyntaxError where it is not, so that nothing else can come in with it.
    """
    text = str(value).strip()
    source, errors = Source("<value>", f"{before}{text}{behind}"), list[TPError]()
    found = list(statements(source, lambda error, _: errors.append(error)))
    if "\n" not in text and "#" not in text and len(found) == 1 and not errors and text:
        start, end = _place(part(found[0]))
        is_statement = isinstance(part(found[0]), s.SetParametrization)
        if (is_statement or start == len(before)) and end == len(before) + len(text):
            return text
    raise TPSyntaxError(f"{text!r} does not stand here", None, expected, f"write {expected}")


def _place(node: Any) -> tuple[int, int]:
    if isinstance(node, tuple) and not hasattr(node, "start"):
        return node[0].start, node[-1].end
    return (-1, -1) if node is None else (node.start, node.end)

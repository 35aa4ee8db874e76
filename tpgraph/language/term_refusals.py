"""Expressions that read well and are none: `W * x`, `W^2`, `tanh u`, `1.000.000`."""

from __future__ import annotations

from itertools import pairwise
from typing import NoReturn

from tpgraph.errors import TPNameError, TPTypeError
from tpgraph.language import syntax as s
from tpgraph.language.changes import Change, instead
from tpgraph.language.foreign_words import CHOOSE, NO_CONDITIONS
from tpgraph.language.scope import Scope, fail

__all__ = [
    "is_matrix",
    "no_power",
    "no_sign_behind_matrix",
    "require_brackets",
    "require_matrix",
    "require_number",
    "require_unconditional",
]

_TRANSPOSES = frozenset(("T", "t", "top", "transpose"))


def is_matrix(scope: Scope, name: s.Name) -> bool:
    """Whether a name is that of a matrix where it stands."""
    if scope.parameters is not None:
        return False
    bound = scope.bound.get(name.full or scope.full_name(name))
    return bound is not None and bound.is_matrix


def _short(scope: Scope, node: s.Expr) -> str:
    text = scope.text(node)
    return text if len(text) < 40 else "…"


def no_sign_behind_matrix(scope: Scope, node: s.Chain) -> None:
    """Raise TPTypeError for `W * x`."""
    for item, after in pairwise(node.items):
        name = item.name if type(item) is s.Transposed else item
        if type(name) is not s.Name or not is_matrix(scope, name):
            continue
        text = scope.text(item)
        bracket = ("(", ")") if type(after) in (s.Minus, s.Chain) else ("", "")
        fail(
            item,
            TPTypeError(
                f"a sign stands between the matrix {text} and what it multiplies",
                expected="no sign between",
                mend=f"write {text} {_short(scope, after)}",
            ),
            Change(item.end, after.start, f" {bracket[0]}"),
            *(Change(after.end, after.end, sign) for sign in bracket[1]),
        )


def no_power(scope: Scope, node: s.Power, base: s.Name) -> NoReturn:
    """Refuse `W^2`; `W^t` is meant as the transpose."""
    text, exponent = scope.text(base), node.exponent
    transposed = type(exponent) is s.Name and exponent.full in _TRANSPOSES
    fail(
        node,
        TPTypeError(
            f"the matrix {text} has no powers",
            expected="a matrix or its transpose",
            mend=f"the transpose is {text}'" if transposed else f"write {text} ({text} x)",
        ),
        *instead(node, f"{text}'" if transposed else None),
    )


def require_brackets(scope: Scope, node: s.Juxtaposed) -> None:
    """Raise TPNameError for `tanh u`."""
    name = node.left.name if type(node.left) is s.Transposed else node.left
    assert type(name) is s.Name
    full = name.full
    known = scope.bound if scope.parameters is None else scope.parameters
    if full not in scope.functions or full in known or full in scope.numbers:
        return
    fail(
        name,
        TPNameError(
            f"{full} is a function",
            expected=f"arguments in parentheses: {full}(…)",
            mend=f"write {scope.text(node.left)}({_short(scope, node.right)})",
        ),
        Change(node.left.end, node.right.start, "("),
        Change(node.right.end, node.right.end, ")"),
    )


def require_matrix(scope: Scope, left: s.Transposed, node: s.Juxtaposed) -> None:
    """Raise TPTypeError for `u' v`, the product of two vectors."""
    variable = scope.bound.get(left.name.full or scope.full_name(left.name))
    if scope.parameters is not None or variable is None or not variable.is_vector:
        return
    text = scope.text(left.name)
    fail(
        node,
        TPTypeError(
            "only a matrix multiplies what stands behind it",
            expected=f"a matrix: {text} is a {variable.type}",
            mend=f"the mean of a product is mean({text} * {_short(scope, node.right)})",
        ),
    )


def require_number(scope: Scope, node: s.Juxtaposed) -> None:
    """Raise TPTypeError for `1.000.000` and `0x1F`, which are no numbers here."""
    right: s.Expr = node.right
    while type(right) is s.Juxtaposed:
        right = right.left
    if type(node.left) is not s.Exact or node.left.end != right.start:
        return
    prefixed = scope.text(node.left) == "0" and type(right) is s.Name
    if type(right) is s.Exact or prefixed:
        message = f"{scope.text(node.left)}{scope.text(right)} is not a number"
        place = node._replace(end=right.end)
        fail(place, TPTypeError(message, expected="decimal digits with one point at most"))


def require_unconditional(scope: Scope, node: s.Juxtaposed) -> None:
    """Raise TPTypeError for `u if d else v`, which is no product of four."""
    words = scope.text(node).split()
    if {"if", "else"} <= set(words) and "if" not in scope.bound:
        fail(node, TPTypeError(NO_CONDITIONS, mend=CHOOSE))

"""Expressions over the functions of the table alone: derivatives and definitions written out."""

from __future__ import annotations

from tpgraph.functions.derivative import expand
from tpgraph.functions.expression import Apply, Defined, Expression, Primitive, substitute

__all__ = ["inline", "primitives_of"]


def inline(expression: Expression) -> Expression:
    """The expression over the table's functions alone, derivatives written out."""
    return _inlined(expand(expression))


def _inlined(expression: Expression) -> Expression:
    match expression:
        case Apply(function, arguments):
            inner = tuple(_inlined(argument) for argument in arguments)
            if isinstance(function, Defined):
                return substitute(inline(function.body), inner)
            return Apply(function, inner)
        case other:
            return other


def primitives_of(expression: Expression) -> tuple[Primitive, ...]:
    """The table functions that the expression applies when it is written out, each once."""
    found: dict[Primitive, None] = {}

    def visit(e: Expression) -> None:
        if isinstance(e, Apply):
            if not isinstance(e.function, Defined):
                found.setdefault(e.function)
            for argument in e.arguments:
                visit(argument)

    visit(inline(expression))
    return tuple(found)

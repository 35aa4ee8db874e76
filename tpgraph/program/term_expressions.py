"""Terms as expressions of functions, and what those made of numbers alone must have: a value."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import assert_never

import numpy as np

from tpgraph.errors import TPNameError, TPTypeError
from tpgraph.functions import (
    Apply,
    Argument,
    Expression,
    Number,
    evaluate,
    reads_components,
    to_text,
)
from tpgraph.program.statement_terms import Call, Constant, Mean, Once, Product, Ref, Term
from tpgraph.program.variables import Variable

__all__ = ["as_expression", "require_divisor", "require_value"]


def as_expression(term: Term, parameters: Sequence[Variable], what: str) -> Expression:
    """A term over `parameters` alone as an expression in their positions.

    Raises TPNameError for another variable, TPTypeError for a product or a mean; `what` names it.
    """
    match term:
        case Constant(value):
            return Number(value)
        case Call(function, arguments, order):
            inner = tuple(as_expression(argument, parameters, what) for argument in arguments)
            return Apply(function, inner, order)
        case Ref(variable) if variable in parameters:
            return Argument(parameters.index(variable))
        case Ref(variable):
            raise TPNameError(f"{what} uses {variable}", None, _allowed(parameters))
        case Product() | Mean() | Once():
            raise TPTypeError(f"{what} is not coordinatewise", None, _allowed(parameters))
        case _:
            assert_never(term)


def _allowed(parameters: Sequence[Variable]) -> str:
    names = ", ".join(v.name for v in parameters)
    return f"functions of numbers and {names}" if names else "functions of numbers"


def require_divisor(term: Term) -> None:
    """Raise TPTypeError where a term of numbers alone is 0, and so divides nothing."""
    # A constant exactly: one that is too small for a float still divides.
    if (term.value if isinstance(term, Constant) else _value(term)) == 0:
        raise TPTypeError("division by zero", expected="another divisor")


def require_value(call: Call, text: Callable[[], str] | None = None) -> None:
    """Raise TPTypeError for a call of numbers alone that is no finite number: log(0), sqrt(−1).

    `text` is how it was written; without it the message has the call as the language writes it.
    """
    value = _value(call)
    if value is not None and not math.isfinite(value):
        shown = to_text(as_expression(call, (), "a constant"), ()) if text is None else text()
        what = "no real number" if math.isnan(value) else "infinite"
        raise TPTypeError(
            f"{shown} is {what}", expected="constants of which the function has a finite value"
        )


def _value(term: Term) -> float | None:
    """The value of a term of numbers alone; None of another, and of what is over components."""
    if not _is_constant(term):
        return None
    expression = as_expression(term, (), "a constant")
    if reads_components(expression):  # of a number, which the typing rules refuse
        return None
    with np.errstate(all="ignore"):
        return float(evaluate(expression, ()))


def _is_constant(term: Term) -> bool:
    """Whether a term is made of numbers alone."""
    if type(term) is Call:
        return all(map(_is_constant, term.arguments))
    return type(term) is Constant

"""Terms of the builder that are numbers, and as expressions of a function."""

from __future__ import annotations

import numpy as np

from tpgraph.functions import Apply, Argument, Expression, Number, evaluate
from tpgraph.program import Call, Constant, Ref, Term

__all__ = ["as_expression", "constant_value", "is_constant"]


def is_constant(term: Term) -> bool:
    """Whether a term is made of numbers alone."""
    if type(term) is Call:
        return all(map(is_constant, term.arguments))
    return type(term) is Constant


def constant_value(term: Term) -> float:
    """The value of a term that is made of numbers alone."""
    with np.errstate(all="ignore"):
        return float(evaluate(as_expression(term, {}), ()))


def as_expression(term: Term, index: dict[str, int]) -> Expression:
    """A term of functions, with Argument(index[x]) for each x."""
    match term:
        case Ref(variable):
            return Argument(index[variable.name])
        case Constant(value):
            return Number(value)
        case Call(function, arguments, order):
            return Apply(function, tuple(as_expression(a, index) for a in arguments), order)
        case _:
            raise AssertionError(term)

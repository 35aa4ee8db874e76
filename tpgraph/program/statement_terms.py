"""Terms: what stands behind the sign of a statement, before it is cut into equations.

A tree over variables in which coordinatewise operations, products with matrices and means nest
freely.

    term ::= Ref(variable) | Constant(q) | Call(function, (term, …), order)
           | Product(matrix, transpose, term) | Mean(term) | Once(term)
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TypeAlias, assert_never

from tpgraph.errors import Span
from tpgraph.functions import Function
from tpgraph.program.variables import Variable
from tpgraph.types import Dimension, Fixed, Vector

__all__ = [
    "ONE_COMPONENT",
    "Call",
    "Constant",
    "Mean",
    "Once",
    "Product",
    "Ref",
    "Term",
    "components_as_scalars",
    "dimension_of",
]

ONE_COMPONENT = Fixed(1)
"""The dimension of a vector that is a scalar as well."""


@dataclass(frozen=True, slots=True)
class Ref:
    """A variable where it is used."""

    variable: Variable
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Constant:
    """An exact number."""

    value: Fraction
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A coordinatewise function (its derivative of this order) of terms."""

    function: Function
    arguments: tuple[Term, ...]
    order: int = 0
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Product:
    """A matrix, or its transpose, times a term."""

    matrix: Variable
    transpose: bool
    operand: Term
    span: Span | None = field(default=None, compare=False, repr=False)
    matrix_span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Mean:
    """(1/n) Σ_α of a term."""

    operand: Term
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Once:
    """A term that stands in several places of a statement and is computed once, for all of them.

    It is the object that says so: another `Once` of an equal term is computed for itself.
    """

    operand: Term
    span: Span | None = field(default=None, repr=False)


Term: TypeAlias = Ref | Constant | Call | Product | Mean | Once


def dimension_of(term: Term) -> Dimension | None:
    """The dimension of a term, None of a scalar; where some mix, one that is not 1."""
    match term:
        case Ref(variable):
            return variable.type.dim if isinstance(variable.type, Vector) else None
        case Constant() | Mean():
            return None
        case Product(matrix, transpose):
            return matrix.matrix.columns if transpose else matrix.matrix.rows
        case Once(operand):
            return dimension_of(operand)
        case Call(_, arguments):
            found = [d for d in map(dimension_of, arguments) if d is not None]
            return next((d for d in found if d != ONE_COMPONENT), found[0] if found else None)
        case _:
            assert_never(term)


def components_as_scalars(term: Term) -> Term:
    """The term with vectors of one component as scalars where they meet another dimension.

    The mean over one component is that component: `t * relu(h)`, with t of dimension 1, is
    `mean(t) * relu(h)`. The term itself where nothing changes.
    """
    return _spread(term, {})


def _spread(term: Term, known: dict[Once, Term]) -> Term:
    match term:
        case Ref() | Constant():
            return term
        case Product(operand=operand) | Mean(operand):
            inner = _spread(operand, known)
            return term if inner is operand else replace(term, operand=inner)
        case Once(operand):
            if term not in known:
                inner = _spread(operand, known)
                known[term] = term if inner is operand else replace(term, operand=inner)
            return known[term]
        case Call(_, arguments):
            others = dimension_of(term) not in (None, ONE_COMPONENT)
            parts = tuple(_part(argument, others, known) for argument in arguments)
            same = all(new is old for new, old in zip(parts, arguments, strict=True))
            return term if same else replace(term, arguments=parts)
        case _:
            assert_never(term)


def _part(term: Term, meets_others: bool, known: dict[Once, Term]) -> Term:
    """An argument of a call; its mean if it has one component and the call has others."""
    inner = _spread(term, known)
    return Mean(inner, term.span) if meets_others and dimension_of(term) == ONE_COMPONENT else inner

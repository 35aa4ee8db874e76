"""Right-hand sides of random equations."""

from __future__ import annotations

from fractions import Fraction

from strategies.draft import Draft
from tpgraph.functions import ADD, DIV, MUL, NEG, POW, PRIMITIVES
from tpgraph.program import Call, Constant, Mean, Product, Ref, Term
from tpgraph.types import Dimension

__all__ = ["coordinatewise", "matmul"]


def _leaf(draft: Draft, dim: Dimension, deep: int) -> Term:
    """A vector of a dimension, a scalar, a number, or a nested product or mean."""
    kind = draft.choose.integer(0, 9)
    if kind == 0:
        return Constant(draft.value())
    if kind == 1 and draft.scalars:
        return Ref(draft.choose.pick(draft.scalars))
    if kind == 2 and deep:
        other = draft.choose.pick([d for d in draft.dims if draft.vectors[d]])
        return Mean(coordinatewise(draft, other, deep - 1))
    if kind <= 4 and deep:
        product = matmul(draft, dim, deep - 1)
        if product is not None:
            return product
    return Ref(draft.choose.pick(draft.vectors[dim]))


def matmul(draft: Draft, dim: Dimension, deep: int) -> Term | None:
    """A matrix times a term, of the given dimension."""
    fitting = [
        (matrix, transpose)
        for matrix in draft.matrices
        for transpose, rows, columns in (
            (False, matrix.matrix.rows, matrix.matrix.columns),
            (True, matrix.matrix.columns, matrix.matrix.rows),
        )
        if rows == dim and draft.vectors.get(columns)
    ]
    if not fitting:
        return None
    matrix, transpose = draft.choose.pick(fitting)
    columns = matrix.matrix.rows if transpose else matrix.matrix.columns
    operand: Term = Ref(draft.choose.pick(draft.vectors[columns]))
    if deep and draft.chance(40):
        operand = coordinatewise(draft, columns, deep - 1)
    return Product(matrix, transpose, operand)


def coordinatewise(draft: Draft, dim: Dimension, deep: int) -> Term:
    """A term over at least one vector of the dimension."""
    anchor: Term = Ref(draft.choose.pick(draft.vectors[dim]))
    term = anchor if deep <= 0 else _combined(draft, anchor, dim, deep - 1)
    if draft.tame:
        return _bounded(draft, term)
    return _call(draft, term) if draft.chance(50) else term


def _combined(draft: Draft, term: Term, dim: Dimension, deep: int) -> Term:
    other = _leaf(draft, dim, deep)
    kind = draft.choose.integer(0, 6)
    if draft.tame:
        squashed = _bounded(draft, other)
        if kind <= 1:
            return Call(MUL, (Constant(draft.value()), term, squashed))
        return Call(ADD, (term, _signed(draft, other))) if kind < 6 else Call(ADD, (squashed, term))
    match kind:
        case 0:
            return Call(ADD, (term, other, _leaf(draft, dim, 0)))
        case 1:
            return Call(ADD, (_signed(draft, other), term))
        case 2:
            return Call(MUL, (term, _signed(draft, other)))
        case 3:
            return Call(DIV, (other, term))
        case 4:
            return Call(POW, (term, Constant(draft.choose.pick((Fraction(2), Fraction(-1, 2))))))
        case 5:
            return Call(PRIMITIVES[draft.choose.pick(("min", "max", "leaky_relu"))], (other, term))
        case _:
            return Call(ADD, (Call(ADD, (term, other)), _signed(draft, _signed(draft, term))))


def _signed(draft: Draft, term: Term) -> Term:
    return Call(NEG, (term,)) if draft.chance(40) else term


def _call(draft: Draft, term: Term) -> Term:
    function = draft.choose.pick(draft.functions)
    if function.arity == 2:
        return Call(function, (term, Constant(draft.value())))
    order = 0 if draft.smooth or draft.tame else draft.choose.pick((0, 0, 0, 1, 2))
    return Call(function, (term,), order)


def _bounded(draft: Draft, term: Term) -> Term:
    return Call(draft.bounded(), (term,))

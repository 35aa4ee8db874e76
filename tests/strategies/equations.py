"""The equations of a random program, its readout and its loss."""

from __future__ import annotations

from fractions import Fraction

from strategies.declarations import declare
from strategies.draft import Draft
from strategies.terms import coordinatewise, matmul
from tpgraph.functions import ADD, DIV, NEG, POW, PRIMITIVES, Apply, Argument
from tpgraph.program import (
    Call,
    Constant,
    Mean,
    Nonlin,
    Parameter,
    Product,
    Program,
    Ref,
    Target,
    Term,
    Variable,
)
from tpgraph.types import Dimension, Fixed, Matrix, Vector

__all__ = ["complete"]

LABELS = ("x^{l}", "\\tilde h", 'a "quoted" one', "", "#", "ξ")


def complete(draft: Draft, size: int) -> Program:
    """The program that a fresh draft becomes, with about `size` equations."""
    declare(draft)
    if draft.network:
        for dim in draft.dims:  # every width is reached from the data
            embedding = matmul(draft, dim, 0)
            assert embedding is not None
            draft.bind(embedding)
    while len(draft.builder._equations) < size:
        _statement(draft)
    _ending(draft)
    return draft.builder.build()


def _statement(draft: Draft) -> None:
    dim = draft.choose.pick([d for d in draft.dims if draft.vectors[d]])
    kind = draft.choose.integer(0, 9)
    if kind <= 3:
        product = matmul(draft, dim, draft.choose.integer(0, 2))
        if product is not None:
            draft.bind(product)
            return
    if kind == 4:
        draft.bind(Mean(coordinatewise(draft, dim, 2)))
    elif kind == 5 and not draft.tame:
        _unordered(draft, dim)
    elif kind == 6 and draft.scalars and not draft.smooth:
        draft.bind(Call(ADD, (Ref(draft.choose.pick(draft.scalars)), Constant(draft.value()))))
    else:
        draft.bind(coordinatewise(draft, dim, draft.choose.integer(1, 3)))


def _unordered(draft: Draft, dim: Dimension) -> None:
    """A Nonlin whose arguments repeat, or stand in another order than they are used in."""
    first, second = (draft.choose.pick(draft.vectors[dim]) for _ in range(2))
    function = Apply(ADD, (Argument(1), Apply(NEG, (Argument(0),))))
    out = Variable(draft.name(), Vector(dim))
    draft.builder.add(Nonlin(out, function, (first, second)))
    draft.vectors[dim].append(out)


def _ending(draft: Draft) -> None:
    """Outputs, loss, labels."""
    if draft.network:
        _readout(draft)
    elif draft.chance(50):
        pool = [v for dim in draft.dims for v in draft.vectors[dim]] + draft.scalars
        draft.builder.output(draft.choose.pick(pool))
    for name in list(draft.builder.scope)[:: draft.choose.integer(3, 9)]:
        draft.builder.label(name, draft.choose.pick(LABELS))
    if draft.chance(30):
        draft.builder.label("φ", "\\phi")


def _readout(draft: Draft) -> None:
    outputs = draft.choose.integer(1, 2)
    one = Fixed(outputs)
    target = Variable("y", Vector(one))
    draft.builder.declare(Target(target))
    dim = draft.choose.pick(draft.dims)
    readout = Variable("V", Matrix(one, dim))
    draft.builder.declare(Parameter(readout, 1.0, draft.choose.pick((1.0, 0.5))))
    last = Ref(draft.choose.pick(draft.vectors[dim][-4:]))
    operand = Call(PRIMITIVES["tanh"], (last,)) if draft.tame else last
    f = draft.builder.bind("f", Product(readout, False, operand))
    draft.builder.output(f)
    error = Call(ADD, (Ref(f), Call(NEG, (Ref(target),))))
    square = Call(POW, (error, Constant(Fraction(2))))
    loss: Term = Call(DIV, (square, Constant(Fraction(2))))
    if not draft.smooth and draft.chance(30):
        loss = Mean(loss)
    name = "loss" if draft.chance(70) else "E"
    draft.builder.loss(draft.builder.bind(name, loss))

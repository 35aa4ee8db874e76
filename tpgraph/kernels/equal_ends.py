"""Ends of a backward pass that are equal by their equations: one of them is computed.

A bias shares its error signal with the product that it is added to, φ'(h + b) ⊙ dx, and each has
an equation of its own; one Gram matrix serves both.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from tpgraph.kernels.tangent import Tangent, pruned
from tpgraph.program import MatMul, Moment, Nonlin, Program, Variable
from tpgraph.transform.gradients import GradientTerm

__all__ = ["with_equal_ends_once"]


def with_equal_ends_once(found: Tangent) -> Tangent:
    """The same kernel from fewer vectors: of equal ends the first stands for all."""
    known = _first_of_equals(found.program)

    def first(variable: Variable) -> Variable:
        return known.get(variable.name, variable)

    def renamed(terms: Iterable[GradientTerm]) -> tuple[GradientTerm, ...]:
        return tuple(
            replace(t, left=first(t.left), right=None if t.right is None else first(t.right))
            for t in terms
        )

    gradients = tuple(replace(g, terms=renamed(g.terms)) for g in found.gradients)
    readouts = tuple(replace(r, terms=renamed(r.terms)) for r in found.readouts)
    terms = [t for g in gradients for t in g.terms] + [t for r in readouts for t in r.terms]
    ends = (*found.outputs, *(v for t in terms for v in t.ends))
    program, _ = pruned(found.program, ends, (), found.program.name)
    return replace(found, program=program, gradients=gradients, readouts=readouts)


def _first_of_equals(program: Program) -> dict[str, Variable]:
    """The first variable with the same equation, by name, of those that have one before them."""
    made: dict[object, Variable] = {}
    known: dict[str, Variable] = {}
    for equation in program.equations:
        inputs = tuple(known.get(v.name, v).name for v in equation.inputs)
        match equation:
            case MatMul(_, _, transpose):
                key: tuple[object, ...] = (inputs, transpose)
            case Nonlin(out, function) | Moment(out, function):
                key = (inputs, function, out.type)
        earlier = made.setdefault(key, equation.out)
        if earlier is not equation.out:
            known[equation.out.name] = earlier
    return known

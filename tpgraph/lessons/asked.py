"""Questions of a lesson made of a program, with answers: of what it reads, of rules and limits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tpgraph.lessons.ready import Question
from tpgraph.lessons.told import Told, listed
from tpgraph.program import Equation, MatMul, Moment, Nonlin, Variable

__all__ = ["questions_of"]

_MADE = {
    "MatMul": "A vector that a MatMul makes is a G-var.",
    "Nonlin": "A vector that a Nonlin makes is an X-var.",
    "Moment": "What a Moment makes is a scalar.",
}


def questions_of(told: Told) -> Iterator[Question]:
    """One of every kind of instruction, of what is read most, of limits, kernels and training."""
    for kind in (MatMul, Nonlin, Moment):
        yield from _rule(told, kind)
    yield from _readers(told)
    if "limit" in told.has:
        yield from _limits(told)
    if "kernel" in told.has:
        yield _kernel(told)
    if "exponents" in told.has:
        yield from _change(told)


def _rule(told: Told, kind: type[Equation]) -> Iterator[Question]:
    """Of the last instruction of a kind: which rule, what it reads."""
    found = [e for e in told.chosen if isinstance(e, kind)]
    found = [e for e in found if e.out.is_wide or kind is Moment] or found
    for equation in found[-1:]:
        name, rule = told.name(equation.out), type(equation).__name__
        ask = f"Which instruction makes {name}, what does it read, and what kind of variable is it?"
        shown = told.formula(equation)
        formula = f": {shown}" if shown != name else ""
        wide = _MADE[rule] if rule == "Moment" or equation.out.is_wide else ""
        yield Question(ask, f"A {rule}{formula}. {told.reads(equation)} {wide}".strip())


def _readers(told: Told) -> Iterator[Question]:
    """Of the variable that most instructions read."""
    named = [e for e in told.program.equations if not e.out.is_temporary]
    count = Counter(v for e in named for v in set(e.inputs) if not (v.is_temporary or v.is_matrix))
    if not count:
        return
    order: list[Variable] = [e.out for e in named]
    most = max(count, key=lambda v: (count[v], -order.index(v) if v in order else -len(order)))
    readers = [told.name(e.out) for e in named if most in e.inputs]
    ask = f"What is computed from {told.name(most)} directly?"
    yield Question(ask, f"{listed(readers)}: {'each' if len(readers) > 1 else 'it'} reads it.")


def _limits(told: Told) -> Iterator[Question]:
    scalars = [e.out for e in told.chosen if e.out.is_scalar]
    for out in scalars[-1:]:
        ask = f"To what does {told.name(out)} tend as the width grows?"
        yield Question(ask, f"To {told.limit(out, 'scalar')}.")
    products = [e for e in told.chosen if isinstance(e, MatMul) and e.out.is_wide]
    for equation in products[-1:]:
        product, read = told.name(equation.out), told.name(equation.operand)
        ask = (
            f"What is the variance of the coordinates of {product} in the limit, and by which rule?"
        )
        size = ""
        if equation.operand in {e.out for e in told.chosen} and equation.operand.is_wide:
            mean = told.limit(equation.operand, "mean")
            size = f" It follows from {read}, of mean {mean} and"
            size += f" variance {told.limit(equation.operand, 'var')}."
        value = told.limit(equation.out, "var")
        yield Question(ask, f"{value}, by the rule ZMatMul of the Master Theorem.{size}")


def _kernel(told: Told) -> Question:
    ask = (
        "One step of SGD of rate 0.1 is made on the training example, where the derivative of the"
        " loss is 1. By how much does the output on the test example change, at infinite width?"
    )
    value = told.number("ntk 01", of="kernel", kind="ntk", pair=[0, 1])
    return Question(ask, f"By −0.1 times the NTK of the two examples, which is {value}.")


def _change(told: Told) -> Iterator[Question]:
    for out in told.trained()[-1:]:
        ask = (
            f"In a step of SGD {told.name(out)} changes by order $n^e$. What is $e$, and are"
            " features learned?"
        )
        regime = told.number("regime", of="regime")
        yield Question(ask, f"$e$ = {told.exponent(out)}. The regime is: {regime}.")

r"""Terms that are equal but for the step that they come from: one of them, behind a Σ.

a − c (θ_0 dh_0 + θ_1 dh_1 + θ_2 dh_2)   is   a − c Σ_{s<3} θ_s dh_s
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Sequence

from tpgraph.functions import (
    ADD,
    NEG,
    Apply,
    Argument,
    Expression,
    Number,
    add,
    arguments_of,
    mul,
    neg,
)

__all__ = ["SUM", "behind", "summed"]

SUM = r"\textstyle\sum"
"""The label of a scalar that stands for the sign of a sum over what its range says."""


TermKey = Callable[[int, int], Hashable]
"""What argument i is, if the step s goes by a letter."""


def summed(
    function: Expression,
    steps: Sequence[Collection[int]],
    earlier: int,
    key: TermKey,
    sign: Expression,
) -> Expression:
    """The function with one term for all steps before `earlier` and that itself, behind `sign`.

    `steps` are the earlier steps that argument i comes from; a term belongs to the step from which
    all its arguments come that come from one.
    """
    match function:
        case Apply(operator, terms, 0) if operator == ADD:
            return _summed_terms(terms, steps, earlier, key, sign)
        case Apply(operator, arguments, order):
            inner = tuple(summed(e, steps, earlier, key, sign) for e in arguments)
            return Apply(operator, inner, order)
        case _:
            return function


def _summed_terms(
    terms: Sequence[Expression],
    steps: Sequence[Collection[int]],
    earlier: int,
    key: TermKey,
    sign: Expression,
) -> Expression:
    families: dict[Hashable, dict[int, int]] = {}
    for i, term in enumerate(terms):
        found = {s for argument in arguments_of(term) for s in steps[argument]}
        if len(found) == 1:
            (step,) = found
            families.setdefault(_shape(term, step, key), {})[step] = i
    whole = [f for f in families.values() if f.keys() == set(range(earlier + 1))]
    dropped = {i for family in whole for i in family.values()}
    rest = [summed(t, steps, earlier, key, sign) for i, t in enumerate(terms) if i not in dropped]
    if not whole:
        return add(*rest)
    total = behind(sign, [terms[family[earlier]] for family in whole])
    before = sum(i not in dropped for i in range(min(dropped)))
    return add(*rest[:before], total, *rest[before:])


def behind(sign: Expression, terms: Sequence[Expression]) -> Expression:
    """Σ terms, with a minus that all have in front of the Σ."""
    inner = [t.arguments[0] for t in terms if isinstance(t, Apply) and t.function == NEG]
    if len(inner) == len(terms):
        return neg(behind(sign, inner))
    return mul(sign, add(*terms))


def _shape(term: Expression, step: int, key: TermKey) -> Hashable:
    """The term with names in which the step is a letter."""
    match term:
        case Argument(index):
            return key(index, step)
        case Number(value):
            return value
        case Apply(function, arguments, order):
            return function, order, tuple(_shape(e, step, key) for e in arguments)

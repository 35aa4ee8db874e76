"""What ψ does where hardly a sample falls: branches of max, relu, step, products of what is apart.

    max(tanh x, 10⁴ (x y − 10)) = tanh x + rest,   relu(v) step(−u) = 0 + rest

`usual` is ψ with each branch that few samples take left out; ψ − usual is 0 on nearly all of them,
and its mean is sought by stretching (`stretched`). A product of which no two factors were seen
together may be as large as that of the largest of each.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from tpgraph.functions import (
    KINKED,
    MUL,
    Apply,
    Argument,
    Expression,
    evaluate,
    expand,
    inline,
    is_kinked,
    mul,
    neg,
    number,
    substitute,
)
from tpgraph.limits.sampling.derivatives import Coordinatewise, Trace
from tpgraph.limits.sampling.normals import Array
from tpgraph.limits.sampling.stretched import FEW

__all__ = ["opened", "unseen_products", "usual"]

_TWO = ("min", "max")
_LOOKED_AT = 256


def opened(trace: Trace, psi: Coordinatewise) -> Coordinatewise:
    """ψ as a function of what the Nonlins read that make its vectors."""
    values, vectors = list(psi.values), dict(psi.vectors)
    inner: list[Expression] = [Argument(i) for i in range(len(values))]
    for i, name in psi.vectors.items():
        step = trace.made.get(name)
        if isinstance(step, Coordinatewise):
            places = range(len(values), len(values) + len(step.values))
            vectors |= {places[k]: own for k, own in step.vectors.items()}
            values += step.values
            inner[i] = substitute(inline(step.expression), [Argument(k) for k in places])
    whole = inline(expand(substitute(inline(psi.expression), inner)))
    return Coordinatewise(whole, tuple(values), vectors)


def usual(psi: Expression, values: Sequence[Array]) -> Expression:
    """ψ without the branches that fewer samples take than would tell what is in them."""
    if not isinstance(psi, Apply) or not is_kinked(psi):
        return psi
    if not psi.order and psi.function.name in KINKED:
        taken = _taken(psi, values)
        if taken is not None:
            return usual(taken, values)
    return Apply(psi.function, tuple(usual(a, values) for a in psi.arguments), psi.order)


def _some(values: Sequence[Array]) -> list[Array]:
    """The first samples of every replicate."""
    return [v[..., :_LOOKED_AT] for v in values]


def _counts(node: Apply, values: Sequence[Array]) -> tuple[int, int]:
    """How many samples take the upper and the lower branch."""
    above = _of(node.arguments[0], values)
    if node.function.name in _TWO:
        above = above - _of(node.arguments[1], values)
    if np.shape(above)[-1:] in ((), (1,)):
        return 0, 0
    return int((above > 0).sum()), int((above < 0).sum())


def _taken(node: Apply, values: Sequence[Array]) -> Expression | None:
    """The branch that all samples but few take; None where both are."""
    name, first = node.function.name, node.arguments[0]
    if min(_counts(node, _some(values))) >= FEW:
        return None
    above, below = _counts(node, values)
    if min(above, below) >= FEW or not above + below:
        return None
    is_above = above > below
    if name in _TWO:
        return node.arguments[int(is_above == (name == "min"))]
    if name == "leaky_relu":
        return first if is_above else mul(node.arguments[1], first)
    side = {
        "relu": (number(0), first),
        "abs": (neg(first), first),
        "step": (number(0), number(1)),
        "sign": (number(-1), number(1)),
    }
    return side[name][is_above]


def unseen_products(psi: Expression, values: Sequence[Array]) -> float:
    """How much ψ changes at most where factors meet that no sample shows together."""
    found = 0.0
    for node in dict.fromkeys(_products(psi)):
        if _of(node, _some(values)).any():
            continue
        sizes = [np.abs(_of(a, values)) for a in node.arguments]
        if not _of(node, values).any() and all(s.any() for s in sizes):
            most = float(np.prod([s.max() for s in sizes]))
            whole = _of(psi, values)
            for size in (most, -most):
                changed = _of(_replaced(psi, node, number(size)), values)
                found = max(found, float(np.abs(changed - whole).max()))
    return found


def _products(psi: Expression) -> Iterator[Apply]:
    if isinstance(psi, Apply):
        if psi.function == MUL and is_kinked(psi):
            yield psi
        for argument in psi.arguments:
            yield from _products(argument)


def _replaced(psi: Expression, node: Apply, by: Expression) -> Expression:
    if psi == node:
        return by
    if not isinstance(psi, Apply):
        return psi
    return Apply(psi.function, tuple(_replaced(a, node, by) for a in psi.arguments), psi.order)


def _of(psi: Expression, values: Sequence[Array]) -> Array:
    with np.errstate(all="ignore"):
        return np.asarray(np.nan_to_num(np.asarray(evaluate(psi, values), dtype=float)))

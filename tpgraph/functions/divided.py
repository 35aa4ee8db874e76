"""Divided differences, and what is left of them in the limit.

    φ*(x, δ; ε) = (φ(x + ε δ) − φ(x)) / ε,   at ε = 0:  Σ_i ∂_i φ(x) δ_i

A divided difference is an ordinary quotient by an argument ε that tends to 0; `at_zero` takes the
limit of every such quotient by its series in ε. For ε ≥ 1e-4 its rounding error, 1e-16/ε, is far
below what it is compared with. Source: Tensor Programs IIb (arXiv 2105.03703), Eq. 84.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

from tpgraph.errors import TPTypeError
from tpgraph.functions.derivative import differentiate, simplify
from tpgraph.functions.expression import Argument, Expression, arguments_of, substitute
from tpgraph.functions.inlining import inline
from tpgraph.functions.jumps import NOT_LINEAR, has_density, jumps_somewhere
from tpgraph.functions.series import series
from tpgraph.functions.table import add, div, mul, neg

__all__ = ["POLE", "POLE_MEND", "at_zero", "divided_difference", "leading_term"]

POLE = (
    "a quotient by what tends to 0 is random, or grows without bound in the limit, unless more"
    " cancels than is followed: the Master Theorem alone has no limit for it"
)
POLE_MEND = "divide by what stays away from 0, or leave the division out"

_JUMP_TOO_SMALL = (
    "what a jump changes is divided by a higher power of what tends to 0: that grows without bound,"
    " or is left of what cancels at the jump, which is not followed"
)
_DEEPEST = 8
"""Terms of a Taylor series, of which all but the last may cancel."""


def divided_difference(
    expression: Expression, arity: int, changes: Mapping[int, int], epsilon: int
) -> Expression:
    """(φ(x + ε δ) − φ(x)) / ε, with δ_i the argument `changes[i]` and ε the argument `epsilon`.

    `arity` is the number of φ's own arguments. Where φ is affine in what changes, the result is
    Σ ∂_i φ δ_i, without ε.

    >>> from tpgraph.functions import Apply, PRIMITIVES, to_text
    >>> square = Apply(PRIMITIVES["tanh"], (Argument(0),))
    >>> to_text(divided_difference(square, 1, {0: 1}, 2), ["x", "δ", "ε"])
    '(tanh(x + ε * δ) - tanh(x)) / ε'
    """
    slopes = {i: simplify(differentiate(expression, i)) for i in changes}
    if not any(set(arguments_of(slope)) & set(changes) for slope in slopes.values()):
        return add(*(mul(slopes[i], Argument(changes[i])) for i in changes))
    moved: list[Expression] = [Argument(i) for i in range(arity)]
    for i, change in changes.items():
        moved[i] = add(Argument(i), mul(Argument(epsilon), Argument(change)))
    return div(add(substitute(expression, moved), neg(expression)), Argument(epsilon))


def at_zero(expression: Expression, index: int) -> Expression:
    """The limit of the expression as the argument `index` tends to 0 from above.

    The coefficient of t⁰ in its series in that argument t, so that a divided difference becomes
    Σ ∂_i φ(x) δ_i, and (step(x + t δ) − step(x))/t the density `DELTA`(x) δ. Raises TPTypeError
    where the expression grows without bound, or has no series.

    >>> from tpgraph.functions import Apply, PRIMITIVES, to_text
    >>> square = Apply(PRIMITIVES["tanh"], (Argument(0),))
    >>> to_text(at_zero(divided_difference(square, 1, {0: 1}, 2), 2), ["x", "δ", "ε"])
    "tanh'(x) * δ"
    """
    if index not in arguments_of(expression):
        return expression
    for depth in range(1, _DEEPEST):
        found = series(inline(expression), index, depth)
        if found.lead < 0:
            found = found.settled()
        if found.terms and found.lead < 0 and has_density(found.terms[0][1]):
            raise TPTypeError(_JUMP_TOO_SMALL)
        if found.terms and found.lead < 0:
            raise TPTypeError(POLE, mend=POLE_MEND)
        if found.known > 0:
            return simplify(found.at(0))
    if jumps_somewhere(expression):
        raise TPTypeError(NOT_LINEAR)
    raise TPTypeError("too many leading terms cancel in a quotient by what tends to 0")


def leading_term(expression: Expression, index: int) -> tuple[Fraction, Expression] | None:
    """e and c of the leading term c t^e in the argument `index`, which tends to 0 from above.

    None where every term that is known is 0. Raises TPTypeError where there is no series, and for
    densities that are divided by more than they are known to.

    >>> from tpgraph.functions import to_text
    >>> t, x = Argument(0), Argument(1)
    >>> e, c = leading_term(div(mul(t, add(x, t)), mul(t, t, t)), 0)
    >>> e, to_text(c, ["t", "x"])
    (Fraction(-2, 1), 'x')
    """
    for depth in range(1, _DEEPEST):
        found = series(inline(expression), index, depth).settled()
        if found.terms:
            exponent, coefficient = found.terms[0]
            if exponent < 0 and has_density(coefficient):
                raise TPTypeError(_JUMP_TOO_SMALL)
            return exponent, simplify(coefficient)
        if found.known == math.inf:
            break
    return None

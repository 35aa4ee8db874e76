"""Vectors of fixed dimension in the limit: data, readouts, losses.

A readout is Gaussian over initializations, so such a vector is carried as joint samples of its
entries, or as numbers where it is deterministic. It may grow with width, as the error signal
df · n/√n that enters a readout's transpose does: `power` is the exponent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from tpgraph.errors import TPTypeError
from tpgraph.functions import (
    Argument,
    Expression,
    Number,
    arguments_of,
    evaluate,
    gradient,
    reads_components,
    substitute,
)
from tpgraph.limits.estimates import Array
from tpgraph.limits.vanishing import leading_in_width

__all__ = ["STAYS_RANDOM", "OutputLimit", "apply"]

STAYS_RANDOM = (
    'draw the readouts once, outputs="sampled" (--outputs sampled), give their values,'
    " outputs={…}, or choose the mup parametrization, in which they are deterministic"
)
"""How to mend a program in which a readout steers vectors."""

_NEXT_ORDER = Fraction(1, 2)
"""Readouts are sums of n random terms: beside n^p there is n^(p − 1/2)."""


@dataclass(frozen=True)
class OutputLimit:
    """`values` · n^`power`; values (B, M, d, 1), or (B, M, d, S) where random.

    M is the number of inputs, or 1 of what is the same on all; a scalar made of outputs has d = 1.
    """

    values: Array
    power: Fraction = Fraction(0)

    @property
    def is_random(self) -> bool:
        """Whether it is still random in the limit."""
        return bool(self.values.shape[3] > 1)


def apply(
    expression: Expression, arguments: Sequence[OutputLimit], decays: Sequence[Fraction]
) -> OutputLimit:
    """ψ(arguments), entry by entry; argument i tends to 0 like n^−decays[i] where that is > 0.

    A pole in such an argument makes the result grow with n; what grows already must enter linearly,
    and the result is what is left of Σ_i ∂_iψ z_i + rest in its highest power of n. Raises
    TPTypeError where growing arguments do not enter linearly, and where one of order n^p, p ≥ 1/2,
    is 0 in that order: what it is in n^(p − 1/2) is not known.
    """
    growing = [i for i, a in enumerate(arguments) if a.power and i in arguments_of(expression)]
    slopes = gradient(expression)
    if any(set(arguments_of(slopes[i])) & set(growing) for i in growing if i in slopes):
        raise TPTypeError("what grows with width does not enter linearly")
    everything: list[Expression] = [Argument(i) for i in range(len(arguments))]
    for i in growing:
        everything[i] = Number(Fraction(0))
    terms = [_term(substitute(expression, everything), arguments, decays)]
    for i in growing:
        if i in slopes:
            slope = _term(slopes[i], arguments, decays)
            _require_leading(slope, arguments[i])
            values = slope.values * arguments[i].values
            terms.append(OutputLimit(values, slope.power + arguments[i].power))
    telling = [term for term in terms if np.any(term.values != 0)] or terms[:1]
    power = max(term.power for term in telling)
    total = _sum([t.values for t in telling if t.power == power])
    return OutputLimit(np.zeros_like(total[..., :1])) if power < 0 else OutputLimit(total, power)


def _require_leading(slope: OutputLimit, growing: OutputLimit) -> None:
    """Raise TPTypeError where what grows is 0 in its leading order, and the next one counts."""
    power = slope.power + growing.power
    if power >= _NEXT_ORDER and np.any(slope.values) and not np.any(growing.values):
        raise TPTypeError(
            f"a term of order n^{power} is 0 in that order, and what it is in the next is not told"
            " by the limits of its parts",
            mend='write SGD in the NTK regime as changes, form="fluctuation" (--form fluctuation)',
        )


def _sum(values: Sequence[Array]) -> Array:
    total = values[0]
    for other in values[1:]:
        total = total + other
    return total


def _term(
    expression: Expression, arguments: Sequence[OutputLimit], decays: Sequence[Fraction]
) -> OutputLimit:
    """What is left of ψ in its highest power of n."""
    expression, growth = leading_in_width(expression, decays)
    with np.errstate(all="ignore"):
        values = _evaluated(expression, [a.values for a in arguments])
    # An argument that ψ does not use says how many values there are, not that they are random.
    entries = [(*a.values.shape[:3], 1) for a in arguments[:1]]
    shape = np.broadcast_shapes(values.shape, *entries)
    return OutputLimit(np.broadcast_to(values, shape), growth)


def _evaluated(expression: Expression, values: Sequence[Array]) -> Array:
    """ψ with the components as the last axis, where a function of all of them seeks them."""
    if not reads_components(expression):
        return np.asarray(evaluate(expression, values), dtype=float)
    turned = evaluate(expression, [np.swapaxes(value, 2, 3) for value in values])
    return np.swapaxes(np.asarray(turned, dtype=float), 2, 3)

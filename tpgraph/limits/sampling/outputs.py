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
    substitute,
)
from tpgraph.limits.sampling.normals import Array
from tpgraph.limits.vanishing import leading

__all__ = ["Output", "apply"]


@dataclass(frozen=True)
class Output:
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
    expression: Expression, arguments: Sequence[Output], decays: Sequence[Fraction]
) -> Output:
    """ψ(arguments), entry by entry; argument i tends to 0 like n^−decays[i] where that is > 0.

    A pole in such an argument makes the result grow with n. Raises TPTypeError where growing
    arguments do not enter linearly.
    """
    vanishing = [i for i in dict.fromkeys(arguments_of(expression)) if decays[i]]
    growth = Fraction(0)
    for index in vanishing:
        expression, order = leading(expression, index)
        growth += order * decays[index]
    growing = [i for i, a in enumerate(arguments) if a.power and i in arguments_of(expression)]
    if growing:
        growth += _common_power(expression, arguments, growing)
    with np.errstate(all="ignore"):
        values = evaluate(expression, [a.values for a in arguments])
    shape = np.broadcast_shapes(values.shape, *(a.values.shape for a in arguments[:1]))
    return Output(np.broadcast_to(values, shape), growth)


def _common_power(
    expression: Expression, arguments: Sequence[Output], growing: Sequence[int]
) -> Fraction:
    """The power of a result that is linear in every argument that grows."""
    powers = {arguments[i].power for i in growing}
    slopes = gradient(expression)
    linear = all(not set(arguments_of(slopes[i])) & set(growing) for i in growing if i in slopes)
    everything: list[Expression] = [Argument(i) for i in range(len(arguments))]
    for i in growing:
        everything[i] = Number(Fraction(0))
    rest = evaluate(substitute(expression, everything), [a.values for a in arguments])
    if len(powers) > 1 or not linear or np.any(rest != 0):
        raise TPTypeError("what grows with width enters with other powers of it, not linearly")
    return powers.pop()

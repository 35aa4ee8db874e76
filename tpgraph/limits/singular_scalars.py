"""What jumps or has a pole where its scalars have their limits: there it is random, or grows.

    step(θ), 1/θ, log θ²   of θ → 0, which comes to its limit from both sides by chance

A function is looked at near the limits of what it reads, errors included.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TypeVar

import numpy as np

from tpgraph.functions import Expression
from tpgraph.limits.algebra import Algebra
from tpgraph.limits.estimates import Array
from tpgraph.limits.regularity import Reach, number_reach, singular_at
from tpgraph.program import Moment, Nonlin, Variable

__all__ = ["reaches", "require_regular", "vanishes"]

Z = TypeVar("Z")

_NEAR = 1e-14
"""How far from its limit a Moment is looked at."""
_ON_ITS_WAY, _BESIDE = 1e-9, 1e-8
"""A value of a scalar that vanishes, at a large width; how far other zeros may be off then."""


def reaches(at: Algebra[Z], arguments: Sequence[Variable]) -> dict[str, Reach]:
    """Where the scalars among the arguments lie, on any input."""
    ends = {a.name: _ends(at, a) for a in arguments if a.name in at.scalars}
    return {name: number_reach(low.min(), high.max()) for name, (low, high) in ends.items()}


def _ends(at: Algebra[Z], scalar: Variable) -> tuple[Array, Array]:
    """Where θ lies near its limit, on every input: Moments come to theirs from both sides."""
    low, high = at.intervals(at.scalars[scalar.name])
    if scalar.name not in at.program.equation_of:
        return low, high
    return low - _NEAR, high + _NEAR


def _settled(at: Algebra[Z], variable: Variable) -> tuple[Array, Array] | None:
    """Where what the network makes lies near its limit, for every input and entry; else None."""
    if variable.is_wide and vanishes(at.regularity.of(variable)):
        return np.full(1, -_NEAR), np.full(1, _NEAR)
    if variable.name in at.scalars:
        return _ends(at, variable)
    if variable.name in at.made_at_random and variable.name in at.outputs:
        found = at.outputs[variable.name]
        if not at.stays_random(variable) and not found.power:
            values = found.values[0, :, :, 0].reshape(-1)
            return values - _NEAR, values + _NEAR
    return None


def vanishes(reach: Reach) -> bool:
    """Of vectors whose coordinates all tend to 0."""
    return reach.low == reach.high == 0


def require_regular(
    at: Algebra[Z], equation: Nonlin | Moment, psi: Expression, vanishing: Collection[int] = ()
) -> None:
    """Raise TPTypeError where ψ jumps or has a pole at the limits of what it reads.

    Arguments that are `vanishing` are looked at on their way, where they are not 0 yet.
    """
    arguments = equation.arguments
    others = [(i, a) for i, a in enumerate(arguments) if i not in vanishing]
    settled = {i: e for i, a in others if (e := _settled(at, a)) is not None}
    own = [at.regularity.of(a) for a in arguments]
    if vanishing:  # beside which what tends to 0 as well may be larger
        settled = {i: (low - _BESIDE, high + _BESIDE) for i, (low, high) in settled.items()}
    for i in vanishing:
        own[i] = number_reach(_ON_ITS_WAY, _ON_ITS_WAY)
    everywhere = [number_reach(-np.inf, np.inf) if i in settled else r for i, r in enumerate(own)]
    if not settled or singular_at(psi, everywhere) is None:
        return
    for k in range(max(low.size for low, _ in settled.values())):
        for i, (low, high) in settled.items():
            one = k % low.size
            own[i] = number_reach(low[one], high[one])
        reason = singular_at(psi, own)
        if reason is not None:
            at.singular(equation, psi, reason)
            return

"""What jumps or has a pole where its scalars have their limits: there it is random, or grows.

    step(θ), 1/θ, log θ²   of θ → 0, which comes to its limit from both sides by chance

A function is looked at near the limits of what it reads, errors included.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TypeAlias, TypeVar

import numpy as np

from tpgraph.functions import Expression
from tpgraph.limits.algebra import Algebra
from tpgraph.limits.estimates import Array
from tpgraph.limits.outputs import OutputLimit
from tpgraph.limits.regularity import Reach, number_reach, singular_at
from tpgraph.program import InitialScalar, Moment, Nonlin, Variable
from tpgraph.program.formula_text import formula_text

__all__ = ["reaches", "require_regular", "vanishes"]

Z = TypeVar("Z")

_NEAR = 1e-14
"""How far from its limit a Moment is looked at."""
_LARGE = 2.0**40
"""A width at which a declared scalar is looked at, on the way to its limit."""
_ON_ITS_WAY, _BESIDE = 1e-9, 1e-8
"""A value of a scalar that vanishes, at a large width; how far other zeros may be off then."""
_AT_LARGE = 10 / _LARGE**0.5
"""How far other zeros may be off at that width."""


def reaches(at: Algebra[Z], arguments: Sequence[Variable]) -> dict[str, Reach]:
    """Where the scalars among the arguments lie, on any input."""
    ends = {a.name: _ends(at, a) for a in arguments if a.name in at.scalars}
    return {name: number_reach(low.min(), high.max()) for name, (low, high) in ends.items()}


def _ends(at: Algebra[Z], scalar: Variable) -> tuple[Array, Array]:
    """Where θ lies near its limit, on every input: Moments come to theirs from both sides."""
    low, high = _told(at, scalar)
    declaration = at.program.declaration_of.get(scalar.name)
    if isinstance(declaration, InitialScalar):
        if at.decays[scalar.name]:
            return low, high
        on_its_way = at.scales.near(declaration, _LARGE)
        return np.minimum(low, on_its_way), np.maximum(high, on_its_way)
    return _at_width(at, scalar, low - _NEAR, high + _NEAR)


def _at_width(at: Algebra[Z], scalar: Variable, low: Array, high: Array) -> tuple[Array, Array]:
    """The ends without what lies beyond 0 where a mean is never, at any width."""
    if not ((low < 0) & (high > 0)).any():
        return low, high
    least, most = at.at_width.ends(scalar)
    return np.maximum(low, 0.0) if least >= 0 else low, np.minimum(high, 0.0) if most <= 0 else high


def _told(at: Algebra[Z], variable: Variable) -> tuple[Array, Array]:
    """Where a scalar's θ̊ lies, as far as its errors and what it is a mean of tell, or a readout."""
    if variable.name not in at.scalars:
        return _of_entries(at, at.outputs[variable.name])
    low, high = at.intervals(at.scalars[variable.name])
    least, most = at.regularity.means.get(variable.name, (-np.inf, np.inf))
    return np.clip(low, least, most), np.clip(high, least, most)


def _of_entries(at: Algebra[Z], output: OutputLimit) -> tuple[Array, Array]:
    """The ends of every entry on every input, which has no other randomness than errors."""
    entries = [output.values[:, :, [k]] for k in range(output.values.shape[2])]
    ends = [at.intervals(at.to_scalar(entry)) for entry in entries]
    low, high = (np.stack(side, axis=-1).reshape(-1) for side in zip(*ends, strict=True))
    return low, high


def _settled(at: Algebra[Z], variable: Variable) -> tuple[Array, Array] | None:
    """Where what the network makes lies near its limit, for every input and entry; else None."""
    if variable.is_wide and vanishes(at.regularity.of(variable)):
        return np.full(1, -_NEAR), np.full(1, _NEAR)
    if variable.name in at.scalars:
        return _ends(at, variable)
    if variable.name in at.made_at_random and variable.name in at.outputs:
        found = at.outputs[variable.name]
        if not at.stays_random(variable) and not found.power:
            return _ends(at, variable)
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
    for on_its_way, beside in _ways(at, equation, vanishing):
        _require_regular(at, equation, psi, on_its_way, beside)


def _ways(
    at: Algebra[Z], equation: Nonlin | Moment, vanishing: Collection[int]
) -> list[tuple[dict[int, float], float]]:
    """Values of what vanishes, alike and at one large width, and how far other zeros are off."""
    alike = dict.fromkeys(vanishing, _ON_ITS_WAY), _BESIDE
    declared = {i: at.program.declaration_of.get(equation.arguments[i].name) for i in vanishing}
    at_large = {
        i: at.scales.near(d, _LARGE) for i, d in declared.items() if isinstance(d, InitialScalar)
    }
    return [alike, (at_large, _AT_LARGE)] if len(at_large) == len(vanishing) > 1 else [alike]


def _require_regular(
    at: Algebra[Z],
    equation: Nonlin | Moment,
    psi: Expression,
    vanishing: Mapping[int, float],
    beside: float,
) -> None:
    arguments = equation.arguments
    others = [(i, a) for i, a in enumerate(arguments) if i not in vanishing]
    settled = {i: e for i, a in others if (e := _settled(at, a)) is not None}
    own = [at.regularity.of(a) for a in arguments]
    if vanishing:  # beside which what tends to 0 as well may be larger
        settled = {
            i: _at_width(at, arguments[i], low - beside, high + beside)
            for i, (low, high) in settled.items()
        }
    for i, value in vanishing.items():
        own[i] = number_reach(value, value)
    everywhere = [number_reach(-np.inf, np.inf) if i in settled else r for i, r in enumerate(own)]
    if not settled or singular_at(psi, everywhere) is None:
        return
    for k in range(max(low.size for low, _ in settled.values())):
        for i, (low, high) in settled.items():
            one = k % low.size
            own[i] = number_reach(low[one], high[one])
        reason = singular_at(psi, own)
        if reason is None:
            continue
        noisy = {i: n for i, a in others if i in settled and (n := _noise(at, a, k)) is not None}
        if all(singular_at(psi, _placed(own, noisy, place)) for place in range(3)):
            found = singular_at(psi, _placed(own, noisy, _MIDDLE))
            at.singular(equation, psi, (found or reason).text)
        else:
            at.in_doubt(equation, psi, reason.doubt, _in_doubt(at, equation, own, noisy))
        return


_Ends: TypeAlias = tuple[float, float, float]
"""The least that a scalar may be, the middle of its error bars, and the most."""
_MIDDLE = 1


def _noise(at: Algebra[Z], variable: Variable, k: int) -> _Ends | None:
    """Those of a scalar on input k; None where it has no error bars."""
    if variable.is_wide:
        return None
    low, high = (ends[k % ends.size] for ends in _told(at, variable))
    if high - low <= 2 * _NEAR:
        return None
    bounded = np.isfinite(low) and np.isfinite(high)
    middle = (low + high) / 2 if bounded else np.clip(0.0, low, high)
    return float(low), float(middle), float(high)


def _placed(own: Sequence[Reach], noisy: Mapping[int, _Ends], place: int) -> list[Reach]:
    """The reaches with what is noisy near one of its ends, or in the middle."""
    found = list(own)
    for i, ends in noisy.items():
        found[i] = number_reach(ends[place] - _NEAR, ends[place] + _NEAR)
    return found


def _in_doubt(
    at: Algebra[Z], equation: Nonlin | Moment, own: Sequence[Reach], noisy: Mapping[int, _Ends]
) -> str:
    """The scalars whose error bars reach to where ψ is singular, as a message says them."""
    psi = equation.function
    alone = [i for i in noisy if not singular_at(psi, _placed(own, {i: noisy[i]}, _MIDDLE))]
    names = {i: formula_text(at.program, equation.arguments[i]) for i in alone or noisy}
    return ", ".join(
        f"{name} is between {noisy[i][0]:.3g} and {noisy[i][-1]:.3g}" for i, name in names.items()
    )

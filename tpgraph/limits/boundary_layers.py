"""Means that a share of coordinates makes which tends to 0: ψ has one limit, E ψ another.

    ε/(x² + ε²) → 0 for every x ≠ 0,   E[ε/(x² + ε²)] → π p_x(0)

Where ψ divides by a scalar that vanishes, it may grow so near a point that its limit does not show
it. Then E ψ at scalars on their way must come near the E of the limit; of a vector E ψ² must, as it
is what a product makes of it (dominated convergence).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from tpgraph.errors import TPTypeError
from tpgraph.functions import (
    DIV,
    JUMPING,
    POW,
    Apply,
    Expression,
    Number,
    arguments_within,
    inline,
)
from tpgraph.limits.estimates import Array

__all__ = ["ON_THE_WAY", "Escapes", "may_have_layer", "require_dominated"]

ON_THE_WAY = 0.1, 0.03, 0.01
"""Values of the scalar that vanishes soonest: so small that samples still meet a layer."""
_STAYS, _BARS, _ROUNDING = 0.5, 5.0, 1e-9


class Escapes(TPTypeError):
    """A mean escapes into coordinates of which the share tends to 0."""


def may_have_layer(psi: Expression, vanishing: Collection[int]) -> bool:
    """Whether ψ divides by something that reads one of these scalars, or jumps by them."""
    return not arguments_within(inline(psi), _steep).isdisjoint(vanishing)


def _steep(part: Apply) -> tuple[Expression, ...]:
    """What is divided by, raised to another power than a number ≥ 0, or jumps."""
    function, inner = part.function, part.arguments
    if function == DIV:
        return inner[1:]
    if function == POW:
        is_bounded = isinstance(inner[1], Number) and inner[1].value >= 0
        return () if is_bounded else inner
    return inner if function.name in JUMPING else ()


def require_dominated(means: Sequence[Array], limit: Array) -> None:
    """Raise Escapes where means (B, M), `ON_THE_WAY`, do not come nearer to their limit (B, M).

    A difference that samples do not tell from 0 is none.
    """
    if not all(np.isfinite(mean).all() for mean in means):
        return
    size = max(float(np.abs(mean).max()) for mean in (*means, limit))
    apart = [np.asarray(mean - limit) for mean in means]
    *before, last = (np.abs(one.mean(axis=0)) for one in apart)
    error = apart[-1].std(axis=0) / np.sqrt(max(1, len(limit) - 1))
    stays = last > _STAYS * np.maximum.reduce(before)
    if (stays & (last > _BARS * error + _ROUNDING * size)).any():
        here, there = float(means[-1].mean()), float(limit.mean())
        raise Escapes(
            f"it comes to {here:.3g} before the limit and to {there:.3g} in it: coordinates count"
            " of which the share tends to 0",
            expected="functions that stay bounded as their scalars vanish",
            mend="divide by something that does not vanish, or multiply by the scalar",
        )

"""Functions that jump, or whose derivative does: a jump has a density for its derivative.

    step′ = δ,   sign′ = 2 δ,   relu″ = δ,   |·|″ = 2 δ

in the limit alone: what is differentiated at finite width has the table's conventions at kinks.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tpgraph.errors import TPTypeError
from tpgraph.functions.expression import (
    Apply,
    Array,
    Expression,
    Number,
    Primitive,
    applications,
    arguments_within,
)
from tpgraph.functions.table import ONE, PRIMITIVES, TWO, ZERO, mul

__all__ = [
    "CHAINS",
    "DELTA",
    "JUMPING",
    "KINKED",
    "NOT_LINEAR",
    "applied",
    "has_density",
    "inside_jumps",
    "is_kinked",
    "jumps_somewhere",
]

JUMPING = frozenset(("step", "sign"))
"""Functions of the table that jump."""
KINKED = JUMPING | {"relu", "abs", "leaky_relu", "min", "max"}
"""Those that are not smooth: they have branches, which meet where they jump or bend."""

NOT_LINEAR = "the small change of a function that jumps enters otherwise than linearly"
_BANDWIDTH = 0.2


_LEADING = 2.0**-4
"""What half the width leaves of a kernel's bias."""
_OF_HALF = 2 / (1 - _LEADING)


def _density(z: Array) -> Array:
    """A narrow kernel for δ, of order 4, as wide as a share b of the spread of z.

        K_b(z) = (3 − u²) e^(−u²/2) / (2 b √2π),   u = z/b

    its bias is β b⁴. For every other z along the first axis it is K_b − c (K_b − K_{b/2}),
    c (1 − 2⁻⁴) = 2, whose bias is −β b⁴: that leaves the mean, and shows in a difference.
    """
    z = np.asarray(z, dtype=float)
    spread = float(np.std(z)) if z.ndim else 0.0
    if not spread > 0:
        return np.where(z == 0, np.inf, 0.0)
    b = _BANDWIDTH * spread
    found = _kernel(z, b)
    found[1::2] -= _OF_HALF * (found[1::2] - _kernel(z[1::2], b / 2))
    return found


def _kernel(z: Array, b: float) -> Array:
    u = z / b
    return np.asarray((3.0 - u**2) * np.exp(-(u**2) / 2) / (2 * np.sqrt(2 * np.pi) * b))


def _no_partials(_: tuple[Expression, ...]) -> tuple[Expression, ...]:
    raise TPTypeError("the density of a function that jumps has no derivative")


DELTA = Primitive("delta", 1, _no_partials, _density, "", r"\delta")
"""Dirac's δ, the derivative of a jump in the limit; programs cannot write it."""


def applied(name: str, order: int = 0) -> Callable[[Expression], Expression]:
    """z ↦ f⁽ᵏ⁾(z) of a function of the table."""
    return lambda z: Apply(PRIMITIVES[name], (z,), order)


def _delta(times: Number) -> Callable[[Expression], Expression]:
    return lambda z: ZERO if isinstance(z, Number) and z.value else mul(times, Apply(DELTA, (z,)))


CHAINS: dict[str, tuple[Callable[[Expression], Expression], ...]] = {
    "relu": (applied("relu"), applied("relu", 1), _delta(ONE)),
    "abs": (applied("abs"), applied("abs", 1), _delta(TWO)),
    "step": (applied("step"), _delta(ONE)),
    "sign": (applied("sign"), _delta(TWO)),
}
"""The derivatives of what is not smooth, as far as they are functions or densities."""


def has_density(expression: Expression) -> bool:
    """Whether a δ is in it."""
    return isinstance(expression, Apply) and (
        expression.function == DELTA or any(map(has_density, expression.arguments))
    )


def is_kinked(expression: Expression) -> bool:
    """Whether a function with branches is in it, as it is written."""
    return any(part.function.name in KINKED for part in applications(expression))


def inside_jumps(expression: Expression) -> frozenset[int]:
    """The arguments within functions that jump."""

    def jumping(part: Apply) -> tuple[Expression, ...]:
        return part.arguments if part.function.name in JUMPING and not part.order else ()

    return arguments_within(expression, jumping)


def jumps_somewhere(expression: Expression) -> bool:
    """Whether a function is in it of which a derivative jumps."""
    return isinstance(expression, Apply) and (
        expression.function.name in CHAINS or any(map(jumps_somewhere, expression.arguments))
    )

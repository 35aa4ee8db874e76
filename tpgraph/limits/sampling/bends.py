"""How far numbers are off because sampled scalars bend on their way to them, behind products too.

    m = mean(x y z) → 0,   h = W (m x),   E |h| → 0,   though every replicate finds 0.8 |m_b|

The replicates agree in what a bend makes of their noise, so that their spread does not tell it. The
same samples once more, with the mean of all replicates for every scalar, have less noise: thrice
the distance between the two is error too, where it is not far below that of the replicates.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from tpgraph.functions import POW, Apply, Number, applications, inline, is_kinked
from tpgraph.limits.estimates import Estimate, VectorLimit
from tpgraph.limits.result import Limit
from tpgraph.program import MatMul, Moment, Nonlin, Program
from tpgraph.program.reach import descendants

__all__ = ["may_bend", "widened"]

_NOTED, _TIMES = 0.25, 3.0
"""Of the error bar that the replicates show; how often the distance counts."""


def may_bend(program: Program) -> bool:
    """Whether a mean goes through a vector into a function with a kink or a root."""
    means = [e.out.name for e in program.equations if isinstance(e, Moment) and e.vectors]
    through = {v for v in descendants(program, means) | set(means) if program.uses[v]}
    return any(
        not isinstance(e, MatMul) and any(a.name in through for a in e.arguments) and _is_bent(e)
        for e in program.equations
    )


def _is_bent(equation: Nonlin | Moment) -> bool:
    written = inline(equation.function)
    return is_kinked(written) or any(map(_is_root, applications(written)))


def _is_root(part: Apply) -> bool:
    """Whether it is √ or a power that is no whole number."""
    if part.function != POW:
        return part.function.name == "sqrt"
    exponent = part.arguments[1]
    return not (isinstance(exponent, Number) and exponent.value.denominator == 1)


def widened(found: Limit, central: Limit) -> Limit:
    """The limit with the distances to that of central scalars in its errors."""
    scalars = _mapped(found.scalar_values, central.scalar_values)
    vectors = {
        name: _vector(own, central.vectors[name]) if name in central.vectors else own
        for name, own in found.vectors.items()
    }
    return replace(found, scalar_values=scalars, vectors=vectors)


def _vector(own: VectorLimit, central: VectorLimit) -> VectorLimit:
    hat = own.hat_var
    if hat is not None and central.hat_var is not None:
        hat = _wider(hat, central.hat_var)
    return replace(
        own,
        mean=_wider(own.mean, central.mean),
        var=_wider(own.var, central.var),
        hat_var=hat,
        hat_covariances=_mapped(own.hat_covariances, central.hat_covariances),
        dot=_mapped(own.dot, central.dot),
    )


def _mapped(own: Mapping[str, Estimate], central: Mapping[str, Estimate]) -> dict[str, Estimate]:
    return {k: _wider(e, central[k]) if k in central else e for k, e in own.items()}


def _wider(own: Estimate, central: Estimate) -> Estimate:
    distance = abs(own.value - central.value)
    if not distance > _NOTED * own.error:
        return own
    return replace(own, error=math.hypot(own.error, _TIMES * distance))

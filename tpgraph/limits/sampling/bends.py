"""How far numbers are off because sampled scalars bend on their way to them, behind products too.

    m = mean(x y z) → 0,   h = W (m x),   E |h| → 0,   though every replicate finds 0.8 |m_b|

The replicates agree in what a bend makes of their noise, so that their spread does not tell it. The
same samples once more, with the mean of all replicates for every scalar, have less noise: thrice
the distance between the two is error too, where it is not far below that of the replicates.

A root is so flat away from 0 that both may agree and be far off: E |h|^(1/4) is as |m_b|^(1/4). So
there the samples are evaluated twice more, with every scalar two standard errors above and below;
where one distance is not nearly the other, the larger one counts.

Where replicates differ much in a variance or in a part of a vector, every function may bend over
that: steep ones do. There all this is looked at, and 0 for every scalar that is not told from it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from tpgraph.functions import POW, Apply, Number, applications, inline, is_kinked
from tpgraph.limits.estimates import Estimate, VectorLimit
from tpgraph.limits.result import Limit
from tpgraph.limits.sampling.spread import Center
from tpgraph.program import MatMul, Moment, Nonlin, Program
from tpgraph.program.reach import descendants

__all__ = ["BESIDE", "has_roots", "may_bend", "widened", "widened_by_asides"]

_Rule: TypeAlias = Callable[[Estimate, Sequence[Estimate]], Estimate]

_NOTED, _TIMES = 0.25, 3.0
"""Of the error bar that the replicates show; how often the distance counts."""


BESIDE = Center(2.0), Center(-2.0)


def may_bend(program: Program) -> bool:
    """Whether a mean goes through a vector into a function with a kink or a root."""
    through = _behind_means(program)
    return any(
        not isinstance(e, MatMul) and any(a.name in through for a in e.arguments) and _is_bent(e)
        for e in program.equations
    )


def has_roots(program: Program) -> bool:
    """Whether a vector that a mean is in goes into a function with a root."""
    through = _behind_means(program)
    return any(
        not isinstance(e, MatMul)
        and any(a.is_wide and a.name in through for a in e.arguments)
        and any(map(_is_root, applications(inline(e.function))))
        for e in program.equations
    )


def _behind_means(program: Program) -> set[str]:
    means = [e.out.name for e in program.equations if isinstance(e, Moment) and e.vectors]
    return {v for v in descendants(program, means) | set(means) if program.uses[v]}


def _is_bent(equation: Nonlin | Moment) -> bool:
    written = inline(equation.function)
    return is_kinked(written) or any(map(_is_root, applications(written)))


def _is_root(part: Apply) -> bool:
    """Whether it is √ or a power that is no whole number."""
    if part.function != POW:
        return part.function.name == "sqrt"
    exponent = part.arguments[1]
    return not (isinstance(exponent, Number) and exponent.value.denominator == 1)


def widened(found: Limit, *central: Limit) -> Limit:
    """The limit with the distances to those of central scalars in its errors."""
    return _changed(found, central, _wider)


def widened_by_asides(found: Limit, central: Limit, asides: Sequence[Limit]) -> Limit:
    """The limit with the distances from central scalars to those beside them, where they differ."""
    return _changed(found, [central, *asides], _wider_by_asides)


def _changed(found: Limit, others: Sequence[Limit], by: _Rule) -> Limit:
    """The limit with every number changed by a rule that reads it in the `others`."""
    scalars = _mapped(found.scalar_values, [o.scalar_values for o in others], by)
    vectors = {}
    for name, own in found.vectors.items():
        beside = [o.vectors[name] for o in others if name in o.vectors]
        vectors[name] = _vector(own, beside, by) if len(beside) == len(others) else own
    return replace(found, scalar_values=scalars, vectors=vectors)


def _vector(own: VectorLimit, others: Sequence[VectorLimit], by: _Rule) -> VectorLimit:
    hat, hats = own.hat_var, [o.hat_var for o in others if o.hat_var is not None]
    if hat is not None and len(hats) == len(others):
        hat = by(hat, hats)
    return replace(
        own,
        mean=by(own.mean, [o.mean for o in others]),
        var=by(own.var, [o.var for o in others]),
        hat_var=hat,
        hat_covariances=_mapped(own.hat_covariances, [o.hat_covariances for o in others], by),
        dot=_mapped(own.dot, [o.dot for o in others], by),
    )


def _mapped(
    own: Mapping[str, Estimate], others: Sequence[Mapping[str, Estimate]], by: _Rule
) -> dict[str, Estimate]:
    return {
        k: by(e, [o[k] for o in others]) if all(k in o for o in others) else e
        for k, e in own.items()
    }


def _wider(own: Estimate, others: Sequence[Estimate]) -> Estimate:
    distance = max(abs(own.value - other.value) for other in others)
    if not distance > _NOTED * own.error:
        return own
    return replace(own, error=math.hypot(own.error, _TIMES * distance))


def _wider_by_asides(own: Estimate, others: Sequence[Estimate]) -> Estimate:
    central, *asides = (e.value for e in others)
    near, far = sorted(abs(value - central) for value in asides)
    if not (far > _NOTED * own.error and far - near > _NOTED * far):
        return own
    return replace(own, error=math.hypot(own.error, _TIMES * far))

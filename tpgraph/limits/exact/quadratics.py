"""E of products of polynomials and exponentials of quadratic forms, in closed form.

    E e^(q x²) = (1 − 2 q p)^(−1/2),   x ~ N(0, p),   infinite from q = 1/(2 p) on

Quadrature would have to reach as far as the exponential takes the density.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tpgraph.limits.closed_forms.far_growth import diverges
from tpgraph.limits.closed_forms.quadratic_exponentials import (
    QuadraticTerm,
    QuadraticTerms,
    multiplied,
    quadratic_terms,
    tilted,
)
from tpgraph.limits.exact.curves import CurveValues
from tpgraph.limits.exact.evaluation_points import InputSetting
from tpgraph.limits.exact.forms import CentredGaussian
from tpgraph.limits.exact.joint_forms import joint, placed_forms
from tpgraph.limits.exact.terms import Factor

__all__ = ["is_quadratic", "quadratic_expectation"]

_INFINITE = 1e-12
"""An eigenvalue of S that is rounding."""
_ROUNDING, _LOST = 2.0**-50, 1e-7
"""The relative error of a sum of few numbers, and one with which nothing is closed."""


def is_quadratic(factors: Sequence[tuple[Factor, int]]) -> bool:
    """Whether all are polynomials times such exponentials, one of them quadratic."""
    found = [None if f.weak else quadratic_terms(f.expression) for f, _ in factors]
    terms = [t for own in found if own is not None for t in own]
    return None not in found and any(t.is_quadratic for t in terms)


def quadratic_expectation(
    setting: InputSetting,
    gaussians: Sequence[tuple[CentredGaussian, int]],
    factors: Sequence[tuple[Factor, int]],
) -> CurveValues | None:
    """E[Π g Π F] of such factors, None where too few digits are left or it is too large.

    Raises TPTypeError where it is infinite.
    """
    forms, places = placed_forms(gaussians, factors)
    parts: list[QuadraticTerms | None] = [
        (QuadraticTerm(1.0, tuple(range(len(gaussians)))),),
    ]
    for (factor, _), own in zip(factors, places, strict=True):
        terms = quadratic_terms(factor.expression)
        parts.append(None if terms is None else tuple(t.placed(own) for t in terms))
    product = multiplied(parts)
    if product is None:
        return None
    means, roots, shape = joint(setting, forms, 0.0)
    with np.errstate(all="ignore"):
        found = [tilted(term, means, roots) for term in product]
        value = sum((f.value for f in found), np.zeros(len(means)))
        size = sum((f.size for f in found), np.zeros(len(means)))
    smallest = min((float(f.least.min()) for f in found), default=1.0)
    if smallest <= _INFINITE:
        raise diverges()
    rounding = _ROUNDING * max((float(f.amplified.max()) for f in found), default=1.0)
    if not (rounding <= _LOST and np.isfinite(value).all()):
        return None
    return CurveValues(value.reshape(shape), 0.0, rounding, size.reshape(shape), never_zero=True)

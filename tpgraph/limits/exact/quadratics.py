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
from tpgraph.limits.exact.tensors import joint, placed_forms
from tpgraph.limits.exact.terms import Factor
from tpgraph.limits.not_closed import NotClosed

__all__ = ["is_quadratic", "quadratic_expectation"]

_INFINITE, _LEAST = 1e-12, 1e-9
"""Eigenvalues of S that are rounding, and those of which enough digits are left."""
_ROUNDING = 2.0**-50


def is_quadratic(factors: Sequence[tuple[Factor, int]]) -> bool:
    """Whether all are polynomials times such exponentials, one of them quadratic."""
    found = [None if f.weak else quadratic_terms(f.expression) for f, _ in factors]
    terms = [t for own in found if own is not None for t in own]
    return None not in found and any(t.is_quadratic for t in terms)


def quadratic_expectation(
    setting: InputSetting,
    gaussians: Sequence[tuple[CentredGaussian, int]],
    factors: Sequence[tuple[Factor, int]],
) -> CurveValues:
    """E[Π g Π F] of such factors. Raises TPTypeError where it is infinite, and NotClosed."""
    forms, places = placed_forms(gaussians, factors)
    parts: list[QuadraticTerms | None] = [
        (QuadraticTerm(1.0, tuple(range(len(gaussians)))),),
    ]
    for (factor, _), own in zip(factors, places, strict=True):
        terms = quadratic_terms(factor.expression)
        parts.append(None if terms is None else tuple(t.placed(own) for t in terms))
    product = multiplied(parts)
    if product is None:
        raise NotClosed("a product of too many exponentials")
    means, roots, shape = joint(setting, forms, 0.0)
    value, size, smallest = np.zeros(len(means)), np.zeros(len(means)), 1.0
    with np.errstate(all="ignore"):
        for term in product:
            own_value, own_size, least = tilted(term, means, roots)
            smallest = min(smallest, float(least.min()))
            value, size = value + own_value, size + own_size
    if smallest <= _INFINITE:
        raise diverges()
    if smallest < _LEAST or not np.isfinite(value).all():
        raise NotClosed("an expectation that is no number or diverges")
    rounding = _ROUNDING / smallest
    return CurveValues(value.reshape(shape), 0.0, rounding, size.reshape(shape), never_zero=True)

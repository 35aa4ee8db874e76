"""Derivatives of a sum by a Gaussian, for rule ZDot: ∂Z^x/∂Ẑ^y, term by term.

    ∂(c Π g^m Π F) = c m g^(m−1) … + c Π g^m Σ_F Σ_k a_k ∂_kF Π_{F′≠F} F′,   a_k that of g in form k

Where a function of one form jumps its derivative is that of a distribution, whose expectation is
Stein's: E[f′(v)] = E[v f(v)]/Var v.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tpgraph.limits.exact.curves import derivative_factor
from tpgraph.limits.exact.forms import CentredGaussian
from tpgraph.limits.exact.terms import LimitTerm, Sum

__all__ = ["derivative"]


def derivative(found: Sum, by: CentredGaussian) -> Sum:
    """∂ of a sum by a Gaussian. Raises NotClosed where a function of several Gaussians jumps."""
    total = Sum()
    for term in found.terms:
        for slope in _slopes(term, by):
            total = total + Sum((slope,))
    return total


def _slopes(term: LimitTerm, by: CentredGaussian) -> Iterator[LimitTerm]:
    powers = dict(term.powers)
    if by in powers:
        m = powers[by]
        lower = {**powers, by: m - 1}
        kept = tuple((g, k) for g, k in sorted(lower.items()) if k)
        yield LimitTerm(m * term.coefficient, kept, term.factors)
    for k, factor in enumerate(term.factors):
        for index, form in enumerate(factor.forms):
            if by in form.coefficients:
                slope = derivative_factor(factor, index)
                factors = (*term.factors[:k], slope, *term.factors[k + 1 :])
                coefficient = term.coefficient * form.coefficients[by]
                yield replace(term, coefficient=coefficient, factors=factors)

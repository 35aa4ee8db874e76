"""Functions of one Gaussian form, for every input: their expectations and expansions.

    f(m_i + √p_i z),   D_m = E[f^(m)] = E[f He_m(z)] p^(−m/2)

Derivatives are those of distributions where f jumps.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from tpgraph.functions import (
    Argument,
    Expression,
    differentiate,
    evaluate,
    number,
    parity,
    substitute,
)
from tpgraph.functions.many_digits import by_pairs, floats_fail
from tpgraph.limits.closed_forms.error_functions import expectation as error_expectation
from tpgraph.limits.closed_forms.error_functions import mixed as error_mixed
from tpgraph.limits.closed_forms.exponentials import Exponential
from tpgraph.limits.closed_forms.exponentials import mixed as exponential_mixed
from tpgraph.limits.closed_forms.far_growth import outgrows
from tpgraph.limits.closed_forms.gentle import is_gentle, may_be_singular
from tpgraph.limits.closed_forms.graded_quadrature import GradedSums, graded
from tpgraph.limits.closed_forms.line_quadrature import REACH, HermiteCoefficients, coefficients
from tpgraph.limits.closed_forms.mehler import LONG_TERMS, TERMS, Expansion, expansion
from tpgraph.limits.closed_forms.recognition import (
    ErrorTerms,
    Exponentials,
    error_products,
    error_terms,
    exponentials,
)
from tpgraph.limits.closed_forms.rounded import rounding_of
from tpgraph.limits.closed_forms.smoothness import jumps, kinks_between
from tpgraph.limits.closed_forms.steepness import delicate_places, steep_places
from tpgraph.limits.estimates import LEAST, Basis
from tpgraph.limits.exact.disturbance import Disturbance
from tpgraph.limits.exact.forms import Array, LinearForm
from tpgraph.limits.exact.terms import Factor
from tpgraph.limits.not_closed import NotClosed

__all__ = ["Curve", "CurveValues", "curve_of", "derivative_factor", "weakly_derived"]

_ROUNDING = 2.0**-51
_LONG_POINTS = 2049

_PRECISE, _STEEP_AT_ALL, _FAR = 1e-12, 2.0, 20.0
_MOST_EDGES, _MOST_GRADED = 12, 64
"""Places that panels shrink towards, and inputs for which that is done without need."""
_POINTS = ndtri((np.arange(257) + 0.5) / 257)
_FAR_POINTS = np.linspace(-9.0, 9.0, 1025)
"""What lies further out than these has a probability that rounding hides."""


@dataclass(frozen=True)
class CurveValues:
    """Values, the error that quadrature states, and one that rounding alone may make.

    Errors are relative to `size`, None where that is |value|; `basis` says how they are known. What
    is found to be 0 is too small for a float where it is `never_zero`, or by quadrature.
    """

    value: Array
    error: float = 0.0
    rounding: float = 0.0
    size: Array | None = None
    basis: Basis = Basis.CLOSED_FORM
    never_zero: bool = False

    def moved(self, by: Disturbance) -> Array:
        """The values, moved within their errors."""
        size = np.abs(self.value) if self.size is None else self.size
        reach = (self.error + self.rounding + _ROUNDING) * size
        if by.seed and (self.never_zero or self.basis > Basis.CLOSED_FORM):
            reach = reach + np.where(np.abs(self.value) < LEAST, 2 * LEAST, 0.0)
        return by.within(self.value, reach)


@dataclass(frozen=True, eq=False)
class Curve:
    """f over one form, of which `variance` is (N,) or (1,); `others` are numbers of inputs."""

    expression: Expression
    form: LinearForm
    variance: Array
    others: tuple[Array, ...] = ()
    weak: int = 0

    @property
    def mean(self) -> Array:
        """The form's mean."""
        return self.form.constant

    @property
    def is_alone(self) -> bool:
        """Whether the expression is in Argument(0) alone."""
        return not self.others

    @cached_property
    def error_terms(self) -> ErrorTerms | None:
        """The closed form by error functions, of a centred form."""
        if not self.is_alone or not self.form.is_centred:
            return None
        return error_terms(self.expression, self.weak)

    @cached_property
    def error_products(self) -> tuple[tuple[ErrorTerms, ErrorTerms], ...] | None:
        """The same by products of two error functions."""
        if self.weak or not self.is_alone or not self.form.is_centred:
            return None
        return error_products(self.expression)

    @cached_property
    def exponentials(self) -> Exponentials | None:
        """The closed form by exponentials."""
        return exponentials(self.expression) if self.is_alone and not self.weak else None

    @cached_property
    def parity(self) -> int | None:
        """1 where it is even in its centred form, −1 where it is odd."""
        own = parity(self.expression) if self.form.is_centred else None
        return None if own is None else own * (-1) ** self.weak

    @cached_property
    def kinks(self) -> tuple[float, ...]:
        """Where it is not smooth. Raises NotClosed where that is not known."""
        units = [number(1)] * len(self.others)
        alone = substitute(self.expression, [Argument(0), *units])
        mean, variance = self._spread()
        root = REACH * np.sqrt(variance)
        found = kinks_between(alone, float((mean - root).min()), float((mean + root).max()))
        if found is None or (found and not self.is_alone):
            raise NotClosed("a function of many kinks, or of ones that move with the input")
        return found

    def derived(self, times: int) -> Curve:
        """The derivative."""
        expression, weak = weakly_derived(self.expression, self.weak, times)
        return replace(self, expression=expression, weak=weak)

    def values(self, x: Array, rows: npt.NDArray[np.intp] | None = None) -> Array:
        """f(x) for x of (inputs, …)."""
        shape = (-1,) + (1,) * (x.ndim - 1)
        others = [
            (o if rows is None or o.size == 1 else o[rows]).reshape(shape) for o in self.others
        ]
        with np.errstate(all="ignore"):
            value = by_pairs if self._needs_pairs else evaluate
            found = np.asarray(value(self.expression, [x, *others]), dtype=np.float64)
        return np.broadcast_to(found, np.broadcast_shapes(found.shape, x.shape))

    @cached_property
    def size(self) -> int:
        """How many inputs it distinguishes."""
        return max(self.mean.size, self.variance.size, *(o.size for o in self.others), 1)

    def _spread(self) -> tuple[Array, Array]:
        return np.broadcast_to(self.mean, self.size), np.broadcast_to(self.variance, self.size)

    @cached_property
    def steep(self) -> tuple[float, ...]:
        """Where it changes within lengths that equal panels step over."""
        alone, width = self._on_one_input
        return () if self.is_gentle else steep_places(alone, width, centre=self._centre(width))

    @property
    def _on_one_input(self) -> tuple[Expression, float]:
        """The expression on the first input, and the largest standard deviation."""
        units = [number(float(other.flat[0])) for other in self.others]
        alone = substitute(self.expression, [Argument(0), *units])
        return alone, math.sqrt(float(self.variance.max(initial=0.0))) or 1.0

    def _centre(self, width: float) -> float:
        """What is steep is sought around 0, or around a mean that is far from it."""
        mean = float(self.mean.flat[0])
        return mean if abs(mean) > _FAR * width else 0.0

    @cached_property
    def _needs_pairs(self) -> bool:
        """Whether floats do not tell its values, of which much cancels."""
        alone, width = self._on_one_input
        return floats_fail(alone, [float(self.mean.flat[0]) + width * _POINTS])

    @cached_property
    def is_gentle(self) -> bool:
        """Whether equal panels resolve it, by its expression."""
        alone, width = self._on_one_input
        mean = float(self.mean.flat[0])
        if may_be_singular(alone, [mean + width * _FAR_POINTS]):
            return False
        return is_gentle(alone, [mean + width * _POINTS])

    @cached_property
    def edges(self) -> tuple[float, ...]:
        """Kinks, and where it is steep at all, or any part may be of what is not gentle."""
        alone, width = self._on_one_input
        centre = self._centre(width)
        places = () if self.is_gentle else delicate_places(alone, width, centre)
        if not places or len(places) > _MOST_EDGES:
            places = steep_places(alone, width, _STEEP_AT_ALL, centre)
        nearly = {round(place, 15) + 0.0: place for place in (*self.kinks, *places)}
        return tuple(sorted(nearly.values()))

    def coefficients(self, count: int) -> HermiteCoefficients:
        """Normalized Hermite coefficients by quadrature, with graded panels unless it is gentle."""
        is_alike = not self.steep and (self.is_gentle or self.size > _MOST_GRADED)
        if is_alike:
            found = coefficients(self.values, *self._spread(), count, self.kinks)
            if found.error <= _PRECISE and np.isfinite(found.values).all():
                return found
        graded = self.graded(count)
        if graded.loose_square <= _PRECISE or self.steep:
            return graded.coefficients
        if not is_alike:
            found = coefficients(self.values, *self._spread(), count, self.kinks)
        return found

    def graded(self, count: int = 1) -> GradedSums:
        """The same by panels that shrink towards what is not smooth or steep."""
        mean, variance = self._spread()
        root = np.sqrt(variance)
        with np.errstate(all="ignore"):
            places = [(edge - mean) / root for edge in self.edges]
        finite = [np.where(np.isfinite(place), place, 0.0) for place in places]
        stacked = np.stack(finite, axis=1) if finite else np.zeros((self.size, 0))
        return graded(self.values, mean, root, count, stacked)

    @property
    def outgrows_densities(self) -> bool:
        """Whether E|f| is infinite because of what f is far out."""
        mean, variance = self._spread()
        return outgrows(self.values, mean, np.sqrt(variance))

    def rounding(self, square: Array) -> float:
        """How much of it is rounding beside √E f², looked at on a few of the inputs."""
        mean, variance = self._spread()
        rows = np.linspace(0, self.size - 1, min(self.size, _MOST_GRADED)).astype(np.intp)
        return rounding_of(
            lambda x: self.values(x, rows), mean[rows], np.sqrt(variance[rows]), square[rows]
        )

    @cached_property
    def expansion(self) -> Expansion:
        """Mehler coefficients with their tails."""
        return expansion(self.coefficients(TERMS))

    @cached_property
    def long_expansion(self) -> Expansion:
        """The same with many more terms, of a function with kinks."""
        found = coefficients(
            self.values, *self._spread(), LONG_TERMS, self.kinks, points=_LONG_POINTS
        )
        return expansion(found)

    def expected(self, order: int = 0) -> CurveValues:
        """D_m = E[f^(m)], (N,)."""
        closed = self.derived(order) if order else self
        parts = closed._closed_parts()
        if parts is not None:
            value = self._where_constant(sum(parts, np.zeros(1)), order)
            size = np.maximum(sum(map(np.abs, parts)), np.abs(value))
            return CurveValues(value, size=size, never_zero=self.exponentials is not None)
        order += self.weak
        found = replace(self, weak=0).coefficients(order + 1)
        a = found.values[:, order] * math.sqrt(math.factorial(order))
        _, variance = self._spread()
        root = np.where(variance > 0, variance, 1.0) ** (order / 2)
        value = np.where(variance > 0, a / root, 0.0) if order else a
        if not np.isfinite(value).all():
            raise NotClosed("an expectation that is no number or diverges")
        size = np.sqrt(found.square * math.factorial(order)) / root if order else found.square**0.5
        error = found.error if found.square.any() else 0.0
        return CurveValues(value, error, self.rounding(found.square), size, Basis.QUADRATURE)

    def _closed_parts(self) -> list[Array] | None:
        """The terms of a closed form, (N,) each: what they cancel to is rounded as they are."""
        safe, one, zero = np.where(self.variance > 0, self.variance, 1.0), np.ones(1), np.zeros(1)
        if self.error_terms is not None:
            parts = [error_expectation((term,), safe) for term in self.error_terms]
        elif self.error_products is not None:
            parts = [error_mixed(f, g, safe, one, safe) for f, g in self.error_products]
        elif self.exponentials is not None:
            means = (self.mean, zero)
            with np.errstate(over="ignore", invalid="ignore"):
                parts = [
                    exponential_mixed((term,), (Exponential(1.0),), means, self.variance, zero, one)
                    for term in self.exponentials
                ]
            if not all(np.isfinite(part).all() for part in parts):
                raise NotClosed("an expectation that is no number or diverges")
        else:
            return None
        return [np.broadcast_to(part, self.size) for part in parts]

    def _where_constant(self, value: Array, order: int) -> Array:
        """Without variance f is f(m)."""
        still = self.variance == 0
        if not still.any():
            return value
        own = np.zeros(1) if order or self.weak else self.values(self.mean)
        return np.where(still, own, value)


def derivative_factor(factor: Factor, index: int) -> Factor:
    """∂F by one of its forms. Raises NotClosed where a function of several forms jumps."""
    if factor.weak or jumps(factor.expression):
        if len([f for f in factor.forms if not f.is_constant]) > 1:
            raise NotClosed("the slope of a function of several Gaussians that jumps")
        return replace(factor, weak=factor.weak + 1)
    return replace(factor, expression=differentiate(factor.expression, index))


def curve_of(factor: Factor, variance: Array) -> Curve:
    """A factor of one Gaussian form as a curve. Raises NotClosed for what is beyond floats."""
    if not np.isfinite(variance).all():
        raise NotClosed("a variance that is too large for a float")
    others = tuple(form.constant for form in factor.forms[1:])
    return Curve(factor.expression, factor.forms[0], variance, others, factor.weak)


def weakly_derived(expression: Expression, weak: int, times: int) -> tuple[Expression, int]:
    """The derivative of a function that was derived `weak` times as a distribution.

    What jumps stays as it is, and the count of what a density stands for grows.
    """
    for _ in range(times):
        if weak or jumps(expression):
            weak += 1
        else:
            expression = differentiate(expression, 0)
    return expression, weak

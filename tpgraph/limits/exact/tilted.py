"""E of products in which an exponential of a quadratic form makes the tails heavy.

    E[e^(f′Df/2 + r′f) Π g Π F(f)] = c E[Π g Π F],   expectation on the right over the tilted law

Quadrature over the Gaussians themselves would have to reach as far as the exponential takes their
density, and Mehler's expansion asks for squares, which may have no expectation. Under the tilted
law what stands beside the exponential is integrated as ever: polynomials in closed form, functions
of one form along a line, of two on a plane, of several by a tensor rule.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tpgraph.functions import (
    Argument,
    Expression,
    add,
    arguments_of,
    evaluate,
    mul,
    number,
    substitute,
)
from tpgraph.functions import power as raised
from tpgraph.limits.closed_forms import planes
from tpgraph.limits.closed_forms.quadratic_exponentials import (
    QuadraticTerm,
    TiltedLaw,
    gaussian_moment,
    tilted_law,
)
from tpgraph.limits.closed_forms.split_exponentials import split_exponentials
from tpgraph.limits.estimates import Basis
from tpgraph.limits.exact.budget import Budget
from tpgraph.limits.exact.curves import Curve, CurveValues
from tpgraph.limits.exact.evaluation_points import InputSetting
from tpgraph.limits.exact.forms import Array, CentredGaussian, LinearForm
from tpgraph.limits.exact.joint_forms import joint, placed_forms
from tpgraph.limits.exact.pairs import plane_curve
from tpgraph.limits.exact.tensors import over_law
from tpgraph.limits.exact.terms import Factor
from tpgraph.limits.not_closed import NotClosed

__all__ = ["is_tilted", "tilted_expectation"]

_FINITE = 1e-10
"""The least eigenvalue of S of which the law is believed."""
_ROUNDING, _LOST = 2.0**-50, 1e-9
_STILL = 1e-26
"""The share of a variance that is none."""
_RANK = 1e-12
_MOST_TERMS = 8


def is_tilted(factors: Sequence[tuple[Factor, int]]) -> bool:
    """Whether one of them has an exponential of a quadratic form that grows somewhere."""
    return any(
        not factor.weak and any(_grows(term) for term, _ in split_exponentials(factor.expression))
        for factor, _ in factors
    )


def _grows(term: QuadraticTerm) -> bool:
    return any(len(p) == 2 and (c > 0 or p[0] != p[1]) for p, c in term.exponent)


@dataclass(frozen=True)
class _Placed:
    """A function, the places of its forms, and those that it reads and that vary."""

    expression: Expression
    places: tuple[int, ...]
    reads: tuple[int, ...] = ()


@dataclass(frozen=True)
class _Product:
    """An exponential and functions beside it."""

    exponent: QuadraticTerm
    functions: tuple[_Placed, ...]


def tilted_expectation(
    setting: InputSetting,
    gaussians: Sequence[tuple[CentredGaussian, int]],
    factors: Sequence[tuple[Factor, int]],
    budget: Budget,
) -> CurveValues | None:
    """E[Π g Π F], None where it is not finite by the exponentials alone, or not told.

    Raises NotClosed where quadrature under the tilted law does not reach.
    """
    if any(factor.weak for factor, _ in factors):
        return None
    forms, places = placed_forms(gaussians, factors)
    products = _products(factors, places)
    if products is None:
        return None
    means, roots, shape = joint(setting, forms, 0.0)
    value, size, off = np.zeros((3, len(means)))
    rounding = _ROUNDING
    with np.errstate(all="ignore"):
        for product in products:
            law = tilted_law(product.exponent.exponent, means, roots)
            if not (law.least > _FINITE).all():
                return None
            rounding = max(rounding, _ROUNDING * float(law.amplified.max(initial=1.0)))
            found = _under(law, len(gaussians), product.functions, budget)
            value = value + law.factor * found.value
            own = law.factor * (np.abs(found.value) if found.size is None else found.size)
            size, off = size + own, off + own * (found.error + found.rounding)
    if not (rounding <= _LOST and np.isfinite(value).all()):
        return None
    error = float(np.max(off / np.maximum(size, 1e-300), initial=0.0))
    return CurveValues(value.reshape(shape), error, rounding, size.reshape(shape), Basis.QUADRATURE)


def _products(
    factors: Sequence[tuple[Factor, int]], places: Sequence[Sequence[int]]
) -> list[_Product] | None:
    """The product of sums as a sum of products; None where there are too many."""
    parts = [split_exponentials(factor.expression) for factor, _ in factors]
    if np.prod([len(part) for part in parts]) > _MOST_TERMS:
        return None
    found = []
    for chosen in itertools.product(*parts):
        exponent, functions = QuadraticTerm(1.0), list[_Placed]()
        for (term, rest), own in zip(chosen, places, strict=True):
            exponent = exponent.times(term.placed(own))
            functions.append(_Placed(rest, tuple(own)))
        found.append(_Product(exponent, tuple(functions)))
    return found


def _under(law: TiltedLaw, count: int, functions: Sequence[_Placed], budget: Budget) -> CurveValues:
    """E of the first `count` forms times the functions under a law."""
    covariance = law.roots @ law.roots.transpose(0, 2, 1)
    variance = np.einsum("eii->ei", covariance)
    varies = (variance > _STILL * variance.max(initial=0.0)).any(axis=0)
    placed = [_with_numbers(f, law.means, varies) for f in functions]
    reads = {f.reads for f in placed if f.reads}
    if not reads:
        moment = gaussian_moment(tuple(range(count)), law.means, covariance)
        moment = moment * _along(placed, law.means[:, :1])[:, 0]
        return CurveValues(moment, size=np.abs(moment))
    if len(reads) == 1 and len(first := min(reads)) == 1:
        return _on_a_line(law.means, covariance, count, first[0], placed)
    if len(reads) == 2 and not count and all(len(own) == 1 for own in reads):
        return _on_a_plane(law.means, covariance, sorted(own[0] for own in reads), placed, budget)
    used = sorted({*range(count), *itertools.chain(*reads)})
    at = {place: i for i, place in enumerate(used)}
    expressions = [f.expression for f in placed]
    own = [[at.get(p, 0) for p in f.places] for f in placed]
    roots = _reduced(covariance[:, used][:, :, used])
    return over_law(expressions, own, count, law.means[:, used], roots, budget)


def _with_numbers(function: _Placed, means: Array, varies: npt.NDArray[np.bool_]) -> _Placed:
    """The function with numbers for what does not vary. Raises NotClosed where inputs differ."""
    values: list[Expression] = [Argument(i) for i in range(len(function.places))]
    for i in arguments_of(function.expression):
        own = means[:, function.places[i]]
        if not varies[function.places[i]]:
            if (own != own[0]).any():
                raise NotClosed("a function of numbers that move with the input")
            values[i] = number(float(own[0]))
    expression = substitute(function.expression, values)
    reads = {function.places[i] for i in arguments_of(expression)}
    return _Placed(expression, function.places, tuple(sorted(reads)))


def _along(functions: Sequence[_Placed], u: Array) -> Array:
    """The product of functions of one form at its values u."""
    total = np.ones(u.shape)
    for f in functions:
        total = total * evaluate(f.expression, [u] * len(f.places))
    return total


def _of_one(functions: Sequence[_Placed], place: int) -> Expression:
    """The product of those that read one form alone, as a function of it."""
    return mul(
        *(
            substitute(f.expression, [Argument(0)] * len(f.places))
            for f in functions
            if f.reads == (place,)
        )
    )


def _curve(expression: Expression, means: Array, covariance: Array, place: int) -> Curve:
    form = LinearForm({}, means[:, place])
    found = Curve(expression, form, covariance[:, place, place])
    if found.outgrows_densities:
        raise NotClosed("an expectation that may diverge")
    return found


def _on_a_line(
    means: Array, covariance: Array, count: int, place: int, functions: Sequence[_Placed]
) -> CurveValues:
    """E[Π g f(u)] = E[P(u) f(u)], P(u) = E[Π g | u] a polynomial."""
    whole = mul(*(substitute(f.expression, [Argument(0)] * len(f.places)) for f in functions))
    if not count:
        return _curve(whole, means, covariance, place).expected()
    if len(means) > 1:
        raise NotClosed("polynomials that move with the input beside an exponential of squares")
    coefficients = _given(means, covariance, count, place)[0]
    polynomial = add(
        *(mul(number(float(c)), raised(Argument(0), number(j))) for j, c in enumerate(coefficients))
    )
    return _curve(mul(polynomial, whole), means, covariance, place).expected()


def _given(means: Array, covariance: Array, count: int, place: int) -> Array:
    """The coefficients of E[Π g | u] by powers of u, (E, count + 1)."""
    slope = covariance[:, :count, place] / covariance[:, place, place][:, None]
    start = means[:, :count] - slope * means[:, place][:, None]
    rest = covariance[:, :count, :count] - np.einsum(
        "ei,ej,e->eij", slope, slope, covariance[:, place, place]
    )
    nodes = np.polynomial.chebyshev.chebpts1(count + 1)
    scale = np.sqrt(covariance[:, place, place])
    at = np.stack(
        [
            gaussian_moment(tuple(range(count)), start + slope * (x * scale)[:, None], rest)
            for x in nodes
        ],
        axis=1,
    )
    inverse = np.linalg.inv(np.vander(nodes, increasing=True))
    return (at @ inverse.T) / scale[:, None] ** np.arange(count + 1)


def _on_a_plane(
    means: Array,
    covariance: Array,
    places: Sequence[int],
    functions: Sequence[_Placed],
    budget: Budget,
) -> CurveValues:
    """E[f(u) g(v)]."""
    u, v = places
    scale = _along([f for f in functions if not f.reads], means[:, :1])[:, 0]
    first, second = (_curve(_of_one(functions, k), means, covariance, k) for k in places)
    root = np.sqrt(covariance[:, u, u] * covariance[:, v, v])
    rho = np.clip(covariance[:, u, v] / root, -1.0, 1.0)
    size = np.sqrt(first.coefficients(1).square * second.coefficients(1).square)
    size = np.maximum(np.broadcast_to(size, rho.shape), 1e-300)
    inputs = np.arange(len(rho))

    def spend(cost: float) -> None:
        budget.spend(cost, "functions of two forms under a tilted law")

    found = planes.plane(plane_curve(first, inputs), plane_curve(second, inputs), rho, size, spend)
    return CurveValues(
        scale * found.value, found.error, 0.0, np.abs(scale) * size, Basis.QUADRATURE
    )


def _reduced(covariance: Array) -> Array:
    """Roots (E, k, r) without the directions in which none varies."""
    values, vectors = np.linalg.eigh(covariance)
    kept = (values > _RANK * np.maximum(values.sum(axis=1, keepdims=True), 1e-300)).any(axis=0)
    roots: Array = vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :]
    return roots[:, :, kept]

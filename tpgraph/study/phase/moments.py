"""Gaussian moments of one function φ at variance q, as the recursions of wide networks need them.

    V(q) = E[φ(√q z)²],  V′(q) = E[z φ φ′]/√q,  D(q) = E[φ′(√q z)²],  z ~ N(0, 1)
    G(p, c, q) = E[φ(u) φ(v)],  G′(p, c, q) = E[φ′(u) φ′(v)],  Var u = p, Var v = q, Cov(u, v) = c

Closed forms where the table of dual activations has them. Else one dimension is integrated by
Gauss–Legendre on panels that halve towards 0: variances range over eighteen decades here, and
tanh(√q z) bends within |z| ~ 1/√q, which the even points of `closed_forms.lines` do not resolve.
Where that does not settle, as of sin(√q z) for large q, polynomials times exponentials, sines and
cosines have closed forms; of small q those lose the digits that quadrature keeps.
G is, of a function with kinks, integrated over the plane between them; else it is Mehler's series
Σ a_k(p) a_k(q) ρ^k, a_k = E[φ(√q z) He_k(z)]/√k!, of which Parseval's Σ a_k² = V(q) tells how much
is missing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from tpgraph.errors import TPDataError, TPLimitError
from tpgraph.functions import (
    Defined,
    Expression,
    Function,
    Primitive,
    differentiate,
    evaluate,
    mul,
    number,
)
from tpgraph.limits.closed_forms.duals import DUALS, dual
from tpgraph.limits.closed_forms.exponentials import Exponential, mixed
from tpgraph.limits.closed_forms.line_quadrature import hermite
from tpgraph.limits.closed_forms.mehler import series
from tpgraph.limits.closed_forms.planes import PairFunction, plane
from tpgraph.limits.closed_forms.recognition import exponentials
from tpgraph.limits.closed_forms.smoothness import kinks
from tpgraph.study.activations import NAMED_FUNCTIONS, activation, applied, unknown_function

__all__ = ["GaussianMoments", "moments_of"]

Array: TypeAlias = npt.NDArray[np.float64]

_REACH = 12.0
_HALVINGS = 44
_NODES = (16, 32, 64, 128)
_TOLERANCE = 1e-11
_SERIES_TOLERANCE = 1e-7
_SERIES_REACH = 14.0
_SERIES_POINTS = 2801
_SERIES_TERMS = 1024
_NEGLIGIBLE = 1e-13
_FAR = 1e4
_NEAR, _VANISHED = 1e-150, 1e-12
_GROWN = 1.5
_TINY = 1e-300
_HALVED = _REACH * 2.0 ** -np.arange(_HALVINGS)
_DYADIC = np.concatenate([-_HALVED, [0.0], _HALVED[::-1]])


@dataclass(frozen=True)
class GaussianMoments:
    """The moments of one function; `name` is how it is called, `expression` is φ(Argument(0))."""

    name: str
    expression: Expression

    def V(self, q: npt.ArrayLike) -> Array:
        """E[φ(√q z)²]. Raises TPLimitError where no quadrature settles."""
        return _required(self.V_where_known(q))

    def V_where_known(self, q: npt.ArrayLike) -> Array:
        """E[φ(√q z)²], nan where no quadrature settles."""
        return self._closed(self.name, q, lambda u, _: self.value(u) ** 2, 0)

    def D(self, q: npt.ArrayLike) -> Array:
        """E[φ′(√q z)²], for q > 0: of what gradients are multiplied by, which knows no jumps."""
        return _required(self._closed(f"{self.name}'", q, lambda u, _: self.slope(u) ** 2, 1))

    def V_prime(self, q: npt.ArrayLike) -> Array:
        """E[z φ(√q z) φ′(√q z)]/√q, for q > 0: dV/dq of a function without jumps."""
        q = np.asarray(q, dtype=float)
        bend = differentiate(differentiate(self._square(0), 0), 0)
        closed = mul(number(Fraction(1, 2)), bend)  # dE[g(√q z)]/dq = E[g″(√q z)]/2
        return _required(
            self._expectation(
                lambda u, z: z * self.value(u) * self.slope(u) / np.sqrt(q)[..., None], q, closed
            )
        )

    def G(self, p: npt.ArrayLike, cov: npt.ArrayLike, q: npt.ArrayLike) -> Array:
        """E[φ(u) φ(v)] for variances p, q > 0 and this covariance, which broadcast."""
        return self._mixed(self.name, p, cov, q, 0)

    def G_prime(self, p: npt.ArrayLike, cov: npt.ArrayLike, q: npt.ArrayLike) -> Array:
        """E[φ′(u) φ′(v)]: ∂G/∂cov of a function without jumps."""
        return self._mixed(f"{self.name}'", p, cov, q, 1)

    def _mixed(
        self, name: str, p: npt.ArrayLike, cov: npt.ArrayLike, q: npt.ArrayLike, order: int
    ) -> Array:
        """G or its derivative, by Mehler's series where there is no closed form."""
        p, cov, q = np.broadcast_arrays(*(np.asarray(x, dtype=float) for x in (p, cov, q)))
        if name in DUALS:
            found = _dual(name, p, cov, q)
            exact = self._mixed_in_closed_form(order, p, cov, q) if np.isnan(found).any() else None
            return found if exact is None else exact
        size = np.sqrt(p * q)
        rho = np.clip(cov / size, -1.0, 1.0)
        if self.places:
            return self._plane(order, p, rho, q)
        try:
            left, right = self._coefficients(p), self._coefficients(q)
        except TPLimitError:
            exact = self._mixed_in_closed_form(order, p, rho * size, q)
            if exact is None:
                raise
            return exact
        if not order:
            return series(left, right, rho, step=1, start=0)
        k = np.arange(1, len(left)).reshape(-1, *(1,) * rho.ndim)
        return np.asarray(series(k * left[1:], right[1:], rho, step=1, start=0) / size)

    def _mixed_in_closed_form(self, order: int, p: Array, cov: Array, q: Array) -> Array | None:
        """G or its derivative of polynomials times exponentials, sines and cosines; None of others.

        None too where it is too large for a float.
        """
        own = differentiate(self.expression, 0) if order else self.expression
        terms = exponentials(own)
        if terms is None:
            return None
        zero = np.zeros(1)
        with np.errstate(over="ignore", invalid="ignore"):
            found = mixed(terms, terms, (zero, zero), p, cov, q)
        return _shaped(found, p) if np.isfinite(found).all() else None

    def _plane(self, order: int, p: Array, rho: Array, q: Array) -> Array:
        """G or its derivative by quadrature of the plane between the kinks.

        Raises TPLimitError where two finenesses differ by more than 1e-7.
        """
        value, scale = (self.slope, self.D) if order else (self.value, self.V)
        zero = np.zeros(rho.size)
        left, right = (
            PairFunction(lambda x, _: value(x), zero, np.sqrt(side.ravel()), self.places)
            for side in (p, q)
        )
        size = np.sqrt(scale(p) * scale(q)).ravel() + _TINY
        found = plane(left, right, rho.ravel(), size, _spend_freely)
        if not found.error <= _SERIES_TOLERANCE:
            raise self._unsettled(float(p.max()), f"two quadratures differ by {found.error:.1e}")
        return found.value.reshape(rho.shape)

    def _unsettled(self, q: float, why: str) -> TPLimitError:
        return TPLimitError(
            f"E[{self.name}(u) {self.name}(v)] does not settle at variance {q:.6g}: {why}",
            mend="choose smaller variances, or a function with a closed form",
        )

    def _coefficients(self, q: Array) -> Array:
        """The a_k of every variance, (terms, …), up to where they all are negligible."""
        values, places = np.unique(q, return_inverse=True)
        found = np.stack([_hermite_coefficients(self, float(value)) for value in values], axis=1)
        used = np.flatnonzero((np.abs(found) > _NEGLIGIBLE * np.abs(found).max()).any(axis=1))
        count = int(used[-1]) + 1 if len(used) else 1
        return np.asarray(found[:count, places].reshape(count, *q.shape))

    def _closed(
        self, name: str, q: npt.ArrayLike, integrand: Callable[..., Array], order: int
    ) -> Array:
        q = np.asarray(q, dtype=float)
        if name in DUALS:
            return _filled(_dual(name, q, q, q), q, self._square(order))
        return self._expectation(integrand, q, self._square(order))

    def _square(self, order: int) -> Expression:
        """φ², or φ′²."""
        own = differentiate(self.expression, 0) if order else self.expression
        return mul(own, own)

    def _expectation(
        self, integrand: Callable[[Array, Array], Array], q: Array, closed: Expression
    ) -> Array:
        """E of the integrand, by the closed form of an equal one where quadrature does not settle.

        It is nan where neither tells.
        """
        return _filled(_expectation(integrand, q, tuple(u for u in self.places if u)), q, closed)

    @property
    def places(self) -> tuple[float, ...]:
        """Where φ is not smooth; none where they are too many to be told."""
        return kinks(self.expression) or ()

    @property
    def squared_slope_at_0(self) -> float:
        """(φ′(0⁺)² + φ′(0⁻)²)/2: the limit of D as q → 0, and of V′ where φ(0) = 0.

        It is 0 where φ′ vanishes towards 0, as that of z² and |z|^1.1 does.
        """
        with np.errstate(all="ignore"):
            far, near = (self.slope(np.array([u, -u])) ** 2 for u in (math.sqrt(_NEAR), _NEAR))
        return float(np.mean(np.where((near < _VANISHED) & (near < far / 4), 0.0, near)))

    @property
    def squared_slope_far_out(self) -> float | None:
        """(φ′(∞)² + φ′(−∞)²)/2: the limit of D and V′ as q → ∞; None where φ′ does not settle."""
        with np.errstate(all="ignore"):
            near, far = (np.abs(self.slope(np.array([u, -u]))) for u in (_FAR, _FAR**2))
            if (far > _GROWN * np.maximum(near, 1.0)).any():
                return math.inf
            settled = (np.abs(near - far) <= _TOLERANCE).all()
        return float(np.mean(far**2)) if settled and far.any() else None

    def value(self, u: Array) -> Array:
        """φ(u)."""
        return _evaluated(self.expression, u)

    def slope(self, u: Array) -> Array:
        """φ′(u) where φ is smooth; 0 at its jumps."""
        return _evaluated(differentiate(self.expression, 0), u)


def moments_of(function: str | Function) -> GaussianMoments:
    """The moments of a function: by its name, as a text over z, or one that a program defines.

    Raises TPNameError for an unknown name, TPDataError for what else is no function, TPTypeError
    for a function of several arguments.
    """
    if not isinstance(function, str | Primitive | Defined):
        raise TPDataError(
            f"{function!r} is no function of tpgraph",
            expected='its name, such as "tanh", or a text over z, such as "z*tanh(z)"',
        )
    if isinstance(function, str):
        named = NAMED_FUNCTIONS.get(function)
        if named is None and function.isidentifier() and function != "z":
            raise unknown_function(function)
        function = named or activation(function)
    return GaussianMoments(function.name, applied(function))


def _spend_freely(evaluations: float) -> None:
    """Sets no bound to them: there are few pairs here."""


def _evaluated(expression: Expression, u: Array) -> Array:
    """f(u) in the shape of u, also of a constant."""
    return np.broadcast_to(evaluate(expression, [u]).astype(np.float64), u.shape)


def _dual(name: str, p: Array, cov: Array, q: Array) -> Array:
    """The closed form; inf or nan where it overflows."""
    with np.errstate(over="ignore", invalid="ignore"):
        return dual(name, p, cov, q)


def _filled(found: Array, q: Array, expression: Expression) -> Array:
    """The closed form of E f(√q z) in the place of nan, where there is one."""
    terms = exponentials(expression) if np.isnan(found).any() else None
    if terms is None:
        return found
    zero, one = np.zeros(1), np.ones(1)
    with np.errstate(over="ignore", invalid="ignore"):
        exact = mixed(terms, (Exponential(1.0),), (zero, zero), q, zero, one)
    return np.where(np.isnan(found), _shaped(exact, q), found)


def _shaped(values: Array, like: Array) -> Array:
    """Values of (…) or (1,) in the shape of an array, also of one number."""
    return np.asarray(np.broadcast_to(values, like.shape or (1,)).reshape(like.shape))


def _expectation(
    integrand: Callable[[Array, Array], Array], q: Array, places: tuple[float, ...]
) -> Array:
    """E f(√q z, z) for every q, nan where nodes are doubled and no two results agree.

    Panels end at the `places` √q z where f is not smooth, and shrink towards 0.
    """
    before = np.full(q.shape, np.nan)
    known = np.full(q.shape, False)
    for count in _NODES:
        z, weights = _panels(_edges(q, places), count)
        every = np.broadcast_to(z, (*q.shape, z.shape[-1]))
        with np.errstate(all="ignore"):
            values = integrand(np.sqrt(q)[..., None] * z, every)
            after = np.asarray(np.einsum("...k,...k->...", values, weights))
        known = _settled(before, after)
        if known.all():
            return after
        before = after
    return np.where(known, before, np.nan)


def _required(values: Array) -> Array:
    """The values. Raises TPLimitError where one is nan, which no quadrature tells."""
    if np.isnan(values).any():
        raise TPLimitError(
            "a Gaussian expectation of the function does not settle",
            expected="a function that is finite and piecewise smooth on the whole line",
        )
    return values


def _settled(before: Array, after: Array) -> npt.NDArray[np.bool_]:
    """Where they agree; two infinities of one sign do."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.isclose(before, after, rtol=_TOLERANCE, atol=_TOLERANCE))


def _edges(q: Array, places: tuple[float, ...]) -> Array:
    """The ends of panels: ±12/2^k, k = 0, 1, …, and 0; of every q the places/√q besides."""
    if not places:
        return _DYADIC
    with np.errstate(divide="ignore"):
        own = np.clip(np.array(places) / np.sqrt(q)[..., None], -_REACH, _REACH)
    always = np.broadcast_to(_DYADIC, (*q.shape, len(_DYADIC)))
    return np.sort(np.concatenate([always, own], axis=-1), axis=-1)


def _panels(edges: Array, count: int) -> tuple[Array, Array]:
    """Gauss–Legendre nodes of every panel, (…, nodes), and weights that hold the density."""
    nodes, weights = _legendre(count)
    middle, half = (edges[..., 1:] + edges[..., :-1]) / 2, (edges[..., 1:] - edges[..., :-1]) / 2
    shape = *edges.shape[:-1], -1
    z = (middle[..., None] + half[..., None] * nodes).reshape(shape)
    w = (half[..., None] * weights).reshape(shape)
    return z, w * np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)


@lru_cache
def _legendre(count: int) -> tuple[Array, Array]:
    return np.polynomial.legendre.leggauss(count)


@lru_cache(maxsize=1024)
def _hermite_coefficients(moments: GaussianMoments, q: float) -> Array:
    """a_k, k < 1024, by the trapezoid rule on values times √density, where nothing overflows.

    Raises TPLimitError where Parseval's sum misses more than 1e-7 of V.
    """
    z = np.linspace(-_SERIES_REACH, _SERIES_REACH, _SERIES_POINTS)
    density = np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
    with np.errstate(all="ignore"):
        weighted = moments.value(math.sqrt(q) * z) * np.sqrt(density) * (z[1] - z[0])
        found = np.asarray(_hermite_functions() @ weighted)
    size = float(moments.V(q))
    missing = size - float(found @ found)
    if not abs(missing) <= _SERIES_TOLERANCE * (1 + size):
        raise moments._unsettled(q, f"{missing:.1e} of {size:.6g} is missing")
    return found


@lru_cache(maxsize=1)
def _hermite_functions() -> Array:
    """He_k(z)/√k! · √density(z) at the points of the trapezoid rule."""
    z = np.linspace(-_SERIES_REACH, _SERIES_REACH, _SERIES_POINTS)
    return np.asarray(hermite(z, _SERIES_TERMS) / (2 * math.pi) ** 0.25)

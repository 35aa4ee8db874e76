"""A coordinatewise expression of sums as a sum: polynomials multiplied out, the rest as factors.

    ψ(Z¹, …, Z^k)  ↦  Σ_t c_t Π_g g^m Π F

Sums, products, small powers and quotients by numbers are multiplied out; a function of one linear
form is one factor, any other irreducible function one factor over several forms.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from tpgraph.functions import (
    ADD,
    DIV,
    POW,
    PRIMITIVES,
    Apply,
    Argument,
    Defined,
    Expression,
    Number,
    Primitive,
    add,
    differentiate,
    evaluate,
    mul,
    number,
    power,
    substitute,
)
from tpgraph.limits.exact.disturbance import STILL, Disturbance
from tpgraph.limits.exact.forms import Array, LinearForm
from tpgraph.limits.exact.terms import Factor, LimitTerm, Sum, constant, density, line
from tpgraph.limits.exact.underflow import noticed
from tpgraph.limits.not_closed import NotClosed
from tpgraph.limits.planned.unknowns import unknown_of

__all__ = ["expanded"]

_HIGHEST_POWER = 8
_ABSORBED = 2.0**-40
"""Of a number that another absorbs in part."""


def expanded(
    expression: Expression, arguments: Sequence[Sum], disturbance: Disturbance = STILL
) -> Sum:
    """ψ(arguments) as a sum, its numbers moved by the `disturbance`.

    Raises NotClosed, where a value is no number too.
    """
    match expression:
        case Number(value):
            own = np.full(1, float(value))
            is_whole = value.denominator == 1 and abs(value) < 2**53
            return constant(own if is_whole else disturbance.rounded(own))
        case Argument(index):
            return arguments[index]
        case Apply(Defined() as function, inner, order):
            values = [expanded(a, arguments, disturbance) for a in inner]
            body = function.body
            for _ in range(order):
                body = differentiate(body, 0)
            return expanded(body, values, disturbance)
        case Apply(function, inner) if function == ADD and _absorbs(inner):
            raise NotClosed("a number of a sum that is lost in another")
        case Apply(Primitive() as function, inner, order):
            values = [expanded(a, arguments, disturbance) for a in inner]
            if all(v.is_constant for v in values):
                if function.name == "add" and disturbance.seed:
                    return constant(disturbance.added([v.value for v in values], np.zeros(1)))
                found = _number(function, [v.value for v in values], order)
                return constant(disturbance.rounded(found) if order or _rounds(function) else found)
            return _applied(function, values, order)
        case _:
            raise AssertionError(expression)


def _absorbs(terms: Sequence[Expression]) -> bool:
    """Whether floats lose a number of a sum in another, as in −1 + 10⁻¹⁸."""
    sizes = [abs(k) for k in map(_rational, terms) if k]
    return len(sizes) > 1 and min(sizes) < _ABSORBED * max(sizes)


def _rational(expression: Expression) -> Fraction | None:
    """The value of what is made of numbers by arithmetic."""
    match expression:
        case Number(value):
            return value
        case Apply(Primitive(name="neg"), (inner,)):
            own = _rational(inner)
            return None if own is None else -own
        case Apply(Primitive(name="mul"), factors):
            found = Fraction(1)
            for own in map(_rational, factors):
                if own is None:
                    return None
                found *= own
            return found
    return None


def _rounds(function: Primitive) -> bool:
    """Whether a value has a rounding of its own."""
    return function.name not in ("neg", "relu", "abs", "step", "sign", "min", "max")


def _number(function: Primitive, values: Sequence[Array], order: int) -> Array:
    call = Apply(function, tuple(Argument(i) for i in range(len(values))), order)
    for value in values:
        later = unknown_of(value)
        if later is not None:
            return later.applied(call, list(values))
    found = noticed(
        function.name, lambda: np.atleast_1d(np.asarray(evaluate(call, values), dtype=float))
    )
    bad = found[~np.isfinite(found)]
    if bad.size:
        raise NotClosed(f"a value that is {bad.flat[0]:g}")
    return found


def _applied(function: Primitive, values: Sequence[Sum], order: int) -> Sum:
    match function.name:
        case "add":
            total = values[0]
            for value in values[1:]:
                total = total + value
            return total
        case "neg":
            return values[0].scaled(-1.0)
        case "mul":
            product = values[0]
            for value in values[1:]:
                product = product * value
            return product
        case "div":
            return _quotient(*values)
        case "pow":
            return _power(*values)
        case "delta":
            return _density(values[0])
        case "leaky_relu" if values[1].is_constant:
            rest = constant(1.0) + values[1].scaled(-1.0)
            return values[0] * values[1] + rest * _applied(PRIMITIVES["relu"], values[:1], 0)
        case "max" | "min":
            sign = 1.0 if function.name == "max" else -1.0
            gap = values[0] + values[1].scaled(-1.0)
            if gap.form is not None and not gap.is_constant:
                distance = _applied(PRIMITIVES["abs"], [gap], 0)
                return (values[0] + values[1] + distance.scaled(sign)).scaled(0.5)
    return _irreducible(function, values, order)


def _quotient(above: Sum, below: Sum) -> Sum:
    if below.is_constant:
        return above.scaled(_number(DIV, [np.ones(1), below.value], 0))
    return above * _irreducible(DIV, [constant(1.0), below], 0)


def _power(base: Sum, exponent: Sum) -> Sum:
    whole = exponent.is_constant and exponent.value.size == 1
    m = float(exponent.value[0]) if whole else -1.0
    if whole and m == int(m) and 0 <= m <= _HIGHEST_POWER:
        return base.power(int(m))
    return _irreducible(POW, [base, exponent], 0)


def _density(found: Sum) -> Sum:
    form = found.form
    if form is None:
        raise NotClosed("the density of a function that jumps")
    return density(form)


class _Slots:
    """The forms that an irreducible function is over, each once."""

    def __init__(self) -> None:
        self.forms: list[LinearForm] = []

    def place(self, form: LinearForm) -> Expression:
        """The form as an expression in the slots."""
        if form.is_constant and form.constant.size == 1:
            return number(float(form.constant[0]))
        for k, known in enumerate(self.forms):
            if known.key == form.key:
                return Argument(k)
            relation = None if form.is_constant else form.relative_to(known)
            if relation is not None:
                return substitute(line(*relation), [Argument(k)])
        self.forms.append(form)
        return Argument(len(self.forms) - 1)

    def value(self, found: Sum) -> Expression:
        """A sum as an expression: its linear part is one form."""
        straight = [t for t in found.terms if not t.factors and t.degree <= 1]
        rest = [t for t in found.terms if t.factors or t.degree > 1]
        form = Sum(tuple(straight)).form
        assert form is not None, "linear by choice"
        parts = [self.place(form)] if straight else []
        return add(*parts, *(self._term(t) for t in rest))

    def _term(self, term: LimitTerm) -> Expression:
        factors = [self.place(LinearForm({}, term.coefficient))]
        for g, m in term.powers:
            factors.append(power(self.place(LinearForm({g: np.ones(1)}, np.zeros(1))), number(m)))
        for factor in term.factors:
            if factor.weak:
                raise NotClosed("the density of a function that jumps")
            inner = [self.place(form) for form in factor.forms]
            factors.append(substitute(factor.expression, inner))
        return mul(*factors)


def _irreducible(function: Primitive, values: Sequence[Sum], order: int) -> Sum:
    slots = _Slots()
    arguments = tuple(slots.value(v) for v in values)
    expression: Expression = Apply(function, arguments, order)
    # The Gaussian forms first: a function of one of them has it as Argument(0).
    order_of = sorted(range(len(slots.forms)), key=lambda k: slots.forms[k].is_constant)
    places = {old: new for new, old in enumerate(order_of)}
    renamed = substitute(expression, [Argument(places[k]) for k in range(len(order_of))])
    forms = tuple(slots.forms[k] for k in order_of)
    inner = [factor for value in values for term in value.terms for factor in term.factors]
    return Sum((LimitTerm(np.ones(1), (), (Factor.made_of(inner, renamed, forms),)),))

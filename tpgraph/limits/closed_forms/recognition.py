"""Which closed form a one-argument expression has: error functions, exponentials, or none.

Everything here is about expressions in `Argument(0)` alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np

from tpgraph.functions import (
    ADD,
    DIV,
    MUL,
    NEG,
    POW,
    Apply,
    Argument,
    Defined,
    Expression,
    Number,
    expand,
    function_derivative,
    inline,
    substitute,
)
from tpgraph.limits.closed_forms.error_functions import (
    ErrorTerm,
    derived,
    is_lost,
    is_lost_in,
    multiplied,
)
from tpgraph.limits.closed_forms.exponentials import Exponential

__all__ = [
    "ErrorTerms",
    "Exponentials",
    "affine",
    "error_products",
    "error_terms",
    "exponentials",
]

ErrorTerms = tuple[ErrorTerm, ...]
Exponentials = tuple[Exponential, ...]

_MOST_TERMS = 16


@lru_cache(maxsize=4096)
def error_terms(expression: Expression, weak: int = 0) -> ErrorTerms | None:
    """The expression as polynomials times error functions and bells, `weak` times derived.

    None where it is none. Derivatives are those of distributions: sign′ = 2δ.
    """
    found = _error_terms(expression)
    for _ in range(weak):
        found = derived(found) if found is not None else None
    return found if found is None or len(found) <= _MOST_TERMS else None


def _error_terms(expression: Expression) -> ErrorTerms | None:
    match expression:
        case Number(value):
            return (ErrorTerm(float(value)),) if value else ()
        case Argument():
            return (ErrorTerm(1.0, 1),)
        case Apply(function, (inner,), 0) if function == NEG:
            return _scaled(error_terms(inner), -1.0)
        case Apply(function, arguments, 0) if function == ADD:
            parts = [error_terms(a) for a in arguments]
            whole = [t for part in parts if part is not None for t in part]
            return None if None in parts else _sum(whole)
        case Apply(function, factors, 0) if function == MUL:
            return _product([error_terms(a) for a in factors])
        case Apply(function, (above, Number(value)), 0) if function == DIV and value:
            return _scaled(error_terms(above), 1 / float(value))
        case Apply(function, (base, Number(value)), 0) if function == POW:
            whole_number = value.denominator == 1 and 0 <= value <= 8
            return _product([error_terms(base)] * int(value)) if whole_number else None
        case Apply(function, (inner,), order):
            if isinstance(function, Defined):
                body = function_derivative(function, order)
                return error_terms(substitute(body, (inner,)))
            return _named(function.name, inner, order)
        case _:
            return None


@lru_cache(maxsize=4096)
def error_products(expression: Expression) -> tuple[tuple[ErrorTerms, ErrorTerms], ...] | None:
    """The expression as a sum of products of two closed ones each, such as erf², or None."""
    own = error_terms(expression)
    if own is not None:
        return ((own, (ErrorTerm(1.0),)),)
    match expression:
        case Apply(function, (inner,), 0) if function == NEG:
            parts = error_products(inner)
            return None if parts is None else tuple((_signed(f), g) for f, g in parts)
        case Apply(function, arguments, 0) if function == ADD:
            found = [error_products(a) for a in arguments]
            whole = [pair for part in found if part is not None for pair in part]
            return None if None in found else tuple(whole)
        case Apply(function, _, 0) if function == MUL:
            return _halves(list(_flat(expression)))
        case _:
            return None


def _signed(terms: ErrorTerms) -> ErrorTerms:
    return tuple(ErrorTerm(-t.coefficient, *t.shape) for t in terms)


def _flat(expression: Expression) -> Iterator[Expression]:
    """The factors of nested products."""
    if isinstance(expression, Apply) and expression.function == MUL and not expression.order:
        for factor in expression.arguments:
            yield from _flat(factor)
    else:
        yield expression


def _halves(factors: list[Expression]) -> tuple[tuple[ErrorTerms, ErrorTerms], ...] | None:
    """Two products that are closed each, filled from the left."""
    halves: list[ErrorTerms] = [(ErrorTerm(1.0),), (ErrorTerm(1.0),)]
    for factor in factors:
        own = error_terms(factor)
        if own is None:
            return None
        grown = [multiplied(half, own) for half in halves]
        k = next((k for k, g in enumerate(grown) if g is not None), None)
        if k is None:
            return None
        halves[k] = grown[k] or ()
    if any(is_lost_in(s.coefficient, t.coefficient) for s in halves[0] for t in halves[1]):
        return None
    return ((halves[0], halves[1]),)


def _sum(terms: Sequence[ErrorTerm]) -> ErrorTerms | None:
    return multiplied(tuple(terms), (ErrorTerm(1.0),))


def _scaled(terms: ErrorTerms | None, by: float) -> ErrorTerms | None:
    return None if terms is None else multiplied(terms, (ErrorTerm(by),))


def _product(factors: Sequence[ErrorTerms | None]) -> ErrorTerms | None:
    total: ErrorTerms | None = (ErrorTerm(1.0),)
    for factor in factors:
        if factor is None or total is None:
            return None
        total = multiplied(total, factor)
    return total


def _named(name: str, inner: Expression, order: int) -> ErrorTerms | None:
    """F^(order)(a z), by the derivatives of z ↦ F(a z)."""
    terms = error_terms(inner)
    if name == "exp" and terms is not None:
        return _bell(terms)
    if terms is None or len(terms) != 1 or terms[0].shape != (1, "one", 0.0):
        return None
    a = terms[0].coefficient
    found = _at_slope(name, a)
    for _ in range(order):
        # The table's derivative of a jump is 0, not its density.
        smooth = None if found is None else derived(found)
        found = (
            None
            if smooth is None
            else tuple(t for t in smooth if t.rate != math.inf or t.kind != "bell")
        )
        found = _scaled(found, 1 / a)
    return found


def _bell(terms: ErrorTerms) -> ErrorTerms | None:
    """exp(k − γ z²), γ > 0."""
    by_shape = {t.shape: t.coefficient for t in terms}
    constant = by_shape.pop((0, "one", 0.0), 0.0)
    gamma = -by_shape.pop((2, "one", 0.0), 0.0)
    if by_shape or gamma < 0:
        return None
    size = _exp(constant)
    if is_lost(size):
        return None
    return (ErrorTerm(size, 0, *(("bell", gamma) if gamma else ("one", 0.0))),)


def _at_slope(name: str, a: float) -> ErrorTerms | None:
    """F(a z)."""
    signed = ErrorTerm(math.copysign(1.0, a), 0, "erf", math.inf)
    distance = ErrorTerm(abs(a), 1, "erf", math.inf)
    match name:
        case "relu":
            return ErrorTerm(a / 2, 1), ErrorTerm(abs(a) / 2, 1, "erf", math.inf)
        case "abs":
            return (distance,)
        case "sign":
            return (signed,)
        case "step":
            return ErrorTerm(0.5), ErrorTerm(signed.coefficient / 2, 0, "erf", math.inf)
        case "erf":
            return (ErrorTerm(signed.coefficient, 0, "erf", abs(a)),)
        case "gelu":
            rate = abs(a) * math.sqrt(0.5)
            return ErrorTerm(a / 2, 1), ErrorTerm(abs(a) / 2, 1, "erf", rate)
        case _:
            return None


@lru_cache(maxsize=4096)
def exponentials(expression: Expression) -> Exponentials | None:
    """The expression as polynomials times exponentials, or None."""
    found = _exponentials(expand(inline(expression)))
    return found if found is None or len(found) <= _MOST_TERMS else None


def _exponentials(expression: Expression) -> Exponentials | None:
    match expression:
        case Number(value):
            return (Exponential(float(value)),)
        case Argument():
            return (Exponential(1.0, 1),)
        case Apply(function, (inner,), 0) if function == NEG:
            return _times(_exponentials(inner), (Exponential(-1.0),))
        case Apply(function, arguments, 0) if function == ADD:
            parts = [_exponentials(a) for a in arguments]
            whole = [t for part in parts if part is not None for t in part]
            return None if None in parts else tuple(whole)
        case Apply(function, factors, 0) if function == MUL:
            total: Exponentials | None = (Exponential(1.0),)
            for factor in factors:
                total = _times(total, _exponentials(factor))
            return total
        case Apply(function, (above, Number(value)), 0) if function == DIV and value:
            return _times(_exponentials(above), (Exponential(1 / float(value)),))
        case Apply(function, (base, Number(value)), 0) if function == POW:
            if value.denominator != 1 or not 0 <= value <= 6:
                return None
            total = (Exponential(1.0),)
            for _ in range(int(value)):
                total = _times(total, _exponentials(base))
            return total
        case Apply(function, (inner,), 0):
            line = affine(inner)
            return None if line is None else _waves(function.name, *line)
        case _:
            return None


def _times(first: Exponentials | None, second: Exponentials | None) -> Exponentials | None:
    if first is None or second is None:
        return None
    found: dict[tuple[int, complex], complex] = {}
    for s in first:
        for t in second:
            key = s.power + t.power, complex(s.rate) + complex(t.rate)
            if is_lost_in(s.coefficient, t.coefficient):
                return None
            found[key] = found.get(key, 0.0) + s.coefficient * t.coefficient
    return tuple(Exponential(c, *key) for key, c in found.items() if c)


def _waves(name: str, a: float, b: float) -> Exponentials | None:
    """F(a z + b) of exp, sin, cos, sinh, cosh."""
    if name == "exp":
        size = _exp(b)
        return None if is_lost(size) else (Exponential(size, 0, a),)
    if name not in ("sin", "cos", "sinh", "cosh"):
        return None
    unit: complex = 1.0 if name.endswith("h") else 1j
    up = complex(math.cos(b), math.sin(b)) if unit == 1j else _exp(b)
    down = complex(math.cos(b), -math.sin(b)) if unit == 1j else _exp(-b)
    if is_lost(up) or is_lost(down):
        return None
    half: complex = 0.5 / unit if name.startswith("sin") else 0.5
    sign = -1 if name.startswith("sin") else 1
    return Exponential(half * up, 0, unit * a), Exponential(sign * half * down, 0, -unit * a)


def _exp(x: float) -> float:
    with np.errstate(all="ignore"):
        return float(np.exp(x))


def affine(expression: Expression) -> tuple[float, float] | None:
    """a, b where the expression is a z + b."""
    terms = error_terms(expression)
    if terms is None or any(t.kind != "one" or t.power > 1 for t in terms):
        return None
    by_power = {t.power: t.coefficient for t in terms}
    return by_power.get(1, 0.0), by_power.get(0, 0.0)

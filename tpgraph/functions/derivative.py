"""Exact derivatives of expressions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType

from tpgraph.bounds import DERIVATIVE, ORDER
from tpgraph.errors import TPTypeError
from tpgraph.functions.expression import (
    Apply,
    Argument,
    Defined,
    Expression,
    Number,
    Primitive,
    arguments_of,
    number,
    substitute,
)
from tpgraph.functions.size import derivative_size
from tpgraph.functions.table import ADD, DIV, MUL, NEG, POW, add, div, mul, neg, power

__all__ = ["differentiate", "expand", "function_derivative", "gradient", "simplify", "written_out"]


@lru_cache(maxsize=4096)
def differentiate(expression: Expression, index: int) -> Expression:
    """∂ expression / ∂ argument `index`.

    Chain rule, d f(e¹, …, e^k) = Σ_i ∂_i f(e) · de^i; a function of one argument stays by name,
    f ↦ f′, so that the result reads as one writes it. Values at kinks: see `table`.
    """
    match expression:
        case Argument(i):
            return number(1 if i == index else 0)
        case Number():
            return number(0)
        case Apply(_, arguments, _):
            inner = [differentiate(argument, index) for argument in arguments]
            if all(d == number(0) for d in inner):
                return number(0)
            if expression.function == MUL:
                return _product_rule(arguments, inner)
            outer = _partials(expression)
            return add(*(mul(o, d) for o, d in zip(outer, inner, strict=True)))


def _product_rule(factors: tuple[Expression, ...], inner: list[Expression]) -> Expression:
    """Σ_i (Π_{j≠i} z_j) dz_i over the factors that depend on the argument."""
    return add(
        *(
            mul(mul(*factors[:i], *factors[i + 1 :]), d)
            for i, d in enumerate(inner)
            if d != number(0)
        )
    )


@lru_cache(maxsize=256)
def gradient(expression: Expression) -> Mapping[int, Expression]:
    """Every ∂ expression / ∂ argument that is not zero, by the argument's index.

    Equal to `differentiate` for each argument, in one walk: all arguments of φ(x¹ + … + x^k) share
    one object φ′(x¹ + … + x^k), so that the time is linear in k. Layers ask for the same again.
    """
    return MappingProxyType(_gradient(expression))


def _gradient(expression: Expression) -> dict[int, Expression]:
    match expression:
        case Argument(index):
            return {index: number(1)}
        case Number():
            return {}
        case Apply(_, arguments, _):
            inner = [_gradient(argument) for argument in arguments]
            terms: dict[int, list[Expression]] = {}
            outer = _partials(expression) if any(inner) else ()
            for o, d in zip(outer, inner, strict=False):
                for index, e in d.items():
                    terms.setdefault(index, []).append(mul(o, e))
            found = {index: add(*added) for index, added in terms.items()}
            return {index: total for index, total in found.items() if total != number(0)}


def _partials(call: Apply) -> tuple[Expression, ...]:
    """∂_i f at the call's arguments, for every i."""
    function, arguments = call.function, call.arguments
    if isinstance(function, Primitive) and function.over_components:
        return function.partials(arguments)
    if len(arguments) == 1 and function != NEG:
        return (Apply(function, arguments, call.order + 1),)
    if isinstance(function, Primitive):
        return function.partials(arguments)
    return tuple(
        substitute(differentiate(function.body, i), arguments) for i in range(function.arity)
    )


@lru_cache(maxsize=1024)
def function_derivative(function: Primitive | Defined, order: int) -> Expression:
    """The `order`-th derivative of a one-argument function, as an expression in Argument(0).

    Its own calls have order 0, so that it can be evaluated. Raises TPTypeError for a function of
    several arguments.
    """
    if function.arity != 1:
        raise TPTypeError(
            f"{function.name} takes {function.arity or 'several'} arguments;"
            f" {function.name}' is for functions of one",
            mend="write the partial derivative out",
        )
    if order == 0:
        return function.body if isinstance(function, Defined) else Apply(function, (Argument(0),))
    if order == 1 and isinstance(function, Primitive):
        return expand(function.partials((Argument(0),))[0])
    ORDER.require(order, f"a derivative of order {order} of {function.name}")
    for lower in range(1, order - 1):  # from below, so that the stack does not grow with the order
        function_derivative(function, lower)
    before = function_derivative(function, order - 1)
    DERIVATIVE.require(
        derivative_size(before),
        f"the derivative of order {order} of {function.name} is too large to write out",
        mend="write it as a function of its own (fn)",
    )
    return expand(differentiate(before, 0))


def expand(expression: Expression) -> Expression:
    """The same expression without derivatives by name: f′(e) is written out.

    Raises TPLimitError where that is too large.
    """
    match expression:
        case Apply(function, arguments, order):
            inner = tuple(expand(argument) for argument in arguments)
            if order == 0:
                return Apply(function, inner)
            return substitute(function_derivative(function, order), inner)
        case Number() | Argument():
            return expression


def written_out(expression: Expression) -> int:
    """Operations of the expression with every derivative and every defined function written out.

    Counted from the parts, without writing anything.
    """
    return _written_out(expression, {})


def _written_out(expression: Expression, known: dict[int, int]) -> int:
    match expression:
        case Number() | Argument():
            return 0
        case Apply(function, arguments, order):
            if id(expression) in known:
                return known[id(expression)]
            inner = [_written_out(argument, known) for argument in arguments]
            if order == 0 and isinstance(function, Primitive):
                total = 1 + sum(inner)
            else:
                own, uses = _called(function, order)
                total = own + sum(k * inner[i] for i, k in uses.items())
            known[id(expression)] = total
            return total


@lru_cache(maxsize=1024)
def _called(function: Primitive | Defined, order: int) -> tuple[int, dict[int, int]]:
    """Operations of a function or its derivative, written out, and uses of each argument."""
    body = function_derivative(function, order) if order else _body(function)
    return _written_out(body, {}), dict(Counter(arguments_of(body)))


def _body(function: Primitive | Defined) -> Expression:
    assert isinstance(function, Defined), "a primitive is one operation"
    return function.body


def simplify(expression: Expression) -> Expression:
    """The expression with constants folded and neutral elements dropped (x + 0, 1 · x, x¹).

    Signs and constants of a product are gathered in front of it.
    """
    match expression:
        case Apply(function, arguments, 0):
            inner = tuple(simplify(argument) for argument in arguments)
            return _rebuild(function, inner)
        case Apply(function, arguments, order):
            return Apply(function, tuple(simplify(argument) for argument in arguments), order)
        case Number() | Argument():
            return expression


def _rebuild(function: Primitive | Defined, inner: tuple[Expression, ...]) -> Expression:
    if function == ADD:
        return add(*inner)
    if function == MUL:
        return _product(inner)
    if function == NEG:
        return neg(inner[0])
    if function == DIV:
        return div(*inner)
    if function == POW:
        return power(*inner)
    return Apply(function, inner)


def _product(factors: tuple[Expression, ...]) -> Expression:
    coefficient = number(1)
    kept: list[Expression] = []
    for factor in _factors(factors):
        folded = mul(coefficient, factor)
        if isinstance(factor, Number) and isinstance(folded, Number):
            coefficient = _rounded(folded.value)
        else:
            kept.append(factor)
    if coefficient == number(-1) and kept:
        return neg(mul(*kept))
    return mul(coefficient, *kept)


def _rounded(value: Fraction) -> Number:
    """The number, as the float it stands for where exactness has become unreadable."""
    return Number(value) if value.denominator < 10**12 else number(float(value))


def _factors(factors: tuple[Expression, ...]) -> Iterator[Expression]:
    """The factors with nested products opened and signs as factors −1."""
    for factor in factors:
        match factor:
            case Apply(function, inner, 0) if function == MUL:
                yield from _factors(inner)
            case Apply(function, (inner_factor,), 0) if function == NEG:
                yield number(-1)
                yield from _factors((inner_factor,))
            case _:
                yield factor

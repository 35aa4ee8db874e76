"""Coordinatewise functions as lines of numpy, and their partial derivatives.

A program of 10⁵ equations applies few different functions. Each is turned into text once, as a
`Template` whose holes are filled with the names of an equation's arguments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

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
    Primitive,
    add,
    arguments_of,
    differentiate,
    evaluate,
    function_derivative,
    inline,
    mul,
    number,
    numpy_helpers,
    simplify,
    substitute,
    to_numpy,
    to_text,
)

__all__ = ["Expressions", "Template"]

_ARITHMETIC = (ADD, DIV, MUL, NEG, POW)
_HOLE = re.compile(r"_ARG_(\d+)_")


@dataclass(frozen=True)
class Template:
    """Python text of an expression with holes `{i}` for the arguments it `uses`."""

    text: str
    uses: frozenset[int]

    def fill(self, names: Sequence[str]) -> str:
        """The text with the names of the arguments."""
        return self.text.format(*names)

    @cached_property
    def is_argument(self) -> bool:
        """Whether it is one argument and nothing else."""
        return len(self.uses) == 1 and self.text == f"{{{next(iter(self.uses))}}}"


class Expressions:
    """Templates of a program's functions.

    `functions` maps the program's own functions to their identifiers. What they need is collected
    on the way: `helpers` (source text) and the derivatives of functions, see `definitions`.
    """

    def __init__(self, functions: Sequence[Defined], names: Mapping[str, str]) -> None:
        self._functions = tuple(functions)
        self._names = names
        self._called: set[tuple[str, int]] = set()
        self._helpers: dict[str, None] = {}
        # By identity, since hashing an expression costs as much as printing it; the expression
        # itself is kept with its template so that its identity stays its own.
        self._values: dict[int, tuple[Expression, Template]] = {}
        self._partials: dict[tuple[int, int, bool], tuple[Expression, Template | None]] = {}
        self._texts: dict[int, tuple[Expression, Template]] = {}
        self._terms: dict[int, tuple[Expression, Mapping[int, Expression]]] = {}

    @property
    def helpers(self) -> tuple[str, ...]:
        """Definitions of functions that numpy lacks, in order of first use."""
        return tuple(self._helpers)

    def value(self, expression: Expression) -> Template:
        """The expression itself."""
        found = self._values.get(id(expression))
        if found is None:
            found = expression, self._template(expression)
            self._values[id(expression)] = found
        return found[1]

    def statement(self, expression: Expression) -> Template:
        """The expression as the `.tp` language writes it."""
        found = self._texts.get(id(expression))
        if found is None:
            size = 1 + max(arguments_of(expression), default=-1)
            text = to_text(expression, [f"_ARG_{i}_" for i in range(size)])
            found = expression, _with_holes(text)
            self._texts[id(expression)] = found
        return found[1]

    def pullback(
        self, expression: Expression, index: int, arity: int, reuse: bool
    ) -> Template | None:
        """d_out · ∂ expression / ∂ argument `index`, or None where that is zero.

        Hole `arity` is the adjoint d_out. With `reuse`, hole `arity + 1` is the value of the
        expression itself, used where the derivative contains it: tanh′ = 1 − tanh².
        """
        key = id(expression), index, reuse
        found = self._partials.get(key)
        if found is None:
            found = expression, self._pullback(expression, index, arity, reuse)
            self._partials[key] = found
        return found[1]

    def partial(self, expression: Expression, index: int) -> Expression:
        """∂ expression / ∂ argument `index`, simplified; of a sum, term by term.

        Only the terms of a sum that contain the argument are looked at, so that all partials of
        a long sum cost its length.
        """
        if isinstance(expression, Apply) and expression.function == ADD:
            found = self._terms.get(id(expression))
            if found is None:
                found = expression, _terms_by_argument(expression)
                self._terms[id(expression)] = found
            expression = found[1].get(index, number(0))
        return simplify(differentiate(expression, index))

    def _pullback(
        self, expression: Expression, index: int, arity: int, reuse: bool
    ) -> Template | None:
        partial = self.partial(expression, index)
        if partial == number(0):
            return None
        if reuse and isinstance(expression, Apply):
            value = inline(expression)
            written = inline(partial)
            replaced = _replace(written, value, Argument(arity + 1))
            partial = partial if replaced == written else simplify(replaced)
        product = simplify(mul(Argument(arity), partial))
        return None if product == number(0) else self._template(product)

    def _template(self, expression: Expression) -> Template:
        expression = _fold(expression)
        for function, order in _calls(expression):
            self._need(function, order)
        for helper in numpy_helpers(expression):
            self._helpers[helper] = None
        size = 1 + max(arguments_of(expression), default=-1)
        text = to_numpy(expression, [f"_ARG_{i}_" for i in range(size)], self._names)
        return _with_holes(text)

    def _need(self, function: Defined, order: int) -> None:
        if (function.name, order) not in self._called:
            self._called.add((function.name, order))
            for inner, inner_order in _calls(_body(function, order)):
                self._need(inner, inner_order)

    def definitions(self) -> Iterator[tuple[str, tuple[str, ...], str, str]]:
        """Identifier, parameters, body and `.tp` text of each function used, in order."""
        for function in self._functions:
            orders = sorted(k for name, k in self._called if name == function.name)
            for order in orders:
                parameters = _parameters(function)
                body = to_numpy(_body(function, order), parameters, self._names)
                head = f"{function.name}{chr(39) * order}({', '.join(parameters)})"
                says = to_text(_body(function, order), parameters)
                name = self._names[function.name] + "_prime" * order
                yield name, parameters, body, f"{head} = {says}"


def _parameters(function: Defined) -> tuple[str, ...]:
    from_program = function.parameters
    if all(p.isidentifier() and p not in ("np", "DTYPE", "erf", "lambda") for p in from_program):
        return from_program
    return tuple(f"z_{i + 1}" for i in range(function.arity))


def _body(function: Defined, order: int) -> Expression:
    body = function.body if order == 0 else simplify(function_derivative(function, order))
    return _fold(body)


def _with_holes(text: str) -> Template:
    text = text.replace("{", "{{").replace("}", "}}")
    uses = frozenset(int(i) for i in _HOLE.findall(text))
    return Template(_HOLE.sub(r"{\1}", text), uses)


def _terms_by_argument(total: Apply) -> Mapping[int, Expression]:
    """For every argument, the sum of the terms that contain it."""
    terms: dict[int, list[Expression]] = {}
    for term in total.arguments:
        for index in dict.fromkeys(arguments_of(term)):
            terms.setdefault(index, []).append(term)
    return {index: add(*found) for index, found in terms.items()}


def _replace(expression: Expression, old: Expression, new: Expression) -> Expression:
    """The expression with every `old` in it replaced."""
    if expression == old:
        return new
    if isinstance(expression, Apply):
        inner = tuple(_replace(argument, old, new) for argument in expression.arguments)
        return Apply(expression.function, inner, expression.order)
    return expression


def _calls(expression: Expression) -> Iterator[tuple[Defined, int]]:
    """The defined functions that the expression calls, and the order of the derivative."""
    if isinstance(expression, Apply):
        if isinstance(expression.function, Defined):
            yield expression.function, expression.order
        for argument in expression.arguments:
            yield from _calls(argument)


def _fold(expression: Expression) -> Expression:
    """The expression as it is written out: derivatives of table functions, values of constants.

    √2 becomes 1.4142135623730951: np.sqrt(2) would be a float64 that turns float32 into float64.
    For the same reason a function that gets a constant among its arguments is written out.
    """
    if not isinstance(expression, Apply):
        return expression
    function, order = expression.function, expression.order
    inner = tuple(_fold(argument) for argument in expression.arguments)
    if order and isinstance(function, Primitive):
        return _fold(substitute(function_derivative(function, order), inner))
    folded = Apply(function, inner, order)
    constant = [next(arguments_of(argument), None) is None for argument in inner]
    if isinstance(function, Defined) and any(constant) and not all(constant):
        return _fold(substitute(function.body, inner))
    if function in _ARITHMETIC or not all(constant):
        return folded
    with np.errstate(all="ignore"):
        value = float(evaluate(folded, ()))
    return number(value) if np.isfinite(value) else folded

"""Coordinatewise functions as lines of numpy, and their partial derivatives.

A program of 10⁵ equations applies few different functions. Each is turned into text once, as a
`TextTemplate` whose holes are filled with the names of an equation's arguments.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from keyword import iskeyword
from typing import assert_never, overload

import numpy as np

from tpgraph.compiler.backends import NUMPY, Backend
from tpgraph.compiler.identifiers import IN_FORMULAS
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
    Primitive,
    arguments_of,
    evaluate,
    function_derivative,
    gradient,
    inline,
    mul,
    number,
    simplify,
    substitute,
    to_numpy,
    to_text,
)

__all__ = ["Expressions", "TextTemplate"]

_ARITHMETIC = (ADD, DIV, MUL, NEG, POW)
_GROUP = 50
_HOLE = re.compile(r"ª(\d+)ª")
"""The place of an argument; no name holds a ª, which Unicode's form NFKC makes an a."""


class _Holes(Sequence[str]):
    """The marks that stand for arguments until a template is filled, as many as are asked for."""

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        assert isinstance(index, int)
        return f"ª{index}ª"

    def __len__(self) -> int:
        return sys.maxsize


_HOLES = _Holes()


@dataclass(frozen=True)
class TextTemplate:
    """Python text of an expression with holes `{i}`; its value has the shape of those it `uses`.

    An argument that a function of the program's own ignores is written in the call, but not used.
    """

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

    def __init__(
        self, functions: Sequence[Defined], names: Mapping[str, str], backend: Backend = NUMPY
    ) -> None:
        self._backend = backend
        self._functions = tuple(functions)
        self._names = names
        self._called: set[tuple[str, int]] = set()
        self._used: dict[tuple[str, int], tuple[int, ...]] = {}
        self._helpers: dict[str, None] = {}
        # By identity, since hashing an expression costs as much as printing it; the expression
        # itself is kept with its template so that its identity stays its own.
        self._values: dict[int, tuple[Expression, TextTemplate]] = {}
        self._pullbacks: dict[tuple[int, bool], tuple[Expression, Mapping[int, TextTemplate]]] = {}
        self._texts: dict[int, tuple[Expression, TextTemplate]] = {}

    @property
    def helpers(self) -> tuple[str, ...]:
        """Definitions of functions that the library lacks, in order of first use."""
        return tuple(self._helpers)

    def value(self, expression: Expression) -> TextTemplate:
        """The expression itself."""
        found = self._values.get(id(expression))
        if found is None:
            found = expression, self._template(expression)
            self._values[id(expression)] = found
        return found[1]

    def statement(self, expression: Expression) -> TextTemplate:
        """The expression as the `.tp` language writes it."""
        found = self._texts.get(id(expression))
        if found is None:
            text = _with_holes(to_text(expression, _HOLES))
            found = expression, TextTemplate(text, frozenset(arguments_of(expression)))
            self._texts[id(expression)] = found
        return found[1]

    def pullbacks(
        self, expression: Expression, arity: int, reuse: bool
    ) -> Mapping[int, TextTemplate]:
        """d_out · ∂ expression / ∂ argument, by the argument's index, where it is not zero.

        Hole `arity` is the adjoint d_out. With `reuse`, hole `arity + 1` is the value of the
        expression itself, used where the derivative contains it: tanh′ = 1 − tanh². Arguments with
        the same derivative have the same Template object.
        """
        key = id(expression), reuse
        found = self._pullbacks.get(key)
        if found is None:
            found = expression, dict(self._make_pullbacks(expression, arity, reuse))
            self._pullbacks[key] = found
        return found[1]

    def _make_pullbacks(
        self, expression: Expression, arity: int, reuse: bool
    ) -> Iterator[tuple[int, TextTemplate]]:
        value = inline(expression) if reuse and isinstance(expression, Apply) else None
        partials = gradient(expression)
        made: dict[int, TextTemplate | None] = {}
        for index, partial in partials.items():
            if id(partial) not in made:
                made[id(partial)] = self._pullback(partial, value, arity)
            template = made[id(partial)]
            if template is not None:
                yield index, template

    def _pullback(
        self, partial: Expression, value: Expression | None, arity: int
    ) -> TextTemplate | None:
        """The template of d_out · partial, with `value` of the expression reused."""
        partial = simplify(partial)
        if value is not None:
            written = inline(partial)
            replaced = _replace(written, value, Argument(arity + 1))
            partial = partial if replaced == written else simplify(replaced)
        product = simplify(mul(Argument(arity), partial))
        return None if product == number(0) else self._template(product)

    def _template(self, expression: Expression) -> TextTemplate:
        expression = _fold(expression)
        for function, order in _calls(expression):
            self._need(function, order)
        for helper in self._backend.helpers(expression):
            self._helpers[helper] = None
        text = _with_holes(to_numpy(expression, _HOLES, self._names, self._backend.spelled))
        return TextTemplate(text, frozenset(self._reached(expression)))

    def _reached(self, expression: Expression) -> Iterator[int]:
        """The arguments that the value of a folded expression depends on."""
        match expression:
            case Number():
                return
            case Argument(index):
                yield index
            case Apply(Defined() as function, inner, order):
                for parameter in self._parameters_used(function, order):
                    yield from self._reached(inner[parameter])
            case Apply(_, inner):
                for argument in inner:
                    yield from self._reached(argument)
            case _:
                assert_never(expression)

    def _parameters_used(self, function: Defined, order: int) -> tuple[int, ...]:
        key = function.name, order
        if key not in self._used:
            self._used[key] = tuple(sorted(set(self._reached(_body(function, order)))))
        return self._used[key]

    def _need(self, function: Defined, order: int) -> None:
        if (function.name, order) not in self._called:
            self._called.add((function.name, order))
            for inner, inner_order in _calls(_body(function, order)):
                self._need(inner, inner_order)

    def _parameters(self, function: Defined) -> tuple[str, ...]:
        """The program's own names where all can stand in Python, else `z_1`, `z_2`, …"""
        from_program = function.parameters
        distinct = len(set(from_program)) == len(from_program)
        if distinct and all(self._is_free(p) for p in from_program):
            return from_program
        tail = ""
        while any(f"z_{i + 1}{tail}" in self._taken for i in range(function.arity)):
            tail += "_"
        return tuple(f"z_{i + 1}{tail}" for i in range(function.arity))

    def _is_free(self, parameter: str) -> bool:
        """Whether a parameter can keep its name inside of a generated function."""
        plain = parameter.isidentifier() and unicodedata.is_normalized("NFKC", parameter)
        return plain and not iskeyword(parameter) and parameter not in self._taken

    @cached_property
    def _taken(self) -> frozenset[str]:
        """What formulas call by name: a parameter of that name would hide it."""
        calls = (f"{name}{'_prime' * k}" for name in self._names.values() for k in range(5))
        return IN_FORMULAS.union(calls)

    def definitions(self) -> Iterator[tuple[str, tuple[str, ...], str, str]]:
        """Identifier, parameters, body and `.tp` text of each function used, in order."""
        for function in self._functions:
            orders = sorted(k for name, k in self._called if name == function.name)
            for order in orders:
                parameters = self._parameters(function)
                body = to_numpy(
                    _body(function, order), parameters, self._names, self._backend.spelled
                )
                head = f"{function.name}{chr(39) * order}({', '.join(parameters)})"
                says = to_text(_body(function, order), parameters)
                name = self._names[function.name] + "_prime" * order
                yield name, parameters, body, f"{head} = {says}"


def _body(function: Defined, order: int) -> Expression:
    body = function.body if order == 0 else simplify(function_derivative(function, order))
    return _fold(body)


def _with_holes(text: str) -> str:
    return _HOLE.sub(r"{\1}", text.replace("{", "{{").replace("}", "}}"))


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
    if function in (ADD, MUL):
        return _in_groups(folded)
    if function in _ARITHMETIC or not all(constant):
        return folded
    with np.errstate(all="ignore"):
        value = float(evaluate(folded, ()))
    return number(value) if np.isfinite(value) else folded


def _in_groups(call: Apply) -> Apply:
    """A long sum or product as one of groups: Python's compiler recurses into a + b + c + …."""
    while len(call.arguments) > _GROUP:
        inner = call.arguments
        starts = range(0, len(inner), _GROUP)
        groups = [inner[start : start + _GROUP] for start in starts]
        joined = tuple(g[0] if len(g) == 1 else Apply(call.function, g) for g in groups)
        call = Apply(call.function, joined)
    return call

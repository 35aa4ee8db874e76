"""Equations with the expressions of Nonlins that they read put into them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tpgraph.functions import Argument, Expression, arguments_of, inline, substitute
from tpgraph.program import Moment, Nonlin, Variable

__all__ = ["with_expressions"]


def with_expressions(
    equation: Nonlin | Moment, made: Mapping[str, Nonlin | Moment]
) -> Nonlin | Moment:
    """The equation with those of the arguments that are `made`, without arguments unused."""
    arguments: list[Variable] = list(equation.arguments)
    values: list[Expression] = [Argument(i) for i in range(len(arguments))]
    for i, variable in enumerate(equation.arguments):
        inner = made.get(variable.name)
        if inner is not None:
            places = range(len(arguments), len(arguments) + len(inner.arguments))
            arguments += inner.arguments
            values[i] = substitute(inline(inner.function), [Argument(k) for k in places])
    if len(arguments) == len(equation.arguments):
        return equation
    function = substitute(inline(equation.function), values)
    return _tidied(replace(equation, function=function, arguments=tuple(arguments)))


def _tidied(equation: Nonlin | Moment) -> Nonlin | Moment:
    """Without arguments that are not used, and each once."""
    used = sorted(set(arguments_of(equation.function)))
    kept = list(dict.fromkeys(equation.arguments[i] for i in used))
    values: list[Expression] = [Argument(0)] * len(equation.arguments)
    for i in used:
        values[i] = Argument(kept.index(equation.arguments[i]))
    return replace(equation, function=substitute(equation.function, values), arguments=tuple(kept))

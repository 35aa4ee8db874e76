"""Expressions as Python source over numpy."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import TypeAlias

import numpy as np

from tpgraph.functions.derivative import expand
from tpgraph.functions.evaluate import evaluate
from tpgraph.functions.expression import Apply, Defined, Expression, Number, Primitive, number
from tpgraph.functions.inlining import inline, primitives_of
from tpgraph.functions.render import ATOM, POWER, PRODUCT, SIGN, Dialect

__all__ = ["numpy_helpers", "to_numpy"]


def _numpy_number(value: Fraction) -> tuple[str, int]:
    if value.denominator == 1 and abs(value) < 10**15:
        text = str(value.numerator)
    else:
        text = repr(float(value))
    return text, SIGN if value < 0 else ATOM


Spelled: TypeAlias = Callable[[Primitive], str]
"""The Python text of a table function, with holes for its arguments."""


def _in_numpy(function: Primitive) -> str:
    return function.numpy


def _python_call(
    names: Mapping[str, str], spelled: Spelled
) -> Callable[[Apply, Sequence[str]], tuple[str, int]]:
    def call(apply: Apply, arguments: Sequence[str]) -> tuple[str, int]:
        function = apply.function
        if isinstance(function, Defined):
            return f"{names[function.name]}{'_prime' * apply.order}({', '.join(arguments)})", ATOM
        assert apply.order == 0, "derivatives of table functions are written out before"
        written = spelled(function)
        safe = [a if a.replace("_", "a").isalnum() else f"({a})" for a in arguments]
        bare = [a if f"({{{i}}})" in written else safe[i] for i, a in enumerate(arguments)]
        text = written.format(*bare) if function.arity == 1 else written.format(*safe)
        return (text, ATOM) if _is_one_call(text) else (f"({text})", ATOM)

    return call


def _is_one_call(text: str) -> bool:
    """Whether the text is one call `f(…)`, so that it needs no parentheses around it."""
    head, _, rest = text.partition("(")
    if not head.replace(".", "a").replace("_", "a").isalnum():
        return False
    depth = 1
    for place, character in enumerate(rest):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return place == len(rest) - 1
    return False


def to_numpy(
    expression: Expression,
    arguments: Sequence[str],
    functions: Mapping[str, str] | None = None,
    spelled: Spelled = _in_numpy,
) -> str:
    """The expression as Python source over numpy (imported as np) and the name DTYPE.

    `spelled` gives the texts of table functions where they are those of another library.

    `functions` maps the program's own functions to the Python names under which they are defined
    (`f`, its derivatives `f_prime`, `f_prime_prime`); without it they are written out.
    """
    if functions is None:
        expression, functions = inline(expression), {}
    dialect = Dialect(
        number=_numpy_number,
        call=_python_call(functions, spelled),
        times=" * ".join,
        divide=lambda a, b: (f"{a} / {b}", PRODUCT),
        power=lambda a, b: (f"{a}**{b}", POWER),
        divide_strength=(PRODUCT, SIGN),
        power_strength=(ATOM, POWER),
    )
    return dialect.render(_expand_primitives(expression), arguments)


def _expand_primitives(expression: Expression) -> Expression:
    """Derivatives of table functions written out, those of defined functions kept by name.

    Constant parts become numbers: Python's own arithmetic on whole numbers is not that of floats,
    and a numpy scalar would turn float32 into float64.
    """
    match expression:
        case Apply(function, arguments, order):
            inner = tuple(_expand_primitives(argument) for argument in arguments)
            call = Apply(function, inner, order)
            if all(isinstance(argument, Number) or argument in _BEYOND for argument in inner):
                return _constant(call)
            return call if isinstance(function, Defined) else expand(call) if order else call
        case _:
            return expression


def _constant(call: Apply) -> Expression:
    """The value of a call without arguments, where it is one that a number can hold or infinite."""
    with np.errstate(all="ignore"):
        value = float(evaluate(call, ()))
    if math.isfinite(value):
        return number(value)
    return NAN if math.isnan(value) else INFINITY if value > 0 else NEGATIVE_INFINITY


def _literal(text: str, value: float) -> Apply:
    return Apply(Primitive(text, 0, lambda z: (), lambda: np.asarray(value), text), ())


NAN, INFINITY = _literal("np.nan", math.nan), _literal("np.inf", math.inf)
NEGATIVE_INFINITY = _literal("-np.inf", -math.inf)
_BEYOND = (NAN, INFINITY, NEGATIVE_INFINITY)


def numpy_helpers(expression: Expression) -> tuple[str, ...]:
    """The helper definitions that `to_numpy`'s text needs, each once, in order of first use."""
    return tuple(dict.fromkeys(h for p in primitives_of(expression) for h in p.helpers))

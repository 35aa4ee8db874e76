"""Activations by name or by text, as expressions, and their values on arrays, fast."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.special import erf

from tpgraph.errors import TPDataError, TPError, TPNameError, TPTypeError
from tpgraph.functions import (
    COORDINATEWISE,
    Apply,
    Argument,
    Defined,
    Expression,
    Function,
    Number,
    Primitive,
    differentiate,
    numpy_helpers,
    to_numpy,
)
from tpgraph.functions.library import LIBRARY
from tpgraph.language.function_text import function_of
from tpgraph.program.near_names import did_you_mean

__all__ = ["NAMED_FUNCTIONS", "activation", "applied", "unknown_function", "value_and_slope"]

NAMED_FUNCTIONS: Mapping[str, Function] = MappingProxyType({**COORDINATEWISE, **LIBRARY})
"""All functions that have a name."""

Array: TypeAlias = npt.NDArray[np.float64]


def activation(text: str) -> Function:
    """The function of one argument that a text names or writes over z: `tanh`, `z*sigmoid(2*z)`.

    Names are those of the table and of what is made of it, such as `elu` and `mish`. Raises
    TPDataError for anything else.
    """
    if text in NAMED_FUNCTIONS:
        try:
            applied(NAMED_FUNCTIONS[text])
        except TPTypeError as error:
            raise TPDataError(error.message, expected=error.expected) from None
        return NAMED_FUNCTIONS[text]
    try:
        return Defined(text, ("z",), function_of(text, ("z",), NAMED_FUNCTIONS))
    except TPError as error:
        raise TPDataError(
            f"activation {text} is not understood: {error.message}",
            error.span,
            "a named function such as relu, tanh, erf, sigmoid, or an expression in z",
            did_you_mean(text, NAMED_FUNCTIONS) if text.isidentifier() else None,
        ) from None


def unknown_function(name: str, kind: type[TPError] = TPNameError) -> TPError:
    """What is said of a name that no function of one argument has."""
    known = [n for n, f in NAMED_FUNCTIONS.items() if _is_of_one(f)]
    mend = did_you_mean(name, known) if name.isidentifier() else None
    return kind(f"there is no function {name}", expected=", ".join(known), mend=mend)


def _is_of_one(function: Function) -> bool:
    """Whether it takes one argument where further ones have defaults."""
    defaults = function.defaults if isinstance(function, Primitive) else ()
    return function.arity is not None and function.arity - len(defaults) == 1


def applied(function: Function) -> Expression:
    """φ(Argument(0)); further arguments take their defaults (leaky_relu's slope 1/100).

    Raises TPTypeError for a function of several arguments.
    """
    defaults = function.defaults if isinstance(function, Primitive) else ()
    if not _is_of_one(function):
        raise TPTypeError(
            f"{function.name} is no function of one argument", None, "such as tanh, relu or erf"
        )
    return Apply(function, (Argument(0), *(Number(value) for value in defaults)))


@lru_cache(maxsize=64)
def value_and_slope(text: str) -> tuple[Callable[[Array], Array], Callable[[Array], Array]]:
    """φ and φ′ on float64 arrays. Raises TPDataError for what is no activation.

    They are numpy's text compiled once, as networks run it: on large arrays tanh′ and relu′ take
    an eighth of the time of `functions.evaluate`, which walks the expression at every call.

    >>> value, slope = value_and_slope("tanh")
    >>> float(value(np.array(0.0))), float(slope(np.array(0.0)))
    (0.0, 1.0)
    """
    call = applied(activation(text))
    return _on_arrays(call), _on_arrays(differentiate(call, 0))


def _on_arrays(expression: Expression) -> Callable[[Array], Array]:
    """The numpy text of an expression as a function; a constant has the argument's shape."""
    scope: dict[str, object] = {"np": np, "DTYPE": np.float64}
    for helper in numpy_helpers(expression):
        exec(helper, scope)
    scope["erf"] = erf  # the helper does without scipy, and is slower
    exec(f"def f(z): return {to_numpy(expression, ['z'])}", scope)
    f = scope["f"]
    assert callable(f)
    return lambda z: np.broadcast_to(np.asarray(f(z), dtype=np.float64), z.shape)

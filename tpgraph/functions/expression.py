"""Coordinatewise expressions: what a Nonlin or a Moment applies to its arguments.

    expression ::= Number(q) | Argument(i) | Apply(function, (expression, …), order)

`Argument(i)` is the i-th argument of the instruction, vector or scalar alike. `Apply(f, (e,), k)`
with k > 0 is the k-th derivative of the one-argument function f. Numbers are exact rationals; a
float enters as the rational of its shortest decimal form, so that float(q) gives it back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from tpgraph.errors import TPTypeError

__all__ = [
    "Apply",
    "Argument",
    "Defined",
    "Expression",
    "Function",
    "Number",
    "Primitive",
    "arguments_of",
    "compact",
    "number",
    "operation_count",
    "reads_components",
    "rename_arguments",
    "substitute",
]

Array: TypeAlias = npt.NDArray[np.floating]


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Number:
    """An exact rational constant."""

    value: Fraction

    def __hash__(self) -> int:
        return hash(self.value.numerator)  # that of a Fraction takes a modular inverse


@dataclass(frozen=True, slots=True)
class Argument:
    """The argument of this index, counted from 0."""

    index: int


@dataclass(frozen=True, slots=True)
class Apply:
    """`function` (its derivative of this `order`, if order > 0) at `arguments`."""

    function: Function
    arguments: tuple[Expression, ...]
    order: int = 0


Expression: TypeAlias = Number | Argument | Apply


@dataclass(frozen=True, slots=True)
class Primitive:
    """A function that the table knows by name.

    `arity` is None for one that takes any number ≥ 2 of arguments (a sum, a product).
    `partials` makes ∂f/∂(argument i) from the argument expressions, exactly; at kinks the
    docstring of the table states the value. `evaluate` is the reference semantics in numpy;
    `numpy` is the text of generated code with `{0}`, `{1}` for the arguments (it may use `DTYPE`,
    the module's dtype), and `helpers` the definitions that it needs where numpy lacks the
    function. Equal by name.

    `over_components` marks a function of all components of a vector, which are the last axis of its
    argument; it is held constant by every derivative.
    """

    name: str
    arity: int | None
    partials: Callable[[tuple[Expression, ...]], tuple[Expression, ...]] = field(compare=False)
    evaluate: Callable[..., Array] = field(compare=False)
    numpy: str = field(compare=False)
    latex: str = field(compare=False, default="")
    helpers: tuple[str, ...] = field(compare=False, default=())
    defaults: tuple[Fraction, ...] = field(compare=False, default=())
    over_components: bool = field(compare=False, default=False)

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f"Primitive({self.name!r})"


@dataclass(frozen=True, slots=True)
class Defined:
    """A function that a program defines: `fn name(parameters) = body`."""

    name: str
    parameters: tuple[str, ...]
    body: Expression

    def __hash__(self) -> int:
        # A body that calls functions that call functions is hashed once per path otherwise.
        return hash((self.name, self.parameters))

    @property
    def arity(self) -> int:
        """How many arguments it takes."""
        return len(self.parameters)


Function: TypeAlias = Primitive | Defined


def number(value: int | float | Fraction | Decimal) -> Number:
    """The constant `value`. Raises TPTypeError where it is not a finite number."""
    if isinstance(value, float):
        if not np.isfinite(value):
            raise TPTypeError(f"{value} is not a number that a program can hold")
        value = Decimal(repr(float(value)))
    return Number(Fraction(value))


def arguments_of(expression: Expression) -> Iterator[int]:
    """The argument indices in the order in which they are written, with repetitions."""
    match expression:
        case Argument(index):
            yield index
        case Apply(_, arguments):
            for argument in arguments:
                yield from arguments_of(argument)
        case Number():
            return


@lru_cache(maxsize=4096)
def reads_components(expression: Expression) -> bool:
    """Whether a function in it, or in what it calls, is of all components of a vector."""
    match expression:
        case Apply(function, arguments):
            own = (
                reads_components(function.body)
                if isinstance(function, Defined)
                else function.over_components
            )
            return own or any(map(reads_components, arguments))
        case Number() | Argument():
            return False


def applications(expression: Expression) -> Iterator[Apply]:
    """Every application of a function in the expression, each object once."""
    seen: set[int] = set()
    stack = [expression]
    while stack:
        part = stack.pop()
        if isinstance(part, Apply) and id(part) not in seen:
            seen.add(id(part))
            stack += part.arguments
            yield part


def arguments_within(
    expression: Expression, parts_of: Callable[[Apply], Sequence[Expression]]
) -> frozenset[int]:
    """The argument indices in the parts that `parts_of` picks of every application."""
    picked = (part for whole in applications(expression) for part in parts_of(whole))
    return frozenset(index for part in picked for index in arguments_of(part))


def substitute(expression: Expression, values: Sequence[Expression]) -> Expression:
    """The expression with `values[i]` in the place of `Argument(i)`."""
    match expression:
        case Argument(index):
            return values[index]
        case Apply(function, arguments, order):
            replaced = tuple(substitute(argument, values) for argument in arguments)
            return Apply(function, replaced, order)
        case Number():
            return expression


def rename_arguments(expression: Expression, indices: Sequence[int]) -> Expression:
    """The expression with `Argument(indices[i])` in the place of `Argument(i)`."""
    if list(indices) == list(range(len(indices))):
        return expression
    return substitute(expression, [Argument(index) for index in indices])


def compact(function: Expression, arguments: Sequence[T]) -> tuple[Expression, tuple[T, ...]]:
    """The same function of the arguments that it uses, in the order in which they are written.

    >>> compact(Argument(2), ["a", "b", "c"])
    (Argument(index=0), ('c',))
    """
    order = list(dict.fromkeys(arguments_of(function)))
    place = {old: new for new, old in enumerate(order)}
    renamed = rename_arguments(function, [place.get(i, 0) for i in range(len(arguments))])
    return renamed, tuple(arguments[i] for i in order)


def operation_count(expression: Expression) -> int:
    """How many functions and operators the expression applies."""
    match expression:
        case Apply(_, arguments):
            return 1 + sum(operation_count(argument) for argument in arguments)
        case Number() | Argument():
            return 0
